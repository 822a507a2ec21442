"""Coding-agent programs that end otherwise than they say: the cases of the table in docs/runners.md."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from company.errors import RunnerNotFound
from company.work.permissions import Permissions
from daemon.processes.family import start_time
from daemon.processes.spawn import Detached, EndReason, Processes
from daemon.runners.protocol import Approval, Decision, EventKind, RunResult, Usage
from tests.daemon.runners.conftest import Playing, Stage
from tests.daemon.runners.rigs import CREDENTIAL, KEYS, PROGRAM_RIGS, Rig, Scenario, agent_with, program_rig

Eventually = Any
CAPTURED = Path(__file__).with_name("captured")

#: opencode tries again and tells nobody: the idle timeout ends it
TELL_OF_RETRIES = [rig for rig in PROGRAM_RIGS if rig.name != "opencode"]
#: Codex and Gemini CLI say what they used at their end only
TELL_OF_TURNS = [rig for rig in PROGRAM_RIGS if rig.name not in ("codex", "gemini")]


def named(rig: Rig) -> str:
    return rig.name


@pytest.fixture(params=PROGRAM_RIGS, ids=named)
def rig(request: pytest.FixtureRequest) -> Rig:
    found: Rig = request.param
    return found


@pytest.fixture
def claude(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path, program_rig("claude"), Processes(tmp_path / "runs"))
    yield stage
    stage.processes.stop("", grace_s=0.0)
    stage.processes.close()


def recited(stage: Stage, case: str, exit_code: int, **changes: Any) -> RunResult:
    """Play what the real program said in ``case``, with its exit code."""
    folder = CAPTURED / stage.rig.name
    facts: dict[str, Any] = {"stdout": str(folder / f"{case}.jsonl"), "exit_code": exit_code}
    if (folder / f"{case}.stderr").exists():
        facts["stderr"] = str(folder / f"{case}.stderr")
    return stage.play(Scenario.RECITES, facts=facts, **changes)


# ── what the real programs said ──


def test_a_real_run_that_went_well(stage: Stage) -> None:
    result = recited(stage, "works", 0)
    assert (result.ok, result.reason, result.denials) == (True, "", ())
    assert (result.input_tokens, result.output_tokens) == (4000, 200)
    tools = [event for event in stage.events if event.kind is EventKind.TOOL]
    assert [event.text.partition(": ")[2].removeprefix("/bin/bash -lc ").strip("'") for event in tools] == [
        "echo made > made.txt"
    ]
    assert any("All done." in text for text in stage.words())
    kinds = [event.kind for event in stage.events]
    assert kinds.index(EventKind.TOOL) < kinds.index(EventKind.TOOL_RESULT) < kinds.index(EventKind.RESULT)


COSTS = {"claude": 0.025, "codex": None, "opencode": 0.015, "gemini": None, "pi": 0.015}


def test_the_cost_is_what_the_program_says(stage: Stage) -> None:
    cost = recited(stage, "works", 0).cost_usd
    expected = COSTS[stage.rig.name]
    assert cost == (pytest.approx(expected) if expected is not None else None)


EXITS_401 = {"claude": 1, "codex": 1, "opencode": 1, "gemini": 145, "pi": 0}


def test_a_key_that_is_not_taken_fails_whatever_the_exit_code(stage: Stage) -> None:
    result = recited(stage, "401", EXITS_401[stage.rig.name])
    assert not result.ok
    assert "invalid" in result.reason.lower()
    assert not result.usage_limit


def test_a_server_that_is_busy_is_no_usage_limit(stage: Stage) -> None:
    result = recited(stage, "429", 0 if stage.rig.name == "pi" else 1)
    assert not result.ok
    assert "429" in result.reason or "rate limited" in result.reason.lower()
    assert not result.usage_limit


@pytest.mark.parametrize(
    ("case", "exit_code", "words"),
    [
        ("529", 1, "529 Overloaded"),
        ("budget", 1, "it reached its budget"),
        ("turns", 1, "it reached its limit of turns (2)"),
    ],
)
def test_claude_says_success_and_means_failure(claude: Stage, case: str, exit_code: int, words: str) -> None:
    result = recited(claude, case, exit_code)
    assert not result.ok
    assert words in result.reason
    # What a run that was cut off had used stands in its model's row only.
    assert (result.input_tokens > 0) is (case != "529")


def test_claude_says_success_of_a_run_that_was_refused_everything(claude: Stage) -> None:
    result = recited(claude, "denied", 0)
    assert result.denials == ('Bash: python3 -c \'open("made.txt","w")\'',)


def test_opencode_ends_with_0_after_a_refusal(tmp_path: Path) -> None:
    stage = Stage(tmp_path, program_rig("opencode"), Processes(tmp_path / "runs"))
    result = recited(stage, "asked", 0)
    assert not result.ok
    assert result.reason.startswith("it ended without a result")
    assert result.denials == ("bash: echo made > made.txt",)


# ── what goes wrong on the way ──


def test_a_program_that_hangs_after_its_result_is_ended_and_the_result_counts(stage: Stage) -> None:
    result = stage.play(Scenario.HANGS)
    assert (result.ok, result.reason, result.ended) == (True, "", EndReason.EXITED)
    assert result.duration_s < 20


def test_it_counts_as_well_for_the_daemon_that_comes_after_a_crash(
    stage: Stage, eventually: Eventually
) -> None:
    playing = Playing(stage, Scenario.HANGS, wall_timeout_s=60.0)
    eventually(lambda: EventKind.RESULT in [event.kind for event in stage.events])
    stage.processes.close()
    with pytest.raises(Detached):
        playing.result()
    stage.processes = Processes(stage.folder / "runs")
    assert stage.play(Scenario.HANGS, wall_timeout_s=60.0).ok
    assert (stage.worktree / "count").read_text() == "started\n"


@pytest.mark.parametrize("rig", TELL_OF_RETRIES, ids=named, indirect=True)
def test_endless_retries_are_ended(stage: Stage) -> None:
    result = stage.play(Scenario.RETRIES)
    assert not result.ok
    assert result.reason.startswith("it tried again 6 times in a row: ")
    assert "529" in result.reason
    assert result.ended is EndReason.EXITED


@pytest.mark.parametrize("rig", TELL_OF_TURNS, ids=named, indirect=True)
def test_too_many_turns_are_ended(stage: Stage) -> None:
    config = stage.rig.config(stage.folder, Scenario.WORKS_ON)
    runners = config.runners.model_copy(update={"turns_max": 3})
    runner = stage.rig.make(
        config.model_copy(update={"runners": runners}), stage.processes, stage.rig.service
    )
    result = runner.run(stage.task(Scenario.WORKS_ON), stage.events.append)
    assert (result.ok, result.reason) == (False, "it asked its model 3 times (runners.turns_max)")
    assert int((stage.worktree / "turns").read_text()) < 100


@pytest.mark.parametrize("rig", TELL_OF_TURNS, ids=named, indirect=True)
def test_money_that_is_spent_ends_the_run_in_the_middle(stage: Stage) -> None:
    heard: list[Usage] = []

    def may_spend(used: Usage, goes_on: bool) -> str:
        heard.append(used)
        return "the budget is spent" if goes_on and used.input_tokens > 4000 else ""

    result = stage.play(Scenario.WORKS_ON, may_spend=may_spend)
    assert (result.ok, result.reason, result.is_over_budget) == (False, "the budget is spent", True)
    assert result.ended is EndReason.EXITED
    assert [used.input_tokens for used in heard][:3] == [2000, 4000, 6000]
    assert result.input_tokens >= 6000


def test_a_program_that_is_killed_midway_has_no_result(stage: Stage) -> None:
    result = stage.play(Scenario.DIES)
    assert not result.ok
    assert result.reason.startswith("signal 9")
    assert result.exit_code is None


def test_an_end_without_a_last_word_is_no_success(stage: Stage) -> None:
    result = stage.play(Scenario.LEAVES)
    assert (result.ok, result.exit_code) == (False, 0)
    assert result.reason.startswith("it ended without a result")


def test_a_bad_exit_after_a_good_word_is_no_success(stage: Stage) -> None:
    result = stage.play(Scenario.EXITS)
    assert (result.ok, result.exit_code) == (False, 3)
    assert result.reason.startswith("exit 3")


def test_a_line_of_9_mb_is_cut_and_breaks_nothing(stage: Stage) -> None:
    result = stage.play(Scenario.SHOUTS)
    assert result.ok
    assert max(len(text) for text in stage.words()) < 10_000


def test_a_stop_of_a_person_is_a_stop(stage: Stage, eventually: Eventually) -> None:
    playing = Playing(stage, Scenario.WORKS_ON)
    eventually((stage.worktree / "turns").exists)
    stage.processes.stop("job-1/")
    result = playing.result()
    assert (result.ok, result.ended) == (False, EndReason.STOPPED)


# ── keys ──


def test_only_its_own_keys_reach_a_program(stage: Stage) -> None:
    stage.play(Scenario.LOOKS)
    seen = json.loads((stage.worktree / "seen.json").read_text())["environment"]
    assert seen[KEYS[stage.rig.name]] == CREDENTIAL
    assert "SLACK_BOT_TOKEN" not in seen


def test_its_key_is_in_nothing_that_is_told_or_kept(stage: Stage) -> None:
    result = stage.play(Scenario.LEAKS, facts={"leaks": [KEYS[stage.rig.name]]})
    assert CREDENTIAL not in repr(result) + repr(stage.events)
    kept = [path for path in stage.folder.rglob("*") if path.is_file()]
    assert not [path for path in kept if CREDENTIAL.encode() in path.read_bytes()]


def test_a_key_may_lie_in_a_file(stage: Stage) -> None:
    path = stage.folder / "key"
    path.write_text(f"{CREDENTIAL}\n", encoding="utf-8")
    path.chmod(0o600)
    config = stage.rig.config(stage.folder, Scenario.LOOKS)
    runner = stage.rig.make(config, stage.processes, {f"{KEYS[stage.rig.name]}_FILE": str(path)})
    assert runner.run(stage.task(Scenario.LOOKS), stage.events.append).ok
    seen = json.loads((stage.worktree / "seen.json").read_text())["environment"]
    assert seen[KEYS[stage.rig.name]] == CREDENTIAL


def test_without_a_key_nothing_is_started(stage: Stage) -> None:
    runner = stage.rig.make(stage.rig.config(stage.folder, Scenario.WORKS), stage.processes, {})
    with pytest.raises(RunnerNotFound, match="has no key") as caught:
        runner.run(stage.task(Scenario.WORKS), stage.events.append)
    assert KEYS[stage.rig.name] in caught.value.mend
    assert not (stage.worktree / "count").exists()


def test_an_end_point_of_ones_own_gets_no_other_key(stage: Stage) -> None:
    config = stage.rig.config(stage.folder, Scenario.LOOKS)
    section = {"base_url": "http://127.0.0.1:9/v1", "key": "LOCAL_KEY", "models": {"opus": "local-7b"}}
    own = config.runners.of(stage.rig.name).model_copy(update=section)
    config = config.model_copy(update={"runners": config.runners.model_copy(update={stage.rig.name: own})})
    service = {**stage.rig.service, "LOCAL_KEY": "of-the-local-model"}
    runner = stage.rig.make(config, stage.processes, service)
    result = runner.run(stage.task(Scenario.LOOKS, model="opus"), stage.events.append)
    assert result.cost_usd is None  # whatever the program makes of it
    seen = (stage.worktree / "seen.json").read_text()
    assert "of-the-local-model" in seen
    assert "local-7b" in seen
    assert CREDENTIAL not in seen
    kept = [path for path in stage.folder.rglob("*") if path.is_file() and path.name != "seen.json"]
    assert not [path for path in kept if b"of-the-local-model" in path.read_bytes()]


# ── a person's leave ──


def asking(claude: Stage, decide: Any, **facts: Any) -> RunResult:
    agent = agent_with(runner="claude")
    asks = Permissions(commands=("npm test",), asks=True)
    return claude.play(
        Scenario.ASKS,
        agent=type(agent)(**{**vars(agent), "permissions": asks}),
        decide=decide,
        facts={"command": "echo done > allowed.txt", **facts},
    )


def test_a_command_runs_when_a_person_allows_it(claude: Stage) -> None:
    asked: list[Approval] = []

    def decide(approval: Approval) -> Decision:
        asked.append(approval)
        return Decision(is_allowed=True)

    assert asking(claude, decide).ok
    assert [(one.tool, one.what) for one in asked] == [("Bash", "Bash: echo done > allowed.txt")]
    assert (claude.worktree / "allowed.txt").read_text() == "done\n"
    assert (claude.worktree / "rest").read_text() == ""
    assert "{python}" in (claude.worktree / "brief-seen.txt").read_text()


def test_a_command_does_not_run_when_a_person_denies_it(claude: Stage) -> None:
    result = asking(claude, lambda approval: Decision(is_allowed=False, reason="Ada said no"))
    assert result.ok
    assert "not allowed: Ada said no" in claude.words()
    assert not (claude.worktree / "allowed.txt").exists()


def test_what_is_asked_survives_the_daemon(claude: Stage, eventually: Eventually) -> None:
    waiting = threading.Event()

    def wait(approval: Approval) -> Decision:
        if approval.request_id == "r0":
            return Decision(is_allowed=True)
        waiting.set()
        eventually(claude.processes.is_closed)
        raise Detached(approval.request_id)

    outcome: list[BaseException] = []

    def first_daemon() -> None:
        try:
            asking(claude, wait, questions=2)
        except Detached as error:
            outcome.append(error)

    thread = threading.Thread(target=first_daemon)
    thread.start()
    assert waiting.wait(20)
    claude.processes.close()
    thread.join(20)
    assert outcome
    claude.processes = Processes(claude.folder / "runs")
    asked: list[str] = []

    def decide(approval: Approval) -> Decision:
        asked.append(approval.request_id)
        return Decision(is_allowed=True)

    assert asking(claude, decide, questions=2).ok
    assert asked == ["r1"]  # r0 was answered by the daemon before
    assert (claude.worktree / "count").read_text() == "started\n"


def test_a_process_that_waits_for_a_person_is_stopped_like_any_other(
    claude: Stage, eventually: Eventually
) -> None:
    waiting, go_on = threading.Event(), threading.Event()

    def wait(approval: Approval) -> Decision:
        waiting.set()
        go_on.wait(20)
        return Decision(is_allowed=False)

    results: list[RunResult] = []
    thread = threading.Thread(target=lambda: results.append(asking(claude, wait)))
    thread.start()
    assert waiting.wait(20)
    pids = [int(line) for line in _pids(claude)]
    claude.processes.stop("job-1/")
    go_on.set()
    thread.join(20)
    assert results[0].ended is EndReason.STOPPED
    assert [start_time(pid) for pid in pids] == [None] * len(pids)


def _pids(stage: Stage) -> list[str]:
    facts = json.loads(next((stage.folder / "runs").rglob("pid.json")).read_text())
    return [str(facts["child"][0])]
