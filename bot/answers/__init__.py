"""What each command does and shows: one order, one view. The same for every surface.

A function takes the desk, what came in and the command, and returns the message to answer with; None: nothing needs to
be said, because the job's own message or a reaction says it.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from bot.answers import company, feedback, jobs, staff, words
from bot.desk import Desk
from bot.incoming import Incoming
from bot.views.message import Shown
from company.repetition import command as c

Answer = Callable[[Desk, Incoming, Any], Awaitable[Shown | None]]

ANSWERS: Mapping[type[c.Command], Answer] = MappingProxyType(
    {
        c.StartWork: jobs.start_work,
        c.ShowJobs: jobs.show_jobs,
        c.ShowJob: jobs.show_job,
        c.ShowLogs: jobs.show_logs,
        c.ExplainJob: jobs.explain_job,
        c.StopJob: jobs.stop_job,
        c.RetryJob: jobs.retry_job,
        c.ChangePullRequest: jobs.change_pull_request,
        c.PraiseJob: feedback.praise,
        c.RejectJob: feedback.reject,
        c.MuteJob: words.mute,
        c.UnmuteJob: words.unmute,
        c.TellJob: words.tell,
        c.Aside: words.aside,
        c.ShowAgents: staff.show_agents,
        c.ShowAgent: staff.show_agent,
        c.Hire: staff.hire,
        c.Fire: staff.ask_to_fire,
        c.Rehire: staff.rehire,
        c.Grant: staff.grant,
        c.Revoke: staff.revoke,
        c.Pair: staff.pair,
        c.WhoAmI: staff.who_am_i,
        c.Evaluate: company.evaluate,
        c.Show: company.show,
        c.ShowCosts: company.show_costs,
        c.Approve: company.approve,
        c.Dismiss: company.dismiss,
        c.ChangeSchedule: company.change_schedule,
        c.Pause: company.pause,
        c.Resume: company.resume,
        c.Help: words.show_help,
        c.Unclear: words.unclear,
        c.Unknown: words.unknown,
    }
)


async def answer(desk: Desk, at: Incoming, meant: c.Command) -> None:
    """Carry out what was meant, and answer."""
    message = await ANSWERS[type(meant)](desk, at, meant)
    if message is not None:
        await desk.answer(at, message)
