"""How agents are run. A runner is a module with a class; this dict is all the registration there is."""

from collections.abc import Callable

from company.config import Config
from company.errors import RunnerNotFound
from daemon.processes.spawn import Processes
from daemon.runners.command import CommandRunner
from daemon.runners.protocol import Runner

#: name in config.yaml -> what makes the runner
RUNNERS: dict[str, Callable[[Config, Processes], Runner]] = {
    CommandRunner.name: CommandRunner,
}


def runner_for(name: str, config: Config, processes: Processes) -> Runner:
    """Make the runner called ``name``. Raises RunnerNotFound."""
    try:
        make = RUNNERS[name]
    except KeyError:
        known = ", ".join(sorted(RUNNERS))
        raise RunnerNotFound(name, "there is no such runner", mend=f"use one of: {known}") from None
    return make(config, processes)
