"""A deliverer as a process of its own, to be killed: ``python -m tests.bot.deliver_once config.yaml store.db URL``."""

import asyncio
import os
import sys
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery import Delivery
from company.clock import SystemClock
from company.config import load_config
from company.orders.office import Office
from company.store.opening import open_store


def main(config_path: str, store_path: str, url: str) -> None:
    clock = SystemClock()
    config = load_config(Path(config_path), {})
    office = Office(open_store("", sqlite_path=Path(store_path), clock=clock), config, clock)
    client = AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=url)
    asyncio.run(Delivery(lambda: office, client, name="one").run())


if __name__ == "__main__":
    main(*sys.argv[1:])
