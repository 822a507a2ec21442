"""What a program of the company says of itself: a log, rotated, without secrets; its warnings in the terminal too.

``service.log`` is the daemon's, ``bot.log`` the bot's: two programs never write one file.
"""

import logging
import logging.handlers
import time
from pathlib import Path

from company.redaction import Redactor

FILE_BYTES = 5_000_000
FILES_KEPT = 5
_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)-7s %(name)s: %(message)s"
_NAMES = {"daemon": "service.log", "bot": "bot.log"}
_OURS = ("company", "daemon", "bot")


class _WithoutSecrets(logging.Formatter):
    converter = staticmethod(time.gmtime)

    def __init__(self, redactor: Redactor) -> None:
        super().__init__(_FORMAT, "%Y-%m-%dT%H:%M:%S")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.text(super().format(record))


def log_of(folder: Path, program: str) -> Path:
    """Return where the daemon or the bot writes what it says of itself."""
    return folder / _NAMES[program]


def open_service_log(folder: Path, redactor: Redactor, name: str = "service.log") -> None:
    """Send what this program says of itself to the file, and its warnings to the terminal as well."""
    folder.mkdir(parents=True, exist_ok=True)
    file = logging.handlers.RotatingFileHandler(
        folder / name, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8", delay=True
    )
    file.setFormatter(_WithoutSecrets(redactor))
    terminal = logging.StreamHandler()
    terminal.setLevel(logging.WARNING)
    terminal.setFormatter(_WithoutSecrets(redactor))
    for name in _OURS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.addHandler(file)
        logger.addHandler(terminal)
