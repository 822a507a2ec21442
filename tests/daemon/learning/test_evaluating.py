"""The scheduled evaluation: running it twice, or many at once, changes nothing."""

from pathlib import Path
from typing import Any

import pytest

from company.errors import NotPermitted
from company.learning.experiment import ArmKind
from company.orders.experiments import ExperimentRequest, create
from company.orders.office import Actor, Office
from company.orders.permission import actor_for
from company.store import outbox
from daemon.learning.evaluating import run_evaluation
from tests.company.at_once import at_once
from tests.company.history import History
from tests.conftest import SettableClock

LEARNT = ("experiments", "rewards", "patterns", "automation_candidates", "metrics", "outbox", "agents")


@pytest.fixture
def nightly(office: Office) -> Actor:
    return actor_for(office.config, "sched-evaluation", "schedule")


@pytest.fixture
def history(office: Office, clock: SettableClock) -> History:
    return History(office, clock)


@pytest.fixture
def busy_day(office: Office, ana: Actor, history: History) -> None:
    """Two experiments to decide, patterns of each kind and a proposal."""
    for name, letters in (("bad", "FFF"), ("good", "SSSSS"), ("open", "SF")):
        request = ExperimentRequest(name=name, kind=ArmKind.MODEL, treatment="opus", default="sonnet")
        history.tasks(letters, arm_id=create(office, ana, request).arms[0].id)
    for _ in range(3):
        history.command("write blog", "write a post about scheduling")


def everything(office: Office) -> dict[str, list[dict[str, Any]]]:
    with office.store.reading() as tx:
        return {table: tx.all(f"SELECT * FROM {table} ORDER BY id") for table in LEARNT}


def test_a_day_is_evaluated_and_told(office: Office, nightly: Actor, busy_day: None) -> None:
    done = run_evaluation(office, nightly)
    assert {one.row.name: one.row.status.value for one in done.decided} == {
        "bad": "killed",
        "good": "successful",
    }
    assert done.report == office.config.folders.reports / "evaluation-2026-11-25.md"
    text = done.report.read_text(encoding="utf-8")
    assert "| bad | model opus instead of sonnet | killed, today | kill | 3 | 0.0 % |" in text
    assert "| open | model opus instead of sonnet | active | keep | 2 | 50.0 % |" in text
    assert "- Hire **Write Blog** for “write blog”: 3 commands so far" in text
    with office.store.reading() as tx:
        word, report = outbox.of_subject(tx, "evaluation-2026-11-25")
    assert (report.kind, report.payload["path"]) == ("file", "reports/evaluation-2026-11-25.md")
    assert (word.kind, word.payload["report"]) == ("evaluation", "evaluation-2026-11-25.md")
    assert (word.payload["experiments_decided"], word.payload["proposals"]) == (2, 1)


def test_running_it_twice_changes_nothing(office: Office, nightly: Actor, busy_day: None) -> None:
    first = run_evaluation(office, nightly)
    before, text = everything(office), first.report.read_bytes()
    second = run_evaluation(office, nightly)
    assert everything(office) == before
    assert second.report.read_bytes() == text
    assert (second.decided, second.detected.changed, second.detected.proposed) == ((), (), ())


def test_eight_at_once_change_what_one_changes(
    office: Office, nightly: Actor, otto: Actor, busy_day: None
) -> None:
    done = at_once(*[lambda: run_evaluation(office, nightly), lambda: run_evaluation(office, otto)] * 4)
    assert sum(len(one.decided) for one in done) == 2
    assert sum(len(one.detected.proposed) for one in done) == 1
    after = everything(office)
    assert sorted(row["cause"] for row in after["rewards"] if row["entity_type"] == "experiment") == [
        "killed",
        "successful",
    ]
    assert sum(row["kind"] == "evaluation" for row in after["outbox"]) == 1
    assert {one.report.read_bytes() for one in done} == {done[0].report.read_bytes()}
    assert [path.name for path in office.config.folders.reports.iterdir()] == ["evaluation-2026-11-25.md"]


def test_a_crash_between_two_parts_is_made_good_by_the_next_run(
    office: Office, nightly: Actor, busy_day: None, tmp_path: Path
) -> None:
    office.config.folders.reports.parent.mkdir(exist_ok=True)
    office.config.folders.reports.write_text("no folder can be made here", encoding="utf-8")
    with pytest.raises(OSError, match="reports"):
        run_evaluation(office, nightly)
    office.config.folders.reports.unlink()
    done = run_evaluation(office, nightly)
    assert (done.decided, done.detected.changed) == ((), ())
    assert "killed, today" in done.report.read_text(encoding="utf-8")
    assert sum(row["kind"] == "evaluation" for row in everything(office)["outbox"]) == 1


def test_the_next_day_has_a_report_of_its_own(
    office: Office, nightly: Actor, busy_day: None, clock: SettableClock
) -> None:
    run_evaluation(office, nightly)
    clock.advance(days=1, minutes=1)
    done = run_evaluation(office, nightly)
    assert done.report.name == "evaluation-2026-11-26.md"
    assert "today" not in done.report.read_text(encoding="utf-8")
    assert len(list(office.config.folders.reports.iterdir())) == 2


def test_an_empty_company_is_evaluated_too(office: Office, nightly: Actor) -> None:
    text = run_evaluation(office, nightly).report.read_text(encoding="utf-8")
    assert "no job ended; +0 points; no model used" in text


def test_who_only_looks_starts_no_evaluation(office: Office, vera: Actor) -> None:
    with pytest.raises(NotPermitted):
        run_evaluation(office, vera)
    assert not office.config.folders.reports.exists()
