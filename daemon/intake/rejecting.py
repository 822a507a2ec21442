"""What becomes of a file that cannot be taken: it is kept in ``rejected/`` with a note beside it, and people are told.

The words are queued before the file moves, once a claim, so that a crash in between neither repeats nor drops them.
"""

import hashlib
import logging
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from company.errors import AgentServiceError, PriorityFileError, StoreError
from company.orders.jobs import Started
from company.store import outbox
from company.store.gate import Store
from daemon.intake.names import kept_name, numbered

log = logging.getLogger(__name__)

NOTE = ".reason.md"


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """Why a file was not taken."""

    name: str  #: as it was dropped, with what cannot be shown escaped
    reason: str
    mend: str
    line: int | None = None
    job_id: str | None = None  #: the job that the same words have already

    @classmethod
    def because(cls, name: str, error: AgentServiceError, config_problem: str = "") -> "Rejected":
        """Take the facts of an error that blames the file or what it asks for.

        ``config_problem`` is why config.yaml, as it stands on the disk, is not in use: what a file names may stand
        there. An error in a line of the file has nothing to do with it.
        """
        line = error.line if isinstance(error, PriorityFileError) else None
        reason = error.reason if isinstance(error, PriorityFileError) else str(error)
        if config_problem and line is None:
            reason = f"{reason} (config.yaml was changed and is not in use: {config_problem})"
        return cls(name=_shown(name), reason=reason, mend=error.mend, line=line)

    @classmethod
    def as_known(cls, name: str, started: Started) -> "Rejected":
        """Say that the same words have a job."""
        return cls(
            name=_shown(name),
            reason=f"already {started.job_id}: the same words were dropped a moment before",
            mend="nothing, if it was meant once; to have it done again, drop it again later",
            job_id=started.job_id,
        )


def reject(store: Store, path: Path, folder: Path, claim: str, rejected: Rejected) -> Path:
    """Move ``path`` into ``folder`` with its note and queue the words, once for ``claim``; return where it is."""
    place = _free_place(folder, kept_name(path.name))
    try:
        with store.transaction() as tx:
            outbox.say(
                tx,
                kind="rejected",
                subject_id=claim,
                dedup_key=f"rejected:{claim}",
                payload={**asdict(rejected), "kept_as": f"{folder.name}/{place.name}"},
            )
    except (
        StoreError
    ) as error:  # the note beside the file says it all; a file must not wait for the news of it
        log.warning("priorities: nobody is told of %s: %s", rejected.name, error)
    write_whole(place.with_name(place.name + NOTE), _note(place, rejected))
    path.rename(place)
    verb = "rejected" if rejected.job_id is None else "known"
    log.info(
        "priorities: %s %s: %s", rejected.name, verb, rejected.reason
    )  # the terminal tells it in its own words
    return place


def forget_rejection(folder: Path, name: str) -> None:
    """Remove the note of a file that somebody mended and moved back, and that has been taken now."""
    kept = folder / kept_name(name)
    if not os.path.lexists(kept):
        with suppress(OSError):
            kept.with_name(kept.name + NOTE).unlink()


def move_beside(path: Path, folder: Path, name: str) -> Path:
    """Move ``path`` into ``folder`` as ``name``, numbered where that is taken; return where it is."""
    place = _free_place(folder, name)
    path.rename(place)
    return place


def write_whole(place: Path, text: str) -> None:
    """Write a file that is there whole or not at all. Raises OSError."""
    # One name for one place, and never a long one: what a kill leaves here, the next try takes away.
    unfinished = place.with_name(f".{hashlib.sha256(os.fsencode(place.name)).hexdigest()[:16]}.tmp")
    try:
        unfinished.unlink(missing_ok=True)
        with unfinished.open("x", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(text)
        unfinished.rename(place)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def _free_place(folder: Path, name: str) -> Path:
    """Return a place that no file has. Only this process puts files there, one at a time.

    A note without its file may be there: somebody took the file back to mend it. It is written anew.
    """
    places = (folder / numbered(name, number) for number in count(1))
    return next(place for place in places if not os.path.lexists(place) and not place.name.endswith(NOTE))


def _note(place: Path, rejected: Rejected) -> str:
    line = f"- **Line:** {rejected.line}\n" if rejected.line else ""
    if rejected.job_id is not None:
        return (
            f"# Taken before: {rejected.name}\n\n- **Cause:** {rejected.reason}\n- **Mend:** {rejected.mend}\n\n"
            f"The file is kept beside this note as `{place.name}`. Both can be deleted.\n"
        )
    return (
        f"# Not taken: {rejected.name}\n\n"
        f"{line}- **Cause:** {rejected.reason}\n- **Mend:** {rejected.mend or 'see the cause'}\n\n"
        f"The file is kept beside this note as `{place.name}`, as it came. Mend it and move it back to the folder\n"
        "above. This note can be deleted.\n"
    )


def _shown(name: str) -> str:
    return name if name.isprintable() else name.encode("unicode_escape", "backslashreplace").decode()
