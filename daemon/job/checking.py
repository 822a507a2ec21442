"""Running a repository's own commands: its setup and its checks, supervised like agents are."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from company.work.verification import CheckResult
from daemon.job.facts import CheckFacts
from daemon.job.workplace import Stopped, Workplace
from daemon.processes.spawn import EndReason, ProcessEnd, ProcessSpec

TAIL_LINES = 60
TAIL_CHARACTERS = 6_000

#: Python takes compiled code for current by whole seconds and size: two commits within one second look the same to it.
_NO_STALE_RESULTS = {"PYTHONDONTWRITEBYTECODE": "1"}


def run_checks(
    place: Workplace, job_id: str, moment: str, checks: Sequence[CheckFacts], cwd: Path
) -> list[CheckResult]:
    """Run each check in ``cwd``. ``moment`` ('baseline', 'iteration-1') makes the runs of a job tell apart.

    A check whose program is missing is red, with the reason as its output.
    """
    return [_run_check(place, job_id, moment, check, cwd) for check in checks]


def _run_check(place: Workplace, job_id: str, moment: str, check: CheckFacts, cwd: Path) -> CheckResult:
    log = place.log(job_id)
    log.say("checks", f"{check['name']} ({moment})")
    tail: list[str] = []
    end = run_command(
        place,
        job_id,
        f"check-{moment}-{_path_safe(check['name'])}",
        check["argv"],
        cwd,
        timeout_s=place.config.limits.check_timeout_s,
        tail=tail,
        who=check["name"],
    )
    is_green = end.reason is EndReason.EXITED and end.exit_code == 0
    words = "\n".join(tail[-TAIL_LINES:])[-TAIL_CHARACTERS:]
    if end.reason is not EndReason.EXITED:
        words = (
            f"{words}\n[{end.reason.value.replace('_', ' ')}{': ' + end.error if end.error else ''}]".strip()
        )
    log.say("checks", f"{check['name']}: {'green' if is_green else 'red'}")
    return CheckResult(
        name=check["name"], is_green=is_green, exit_code=end.exit_code, duration_s=end.duration_s, tail=words
    )


def run_command(
    place: Workplace,
    job_id: str,
    name: str,
    argv: Sequence[str],
    cwd: Path,
    *,
    timeout_s: float,
    tail: list[str],
    who: str,
) -> ProcessEnd:
    """Run one command of the repository; its lines go to the job's log and, the last of them, to ``tail``.

    ``{python}`` in an argument is the interpreter that runs the service.

    Raises Stopped when the job was ended meanwhile.
    """
    log = place.log(job_id)

    def keep(_stream: str, line: str) -> None:
        tail.append(place.redactor.text(line))
        del tail[:-TAIL_LINES]

    def keep_and_quote(stream: str, line: str) -> None:
        keep(stream, line)
        log.quote(who, line)

    spec = ProcessSpec(
        key=f"{job_id}/{name}",
        argv=tuple(argument.replace("{python}", sys.executable) for argument in argv),
        cwd=cwd,
        env=place.lodging.environment(
            place.config, place.environment, cwd, {"AGENT_JOB": job_id, **_NO_STALE_RESULTS}
        ),
        output_path=place.state(job_id).folder / "output" / f"{name}.log",
        wall_timeout_s=timeout_s,
        idle_timeout_s=None,
        output_limit_bytes=place.config.limits.log_bytes_per_job,
        memory_limit_bytes=None,
    )
    place.lodging.open(place.config, cwd)
    # The last is what a former daemon put into the log.
    end = place.run_with_room(spec.key, lambda: place.processes.run(spec, keep_and_quote, keep), _has_failed)
    place.lodging.close(cwd)
    if end.reason is EndReason.STOPPED and place.must_end(place.session(job_id)) is not None:
        raise Stopped(job_id)
    return end


def _has_failed(end: ProcessEnd) -> bool:
    return end.reason is not EndReason.STOPPED and end.exit_code != 0


def _path_safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "check"
