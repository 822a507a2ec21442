"""What tests of the inbox do with it: drop a file, look into its folders, move a job on."""

import os
from collections.abc import Callable

from company.orders.office import Actor, Role
from company.store import sessions
from company.store.gate import Store
from company.store.sessions import Session
from company.work.job import JobStatus
from daemon.intake.inbox import Inbox

TASK = "# Add login\n\nLet people log in.\n"
CEO = Actor("ana", Role.CEO, "terminal")
Sessions = Callable[[], list[Session]]


def drop(inbox: Inbox, name: str = "add-login.md", text: str | bytes = TASK) -> str:
    (inbox.folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def names(inbox: Inbox, folder: str) -> list[str]:
    return sorted(os.listdir(inbox.folder / folder))  # noqa: PTH208  names may be anything, also no text


def note(inbox: Inbox, name: str) -> str:
    return (inbox.folder / "rejected" / f"{name}.reason.md").read_text()


def move(store: Store, job_id: str, *statuses: JobStatus) -> Session:
    with store.transaction() as tx:
        for status in statuses:
            assert sessions.move(tx, job_id, status)
        return sessions.get(tx, job_id)
