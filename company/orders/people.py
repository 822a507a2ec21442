"""Who is who: the role of a person in a workspace, the first CEO by pairing, and roles that a CEO gives.

Nobody may decide anything until somebody is CEO. While there is none, the service keeps the hash of a code that it
prints in its terminal; who sends the code to it is the CEO. A code opens once, for a day, and bears few wrong guesses.
config.yaml wins over grants: who is listed there has that role, whatever was granted.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from company.clock import to_iso
from company.errors import OrderRefused
from company.orders.audit import order
from company.orders.office import Actor, Office, Role
from company.orders.permission import Action, actor_for
from company.store import people

if TYPE_CHECKING:
    from company.store.gate import Reading
    from company.store.people import Grant, PairingCode

CODE_LIFE: Final = timedelta(days=1)
GUESSES_MAX: Final = 10  # of 32^8 codes: guessing is hopeless, and a typing error is forgiven
_ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without what is mistaken for another
_CODE_LENGTH: Final = 8
_ROUNDS: Final = 50_000  # of PBKDF2: 15 ms here


@dataclass(frozen=True, kw_only=True)
class RoleChange:
    """What became of somebody's role."""

    user_id: str
    role: Role
    is_changed: bool  #: False: it was so already
    by: str


def actor_of(
    office: Office, user_id: str, surface: str, *, workspace_id: str = "", groups: Collection[str] = ()
) -> Actor:
    """Return who gives an order: the role that config.yaml lists, else the one that was granted."""
    listed = actor_for(office.config, user_id, surface, groups)
    if listed.role is not Role.NOBODY or not workspace_id:
        return listed
    with office.store.reading() as tx:
        given = people.find_grant(tx, workspace_id, user_id)
    return listed if given is None else Actor(user_id, Role(given.role), surface)


def holders(office: Office, workspace_id: str, role: Role) -> tuple[str, ...]:
    """Return the ids of the people and user groups that have ``role`` or more, highest first: whom to ask."""
    roles = office.config.roles
    listed = ((Role.CEO, roles.ceo), (Role.OPERATOR, roles.operator), (Role.VIEWER, roles.viewer))
    granted = list_grants(office, workspace_id)
    found = (
        one
        for held, user_ids in listed
        if held.includes(role)
        for one in (*user_ids, *(given.user_id for given in granted if given.role == held))
    )
    return tuple(dict.fromkeys(found))


def list_grants(office: Office, workspace_id: str) -> "list[Grant]":
    """List the roles that were given by orders."""
    with office.store.reading() as tx:
        return people.list_grants(tx, workspace_id)


def is_without_ceo(office: Office, workspace_id: str) -> bool:
    """Say whether nobody is CEO yet: none listed, none granted."""
    with office.store.reading() as tx:
        return _is_without_ceo(office, tx, workspace_id)


def _is_without_ceo(office: Office, tx: "Reading", workspace_id: str) -> bool:
    granted = [one for one in people.list_grants(tx, workspace_id) if one.role == Role.CEO]
    return not office.config.roles.ceo and not granted


def new_pairing_code(office: Office, workspace_id: str) -> str | None:
    """Return a fresh code to print; None while the former one is good, or a CEO is there."""
    with office.store.reading() as tx:
        known = people.find_code(tx, workspace_id)
        if not _is_without_ceo(office, tx, workspace_id):
            return None
        if known is not None and _why_closed(known, tx.now_iso) is None:
            return None
    return renew_pairing_code(office, workspace_id)


def renew_pairing_code(office: Office, workspace_id: str) -> str:
    """Make a new code; the former one opens nothing any more. Written as it is typed: ``ABCD-EFGH``."""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    salt = secrets.token_hex(16)
    code_hash = _hash(code, salt)
    with office.store.transaction() as tx:
        expires_at = to_iso(office.clock.now() + CODE_LIFE)
        people.keep_code(tx, workspace_id, salt=salt, code_hash=code_hash, expires_at=expires_at)
    return f"{code[:4]}-{code[4:]}"


def pair(office: Office, actor: Actor, workspace_id: str, code: str) -> RoleChange:
    """Make ``actor`` the first CEO. Raises OrderRefused for a wrong, old or used code, or once there is a CEO."""
    with office.store.reading() as tx:
        known = people.find_code(tx, workspace_id)
    is_right = known is not None and hmac.compare_digest(_hash(_tidy(code), known.salt), known.code_hash)
    if known is not None and not is_right:
        with office.store.transaction() as tx:
            people.count_guess(tx, workspace_id)
    with order(office, actor, Action.PAIR, "role", actor.id) as taken:
        if not _is_without_ceo(office, taken.tx, workspace_id):
            raise OrderRefused(
                "has_ceo", "this company has a CEO already", mend="ask the CEO to give you a role"
            )
        now_known = people.find_code(taken.tx, workspace_id)
        why = "there is no code yet" if now_known is None else _why_closed(now_known, taken.tx.now_iso)
        is_same = known is not None and now_known is not None and now_known.code_hash == known.code_hash
        if why is None and not (is_right and is_same):
            why = "that is not the code"
        if why is not None:
            raise OrderRefused(
                "wrong_code", why, mend="the newest code stands in the service's terminal and log"
            )
        people.use_code(taken.tx, workspace_id, by=actor.id)
        people.grant(taken.tx, workspace_id, actor.id, Role.CEO, by="pairing code")
        taken.detail = {"workspace": workspace_id, "role": Role.CEO}
        return RoleChange(user_id=actor.id, role=Role.CEO, is_changed=True, by=actor.id)


def grant(office: Office, actor: Actor, workspace_id: str, user_id: str, role: Role) -> RoleChange:
    """Give somebody a role."""
    with order(office, actor, Action.GRANT_ROLE, "role", user_id) as taken:
        if role is Role.NOBODY:
            raise OrderRefused(
                "unknown_role", "a role is ceo, operator or viewer", mend="revoke takes one back"
            )
        _check_unlisted(office, user_id)
        known = people.find_grant(taken.tx, workspace_id, user_id)
        taken.detail = {"workspace": workspace_id, "role": role, "before": known.role if known else None}
        if known is not None and known.role == role:
            taken.change_nothing(by=known.granted_by)
            return RoleChange(user_id=user_id, role=role, is_changed=False, by=known.granted_by)
        people.grant(taken.tx, workspace_id, user_id, role, by=actor.id)
        _check_ceo_remains(office, taken.tx, workspace_id)
        return RoleChange(user_id=user_id, role=role, is_changed=True, by=actor.id)


def revoke(office: Office, actor: Actor, workspace_id: str, user_id: str) -> RoleChange:
    """Take back the role somebody was given."""
    with order(office, actor, Action.REVOKE_ROLE, "role", user_id) as taken:
        _check_unlisted(office, user_id)
        is_changed = people.revoke(taken.tx, workspace_id, user_id)
        if not is_changed:
            taken.change_nothing()
        _check_ceo_remains(office, taken.tx, workspace_id)
        return RoleChange(user_id=user_id, role=Role.NOBODY, is_changed=is_changed, by=actor.id)


def seed_local_roles(office: Office, workspace_id: str, user_ids: Collection[str]) -> None:
    """Give the people of the local Slack their roles, once: the first is CEO, the second operator, the rest look."""
    roles = (Role.CEO, Role.OPERATOR)
    with office.store.transaction() as tx:
        if people.list_grants(tx, workspace_id):
            return
        for place, user_id in enumerate(user_ids):
            role = roles[place] if place < len(roles) else Role.VIEWER
            people.grant(tx, workspace_id, user_id, role, by="local Slack")


def _check_unlisted(office: Office, user_id: str) -> None:
    roles = office.config.roles
    if user_id in (*roles.ceo, *roles.operator, *roles.viewer):
        raise OrderRefused(
            "listed", f"config.yaml says what {user_id} may do", mend="change `roles` in config.yaml"
        )


def _check_ceo_remains(office: Office, tx: "Reading", workspace_id: str) -> None:
    if _is_without_ceo(office, tx, workspace_id):
        raise OrderRefused("last_ceo", "nobody would be CEO", mend="make somebody else CEO first")


def _why_closed(known: "PairingCode", now_iso: str) -> str | None:
    """Say why a code opens nothing any more; None while it does."""
    if known.used_at is not None:
        return "the code was used before"
    if known.expires_at <= now_iso:
        return "the code is too old"
    return "there were too many wrong codes" if known.guesses >= GUESSES_MAX else None


def _tidy(code: str) -> str:
    return "".join(character for character in code.upper() if character.isalnum())[:64]


def _hash(code: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", code.encode(), bytes.fromhex(salt), _ROUNDS).hex()
