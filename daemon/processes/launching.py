"""Starting a shim: the one call that makes a process of ours."""

import contextlib
import fcntl
import marshal
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from daemon.processes.attempt import Attempt
from daemon.processes.record import ProcessSpec, RunAs
from daemon.processes.shim import BELL_FD, LOCK_FD

#: the folder that holds the package ``daemon``; put behind the standard library, so it can shadow nothing
_HOME = str(Path(__file__).resolve().parents[2])
_BEGIN = "import sys; sys.path.append(sys.argv[1]); from daemon.processes.shim import main; main()"

_FREE = 10  # descriptors from here on are in nobody's way while 0 to 4 are set up


def launch(
    attempt: Attempt, spec: ProcessSpec, env: Mapping[str, str], secrets: str, run_as: RunAs | None
) -> int:
    """Make the attempt's folder and start its shim; return the shim's pid. Raises OSError.

    The lock is taken here and inherited: from the folder's first moment until the shim's last, somebody holds it.
    """
    spec.output_path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as undo:
        undo.callback(shutil.rmtree, attempt.folder, ignore_errors=True)
        pid, writing = _start(attempt)
        undo.pop_all()
    # A broken pipe: the shim died at once. Its free lock says so, and its shim.log says why.
    with contextlib.suppress(BrokenPipeError), os.fdopen(writing, "wb") as pipe:
        pipe.write(marshal.dumps(_order(attempt, spec, env, secrets, run_as)))
    return pid


def _start(attempt: Attempt) -> tuple[int, int]:
    """Return the shim's pid and the descriptor that takes its order."""
    reading, writing = (_out_of_the_way(descriptor) for descriptor in os.pipe())
    try:
        lock = _out_of_the_way(attempt.make())
        # Opened here, so that a shim which dies at once hangs up too.
        bell = _out_of_the_way(os.open(attempt.folder / "bell", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
        try:
            return _spawn(attempt, reading, lock, bell), writing
        finally:
            os.close(lock)
            os.close(bell)
    except OSError:
        os.close(writing)
        raise
    finally:
        os.close(reading)


def _order(
    attempt: Attempt, spec: ProcessSpec, env: Mapping[str, str], secrets: str, run_as: RunAs | None
) -> dict[str, object]:
    return {
        "argv": list(spec.argv),
        "cwd": str(spec.cwd.absolute()),
        "env": dict(env),
        "stdin": str(spec.stdin_path.absolute()) if spec.stdin_path else "",
        "output": str(spec.output_path.absolute()),
        "limit": spec.output_limit_bytes,
        "wall_s": spec.wall_timeout_s,
        "idle_s": spec.idle_timeout_s or 0.0,
        "memory": spec.memory_limit_bytes or 0,
        "spoken": spec.is_spoken_with,
        "shortened": "|".join(re.escape(beginning) for beginning in spec.shortened),
        "secrets": secrets,
        "number": attempt.number,
        "become": [run_as.uid, run_as.gid, list(run_as.groups)] if run_as else [],
    }


def _spawn(attempt: Attempt, order: int, lock: int, bell: int) -> int:
    log_flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.posix_spawn(
        sys.executable,
        [sys.executable, "-I", "-S", "-c", _BEGIN, _HOME, str(attempt.folder)],
        # Nothing of ours: what the shim is to know comes with its order. These two find Python's own library.
        {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ},
        file_actions=[
            (os.POSIX_SPAWN_DUP2, order, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(attempt.folder / "shim.log"), log_flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
            (os.POSIX_SPAWN_DUP2, lock, LOCK_FD),
            (os.POSIX_SPAWN_DUP2, bell, BELL_FD),
        ],
    )


def _out_of_the_way(descriptor: int) -> int:
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FREE)
    os.close(descriptor)
    return moved
