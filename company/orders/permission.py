"""Who may order what: the only place that decides it, for every door.

Roles come from config.yaml, where a list may name user groups too, and from grants (``people.py``); an empty list
means nobody. Starting work by a file, a schedule or an
automation needs no list: whoever can write into the folder, or was allowed to make the schedule, may already.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from company.errors import NotPermitted
from company.orders.office import Actor, Role

if TYPE_CHECKING:
    from company.config import Config


class Action(StrEnum):
    """Everything that can be ordered, under the name it has in the audit."""

    LOOK = "look"
    START = "job.start"
    STOP = "job.stop"
    RETRY = "job.retry"
    ANSWER = "question.answer"
    MAKE_READY = "pull_request.ready"
    MERGE = "pull_request.merge"
    CLOSE = "pull_request.close"
    FOLLOW_UP = "pull_request.follow_up"
    PAUSE = "pause"
    RESUME = "resume"
    HIRE = "agent.hire"
    FIRE = "agent.fire"
    REHIRE = "agent.rehire"
    EDIT_AGENT = "agent.edit"
    PRAISE = "feedback.praise"
    REJECT = "feedback.reject"
    APPROVE = "proposal.approve"
    DISMISS = "proposal.dismiss"
    SNOOZE = "proposal.snooze"
    CREATE_EXPERIMENT = "experiment.create"
    END_EXPERIMENT = "experiment.end"
    REOPEN_EXPERIMENT = "experiment.reopen"
    EVALUATE = "evaluate"
    ADD_SCHEDULE = "schedule.add"
    PAUSE_SCHEDULE = "schedule.pause"
    RESUME_SCHEDULE = "schedule.resume"
    REMOVE_SCHEDULE = "schedule.remove"
    ADD_REPOSITORY = "repository.add"
    REMOVE_REPOSITORY = "repository.remove"
    CLEAN = "clean"
    RETRY_MESSAGES = "messages.retry"
    TELL = "session.tell"
    MUTE = "session.mute"
    UNMUTE = "session.unmute"
    PAIR = "role.pair"
    GRANT_ROLE = "role.grant"
    REVOKE_ROLE = "role.revoke"


#: action -> the least role that may order it
NEEDED: Mapping[Action, Role] = MappingProxyType(
    {
        Action.LOOK: Role.VIEWER,
        Action.START: Role.OPERATOR,
        Action.STOP: Role.OPERATOR,
        Action.RETRY: Role.OPERATOR,
        Action.ANSWER: Role.OPERATOR,
        Action.MAKE_READY: Role.OPERATOR,
        Action.CLOSE: Role.OPERATOR,
        Action.FOLLOW_UP: Role.OPERATOR,
        Action.MERGE: Role.CEO,
        Action.PAUSE: Role.OPERATOR,
        Action.RESUME: Role.OPERATOR,
        Action.CLEAN: Role.OPERATOR,
        Action.RETRY_MESSAGES: Role.OPERATOR,
        Action.TELL: Role.OPERATOR,
        Action.MUTE: Role.OPERATOR,
        Action.UNMUTE: Role.OPERATOR,
        Action.PAIR: Role.NOBODY,  # the code decides, and there is one only while there is no CEO
        Action.GRANT_ROLE: Role.CEO,
        Action.REVOKE_ROLE: Role.CEO,
        Action.PRAISE: Role.OPERATOR,
        Action.REJECT: Role.OPERATOR,
        Action.EVALUATE: Role.OPERATOR,
        Action.ADD_SCHEDULE: Role.OPERATOR,
        Action.PAUSE_SCHEDULE: Role.OPERATOR,
        Action.RESUME_SCHEDULE: Role.OPERATOR,
        Action.REMOVE_SCHEDULE: Role.OPERATOR,
        Action.HIRE: Role.CEO,
        Action.FIRE: Role.CEO,
        Action.REHIRE: Role.CEO,
        Action.EDIT_AGENT: Role.CEO,
        Action.APPROVE: Role.CEO,
        Action.DISMISS: Role.CEO,
        Action.SNOOZE: Role.CEO,
        Action.CREATE_EXPERIMENT: Role.CEO,
        Action.END_EXPERIMENT: Role.CEO,
        Action.REOPEN_EXPERIMENT: Role.CEO,
        Action.ADD_REPOSITORY: Role.CEO,
        Action.REMOVE_REPOSITORY: Role.CEO,
    }
)

_ROLE_OF_SURFACE = MappingProxyType(
    {"file": Role.OPERATOR, "schedule": Role.OPERATOR, "automation": Role.OPERATOR}
)


def is_allowed(actor: Actor, action: Action) -> bool:
    """Say whether ``actor`` may order ``action``; for doors that show only the buttons one may press."""
    return actor.role.includes(NEEDED[action])


def check(actor: Actor, action: Action) -> None:
    """Raise NotPermitted unless ``actor`` may order ``action``."""
    if not is_allowed(actor, action):
        raise NotPermitted(actor.id, actor.role.value, NEEDED[action].value, action.value)


def actor_for(config: "Config", user_id: str, surface: str, groups: Collection[str] = ()) -> Actor:
    """Return ``user_id`` with the role configuration grants on ``surface``; NOBODY when named nowhere.

    ``groups`` are the user groups of the surface that it belongs to, as the surface itself says.
    """
    if surface == "terminal":
        return Actor(user_id, Role(config.roles.terminal_role), surface)
    role = _ROLE_OF_SURFACE.get(surface) or _listed_role(config, {user_id, *groups})
    return Actor(user_id, role, surface)


def _listed_role(config: "Config", names: set[str]) -> Role:
    lists = (
        (Role.CEO, config.roles.ceo),
        (Role.OPERATOR, config.roles.operator),
        (Role.VIEWER, config.roles.viewer),
    )
    return next((role for role, listed in lists if not names.isdisjoint(listed)), Role.NOBODY)
