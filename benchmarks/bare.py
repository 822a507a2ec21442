"""What the service is compared with, as processes of their own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent


@contextmanager
def bare_loop(inbox: Path, *command: str) -> Iterator[Path]:
    """Run bare_loop.py on ``inbox``, which is made; yield the inbox."""
    with bare_loop_process(inbox, *command):
        yield inbox


@contextmanager
def bare_loop_process(inbox: Path, *command: str) -> Iterator[int]:
    """Do the same; yield the pid."""
    inbox.mkdir(parents=True, exist_ok=True)
    with bare_process("bare_loop.py", str(inbox), *command) as pid:
        yield pid


@contextmanager
def bare_process(script: str, *arguments: str) -> Iterator[int]:
    """Run a script of this folder until it says that it is ready; yield its pid; kill it at last."""
    argv = [sys.executable, str(HERE / script), *arguments]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError(f"{script} did not start")
            yield process.pid
        finally:
            process.kill()
