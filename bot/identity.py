"""Who somebody in Slack is to the company: an actor, with the role of their id, of their user groups, or of a grant.

Which groups a person is in is asked of Slack once every few minutes, and only when config.yaml names groups.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.trouble import SLACK_TROUBLE
from company.orders import people
from company.orders.office import Actor, Office

log = logging.getLogger(__name__)

GROUPS_LIFE_S: Final = 300.0  # how late a change of a group's members is noticed
_GROUP: Final = re.compile(r"S[A-Z0-9]{2,}")


class Identity:
    """Turns user ids into actors."""

    def __init__(
        self, office: Callable[[], Office], client: AsyncWebClient, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._office, self._client, self._now = office, client, now
        self._groups: dict[str, frozenset[str]] = {}  # group id -> user ids
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def actor_of(self, user_id: str, workspace_id: str) -> Actor:
        """Return the person with the role they have now."""
        groups = await self._groups_of(user_id)
        return await asyncio.to_thread(
            people.actor_of, self._office(), user_id, "slack", workspace_id=workspace_id, groups=groups
        )

    async def _groups_of(self, user_id: str) -> frozenset[str]:
        roles = self._office().config.roles
        named = [one for one in (*roles.ceo, *roles.operator, *roles.viewer) if _GROUP.fullmatch(one)]
        if not named:
            return frozenset()
        async with self._asking:
            if self._now() - self._asked_at > GROUPS_LIFE_S:
                await self._ask(named)
        return frozenset(group for group, members in self._groups.items() if user_id in members)

    async def _ask(self, groups: list[str]) -> None:
        """Ask who is in the groups. Where Slack does not say, what was known stays; of a new group nobody is known."""
        self._asked_at = self._now()
        for group in groups:
            try:
                answer = await self._client.usergroups_users_list(usergroup=group)
            except SLACK_TROUBLE as error:
                log.warning("who is in the user group %s could not be asked: %s", group, error)
                continue
            self._groups[group] = frozenset(answer.get("users") or ())
