"""Orders, agents' outcomes, crashes and restarts in any order, against the real store, inbox and admission.

The engine is the only part that is not there: the machine plays its steps, through the same settlement they use. A
model beside it knows what was ordered and what came of it; after every step the books must say the same.
"""

import shutil
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from company.config import load_config, shipped
from company.errors import OrderRefused
from company.learning.reward import POINTS
from company.orders import agents, feedback, jobs, pauses
from company.orders.jobs import StartRequest
from company.orders.office import Actor, Office, Role
from company.store import sessions, tasks
from company.store.gate import Store
from company.store.opening import open_store
from company.store.seeding import seed
from company.work.job import FOLDER, JobStatus
from company.work.task import TaskStatus
from daemon.intake.admitting import Admitting
from daemon.intake.inbox import Inbox
from daemon.job.settling import settle_session, settle_task
from tests.conftest import SettableClock

CEO = Actor("ada", Role.CEO, "slack")
WORKERS = ("agent-backend", "agent-frontend")
OVER = {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.STOPPED}
RESULT = st.sampled_from([TaskStatus.COMPLETED, TaskStatus.FAILED])
END = st.sampled_from([JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.BLOCKED])


class Crash(Exception):
    """The process ends here, in the middle of a transaction."""


class CompanyMachine(RuleBasedStateMachine):
    """One company, lived through."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="state-machine-"))
        shutil.copy(shipped("config.yaml"), self.root / "config.yaml")
        self.config = load_config(self.root / "config.yaml", {})
        self.clock = SettableClock(datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
        self.store: Store
        self.count, self.orders = 0, 0
        self.begun: list[str] = []
        self.status: dict[str, JobStatus] = {}
        self.deliveries: dict[str, str] = {}
        self.outcomes: dict[str, list[tuple[str, TaskStatus]]] = {}
        self.words: dict[str, set[str]] = {}

    @initialize()
    def open(self) -> None:
        self.store = open_store("", sqlite_path=self.root / "agent-service.db", clock=self.clock)
        with self.store.transaction() as tx:
            seed(tx, self.config)
        self.office = Office(self.store, self.config, self.clock)
        self.inbox = Inbox(lambda: self.office)
        self.inbox.lay_out()
        self.admitting = Admitting(lambda: self.office, self.inbox, self.begun.append)
        self.admitting.start_again()

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
        shutil.rmtree(self.root)

    def order(self, give: Any, *args: Any) -> Any:
        """Give an order; one that is refused leaves a row in the audit as well."""
        self.clock.advance(seconds=1)
        self.orders += 1
        try:
            return give(self.office, CEO, *args)
        except OrderRefused:
            return None

    # ── what people do ──

    @rule(target=jobs, delivery=st.integers(0, 5), fresh=st.booleans())
    def start(self, delivery: int, fresh: bool) -> str:
        self.count += 1
        key = f"once-{self.count}" if fresh else f"delivery-{delivery}"
        request = StartRequest(content=f"# Work {self.count}\n".encode(), delivery_id=key)
        begun = self.order(jobs.start, request)
        assert begun is not None
        assert begun.is_new == (key not in self.deliveries)
        assert self.deliveries.setdefault(key, begun.job_id) == begun.job_id
        if begun.is_new:
            self.status[begun.job_id] = JobStatus.PENDING
            self.outcomes[begun.job_id] = []
        return str(begun.job_id)

    @rule(job=jobs)
    def stop(self, job: str) -> None:
        self.order(jobs.stop, job)
        if self.status[job] in (JobStatus.PENDING, JobStatus.BLOCKED):
            self.status[job] = JobStatus.STOPPED

    @rule(target=jobs, job=jobs)
    def retry(self, job: str) -> str:
        again = self.order(jobs.retry, job)
        assert (again is None) == (self.status[job] in (JobStatus.PENDING, JobStatus.IN_PROGRESS))
        if again is None:
            return job
        if again.is_new:
            self.status[again.job_id] = JobStatus.PENDING
            self.outcomes[again.job_id] = []
        return str(again.job_id)

    @rule(job=jobs, good=st.booleans())
    def judge(self, job: str, good: bool) -> None:
        self.order(feedback.praise, job) if good else self.order(feedback.reject, job, "not what I asked for")

    @rule(scope=st.sampled_from(["all", "team:engineering"]), on=st.booleans())
    def hold(self, scope: str, on: bool) -> None:
        self.order(pauses.pause if on else pauses.resume, scope)

    @rule(agent=st.sampled_from(WORKERS), on=st.booleans())
    def staff(self, agent: str, on: bool) -> None:
        self.order(agents.rehire if on else agents.fire, agent)

    # ── what the daemon does ──

    @rule()
    def admit(self) -> None:
        for job in self.admitting.pass_once():
            assert self.status[job] is JobStatus.PENDING
            self.status[job] = JobStatus.IN_PROGRESS

    @rule(job=jobs, agent=st.sampled_from(WORKERS), result=RESULT)
    def settle(self, job: str, agent: str, result: TaskStatus) -> None:
        self._settle(job, agent, result)

    @rule(job=jobs, agent=st.sampled_from(WORKERS), result=RESULT)
    def settle_and_crash(self, job: str, agent: str, result: TaskStatus) -> None:
        """The process is killed before the commit; the step runs again after the restart."""
        with pytest.raises(Crash):
            self._settle(job, agent, result, crash=True)
        self.restart()
        self._settle(job, agent, result)

    def _settle(self, job: str, agent: str, result: TaskStatus, *, crash: bool = False) -> None:
        number = len(self.outcomes[job])
        task_id = f"task-{job}-{number}"
        with self.store.transaction() as tx:
            if sessions.get(tx, job).status is JobStatus.IN_PROGRESS:
                tasks.insert_new(
                    tx,
                    {
                        "id": task_id,
                        "session_id": job,
                        "agent_id": agent,
                        "task_description": "x",
                        "retry_count": number,
                    },
                )
                tasks.move(tx, task_id, TaskStatus.IN_PROGRESS, started_at=tx.now_iso)
                assert settle_task(tx, task_id, result, error="broken")
                assert not settle_task(tx, task_id, TaskStatus.FAILED, error="again")
            if crash:
                raise Crash
        if self.status[job] is JobStatus.IN_PROGRESS:
            self.outcomes[job].append((agent, result))

    @rule(job=jobs, wanted=END)
    def close(self, job: str, wanted: JobStatus) -> None:
        if self.status[job] is JobStatus.PENDING:
            return  # its story has not begun
        with self.store.transaction() as tx:
            asked = sessions.get(tx, job).stop_requested_by is not None
            status = JobStatus.STOPPED if asked else wanted
            is_closed = settle_session(tx, job, status, "over")
        # A blocked job may still fail or be stopped; it never completes without going on first.
        may_end = self.status[job] is JobStatus.BLOCKED and status in (JobStatus.FAILED, JobStatus.STOPPED)
        assert is_closed == (self.status[job] is JobStatus.IN_PROGRESS or may_end)
        if is_closed:
            self.status[job] = status

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.open()

    # ── what must hold ──

    @invariant()
    def the_rows_are_what_was_done(self) -> None:
        if not self.status:
            return
        with self.store.reading() as tx:
            rows = {one["id"]: one["status"] for one in tx.all("SELECT id, status FROM sessions")}
        assert rows == {job: status.value for job, status in self.status.items()}

    @invariant()
    def nothing_is_begun_twice_in_one_life_that_was_not_admitted(self) -> None:
        assert set(self.begun) <= {
            job for job, status in self.status.items() if status is not JobStatus.PENDING
        }

    @invariant()
    def rewards_are_what_the_outcomes_earned_once(self) -> None:
        if not self.status:
            return
        with self.store.reading() as tx:
            paid = tx.all("SELECT entity_type, entity_id, cause, reward_value FROM rewards")
        assert (
            max(
                Counter((one["entity_type"], one["entity_id"], one["cause"]) for one in paid).values(),
                default=1,
            )
            == 1
        )
        earned = sum(POINTS[f"task {result.value}"] for many in self.outcomes.values() for _, result in many)
        assert sum(one["reward_value"] for one in paid if one["entity_type"] == "task") == earned

    @invariant()
    def counters_are_what_the_rows_add_up_to(self) -> None:
        if not self.status:
            return
        with self.store.reading() as tx:
            rows = tx.all(
                "SELECT id, total_tasks_completed AS done, total_tasks_failed AS failed, success_rate FROM agents"
            )
        model = Counter((agent, result) for many in self.outcomes.values() for agent, result in many)
        for row in rows:
            done, failed = (model[row["id"], one] for one in (TaskStatus.COMPLETED, TaskStatus.FAILED))
            assert (row["done"], row["failed"]) == (done, failed)
            if done + failed:
                assert row["success_rate"] == pytest.approx(done / (done + failed))

    @invariant()
    def every_order_stands_in_the_audit(self) -> None:
        if not self.orders:
            return
        with self.store.reading() as tx:
            assert tx.value("SELECT count(*) FROM audit") == self.orders

    @invariant()
    def words_are_said_once_a_moment_and_none_is_taken_back(self) -> None:
        if not self.status:
            return
        with self.store.reading() as tx:
            rows = tx.all("SELECT subject_id, dedup_key FROM outbox")
        said: dict[str, set[str]] = {}
        for row in rows:
            assert row["dedup_key"] not in said.setdefault(row["subject_id"], set())
            said[row["subject_id"]].add(row["dedup_key"])
        assert all(self.words[subject] <= said.get(subject, set()) for subject in self.words)
        self.words = said

    @invariant()
    def files_stand_where_their_jobs_stand(self) -> None:
        if not self.status:
            return
        self.inbox.put_in_order()
        for job, status in self.status.items():
            found = [path.parent.name for path in (self.root / "priorities").rglob(f"*{job}.md")]
            assert found == [FOLDER[status]], (job, status, found)


def explore(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        CompanyMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=examples < 50,
            suppress_health_check=list(HealthCheck),
            phases=(
                Phase.explicit,
                Phase.reuse,
                Phase.generate,
            ),  # shrinking lives through takes many minutes
        ),
    )


@pytest.mark.sqlite_only
def test_whatever_happens_in_whatever_order_the_books_are_right() -> None:
    explore(examples=15, steps=30)


@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.timeout(300)
def test_the_same_through_many_and_longer_lives() -> None:
    explore(examples=60, steps=60)
