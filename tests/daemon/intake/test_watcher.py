"""The watch over a real folder, with real watchdog, threads and processes."""

import errno
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from company.orders.office import Office
from company.store.gate import Store
from company.store.sessions import Session
from daemon.intake.arriving import Arrivals, Hear
from daemon.intake.inbox import Inbox
from daemon.intake.settling import Sight
from tests.conftest import Eventually
from tests.daemon.intake.conftest import Watching, tree

NEVER_SETTLES_S = 600.0  # so that what is taken was settled by its event and by nothing else
Sessions = Callable[[], list[Session]]


def task(number: int) -> str:
    return f"# Task {number}\n\nDo thing {number}.\n"


def titles(all_sessions: Sessions) -> list[str]:
    return sorted(one.title for one in all_sessions())


def test_a_file_that_was_written_is_taken_when_it_is_closed(
    watching: Watching, inbox: Inbox, all_sessions: Sessions, eventually: Eventually
) -> None:
    watching(settle_s=NEVER_SETTLES_S)
    (inbox.folder / "a.md").write_text(task(1))

    eventually(lambda: titles(all_sessions) == ["Task 1"])


@pytest.mark.parametrize("copy", [shutil.copyfile, shutil.copy, shutil.copy2, shutil.move])
def test_a_copy_is_not_taken_from_under_the_program_that_copies(
    watching: Watching,
    inbox: Inbox,
    all_sessions: Sessions,
    eventually: Eventually,
    tmp_path: Path,
    copy: Callable[[Path, Path], object],
) -> None:
    watching(settle_s=0.2)
    for number in range(5):
        (tmp_path / "a.md").write_text(task(number))
        copy(tmp_path / "a.md", inbox.folder / f"{number}.md")

    eventually(lambda: titles(all_sessions) == [f"Task {number}" for number in range(5)])


def test_a_file_moved_into_the_folder_is_taken_at_once(
    watching: Watching, inbox: Inbox, all_sessions: Sessions, eventually: Eventually, tmp_path: Path
) -> None:
    watching(settle_s=NEVER_SETTLES_S)
    (tmp_path / "a.md").write_text(task(1))
    (tmp_path / "a.md").rename(inbox.folder / "a.md")

    eventually(lambda: titles(all_sessions) == ["Task 1"])


def test_editors_saves_are_taken_once_and_their_own_files_are_left_alone(
    watching: Watching, inbox: Inbox, all_sessions: Sessions, eventually: Eventually
) -> None:
    watcher = watching(settle_s=NEVER_SETTLES_S)
    folder = inbox.folder
    # vim: a probe, a swap file, the new file beside the old, a backup that is removed
    (folder / "4913").touch()
    (folder / "4913").unlink()
    (folder / ".vim.md.swp").write_bytes(b"b0VIM")
    (folder / "vim.md~").write_text("before")
    (folder / "vim.md").write_text(task(1))
    (folder / "vim.md~").unlink()
    # Emacs: a lock that is a dangling link, an autosave, a rename
    (folder / ".#emacs.md").symlink_to("ana@host.1234")
    (folder / "#emacs.md#").write_text("half")
    (folder / ".emacs.tmp").write_text(task(2))
    (folder / ".emacs.tmp").rename(folder / "emacs.md")
    # browsers and copying programs: a name of their own until all is there
    (folder / "download.md.part").write_text(task(3))
    (folder / "download.md.part").rename(folder / "download.md")

    eventually(lambda: titles(all_sessions) == ["Task 1", "Task 2", "Task 3"])
    assert watcher.wait_until_quiet(10)
    left = {path.name for path in folder.iterdir() if not path.is_dir()}
    assert left == {".vim.md.swp", ".#emacs.md", "#emacs.md#"}
    assert list((folder / "rejected").iterdir()) == []


def test_a_slowly_growing_file_is_never_taken_half_written(
    watching: Watching, inbox: Inbox, all_sessions: Sessions, eventually: Eventually
) -> None:
    watching(settle_s=0.05, rescan_s=1)
    script = (
        "import sys, time\n"
        "with open(sys.argv[1], 'w') as file:\n"
        "    for line in range(5):\n"
        "        file.write(f'- [ ] step {line}\\n' if line else '# Grow\\n\\n')\n"
        "        file.flush()\n"
        "        sys.stdout.write('written\\n'); sys.stdout.flush()\n"
        "        sys.stdin.readline()\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(inbox.folder / "slow.md")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdin
    assert writer.stdout
    with writer:
        for _ in range(5):
            assert writer.stdout.readline() == "written\n"
            time.sleep(0.12)  # the writer rests for longer than it takes a closed file to settle
            assert all_sessions() == []
            writer.stdin.write("\n")
            writer.stdin.flush()

    eventually(lambda: all_sessions() != [])
    [session] = all_sessions()
    assert session.priority_text.count("step") == 4


def test_five_hundred_files_at_once_are_five_hundred_jobs(
    watching: Watching, inbox: Inbox, all_sessions: Sessions, eventually: Eventually
) -> None:
    watcher = watching()
    for number in range(500):
        (inbox.folder / f"{number}.md").write_text(task(number))

    assert watcher.wait_until_quiet(60)
    taken = all_sessions()
    assert {one.priority_text for one in taken} == {task(number) for number in range(500)}
    assert tree(inbox.folder) == {f"queued/{one.priority_file}": one.priority_text.encode() for one in taken}


def test_files_that_came_while_the_service_was_down_are_taken_at_the_start(
    watching: Watching, inbox: Inbox, all_sessions: Sessions
) -> None:
    for number in range(3):
        (inbox.folder / f"{number}.md").write_text(task(number))
    watching(settle_s=0.05)

    assert titles(all_sessions) == ["Task 0", "Task 1", "Task 2"]


def test_what_was_not_heard_is_found_by_the_slow_rescan(
    watching: Watching, inbox: Inbox, all_sessions: Sessions, eventually: Eventually
) -> None:
    class Deaf(Arrivals):
        """Hears nothing, as after an overflow of the kernel's queue."""

        def __init__(self, folder: Path, hear: Hear) -> None:
            super().__init__(folder, lambda name, sight: None)

    watching(settle_s=0.05, rescan_s=1, listen=Deaf)
    (inbox.folder / "a.md").write_text(task(1))

    eventually(lambda: titles(all_sessions) == ["Task 1"])


def test_without_watches_the_folder_is_listed_each_second_and_that_is_said(
    watching: Watching,
    inbox: Inbox,
    all_sessions: Sessions,
    eventually: Eventually,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(folder: Path, hear: Hear) -> Arrivals:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    watcher = watching(settle_s=0.05, listen=refuse)
    (inbox.folder / "a.md").write_text(task(1))

    eventually(lambda: titles(all_sessions) == ["Task 1"])
    assert watcher.problem == "inotify instance limit reached: new files are looked for every 1 s"
    assert "raise fs.inotify.max_user_instances" in caplog.text


def test_a_folder_that_was_removed_and_made_again_is_watched_again(
    watching: Watching, inbox: Inbox, all_sessions: Sessions, eventually: Eventually
) -> None:
    watcher = watching(settle_s=NEVER_SETTLES_S)
    inbox.folder.rename(inbox.folder.with_name("moved-away"))
    watcher.rescan()
    eventually(lambda: (inbox.folder / "queued").is_dir())
    assert watcher.wait_until_quiet(10)
    (inbox.folder / "a.md").write_text(task(1))

    eventually(lambda: titles(all_sessions) == ["Task 1"])


def test_a_removed_folder_is_noticed_without_a_rescan(
    watching: Watching, inbox: Inbox, eventually: Eventually
) -> None:
    watching()
    shutil.rmtree(inbox.folder)

    eventually(lambda: (inbox.folder / "queued").is_dir())


def test_hostile_entries_stop_nothing(
    watching: Watching, inbox: Inbox, all_sessions: Sessions, eventually: Eventually, tmp_path: Path
) -> None:
    watcher = watching(settle_s=0.05)
    folder = inbox.folder
    (tmp_path / "outside.md").write_text("outside")
    os.mkfifo(folder / "pipe.md")
    (folder / "loop.md").symlink_to("loop.md")
    (folder / "outside.md").symlink_to(tmp_path / "outside.md")
    (folder / "drafts").mkdir()
    (folder / "drafts" / "draft.md").write_text(task(9))
    (folder / "linked.md").hardlink_to(tmp_path / "outside.md")
    (folder / "two\nlines.md").write_text(task(8))
    (folder / "gone.md").write_text(task(7))
    (folder / "gone.md").unlink(missing_ok=True)
    (folder / "empty.md").touch()
    (folder / "good.md").write_text(task(1))

    eventually(lambda: "Task 1" in titles(all_sessions))
    assert watcher.wait_until_quiet(10)
    kept = {path.name for path in (folder / "rejected").iterdir() if not path.name.endswith(".reason.md")}
    assert kept == {"pipe.md", "loop.md", "outside.md", "linked.md", "two_lines.md", "empty.md"}
    assert (folder / "drafts" / "draft.md").read_text() == task(9)
    assert (tmp_path / "outside.md").read_text() == "outside"


def test_a_file_that_is_deleted_before_it_settles_is_forgotten(watching: Watching, inbox: Inbox) -> None:
    watcher = watching(settle_s=NEVER_SETTLES_S)
    (inbox.folder / "a.md").touch()
    assert not watcher.wait_until_quiet(0.05)
    (inbox.folder / "a.md").unlink()

    assert watcher.wait_until_quiet(10)


def test_a_file_made_by_a_link_and_an_unlink_is_taken(
    watching: Watching, inbox: Inbox, all_sessions: Sessions, eventually: Eventually
) -> None:
    watching(settle_s=0.2)
    (inbox.folder / ".new.tmp").write_text(task(1))
    (inbox.folder / "a.md").hardlink_to(inbox.folder / ".new.tmp")  # as programs do that must not overwrite
    (inbox.folder / ".new.tmp").unlink()

    eventually(lambda: titles(all_sessions) == ["Task 1"])


def test_a_watcher_that_is_stopped_leaves_the_rest_for_the_next(
    watching: Watching, inbox: Inbox, all_sessions: Sessions
) -> None:
    watching().stop()
    (inbox.folder / "a.md").write_text(task(1))
    assert all_sessions() == []

    watching(settle_s=0.05)
    assert titles(all_sessions) == ["Task 1"]


def test_two_watchers_over_one_folder_take_each_file_once(
    watching: Watching, inbox: Inbox, all_sessions: Sessions, eventually: Eventually
) -> None:
    watchers = [watching(settle_s=0.05), watching(settle_s=0.05)]
    for number in range(50):
        (inbox.folder / f"{number}.md").write_text(task(number))

    assert all(watcher.wait_until_quiet(20) for watcher in watchers)
    eventually(lambda: len(all_sessions()) == 50)
    assert len(tree(inbox.folder / "queued")) == 50


def test_from_rename_to_taken_takes_milliseconds(
    watching: Watching, inbox: Inbox, store: Store, all_sessions: Sessions, tmp_path: Path
) -> None:
    watching()
    committed = threading.Event()
    store.on_commit = committed.set
    took_s: list[float] = []
    for number in range(20):
        (tmp_path / "a.md").write_text(task(number))
        committed.clear()
        started = time.perf_counter()
        (tmp_path / "a.md").rename(inbox.folder / f"{number}.md")
        assert committed.wait(5)
        took_s.append(time.perf_counter() - started)

    # Each rename out of the folder would hold the next event for 0.5 s, were it asked for (see arriving.py).
    assert min(took_s) < 0.1
    assert statistics.median(took_s) < 0.4


def test_arrivals_are_told_by_what_happened(tmp_path: Path, eventually: Eventually) -> None:
    heard: list[tuple[str, Sight]] = []
    (tmp_path / "inbox").mkdir()
    arrivals = Arrivals(tmp_path / "inbox", lambda name, sight: heard.append((name, sight)))
    (tmp_path / "inbox" / "written.md").write_text("x")
    (tmp_path / "outside.md").write_text("x")
    (tmp_path / "outside.md").rename(tmp_path / "inbox" / "renamed.md")
    (tmp_path / "inbox" / "renamed.md").rename(tmp_path / "outside.md")
    (tmp_path / "inbox" / "written.md").read_text()
    (tmp_path / "inbox").joinpath("last.md").touch()

    eventually(lambda: ("last.md", Sight.CLOSED) in heard)
    arrivals.close()
    assert heard == [
        ("written.md", Sight.LOOKED),
        ("written.md", Sight.CLOSED),
        ("renamed.md", Sight.RENAMED),
        ("last.md", Sight.LOOKED),
        ("last.md", Sight.CLOSED),
    ]


LIMITED = """
import ctypes, os, sys, threading
from pathlib import Path
from daemon.intake.arriving import Arrivals
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000) != 0:  # CLONE_NEWUSER: limits of our own
    sys.exit(77)
try:
    Path("/proc/sys/user/max_inotify_instances").write_text("0")
except OSError:
    sys.exit(77)
try:
    Arrivals(Path(sys.argv[1]), print)
except OSError as error:
    print(error.strerror, threading.active_count())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
def test_the_systems_own_limit_is_an_error_that_the_watcher_understands(
    tmp_path: Path, office: Office
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=False
    )
    if ended.returncode == 77:
        pytest.skip("this machine lets nobody make a user namespace")
    assert ended.stdout == "inotify instance limit reached 1\n", ended.stderr
