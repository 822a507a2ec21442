"""What every runner must hold to, whichever program it drives. A new runner passes by adding its rig to rigs.py."""

import json
import math
import time
from typing import Any

import pytest

from company.config import Config
from daemon.processes.family import start_time
from daemon.processes.spawn import Detached, EndReason, Processes
from daemon.runners import RUNNERS, runner_for
from daemon.runners.protocol import Event, EventKind, RunResult
from tests.daemon.runners.conftest import Playing, Stage
from tests.daemon.runners.rigs import BRIEF, RIGS, SECRET, Scenario

Eventually = Any


def is_sound(result: RunResult) -> bool:
    """Say what is true of every result."""
    assert result.ok is (result.reason == "")
    assert "\n" not in result.reason
    assert result.duration_s >= 0
    assert result.model_used
    assert min(result.input_tokens, result.output_tokens) >= 0
    assert result.cost_usd is None or (math.isfinite(result.cost_usd) and result.cost_usd >= 0)
    assert all(isinstance(line, str) for lines in result.feedback.as_dict().values() for line in lines)
    json.dumps(result.feedback.as_dict())
    return True


def test_every_registered_runner_has_a_rig_and_every_rig_a_runner() -> None:
    assert {rig.name for rig in RIGS} == set(RUNNERS)


def test_the_runner_knows_its_name(stage: Stage) -> None:
    assert stage.runner().name == stage.rig.name
    made = runner_for(stage.rig.name, Config(root=stage.folder), stage.processes, {})
    assert made.name == stage.rig.name


def test_a_probe_is_quick_and_gives_a_version_or_a_reason(stage: Stage) -> None:
    began = time.monotonic()
    probe = stage.runner().probe()
    assert time.monotonic() - began < 10
    assert (probe.version is None) is not (probe.reason is None)
    assert probe.version or probe.mend


def test_a_run_that_ends_well(stage: Stage) -> None:
    result = stage.play(Scenario.WORKS)
    assert is_sound(result)
    assert (result.ok, result.exit_code, result.ended) == (True, 0, EndReason.EXITED)
    assert (stage.worktree / "made.txt").read_text() == "made\n"
    assert any("hello from the agent" in text for text in stage.words())
    assert {type(event) for event in stage.events} == {Event}
    assert {type(event.kind) for event in stage.events} == {EventKind}


def test_the_agent_sees_the_brief_as_it_is_and_nothing_in_it_is_run(stage: Stage) -> None:
    stage.play(Scenario.WORKS)
    assert BRIEF in (stage.worktree / "brief-seen.txt").read_text(encoding="utf-8")
    assert list(stage.folder.rglob("pwned")) == []


def test_a_run_that_ends_badly_says_why_in_one_line(stage: Stage) -> None:
    result = stage.play(Scenario.FAILS)
    assert is_sound(result)
    assert not result.ok
    assert (result.exit_code != 0) is not stage.rig.exits_with_0
    assert "it went wrong" in result.reason


def test_a_program_that_is_missing_is_told_in_words(stage: Stage) -> None:
    result = stage.play(Scenario.MISSING)
    assert is_sound(result)
    assert result.ended is EndReason.NOT_STARTED
    assert "no-such-program-at-all" in result.reason


@pytest.mark.parametrize("how", [{"wall_timeout_s": 0.7}, {"idle_timeout_s": 0.7}], ids=["wall", "idle"])
def test_a_timeout_ends_the_whole_family(stage: Stage, how: dict[str, Any]) -> None:
    result = stage.play(Scenario.STUBBORN, **how)
    assert is_sound(result)
    assert result.ended in (EndReason.WALL_TIMEOUT, EndReason.IDLE_TIMEOUT)
    assert "timeout" in result.reason
    pids = [int(line) for line in (stage.worktree / "pids").read_text().split()]
    assert len(pids) == 2
    assert [start_time(pid) for pid in pids] == [None, None]


def test_silence_is_ended(stage: Stage) -> None:
    result = stage.play(Scenario.SILENT, idle_timeout_s=0.5)
    assert result.ended is EndReason.IDLE_TIMEOUT
    assert not result.ok


def test_a_stop_from_another_thread_ends_the_run(stage: Stage, eventually: Eventually) -> None:
    playing = Playing(stage, Scenario.STUBBORN)
    eventually(lambda: (stage.worktree / "pids").exists())
    began = time.monotonic()
    assert stage.processes.stop("job-1/") == 1
    assert time.monotonic() - began < 5.0
    result = playing.result()
    assert is_sound(result)
    assert (result.ok, result.ended, result.reason) == (False, EndReason.STOPPED, "stopped")


def test_output_is_told_and_logged_while_the_run_lasts(stage: Stage, eventually: Eventually) -> None:
    playing = Playing(stage, Scenario.WAITS)
    eventually(lambda: any("before" in text for text in stage.words()))
    assert not any("after" in text for text in stage.words())
    assert "before" in stage.task(Scenario.WAITS).output_path.read_text(encoding="utf-8")
    (stage.worktree / "go").touch()
    assert playing.result().ok


def test_the_same_run_again_gives_the_same_result_and_tells_nothing_twice(stage: Stage) -> None:
    first = stage.play(Scenario.WORKS)
    told = len(stage.events)
    assert stage.play(Scenario.WORKS) == first
    assert len(stage.events) == told
    assert (stage.worktree / "count").read_text() == "started\n"


def test_a_run_outlives_its_daemon(stage: Stage, eventually: Eventually) -> None:
    playing = Playing(stage, Scenario.WAITS)
    eventually(lambda: any("before" in text for text in stage.words()))
    stage.processes.close()
    with pytest.raises(Detached):
        playing.result()
    (stage.worktree / "go").touch()
    stage.processes = Processes(stage.folder / "runs")
    result = stage.play(Scenario.WAITS)
    assert is_sound(result)
    assert result.ok
    assert (stage.worktree / "count").read_text() == "started\n"
    for word in ("before", "after"):
        assert sum(word in text for text in stage.words()) == 1


def test_secrets_are_in_nothing_that_is_told_or_kept(stage: Stage) -> None:
    result = stage.play(Scenario.LEAKS)
    assert is_sound(result)
    assert not result.ok
    assert SECRET not in repr(result)
    assert SECRET not in repr(stage.events)
    assert any("[redacted]" in text for text in stage.words())
    kept = [path for path in stage.folder.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if SECRET.encode() in path.read_bytes()]


def test_garbage_is_told_and_breaks_nothing(stage: Stage) -> None:
    result = stage.play(Scenario.GARBAGE)
    assert is_sound(result)
    assert max(len(text) for text in stage.words()) < 1_100_000
    json.dumps([[event.kind, event.text, dict(event.data)] for event in stage.events])


def test_the_agent_works_in_its_worktree_with_its_own_environment(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_DAEMON", "1")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-of-the-service")
    assert stage.play(Scenario.LOOKS).ok
    seen = json.loads((stage.worktree / "seen.json").read_text(encoding="utf-8"))
    assert seen["cwd"] == str(stage.worktree)
    assert seen["environment"]["AGENT_API_KEY"] == SECRET
    assert not {"OF_THE_DAEMON", "SLACK_BOT_TOKEN", "HOME"} & set(seen["environment"])
