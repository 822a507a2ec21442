"""The intake's process is killed at any moment, again and again: every file is one job, and no byte is lost."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from company.config import Config
from company.orders.office import Office
from company.store import sessions
from company.store.gate import Store
from daemon.intake.inbox import Inbox
from tests.daemon.intake.conftest import tree

FILES, BAD, KILLS = 300, 30, 8

INTAKE = """
import sys
from pathlib import Path
from company.clock import SystemClock
from company.config import load_config
from company.orders.office import Office
from company.store.opening import open_store
from daemon.intake.inbox import Inbox
from daemon.intake.watcher import Watcher

root, sqlite, url = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
clock = SystemClock()
office = Office(open_store(url, sqlite_path=sqlite, clock=clock), load_config(root / "config.yaml", {}), clock)
inbox = Inbox(lambda: office)
watcher = Watcher(lambda: office, inbox, lambda: print("taken", flush=True))
watcher.start()
print("started", flush=True)
if not watcher.wait_until_quiet(100):
    sys.exit(1)
inbox.put_in_order()
watcher.stop()
"""


@pytest.mark.slow
def test_killed_at_any_moment_every_file_is_one_job(
    office: Office, config: Config, store: Store, database_url: str, tmp_path: Path
) -> None:
    inbox = Inbox(lambda: office)
    inbox.lay_out()
    texts = {f"# Task {number}\n\nDo thing {number}.\n".encode() for number in range(FILES)}
    bad = {f"\0{number}".encode() for number in range(BAD)}
    for number, content in enumerate(sorted(texts | bad)):
        (inbox.folder / f"{number % 200}-{len(content)}-{number}.md").write_bytes(content)
    chance = random.Random(20261125)

    for kill in range(KILLS + 1):
        intake = subprocess.Popen(
            [
                sys.executable,
                "-c",
                INTAKE,
                str(config.root),
                str(tmp_path / "agent-service.db"),
                database_url,
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        with intake:
            assert intake.stdout
            if kill == KILLS:
                assert intake.wait(100) == 0
                break
            for _ in range(chance.randrange(2, FILES // KILLS)):
                assert intake.stdout.readline()
            time.sleep(
                chance.random() * 0.012
            )  # taking a file takes some 5 ms: into any step of the third next
            intake.kill()

    with store.reading() as tx:
        made = sessions.list_sessions(tx, limit=10_000)
        told = tx.value("SELECT count(*) FROM outbox WHERE kind = 'rejected'")
    assert sorted(one.priority_text.encode() for one in made) == sorted(texts)
    standing = tree(inbox.folder)
    assert sorted(standing.values()) == sorted(texts | bad)
    queued = {name: content for name, content in standing.items() if name.startswith("queued/")}
    assert queued == {f"queued/{one.priority_file}": one.priority_text.encode() for one in made}
    assert told == BAD
