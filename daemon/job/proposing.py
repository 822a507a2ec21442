"""Step 8, its last part: the pull request that a delivered branch becomes, and the words it has.

The words are written beside the report, so that whoever opens the pull request later says the same. A forge that
cannot be reached keeps no job from its end: ``following.py`` asks again until it is open.
"""

import logging

from company.clock import from_iso
from company.orders.telling import tell_job
from company.store import agents as agent_rows
from company.store import pull_requests
from company.store.sessions import Session
from company.work.priority import body_of
from company.work.pull_request import Contribution, PullRequestStory, compose_body, compose_title
from company.work.verification import Comparison
from daemon.forge import github_forge
from daemon.forge.plain import PlainRemote
from daemon.forge.protocol import Delivered, Forge, ForgeError, PullRequest
from daemon.git.clone import Clone
from daemon.job.facts import StoryFacts
from daemon.job.preparing import open_target
from daemon.job.state_files import write_atomically
from daemon.job.workplace import Workplace

log = logging.getLogger(__name__)

FILE = "pull-request.md"


def write_description(place: Workplace, session: Session, story: StoryFacts) -> None:
    """Write title (the first line) and body of the pull request into the report's folder, secrets redacted."""
    with place.store.reading() as tx:
        names = {row.id: row.name for row in agent_rows.list_agents(tx, include_inactive=True)}
    verdict = story["verdicts"][-1] if story["verdicts"] else None
    done: dict[str, set[str]] = {}
    for run in story["runs"]:
        if run["ended_well"]:
            done.setdefault(run["agent_id"], set()).update(run["files"])
    facts = PullRequestStory(
        job_id=session.id,
        title=session.title,
        requested_by=session.requested_by,
        asked=body_of(place.priority(session)),
        contributions=[
            Contribution(
                agent=names.get(agent_id, agent_id),
                task=story["plan"]["descriptions"].get(agent_id, ""),
                files_count=len(files),
            )
            for agent_id, files in done.items()
        ],
        comparisons=[Comparison(**one) for one in verdict["comparisons"]] if verdict else [],
        iterations=session.iteration_count,
        duration_s=_seconds_since(place, session.started_at),
        cost_usd=session.cost_usd,
        notes=[note for run in story["runs"] for note in run["notes"]],
    )
    text = f"{compose_title(facts)}\n\n{compose_body(facts)}"
    write_atomically(place.reports(session.id) / FILE, place.redactor.text(text))


def propose(place: Workplace, session: Session, branch: str, base: str, commit: str) -> PullRequest | None:
    """Open the pull request of a pushed branch, or bring it up to date; None where that has to wait.

    A follow-up's branch has one already: its words stay those of the job it follows.
    """
    if session.follows is not None:
        return None
    title, _, body = (place.reports(session.id) / FILE).read_text(encoding="utf-8").partition("\n\n")
    delivered = Delivered(branch=branch, base=base, head_commit=commit, number=session.pr_number)
    try:
        forge = forge_of(place, session, open_target(place, session))
        pull = forge.propose(delivered, title, body)
    except ForgeError as error:
        place.log(session.id).say("pull request", f"not opened yet: {error}")
        with place.store.transaction() as tx:
            pull_requests.note_error(tx, session.id, f"{error}{f' ({error.mend})' if error.mend else ''}")
        return None
    with place.store.transaction() as tx:
        if pull_requests.note(tx, session.id, number=pull.number, url=pull.url, state=pull.state.value):
            tell_job(tx, session.id, f"pull_request:{pull.state.value}")
    if pull.url:
        place.log(session.id).say("pull request", f"{pull.url} ({pull.state.value})")
    return pull


def forge_of(place: Workplace, session: Session, clone: Clone) -> Forge:
    """Return where the job's branch waits for a person's yes."""
    assert session.target_repo is not None, "a workspace is nobody's repository"
    forge = github_forge(place.config, session.target_repo, clone.remote or "", place.environment)
    return forge or PlainRemote(place.config, clone)


def _seconds_since(place: Workplace, moment: str | None) -> float | None:
    return (place.clock.now() - from_iso(moment)).total_seconds() if moment else None
