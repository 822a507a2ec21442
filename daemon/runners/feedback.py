"""What an agent wrote of its work, as JSON in the file it was given a name for. Untrusted: bounded, redacted."""

import json
import os
import stat
import uuid
from pathlib import Path
from typing import Any

from company.redaction import Redactor
from daemon.runners.protocol import Feedback

FILE_MAX = 262_144  # bytes
LINES_MAX = 50  # lines of one kind
LINE_MAX = 2_000  # characters
NAMES = ("completed", "concerns", "blockers", "next_steps", "questions")


def read_feedback(path: Path, redactor: Redactor) -> Feedback:
    """Read the feedback; an empty one where there is none. What cannot be read becomes a concern that says so."""
    try:
        text = _text_of(path)
        if text is not None and (clean := redactor.text(text)) != text:
            _replace(path, clean)  # what is kept of a run holds no secret
        given = json.loads(text) if text is not None else {}
    except (OSError, ValueError, RecursionError) as error:
        return Feedback(concerns=(f"its feedback file could not be read: {redactor.text(str(error))}",))
    if not isinstance(given, dict):
        return Feedback(concerns=("its feedback file could not be read: not a JSON object",))
    return feedback_from(given, redactor)


def feedback_in(answer: str, redactor: Redactor) -> Feedback:
    """Read the feedback out of an agent's last words: the last JSON object in a code block that has any of its keys."""
    for block in reversed(answer.split("```")):
        try:
            given = json.loads(block.strip().removeprefix("json"))
        except (ValueError, RecursionError):
            continue
        if isinstance(given, dict) and any(name in given for name in NAMES):
            return feedback_from(given, redactor)
    return Feedback()


def feedback_from(given: dict[str, Any], redactor: Redactor) -> Feedback:
    """Take what is text out of ``given``; unknown keys and other values are left out."""
    return Feedback(**{name: _lines(given.get(name), redactor) for name in NAMES})


def _lines(value: Any, redactor: Redactor) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    lines = [redactor.text(line).strip()[:LINE_MAX] for line in listed if isinstance(line, str)]
    return tuple(line for line in lines if line)[:LINES_MAX]


def _replace(path: Path, text: str) -> None:
    # Whatever stands at the name by now may be a link: it is replaced, never written through.
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with draft.open("x", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _text_of(path: Path) -> str | None:
    # Without O_NONBLOCK a FIFO put there by the agent would hold this thread for ever.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("not a regular file")
        data = file.read(FILE_MAX + 1)
    if len(data) > FILE_MAX:
        raise ValueError(f"larger than {FILE_MAX} bytes")
    return data.decode("utf-8", "replace")
