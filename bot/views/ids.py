"""The names of buttons, menus and forms, in one place: views write them, listeners hear them. Pure.

A button's value is a ``Subject``: ids and nothing else, so that no word from outside travels through it. Where several
buttons of one message do the same with another choice, their action ids are numbered (``question_answer.2``): Slack
refuses one id twice.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: ids of ours, and one word of choice
_SUBJECT: Final = re.compile(r"(?P<id>[\w.:-]{1,200})(?: (?P<choice>\w{1,15}))?", re.ASCII)


class ActionId(StrEnum):
    """Buttons and menus."""

    STOP = "job_stop"
    RETRY = "job_retry"
    LOGS = "job_logs"
    PULL_REQUEST = "job_pull_request"  # a link: Slack tells us that it was pressed, and nothing is to be done
    DELIVERY = "job_delivery"  # the menu of a delivered branch: its value's choice is ready, merge or close
    PRAISE = "job_praise"
    REJECT = "job_reject"
    APPROVE = "proposal_approve"
    APPROVE_SCHEDULED = "proposal_approve_scheduled"
    EDIT = "proposal_edit"
    DISMISS = "proposal_dismiss"
    LATER = "proposal_later"
    MORE = "proposal_more"  # the menu with what is chosen seldom: its value's choice is LATER or DISMISS
    ANSWER = "question_answer"  # numbered; its value's choice is the option's number
    ALLOW_ONCE = "tool_allow_once"
    ALLOW_FOR_JOB = "tool_allow_for_job"
    DENY = "tool_deny"
    FIRE = "agent_fire"
    KEEP = "agent_keep"
    PAUSE = "pause"
    RESUME = "resume"
    START_WORK = "start_work"


class CallbackId(StrEnum):
    """Forms and shortcuts."""

    REJECT_REASON = "reject_reason"
    EDIT_PROPOSAL = "edit_proposal"
    NEW_JOB = "new_job"
    START_WORK = "start_work"
    PRIORITISE_MESSAGE = "prioritise_message"


class FieldId(StrEnum):
    """What is filled in: the action id of an input, whose block has the same name."""

    TEAM = "team"
    MODEL = "model"
    NAME = "name"
    ROLE = "role"
    SCHEDULE = "schedule"


class BlockId(StrEnum):
    """Blocks that listeners or tests look for."""

    JOB_ACTIONS = "job_actions"
    DECISION = "decision"


@dataclass(frozen=True)
class Subject:
    """What a button is about: the value it carries."""

    id: str
    choice: str = ""

    def dumped(self) -> str:
        """Return it as a button's value; under 75 characters for every id of ours and choices under 15."""
        return f"{self.id} {self.choice}".strip()

    @classmethod
    def parsed(cls, value: str) -> "Subject":
        """Read a button's value. Raises ValueError for what ``dumped`` does not write: it may come from anybody."""
        found = _SUBJECT.fullmatch(value)
        if found is None:
            raise ValueError("no subject")
        return cls(found["id"], found["choice"] or "")


def numbered(action: ActionId, number: int) -> str:
    """Return the action id of the button ``number`` of several that do the same."""
    return f"{action}.{number}"


def action_of(action_id: str) -> ActionId | None:
    """Return what a button's action id means; None when it is none of ours."""
    try:
        return ActionId(action_id.partition(".")[0])
    except ValueError:
        return None
