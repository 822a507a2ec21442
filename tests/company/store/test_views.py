"""The four views: the questions people ask, right on both databases."""

from company.store import agents, commands, experiments, sessions
from company.store.gate import Store, Transaction
from company.work.job import JobStatus
from tests.company.store.conftest import Rows
from tests.conftest import SettableClock


def view(store: Store, name: str) -> list[dict[str, object]]:
    with store.reading() as tx:
        return tx.all(f"SELECT * FROM {name}")


def test_agent_performance_shows_active_agents_by_domain_and_name(any_store: Store, rows: Rows) -> None:
    with any_store.transaction() as tx:
        rows.team(tx, "team-m", "marketing")
        rows.team(tx, "team-e", "engineering")
        rows.agent(tx, "agent-z", team_id="team-e", name="Zoe", role="Ops")
        rows.agent(tx, "agent-a", team_id="team-m", name="Ann")
        rows.agent(tx, "agent-b", team_id="team-e", name="abe")  # after Zoe: bytes, not a language's order
        rows.agent(tx, "agent-f", team_id="team-e", name="Fay")
        agents.fire(tx, "agent-f", "U1")
        for completed, duration_s in ((True, 60.0), (True, 90.0), (False, 30.0)):
            agents.count_outcome(tx, "agent-z", completed=completed, duration_s=duration_s)
    shown = view(any_store, "v_agent_performance")
    assert [row["agent_id"] for row in shown] == ["agent-z", "agent-b", "agent-a"]
    assert shown[0] == {
        "agent_id": "agent-z",
        "name": "Zoe",
        "role": "Ops",
        "team_name": "Team-E",
        "success_rate_pct": 66.7,
        "total_tasks_completed": 2,
        "total_tasks_failed": 1,
        "avg_duration_minutes": 1.0,
    }
    assert shown[1]["success_rate_pct"] == 0.0


def test_active_sessions_never_show_a_finished_one(any_store: Store, rows: Rows) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)
        rows.agent(tx, "agent-b")
        for status in JobStatus:
            rows.session(tx, f"job-{status.value}")
            if status is not JobStatus.PENDING:
                sessions.move(tx, f"job-{status.value}", JobStatus.IN_PROGRESS)
                sessions.move(tx, f"job-{status.value}", status)
        for number, (agent, retry) in enumerate((("agent-a", 0), ("agent-b", 0), ("agent-a", 1))):
            rows.task(tx, f"task-{number}", "job-in_progress", agent, retry)
        sessions.set_phase(tx, "job-in_progress", "working", iteration_count=2, branch_name="agent/x")
    (shown,) = view(any_store, "v_active_sessions")
    assert shown == {
        "id": "job-in_progress",
        "title": "a title",
        "status": "in_progress",
        "phase": "working",
        "target_repo": None,
        "branch_name": "agent/x",
        "started_at": "2026-11-25T09:00:00.000Z",
        "iteration_count": 2,
        "team_name": "Team-X",
        "agent_count": 2,
        "task_count": 3,
    }


def test_a_blocked_job_that_goes_on_is_active_again(any_store: Store, rows: Rows) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)
        for status in (JobStatus.IN_PROGRESS, JobStatus.BLOCKED):
            assert sessions.move(tx, "job-1", status)
    assert view(any_store, "v_active_sessions") == []
    with any_store.transaction() as tx:
        assert sessions.move(tx, "job-1", JobStatus.IN_PROGRESS)
    assert [row["id"] for row in view(any_store, "v_active_sessions")] == ["job-1"]


def test_experiment_status_counts_and_averages(any_store: Store) -> None:
    with any_store.transaction() as tx:
        for number, value in enumerate((0.25, 0.5, 0.5)):
            row = {"id": f"exp-{number}", "name": f"n{number}", "created_by": "U1"}
            experiments.insert_new(tx, {**row, "current_value": value, "sample_size": number})
        experiments.note(tx, "exp-0", status="killed", decision="kill")
    assert view(any_store, "v_experiment_status") == [
        {"status": "active", "experiment_count": 2, "avg_current_value": 0.5, "avg_sample_size": 1.5},
        {"status": "killed", "experiment_count": 1, "avg_current_value": 0.25, "avg_sample_size": 0.0},
    ]


def give(tx: Transaction, intent: str, *, at: str, team: str | None = None, model: str | None = None) -> None:
    row = {"command_text": intent, "normalized_intent": intent, "surface": "slack", "user_id": "U1"}
    assert commands.record(tx, {**row, "executed_at": at, "team": team, "model": model})


def test_command_patterns_are_intents_of_the_last_seven_days(any_store: Store) -> None:
    """The view asks the database's own clock, so times are taken from it."""
    with any_store.transaction() as tx:
        days = [days_ago(tx, number) for number in range(9)]
        for day in (6, 3, 1):
            give(tx, "write blog", at=days[day], team="marketing", model="opus" if day == 3 else None)
        give(tx, "write blog", at=days[8], team="old")  # too long ago to count
        give(tx, "write blog", at=days[2], team="engineering", model="haiku")
        for day in (1, 2, 3, 4):
            give(tx, "", at=days[day])  # what was not understood is no pattern
        for day in (1, 2):
            give(tx, "twice only", at=days[day])
        for day in (1, 2, 8):
            give(tx, "too old", at=days[day])
        for day in (1, 2, 3):
            give(tx, "fix tests", at=days[day])
    assert view(any_store, "v_user_command_patterns") == [
        {
            "normalized_intent": "write blog",
            "command_count": 4,
            "teams_used": "engineering, marketing",
            "models_used": "haiku, opus",
            "first_executed_at": days[6],
            "last_executed_at": days[1],
        },
        {
            "normalized_intent": "fix tests",
            "command_count": 3,
            "teams_used": None,
            "models_used": None,
            "first_executed_at": days[3],
            "last_executed_at": days[1],
        },
    ]


def days_ago(tx: Transaction, days: int) -> str:
    moment = tx.value(f"SELECT strftime('%Y-%m-%dT%H\\:%M\\:%fZ', 'now', '-{days} days')")
    assert isinstance(moment, str)
    assert len(moment) == len("2026-11-25T09:00:00.000Z")
    return moment


def test_strftime_writes_times_as_they_are_stored(any_store: Store, clock: SettableClock) -> None:
    with any_store.reading() as tx:
        moved = tx.value(
            "SELECT strftime('%Y-%m-%dT%H\\:%M\\:%fZ', :moment, '-7 days')", moment="2026-03-02T23:59:58.123Z"
        )
    assert moved == "2026-02-23T23:59:58.123Z"
