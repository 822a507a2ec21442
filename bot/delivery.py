"""The outbox to Slack: a stand-in until its real one comes."""

import asyncio
from collections.abc import Callable

from slack_sdk.web.async_client import AsyncWebClient

from company.orders.office import Office


class Delivery:
    """Delivers nothing yet."""

    def __init__(self, office: Callable[[], Office], client: AsyncWebClient) -> None:
        self._office, self._client = office, client

    async def run(self) -> None:
        """Wait for ever."""
        await asyncio.Event().wait()
