"""The bot as a process: ``python -m bot [config.yaml]``, or ``agent-service bot``."""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from bot.app import Bot
from bot.settings import slack_settings
from company.config import ConfigWatch, find_config, take_service_env
from company.errors import AgentServiceError
from company.leash import hold_leash
from company.notify import Notifier, notifier_of
from company.one_per_folder import hold_folder
from company.redaction import Redactor, secrets_of
from company.service_log import open_service_log

log = logging.getLogger(__name__)

BEAT_S = 5.0


async def serve(bot: Bot) -> None:
    """Run until a signal."""
    leaving = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, leaving.set)
    notifier = notifier_of(os.environ)
    beating: asyncio.Task[None] | None = None
    starting = asyncio.create_task(bot.start())
    waiting = asyncio.create_task(leaving.wait())
    try:
        await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            log.info("up, pid %d", os.getpid())
            notifier.ready()
            beating = asyncio.create_task(_beat(notifier))
            await waiting
    finally:
        notifier.stopping()
        for task in (starting, waiting, beating):
            if task is not None:
                task.cancel()
        await bot.stop()


async def _beat(notifier: Notifier) -> None:
    """Tell the service manager that the loop goes round: one that is held up for minutes is started again."""
    while True:
        notifier.beat()
        await asyncio.sleep(BEAT_S)


async def _run(watch: ConfigWatch) -> None:
    await serve(Bot(watch, slack_settings(watch.current(), os.environ)))


def main(argv: list[str] | None = None) -> int:
    """Run the bot; return the exit code: 0 told to leave, 1 a known error, whose line says what mends it."""
    given = sys.argv[1:] if argv is None else argv
    try:
        hold_leash(os.environ)
        path = find_config(Path(given[0]) if given else None, Path.cwd(), os.environ)
        take_service_env(path, os.environ)
        watch = ConfigWatch(path, os.environ)
        config = watch.current()
        hold_folder(config.folders.state, "bot")
        open_service_log(config.folders.logs, Redactor(secrets_of(os.environ)), "bot.log")
        asyncio.run(_run(watch))
    except AgentServiceError as error:
        sys.stderr.write(f"agent-service bot: {error}{f' → {error.mend}' if error.mend else ''}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
