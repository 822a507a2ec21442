"""What a failed call to Slack means for the words it carried: an answer is a no, silence may be a yes.

An error that Slack answers with is certain: the words were not taken. What ends without an answer (a reset, a timeout,
an error within Slack) is uncertain: they may be there. Slack's error codes are from its reference of the methods.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError

RATE_LIMIT_WAIT_S: Final = 30.0  # where Slack names no time
HOLD_S: Final = 60.0


class Means(Enum):
    """What is to be done."""

    LATER = auto()  #: Slack has too much to do: again after the time it names
    UNCERTAIN = auto()  #: look whether it arrived, then again
    HOLD = (
        auto()
    )  #: our token or our rights: nothing can be said at present, and nothing is wrong with the words
    ELSEWHERE = auto()  #: that channel or thread does not take it: tell it where the company's news are told
    GONE = auto()  #: the message to edit is not there: post it anew
    FINAL = auto()  #: it will never be taken


@dataclass(frozen=True)
class Failure:
    """How a call failed."""

    means: Means
    error: str  #: Slack's code, or what the network said
    after_s: float = 0.0  #: not to be tried again before


_UNCERTAIN: Final = frozenset(
    {"fatal_error", "internal_error", "request_timeout", "service_unavailable", "timeout", "unknown_error"}
)
_HOLD: Final = frozenset(
    {
        "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope",
        "not_allowed_token_type", "no_permission", "org_login_required", "ekm_access_denied", "access_denied",
        "team_access_not_granted", "accesslimited", "two_factor_setup_required",
    }
)  # fmt: skip
_ELSEWHERE: Final = frozenset(
    {
        "channel_not_found", "not_in_channel", "is_archived", "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel", "restricted_action_non_threadable_channel", "thread_not_found",
        "restricted_action_thread_locked", "cannot_reply_to_message", "user_not_found", "messages_tab_disabled",
        "invalid_thread_ts", "message_not_found", "cannot_dm_bot", "user_disabled",
    }
)  # fmt: skip
_GONE: Final = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive", "channel_not_found"}
)
_LATER: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})


def failure_of(error: Exception, *, is_edit: bool = False) -> Failure:
    """Say what ``error`` means; ``is_edit``: for a message that is there already."""
    if isinstance(error, SlackApiError):
        return _of_answer(error, is_edit=is_edit)
    if isinstance(error, aiohttp.ClientConnectorError):  # nobody was there, so nobody has it
        return Failure(Means.LATER, f"no connection: {error}")
    return Failure(Means.UNCERTAIN, f"{type(error).__name__}: {error}".rstrip(": "))


def _of_answer(error: SlackApiError, *, is_edit: bool) -> Failure:
    response = error.response
    # An answer that is no JSON comes as aiohttp's own response.
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    data = getattr(response, "data", None)
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    if status == 429 or code in _LATER:
        return Failure(Means.LATER, code or "ratelimited", _retry_after(response))
    if not code or status >= 500 or code in _UNCERTAIN:
        return Failure(Means.UNCERTAIN, code or f"HTTP {status}")
    if code in _HOLD:
        return Failure(Means.HOLD, code, HOLD_S)
    if is_edit and code in _GONE:
        return Failure(Means.GONE, code)
    if not is_edit and code in _ELSEWHERE:
        return Failure(Means.ELSEWHERE, code)
    return Failure(Means.FINAL, code)


def _retry_after(response: object) -> float:
    headers = getattr(response, "headers", None) or {}
    named = next((value for key, value in headers.items() if key.lower() == "retry-after"), None)
    try:
        return max(1.0, float(named))  # type: ignore[arg-type] # None is answered below
    except (TypeError, ValueError):
        return RATE_LIMIT_WAIT_S
