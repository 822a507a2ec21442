"""A tool that an agent's program asks leave for, put to people: the exact command, and their answer as it was given.

The question is a row, the answer an order, so both survive the daemon. Whoever waits here ends with the job, with the
process, and with the time that people have: then it is denied. What is too long to be read is denied unread.
"""

import threading
import uuid
from datetime import timedelta
from typing import Final

from company.clock import from_iso, to_iso
from company.orders.telling import ask, tell_job, tell_question
from company.store import questions
from company.store.questions import Question
from daemon.job.workplace import Workplace
from daemon.processes.spawn import Detached
from daemon.runners.protocol import Approval, Decision

ONCE, FOR_THIS_JOB, DENY = "Allow once", "Allow for this job", "Deny"
OPTIONS: Final = (ONCE, FOR_THIS_JOB, DENY)
SHOWN_MAX = 2_500  # characters that a person can be shown whole
LOOK_S = 0.25

_NAMES = uuid.UUID("6d6b2b0e-6f0b-4b87-8f0b-1f2b7a3f9c55")


class Approver:
    """Asks people on behalf of one run."""

    def __init__(self, place: Workplace, job_id: str, agent_id: str, task_id: str, key: str) -> None:
        self._place, self._job_id, self._agent_id = place, job_id, agent_id
        self._task_id, self._key = task_id, key

    def decide(self, asked: Approval) -> Decision:
        """Return what a person says, or said before of the same command in this job. Raises Detached."""
        if len(asked.what) > SHOWN_MAX:
            return Decision(
                is_allowed=False,
                reason=f"it has more than {SHOWN_MAX} characters: put it into a script, and run that",
            )
        if self._is_allowed_in_this_job(asked.what):
            return Decision(is_allowed=True)
        question_id = f"question-{uuid.uuid5(_NAMES, f'{self._task_id}/{asked.request_id}')}"
        self._ask(question_id, asked)
        return self._wait(question_id)

    def _is_allowed_in_this_job(self, what: str) -> bool:
        with self._place.store.reading() as tx:
            known = questions.of_session(tx, self._job_id)
        return any(
            one.kind == "tool"
            and one.question == what
            and one.status == "answered"
            and one.answer == FOR_THIS_JOB
            for one in known
        )

    def _ask(self, question_id: str, asked: Approval) -> None:
        ends = self._place.clock.now() + timedelta(seconds=self._place.config.runners.approval_timeout_s)
        with self._place.store.transaction() as tx:
            is_new = ask(
                tx,
                {
                    "id": question_id,
                    "session_id": self._job_id,
                    "task_id": self._task_id,
                    "agent_id": self._agent_id,
                    "kind": "tool",
                    "question": asked.what,
                    "options": list(OPTIONS),
                    "default_answer": DENY,
                    "expires_at": to_iso(ends),
                },
            )
        if is_new:
            self._place.log(self._job_id).say(
                self._agent_id.removeprefix("agent-"), f"asks leave: {asked.what}"
            )

    def _wait(self, question_id: str) -> Decision:
        while True:
            with self._place.store.reading() as tx:
                question = questions.get(tx, question_id)
            if question.status != "open":
                return _decision(question)
            if self._place.processes.is_closed():
                raise Detached(self._key)
            if self._is_over(question):
                self._expire(question_id)
                continue
            threading.Event().wait(LOOK_S)

    def _is_over(self, question: Question) -> bool:
        is_late = question.expires_at is not None and self._place.clock.now() >= from_iso(question.expires_at)
        return is_late or not self._place.processes.is_live(self._key)

    def _expire(self, question_id: str) -> None:
        with self._place.store.transaction() as tx:
            if questions.expire_one(tx, question_id):
                tell_question(tx, question_id, "expired")
                tell_job(tx, self._job_id, f"expired:{question_id}")


def _decision(question: Question) -> Decision:
    if question.status == "answered" and question.answer in (ONCE, FOR_THIS_JOB):
        return Decision(is_allowed=True)
    if question.status == "expired":
        return Decision(is_allowed=False, reason="nobody answered in time; do without it")
    said = "" if question.answer == DENY else f": {question.answer}"
    return Decision(is_allowed=False, reason=f"a person said no{said}")
