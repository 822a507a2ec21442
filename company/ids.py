"""Names for new things. A job's id is the one id it has everywhere: row, folder, log, branch, report."""

import random
import re
import string
import uuid
from datetime import datetime

JOB_ID = re.compile(r"job-\d{13}-[0-9a-z]{7}")
_BASE36 = string.digits + string.ascii_lowercase
_random = random.SystemRandom()


def new_job_id(now: datetime) -> str:
    """Return ``job-<epoch milliseconds>-<7 random base36 characters>``."""
    return f"job-{int(now.timestamp() * 1000):013d}-{''.join(_random.choices(_BASE36, k=7))}"


def new_id(kind: str) -> str:
    """Return ``<kind>-<uuid>``, as in ``task-…``, ``exp-…``, ``auto-…``."""
    return f"{kind}-{uuid.uuid4()}"


def slug(text: str, *, max_length: int = 40) -> str:
    """Return ``text`` as lower-case words joined by hyphens; 'x' when nothing is left of it."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return "-".join(words)[:max_length].strip("-") or "x"
