"""How agents are run. A runner is a module with a class; this dict is all the registration there is."""

from collections.abc import Callable, Mapping

from company.config import Config
from company.errors import RunnerNotFound
from company.work.staff import AUTO
from daemon.processes.spawn import Processes
from daemon.runners.claude_code import ClaudeRunner
from daemon.runners.codex import CodexRunner
from daemon.runners.command import CommandRunner
from daemon.runners.gemini import GeminiRunner
from daemon.runners.opencode import OpencodeRunner
from daemon.runners.pi import PiRunner
from daemon.runners.protocol import Runner

#: name in config.yaml -> what makes the runner; the last argument is the service's own environment
RUNNERS: dict[str, Callable[[Config, Processes, Mapping[str, str]], Runner]] = {
    CommandRunner.name: CommandRunner,
    ClaudeRunner.name: ClaudeRunner,
    CodexRunner.name: CodexRunner,
    OpencodeRunner.name: OpencodeRunner,
    GeminiRunner.name: GeminiRunner,
    PiRunner.name: PiRunner,
}


def runner_for(name: str, config: Config, processes: Processes, service: Mapping[str, str]) -> Runner:
    """Make the runner called ``name``; 'auto' is the first that can be used. Raises RunnerNotFound."""
    if name == AUTO:
        return first_usable(config, processes, service)
    try:
        make = RUNNERS[name]
    except KeyError:
        known = ", ".join([AUTO, *sorted(RUNNERS)])
        raise RunnerNotFound(name, "there is no such runner", mend=f"use one of: {known}") from None
    return make(config, processes, service)


def first_usable(config: Config, processes: Processes, service: Mapping[str, str]) -> Runner:
    """Return the first program that can be used here. Never the command runner: a model was asked for."""
    missing, mends = [], []
    for name in config.runners.order:
        runner = RUNNERS[name](config, processes, service)
        probe = runner.probe()
        if probe.version is not None:
            return runner
        missing.append(f"{name}: {probe.reason}")
        mends.append(probe.mend)
    raise RunnerNotFound(
        AUTO,
        f"no coding agent can be used here ({'; '.join(missing) or 'runners.order is empty'})",
        mend=mends[0] if mends else "runners: order: [claude, …]",
    )
