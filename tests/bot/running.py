"""A real bot on a company of its own, in this process, connected to a bare Socket Mode server."""

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.app import Bot
from bot.settings import LOCAL_URL_VARIABLE, slack_settings
from company.config import ConfigWatch, shipped
from tests.bot.envelopes import Envelopes


@dataclass
class Rig:
    """The two of them."""

    slack: Envelopes
    bot: Bot

    def commands(self) -> list[dict[str, Any]]:
        """Return what was recorded, oldest first."""
        with self.bot.store.reading() as tx:
            return tx.all("SELECT * FROM user_commands ORDER BY id")

    def jobs(self) -> list[dict[str, Any]]:
        with self.bot.store.reading() as tx:
            return tx.all("SELECT * FROM sessions ORDER BY created_at, id")

    async def until(self, check: Callable[[], object], within_s: float = 15.0) -> None:
        """Wait until ``check()`` is true."""
        await until(check, within_s)


async def until(check: Callable[[], object], within_s: float = 15.0) -> None:
    deadline = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < deadline, "not true in time"
        await asyncio.sleep(0.01)


def company(folder: Path) -> Path:
    """Make a company's folder; return its config.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.yaml"
    if not path.exists():
        shutil.copy(shipped("config.yaml"), path)
        state = folder / ".compound-state" / "local-slack"
        state.mkdir(parents=True)
        tokens = {"bot_token": "xoxb-any", "app_token": "xapp-any", "signing_secret": "any"}
        (state / "credentials.json").write_text(json.dumps(tokens), encoding="utf-8")
    return path


@asynccontextmanager
async def rig(folder: Path, slack: Envelopes | None = None, database_url: str = "") -> AsyncIterator[Rig]:
    """Run a bot for a while. ``slack`` goes on where it is given."""
    server = slack or Envelopes()
    if slack is None:
        await server.start()
    environ = {LOCAL_URL_VARIABLE: f"{server.url}api/"}
    if database_url:
        environ["AGENT_SERVICE_DATABASE_URL"] = database_url
    watch = ConfigWatch(company(folder), environ)
    bot = Bot(watch, slack_settings(watch.current(), environ))
    try:
        await bot.start()
        await until(lambda: server.is_connected)
        yield Rig(server, bot)
    finally:
        await bot.stop()
        if slack is None:
            await server.stop()


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run a test's coroutine: in a thread, because Playwright leaves a loop running in the main one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, test).result()
