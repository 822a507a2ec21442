"""The command ``agent-service``: every subcommand in one place, and the one door errors leave by.

Subcommands import what is heavy inside themselves, so help and completion come at once.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from daemon.cli import (
    auditing,
    cleaning,
    doctor,
    dropping,
    experiments,
    jobs,
    judgement,
    logs,
    making,
    messages,
    operating,
    pauses,
    planning,
    pull_requests,
    schedules,
    service,
    staff,
)
from daemon.cli.help_pages import GroupedCommands
from daemon.cli.options import Config
from daemon.cli.output import print_json_line
from daemon.cli.problem import TRACEBACK_VARIABLE, ExitCode, Problem, problem_of

_HELP = """A company of AI agents: priority files in, verified branches out.

Start with `agent-service up` in a company's folder (`agent-service init DIR` makes one), then drop a priority file.
Every command has --json, and -h for its own help.

\b
Exit codes:
  0    done, or nothing was left to do
  1    refused, or a known error: the line says what mends it
  2    the command line itself is wrong
  3    a fault of the service
  4    the job that was waited for ended failed, blocked or stopped
  130  interrupted
"""

app = typer.Typer(
    name="agent-service",
    help=_HELP,
    cls=GroupedCommands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_COMMANDS: dict[str, dict[str, Callable[..., None]]] = {
    "The service": {
        "up": service.up,
        "bot": service.bot,
        "once": service.once,
        "doctor": doctor.doctor,
        "clean": cleaning.clean,
        "init": making.init,
        "install": operating.install,
        "uninstall": operating.uninstall,
        "restart": operating.restart,
        "status": operating.status,
    },
    "Work": {
        "drop": dropping.drop,
        "plan": planning.plan,
        "jobs": jobs.list_jobs,
        "show": jobs.show_job,
        "logs": logs.logs,
        "stop": jobs.stop,
        "retry": jobs.retry,
        "pause": pauses.pause,
        "resume": pauses.resume,
    },
    "Agents": {
        "agents": staff.agents,
        "hire": staff.hire,
        "edit": staff.edit,
        "fire": staff.fire,
        "rehire": staff.rehire,
    },
    "Judgement": {
        "praise": judgement.praise,
        "reject": judgement.reject,
        "proposals": judgement.proposals,
        "approve": judgement.approve,
        "dismiss": judgement.dismiss,
        "evaluate": judgement.evaluate,
    },
}

for _panel, _commands in _COMMANDS.items():
    for _name, _command in _commands.items():
        app.command(_name, rich_help_panel=_panel)(_command)
app.add_typer(schedules.app, name="schedules", rich_help_panel="Work")
app.add_typer(pull_requests.app, name="pr", rich_help_panel="Work")
app.add_typer(experiments.app, name="experiments", rich_help_panel="Judgement")
app.add_typer(auditing.app, name="audit", rich_help_panel="The service")
app.add_typer(messages.app, name="messages", rich_help_panel="The service")


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        sys.stdout.write(f"agent-service {version('agent-service')}\n")
        raise typer.Exit


@app.callback()
def agent_service(
    config: Config = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that stand before the subcommand."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; whatever goes wrong is one line on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _never_fail_on_a_character()
    try:
        result = app(args=arguments, prog_name="agent-service", standalone_mode=False)
        sys.stdout.flush()
        return int(result or ExitCode.DONE)
    except BrokenPipeError:
        # The reader left (``| head``): nothing is wrong, and nothing more may be written at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except (Exception, KeyboardInterrupt) as error:  # one of the named places that may catch everything
        return _tell(problem_of(error), error, as_json="--json" in arguments)


def _tell(problem: Problem, error: BaseException, *, as_json: bool) -> int:
    from company.redaction import Redactor, secrets_of  # errors alone need it

    redactor = Redactor(secrets_of(os.environ))
    problem = replace(problem, text=redactor.text(problem.text), mend=redactor.text(problem.mend))
    if problem.exit_code is ExitCode.FAULT and os.environ.get(TRACEBACK_VARIABLE):
        import traceback

        sys.stderr.write(redactor.text("".join(traceback.format_exception(error))))
    if as_json:
        print_json_line(problem.facts(), sys.stderr)
    elif problem.text:
        sys.stderr.write(problem.line() + "\n")
    return problem.exit_code


def _never_fail_on_a_character() -> None:
    """Let a terminal that knows no ✓ show a ? in its place."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
