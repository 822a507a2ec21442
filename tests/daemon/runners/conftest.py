"""Processes for runners in a folder of the test's own, and nothing left running afterwards."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from daemon.processes.reap import ProcTable
from daemon.processes.spawn import Processes
from daemon.runners.protocol import Event, Runner, RunResult, RunTask
from tests.daemon.runners.rigs import RIGS, Rig, Scenario


@dataclass
class Stage:
    """A runner, its processes, and what it told."""

    folder: Path
    rig: Rig
    processes: Processes
    events: list[Event] = field(default_factory=list)

    @property
    def worktree(self) -> Path:
        return self.folder / "worktree"

    def runner(self, scenario: Scenario = Scenario.WORKS) -> Runner:
        return self.rig.make(self.rig.config(self.folder, scenario), self.processes, self.rig.service)

    def task(self, scenario: Scenario, **changes: Any) -> RunTask:
        return self.rig.task(self.folder, scenario, changes)

    def play(self, scenario: Scenario, **changes: Any) -> RunResult:
        return self.runner(scenario).run(self.task(scenario, **changes), self.events.append)

    def words(self) -> list[str]:
        return [event.text for event in self.events]


class Playing:
    """A run in a thread of its own."""

    def __init__(self, stage: Stage, scenario: Scenario, **changes: Any) -> None:
        self._outcome: list[RunResult | BaseException] = []
        self._thread = threading.Thread(target=self._play, args=(stage, scenario, changes))
        self._thread.start()

    def _play(self, stage: Stage, scenario: Scenario, changes: dict[str, Any]) -> None:
        try:
            self._outcome.append(stage.play(scenario, **changes))
        except BaseException as error:  # handed to the test
            self._outcome.append(error)

    def result(self) -> RunResult:
        self._thread.join(15)
        assert self._outcome, "the run did not come back"
        if isinstance(self._outcome[0], BaseException):
            raise self._outcome[0]
        return self._outcome[0]


@pytest.fixture(params=RIGS, ids=lambda rig: rig.name)
def rig(request: pytest.FixtureRequest) -> Rig:
    found: Rig = request.param
    return found


@pytest.fixture
def stage(tmp_path: Path, rig: Rig) -> Iterator[Stage]:
    stage = Stage(tmp_path, rig, Processes(tmp_path / "runs"))
    yield stage
    stage.processes.stop("", grace_s=0.0)
    assert ProcTable().marked(f"{stage.processes.installation}/") == []
    stage.processes.close()
