"""What an agent's run shows of itself while it lasts: its lines in the job's log, its JSON state, its brief."""

import re
import time
from pathlib import Path
from typing import Any

from company.work.report import counted
from company.work.staff import Agent
from daemon.job.state_files import write_atomically
from daemon.job.workplace import Workplace
from daemon.runners.protocol import Event, EventKind, Feedback

LINES_SHOWN = 20  # last lines of output kept in the JSON state
REFRESH_S = 1.0  # the JSON state is written at most this often while output streams


class AgentDesk:
    """One run of one agent, as the job's folder and log show it."""

    def __init__(self, place: Workplace, job_id: str, agent: Agent, iteration: int, task_id: str) -> None:
        self._place, self._agent = place, agent
        self._state = place.state(job_id)
        self._log = place.log(job_id)
        self._lines: list[str] = []
        self._written_at = float("-inf")
        self.title = ""
        self.output_path = self._state.folder / "output" / f"{iteration + 1}-{agent.short_id}.log"
        self._facts: dict[str, Any] = {
            "job": job_id,
            "agent": agent.id,
            "name": agent.name,
            "role": agent.role,
            "runner": agent.runner,
            "model": "none" if agent.runner == "command" else agent.model,
            "iteration": iteration + 1,
            "task_id": task_id,
            "status": "in_progress",
        }
        self._brief_path = self._state.folder / "briefs" / f"{iteration + 1}-{agent.short_id}.md"

    def write_brief(self, brief: str) -> Path:
        """Put the brief where the run can read it: outside the worktree."""
        self._brief_path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._brief_path, brief)
        return self._brief_path

    def begin(self, task: str) -> None:
        """The run starts."""
        self.title = re.sub(r"\s+", " ", task).strip()[:72]
        self._facts |= {"task": task, "started_at": self._place.now_iso()}
        self._log.say(self._agent.short_id, f"begins: {self.title}")
        self._write()

    def hear(self, event: Event) -> None:
        """Take one event of the run."""
        if event.kind is EventKind.USAGE:
            return
        self._log.quote(self._agent.short_id, event.text)
        self._lines = [*self._lines, *self._place.redactor.text(event.text).splitlines()][-LINES_SHOWN:]
        if time.monotonic() - self._written_at >= REFRESH_S:
            self._write()

    def end(
        self, status: str, error: str, *, files: list[str] | None = None, feedback: Feedback | None = None
    ) -> None:
        """The run is over: ``status`` is what is known of it before the verdict."""
        self._facts |= {
            "status": status,
            "ended_at": self._place.now_iso(),
            "files": files or [],
            "error": error or None,
            "feedback": feedback.as_dict() if feedback else None,
        }
        words = f"failed: {error}" if error else f"done: {counted(len(files or []), 'file')} changed"
        self._log.say(self._agent.short_id, words)
        self._write()

    def _write(self) -> None:
        self._written_at = time.monotonic()
        self._state.write(self._agent.short_id, {**self._facts, "last_lines": self._lines})
