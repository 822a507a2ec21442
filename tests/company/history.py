"""Facts to learn from: jobs, finished tasks and commands, as the job flow and the doors would have stored them."""

from company.ids import new_id, new_job_id
from company.learning.reward import POINTS
from company.learning.rules import Outcome
from company.orders.office import Office
from company.store import agents, candidates, commands, experiments, rewards, sessions, tasks
from company.work.job import JobStatus
from company.work.task import TaskStatus
from tests.conftest import SettableClock


class History:
    """Writes facts at the present time of the clock, which it moves only in ``tasks``."""

    def __init__(self, office: Office, clock: SettableClock) -> None:
        self._office = office
        self._clock = clock

    def job(self, status: JobStatus = JobStatus.COMPLETED) -> str:
        """A job that went as far as ``status``."""
        job_id = new_job_id(self._clock.now())
        row = {
            "id": job_id,
            "team_id": "team-engineering",
            "title": "Add a login",
            "priority_file": f"{job_id}.md",
            "priority_text": "# Add a login",
            "start_key": f"test:{job_id}",
            "requested_by": "U-ANA",
            "channel_id": "C1",
            "thread_ts": "1.2",
        }
        with self._office.store.transaction() as tx:
            assert sessions.insert_pending(tx, row)
            if status is not JobStatus.PENDING:
                assert sessions.move(tx, job_id, JobStatus.IN_PROGRESS)
            if status not in (JobStatus.PENDING, JobStatus.IN_PROGRESS):
                assert sessions.move(tx, job_id, status)
        return job_id

    def task(
        self,
        *,
        is_success: bool,
        agent_id: str = "agent-backend",
        error: str = "tests: red",
        arm_id: str | None = None,
    ) -> Outcome:
        """One task, from its beginning to the verdict that settled it."""
        job_id, task_id = self.job(JobStatus.IN_PROGRESS), new_id("task")
        status = TaskStatus.COMPLETED if is_success else TaskStatus.FAILED
        with self._office.store.transaction() as tx:
            row = {"id": task_id, "session_id": job_id, "agent_id": agent_id, "task_description": "x"}
            tasks.insert(tx, row)
            if arm_id is not None:
                experiments.assign(tx, {"task_id": task_id, "arm_id": arm_id, "probability": 0.5})
            assert tasks.move(tx, task_id, TaskStatus.IN_PROGRESS)
            assert tasks.move(tx, task_id, status, error_message=None if is_success else error)
            agents.count_outcome(tx, agent_id, completed=is_success, duration_s=1.0)
            rewards.issue(tx, "task", task_id, status.value, POINTS[f"task {status.value}"], "the verdict")
            recorded_at = tx.now_iso
        return Outcome(recorded_at=recorded_at, id=task_id, is_success=is_success)

    def tasks(self, history: str, **more: str) -> list[Outcome]:
        """'SSF': tasks of one agent, a millisecond apart, because equal times are ordered by random ids."""
        outcomes = []
        for letter in history:
            self._clock.advance(milliseconds=1)
            outcomes.append(self.task(is_success=letter == "S", **more))
        return outcomes

    def command(self, intent: str, text: str = "do it") -> None:
        """One command as a person gave it."""
        with self._office.store.transaction() as tx:
            row = {"command_text": text, "normalized_intent": intent, "surface": "slack", "user_id": "U-ANA"}
            commands.record(tx, row)

    def candidate(self, intent: str = "write blog", name: str = "Blog Writer") -> str:
        """An open proposal."""
        with self._office.store.transaction() as tx:
            row = {
                "normalized_intent": intent,
                "pattern_description": "3 commands in 7 days",
                "occurrence_count": 3,
                "sample_commands": ["write a blog post"],
                "confidence_score": 0.8,
                "proposed_agent_name": name,
                "proposed_role": "Writes blog posts",
            }
            assert candidates.propose(tx, row)
            found = candidates.find_by_intent(tx, intent)
        assert found is not None
        return found.id
