"""The daemon without its engine: the same story, the same steps, told straight. Nothing is recorded, nothing survives.

python straight_engine.py CONFIG
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import daemon.app
from company.config import ConfigWatch
from daemon.engine import Standing, Story


class StraightEngine:
    """Has the methods of daemon.engine.Engine that the daemon calls."""

    def __init__(self, _database_url: str, **_options: object) -> None:
        self._loop = asyncio.new_event_loop()
        self._story: Story

    def launch(self, story: Story) -> None:
        self._story = story
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def start(self, job_id: str) -> None:
        asyncio.run_coroutine_threadsafe(self._tell(job_id), self._loop)

    def standings(self, job_ids: Collection[str]) -> dict[str, tuple[Standing, str]]:
        return dict.fromkeys(job_ids, (Standing.UNDER_WAY, ""))

    def over_before(self, _moment: datetime, _limit: int) -> list[str]:
        return []  # it noted nothing

    async def _tell(self, job_id: str) -> str:
        return await self._story(_do, job_id)


async def _do(name: str, step: Callable[..., Any], *args: Any) -> Any:  # noqa: ARG001 - daemon.engine.Do
    return await asyncio.to_thread(step, *args)


if __name__ == "__main__":
    vars(daemon.app)["Engine"] = StraightEngine  # what is compared
    company = daemon.app.Daemon(ConfigWatch(Path(sys.argv[1]), os.environ))
    company.start()
    print("ready", flush=True)
    threading.Event().wait()
