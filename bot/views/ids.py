"""The names of buttons and forms, in one place: views write them, listeners hear them."""

from enum import StrEnum


class ActionId(StrEnum):
    """Buttons and menus."""

    STOP = "job_stop"
    RETRY = "job_retry"
    LOGS = "job_logs"
    PULL_REQUEST = "job_pull_request"
    PRAISE = "job_praise"
    REJECT = "job_reject"
    APPROVE = "proposal_approve"
    APPROVE_SCHEDULED = "proposal_approve_scheduled"
    EDIT = "proposal_edit"
    DISMISS = "proposal_dismiss"
    LATER = "proposal_later"
    ANSWER = "question_answer"
    FIRE = "agent_fire"
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
