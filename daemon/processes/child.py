"""Becoming the child: everything between fork and exec. Part of the shim: see there for what it may import."""

from __future__ import annotations  # see shim.py

import ctypes
import os
import resource
import signal

from daemon.processes.family import HAS_PROC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

CHUNK = 65_536  # bytes read at once

# linux/prctl.h
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38

Order = dict[str, "Any"]
"""argv, cwd, env, stdin, spoken (stdin is only the beginning), output, limit, wall_s, idle_s, memory, secrets and
shortened (regular expressions), number, and become: the ids of the user to run as (uid, gid, [groups]), empty for the
own."""


class NotStarted(Exception):
    """The child could not be started; the text says why."""


def prctl(option: int, value: int) -> None:
    """Ask Linux; elsewhere there is nothing to ask."""
    if HAS_PROC:
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def close_memory() -> None:
    """Let no other process of the same user read our memory and our environment. Ends with exec; root may always."""
    prctl(PR_SET_DUMPABLE, 0)


def start_child(order: Order) -> tuple[int, dict[int, int], int]:
    """Fork and become the child. Raises NotStarted.

    Returns its pid, its pipes (descriptor -> stream), and where it is spoken with its input's end, else -1.
    """
    child_in, into = os.pipe() if order["spoken"] else (-1, -1)
    out, child_out = os.pipe()
    err, child_err = os.pipe()
    trouble, child_trouble = os.pipe()
    shim = os.getpid()
    score = OomScore()
    close_memory()  # what is to be redacted stands in it
    score.offer()
    try:
        pid = os.fork()
    except OSError as error:
        raise NotStarted(f"no new process can be made: {error.strerror}") from error
    if pid == 0:
        _become(order, shim, child_in, child_out, child_err, child_trouble)
    score.take_back()
    for descriptor in (child_out, child_err, child_trouble, *((child_in,) if child_in >= 0 else ())):
        os.close(descriptor)
    words = os.read(trouble, CHUNK).decode("utf-8", "replace")
    os.close(trouble)
    if words:
        raise NotStarted(words)
    return pid, {out: 0, err: 1}, into


def _become(order: Order, shim: int, into: int, out: int, err: int, trouble: int) -> NoReturn:
    stage = "cannot be prepared"
    try:
        os.setpgid(0, 0)
        stage = f"cannot read its standard input {order['stdin']!r}"
        os.dup2(into if into >= 0 else os.open(order["stdin"] or os.devnull, os.O_RDONLY), 0)
        stage = "cannot become another user"
        _become_user(order["become"], (0, out, err) if into >= 0 else (out, err))
        stage = "cannot be prepared"
        # After the change of user, which clears it.
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # A setuid program would be out of reach of our signals, and exec would clear the line above.
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        if os.getppid() != shim:
            os._exit(127)
        for number in (
            signal.SIGPIPE,
            signal.SIGHUP,
            signal.SIGINT,
            signal.SIGQUIT,
            signal.SIGTERM,
            signal.SIGXFSZ,
        ):
            signal.signal(number, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(out, 1)
        os.dup2(err, 2)
        stage = f"cannot work in {order['cwd']!r}"
        os.chdir(order["cwd"])
        stage = f"cannot run {order['argv'][0]!r}"
        _execute(order["argv"], order["env"])
    except OSError as error:
        os.write(trouble, f"{stage}: {error.strerror}".encode()[:4096])
    finally:
        os._exit(127)


def _execute(argv: list[str], env: dict[str, str]) -> NoReturn:
    """Become the program, searched as ``execvp`` does. Raises OSError.

    Not ``os.execvpe``: it imports a module first, which the user we are by now may not be able to read.
    """
    name, path = argv[0], env.get("PATH", os.defpath)
    places = [name] if "/" in name else [f"{folder or '.'}/{name}" for folder in path.split(":")]
    reason: OSError | None = None
    for place in places:
        try:
            os.execve(place, argv, env)  # noqa: S606 - no shell is the point
        except (FileNotFoundError, NotADirectoryError) as error:
            reason = reason or error
        except OSError as error:
            reason = error if isinstance(reason, FileNotFoundError | NotADirectoryError | None) else reason
    raise reason or FileNotFoundError(2, "No such file or directory")


def _become_user(ids: Any, pipes: tuple[int, ...]) -> None:
    if not ids:
        return
    uid, gid, groups = ids
    for pipe in pipes:  # else opening /dev/stdout and /dev/stderr by name would be refused
        os.fchown(pipe, uid, gid)
    os.umask(0o022)  # ours may be tighter, and what it makes is its own
    os.setgroups(groups)
    os.setgid(gid)  # by root: real, effective and saved id
    os.setuid(uid)


class OomScore:
    """When the machine runs out of memory, the kernel is to end agents before the service.

    A child inherits our score, so it is raised around the fork: afterwards it would be too late, and a child as closed
    as we are could not do it itself. Opened before our memory is closed, for the same reason.
    """

    def __init__(self) -> None:
        self._file, self._own = -1, b"0"
        try:
            self._file = os.open("/proc/self/oom_score_adj", os.O_RDWR | os.O_CLOEXEC)
            self._own = os.read(self._file, 16)
        except OSError:
            pass  # no /proc, or a sandbox: nothing depends on it

    def offer(self) -> None:
        """Raise it, for whoever is forked now."""
        self._write(b"500")

    def take_back(self) -> None:
        """Have our own again."""
        self._write(self._own)

    def _write(self, text: bytes) -> None:
        if self._file >= 0:
            try:  # noqa: SIM105 - contextlib costs a millisecond of each start
                os.write(self._file, text)
            except OSError:
                pass
