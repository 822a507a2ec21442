"""A machine whose inotify instances are used up: files are looked for instead, that is said, and heard again later."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import CHECKOUT
from tests.conftest import Eventually
from tests.whole_company import Company

pytestmark = [
    pytest.mark.slow,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's"),
]

#: takes a limit of its own, begins with none, and gets some back when there is a file called "more"
LIMITED = """
import ctypes, os, sys, threading, time
from pathlib import Path
limit, more = Path("/proc/sys/user/max_inotify_instances"), Path(sys.argv[1]).parent / "more"
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000) != 0:  # CLONE_NEWUSER
    os._exit(77)
try:
    writable = limit.open("w", buffering=1)
    writable.write("0")
    writable.flush()
except OSError:
    os._exit(77)
def give():
    while not more.exists():
        time.sleep(0.05)
    writable.seek(0)
    writable.write("100")
    writable.flush()
threading.Thread(target=give, daemon=True).start()
from daemon.cli.main import main
sys.exit(main(["--config", sys.argv[1], "up", "--no-bot"]))
"""
MAKE = [sys.executable, "-c", "open('made.txt', 'w').write('made')"]


def test_without_watches_files_are_looked_for_until_there_are_some_again(
    company: Company, eventually: Eventually
) -> None:
    company.configure(intake={"settle_s": 0.05, "rescan_s": 2})
    company.agent("backend")
    company.repository("shop", {"a.txt": "a\n"}, commands={"backend": MAKE})
    config = company.write_config()
    log = company.root / "logs" / "service.log"
    service = subprocess.Popen(
        [sys.executable, "-c", LIMITED, str(config)],
        cwd=CHECKOUT,
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def says(words: str) -> bool:
        if service.poll() == 77:
            pytest.skip("this machine lets nobody make a user namespace")
        assert service.poll() is None
        return log.exists() and words in log.read_text(encoding="utf-8")

    def done() -> list[Path]:
        return list((company.root / "priorities" / "done").glob("*.md"))

    try:
        eventually(lambda: says("new files are looked for every 1 s"), within_s=60)
        assert says("raise fs.inotify.max_user_instances")
        company.drop("one.md", "---\nrepo: shop\n---\n# One\n")
        eventually(lambda: len(done()) == 1, within_s=60)

        (company.root / "more").touch()
        eventually(lambda: says("new files are heard again"), within_s=60)
        company.drop("two.md", "---\nrepo: shop\n---\n# Two\n")
        eventually(lambda: len(done()) == 2, within_s=60)
    finally:
        service.terminate()
        assert service.wait(30) in (0, 77)
