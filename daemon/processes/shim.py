"""Stands beside one child and outlives the daemon: starts it, keeps its output, ends it, records its end.

Started as ``python -I -S``, it imports nothing installed. Its order comes through standard input and is never on
disk: it holds the child's environment. Descriptor 3 is the attempt's locked lock file: as long as the lock is held
this process lives, and every decision about the attempt rests on that. Descriptor 4 is the bell: whoever waits at
its other end hears when there is something new, and when we are gone.

Whatever runs below the child is found by descent: this process is the subreaper, so who leaves its parent, session
or environment behind is still its descendant. If this process is killed, the kernel kills the child (PDEATHSIG) and
the daemon finds the rest by the token in their environment. Without /proc (macOS) both are missing: from here only
the child's process group is reached, and the daemon's look at environments is the net.

In the attempt's folder: ``control`` (read: an order to stop, or that something was said), ``stop`` (an order, for a
shim that starts later), ``said`` (feeding.py), ``index`` (output.py), ``pid.json``, and at the end ``exit.json``,
atomically. A shim that is asked to leave (SIGTERM: the machine goes down) ends the child and records nothing: the run
was lost, not finished.
"""

from __future__ import annotations  # types are for readers: importing typing costs each start 6 ms

import marshal
import os
import select
import signal
import sys
import time

from daemon.processes.child import CHUNK, PR_SET_CHILD_SUBREAPER, NotStarted, Order, prctl, start_child
from daemon.processes.family import HAS_PROC, Member, descendants, memory_of, proc_stat, signal_exactly
from daemon.processes.feeding import Feed
from daemon.processes.output import ATTEMPT, SERVICE, Output

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable

LOCK_FD, BELL_FD = 3, 4  # inherited from the daemon that started us
GRACE_S = 1.5  # from SIGTERM to SIGKILL after a timeout
LINGER_S = 0.1  # what the child leaves running may end by itself this long
LEFTOVER_GRACE_S = 0.5  # from SIGTERM to SIGKILL for what the child leaves running
PIPES_S = 0.25  # how long to wait for a pipe that a process which is no descendant holds open
SETTLE_S = 0.15  # a child ended by a signal: is it the machine going down, and our turn next?
MEMORY_LOOK_S = 0.5
AGAIN_S = 0.02  # between two rounds of SIGKILL: a family may grow while it is killed
NEVER = float("inf")
MARK = "[redacted]"


class Shim:
    """One child, from its start to its record."""

    def __init__(self, order: Order, folder: str) -> None:
        self._order, self._folder = order, folder
        self._control = os.open(f"{folder}/control", os.O_RDWR | os.O_NONBLOCK)
        self._woken, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _note)
        signal.signal(signal.SIGTERM, self._leave)
        self._poll = select.poll()
        self._began_at, self._began = time.time(), time.monotonic()
        self._heard = self._began
        self._child = 0
        self._feed: Feed | None = None
        self._status: int | None = None
        self._reason, self._error = "", ""
        self._is_leaving = self._is_alone = False
        self._term_at = self._kill_at = self._pipes_until = NEVER
        self._settled_at, self._again_s = 0.0, AGAIN_S
        self._memory_at = self._began + MEMORY_LOOK_S if order["memory"] and HAS_PROC else NEVER

    def run(self) -> None:
        """Do it all. Returns when the end is recorded, or when there is none to record."""
        self._obey()
        if self._reason:
            self._record(dropped=0)
            return
        try:
            self._begin()
            self._open_output()
            self._child, self._pipes, into = start_child(self._order)
            self._open_feed(into)
        except NotStarted as error:
            self._reason, self._error = "not_started", str(error)
            self._record(dropped=0)
            return
        self._write_pids()
        if self._order["number"] > 1:
            self._output.say(ATTEMPT, f"[attempt {self._order['number']}: the one before was lost]")
        for descriptor in (self._control, self._woken, *self._pipes):
            self._poll.register(descriptor, select.POLLIN)
        while not self._is_over():
            self._turn()
        self._empty_pipes()
        self._output.finish()
        if not self._is_leaving:
            self._record(self._output.dropped)

    def _begin(self) -> None:
        # Without this on disk a daemon would take it that nothing was ever started.
        if not self._write_pids():
            raise NotStarted(f"cannot write to {self._folder}")

    def _open_output(self) -> None:
        path, redact = self._order["output"], _redaction(self._order["secrets"], self._order["shortened"])
        try:
            self._output = Output(path, f"{self._folder}/index", self._order["limit"], redact)
        except OSError as error:
            raise NotStarted(f"cannot write its output to {path}: {error.strerror}") from error

    def _open_feed(self, into: int) -> None:
        if into < 0:
            return
        try:
            self._feed = Feed(into, self._order["stdin"], f"{self._folder}/said")
        except OSError:
            os.close(into)  # its opening is gone: it finds an empty input, and says so itself
        self._speak()

    def _speak(self) -> None:
        """Pass on what was said; look for room in the pipe only while something waits for it."""
        if self._feed is None:
            return
        pipe = self._feed.pipe
        self._feed.look()
        if self._feed.has_more():
            self._poll.register(pipe, select.POLLOUT)
        elif pipe >= 0:
            try:  # noqa: SIM105 - contextlib costs a millisecond of each start
                self._poll.unregister(pipe)
            except KeyError:
                pass

    def _turn(self) -> None:
        for descriptor, _ in self._poll.poll(self._patience_ms()):
            if descriptor in self._pipes:
                self._read(descriptor)
            elif descriptor == self._control:
                self._obey()
            elif self._feed is not None and descriptor == self._feed.pipe:
                self._speak()
            else:
                os.read(self._woken, CHUNK)
        if self._is_leaving:
            self._end("lost", "", 0.0, LEFTOVER_GRACE_S)
        self._collect()
        self._look_at_limits()
        self._carry_out()

    def _is_over(self) -> bool:
        now = time.monotonic()
        return self._is_alone and now >= self._settled_at and (not self._pipes or now >= self._pipes_until)

    def _patience_ms(self) -> int:
        moments = [self._term_at, self._kill_at, self._pipes_until]
        if self._is_alone:
            moments.append(self._settled_at)
        if not self._reason:
            moments += [self._wall_at(), self._idle_at(), self._memory_at]
        nearest = min(moments) - time.monotonic()
        return max(0, min(60_000, int(nearest * 1000) + 1 if nearest < 60 else 60_000))

    def _wall_at(self) -> float:
        return self._began + float(self._order["wall_s"])

    def _idle_at(self) -> float:
        return self._heard + float(self._order["idle_s"]) if self._order["idle_s"] else NEVER

    def _read(self, descriptor: int) -> None:
        data = os.read(descriptor, CHUNK)
        if data:
            self._heard = time.monotonic()
            self._output.take(self._pipes[descriptor], data)
            self._ring()
        else:
            self._poll.unregister(descriptor)
            os.close(descriptor)
            del self._pipes[descriptor]

    def _empty_pipes(self) -> None:
        """Take what is in the pipes: on a busy machine the time for it may be over before its turn came."""
        until = time.monotonic() + PIPES_S  # whoever holds one may also write for ever
        for descriptor in list(self._pipes):
            os.set_blocking(descriptor, False)
            try:
                while descriptor in self._pipes and time.monotonic() < until:
                    self._read(descriptor)
            except BlockingIOError:
                continue

    def _obey(self) -> None:
        """Look whether a stop was ordered: by whoever rang, or before anybody could. It says the grace in seconds."""
        try:
            order = os.read(self._control, CHUNK).decode("ascii", "replace")
        except BlockingIOError:
            order = _text_of(f"{self._folder}/stop")
        words = order.split()
        if "said" in words:
            self._speak()
        grace = next((word for word in reversed(words) if word != "said"), "")
        if grace.replace(".", "", 1).isdigit():
            self._end("stopped", "", 0.0, float(grace))

    def _leave(self, _number: int, _frame: object) -> None:
        self._is_leaving = True

    def _collect(self) -> None:
        """Reap children, own and adopted. None left means no descendant left: orphans come to the subreaper."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                if not self._is_alone:
                    self._is_alone, self._pipes_until = True, time.monotonic() + PIPES_S
                return
            if pid == 0:
                return
            if pid == self._child:
                self._status = status
                if not self._reason and os.WIFSIGNALED(status):
                    self._settled_at = time.monotonic() + SETTLE_S
                self._end("exited", "", LINGER_S, LINGER_S + LEFTOVER_GRACE_S)

    def _look_at_limits(self) -> None:
        now = time.monotonic()
        if self._reason:
            return
        if now >= self._wall_at():
            self._end("wall_timeout", f"longer than {self._order['wall_s']:g} s", 0.0, GRACE_S)
        elif now >= self._idle_at():
            self._end("idle_timeout", f"silent for {self._order['idle_s']:g} s", 0.0, GRACE_S)
        elif now >= self._memory_at:
            self._memory_at = now + MEMORY_LOOK_S
            limit = self._order["memory"]
            used = memory_of(descendants(os.getpid()), limit)
            if used > limit:
                self._end("memory_limit", f"{used >> 20} MiB used, {limit >> 20} MiB allowed", NEVER, 0.0)

    def _end(self, reason: str, error: str, term_in: float, kill_in: float) -> None:
        """Begin the end, or hasten one that has begun."""
        now = time.monotonic()
        if not self._reason:
            self._reason, self._error, self._term_at = reason, error, now + term_in
        self._kill_at = min(self._kill_at, now + kill_in)

    def _carry_out(self) -> None:
        now = time.monotonic()
        if self._is_alone:
            return
        if now >= self._term_at:
            self._term_at = NEVER
            count = self._signal(signal.SIGTERM)
            if self._reason == "exited" and count:
                self._output.say(SERVICE, f"[it ended and left {count} running: ended as well]")
        if now >= self._kill_at:
            self._kill_at, self._again_s = now + self._again_s, min(1.0, self._again_s * 1.5)
            self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> int:
        """Signal all that descend from here; without /proc, the child's group while its leader is not reaped."""
        if HAS_PROC:
            return sum(signal_exactly(member, number) for member in descendants(os.getpid()))
        if self._status is None:
            os.killpg(self._child, number)
        return 0

    def _ring(self) -> None:
        try:  # noqa: SIM105 - contextlib costs a millisecond of each start
            os.write(BELL_FD, b".")
        except BlockingIOError:
            pass  # nobody listens, or has not come yet: the next look finds all of it

    def _write_pids(self) -> bool:
        """Say who we are, before the start and after it: a start that hangs can be ended by its pid."""
        child = f"{list(_member(self._child))}" if self._child else "null"
        text = f'{{"shim": {list(_member(os.getpid()))}, "child": {child}}}\n'
        return _write_atomically(f"{self._folder}/pid.json", text)

    def _record(self, dropped: int) -> None:
        code = os.waitstatus_to_exitcode(self._status) if self._status is not None else None
        ended_at, ended = time.time(), time.monotonic()
        facts = {
            "reason": _quoted(self._reason),
            "exit_code": "null" if code is None or code < 0 else str(code),
            "signal": "null" if code is None or code >= 0 else str(-code),
            "started_at": f"{self._began_at:.3f}",
            "ended_at": f"{ended_at:.3f}",
            "duration_s": f"{ended - self._began:.3f}",
            "error": _quoted(self._error),
            "dropped_bytes": str(dropped),
        }
        text = "{" + ", ".join(f'"{name}": {value}' for name, value in facts.items()) + "}\n"
        while (
            not _write_atomically(f"{self._folder}/exit.json", text, is_durable=True) and not self._is_leaving
        ):
            time.sleep(1.0)  # the disk is full: the result waits here, and the lock says that it will come
        self._ring()


def _redaction(expression: str, shortened: str) -> Callable[[str], str]:
    found: list[re.Pattern[str]] = []

    def redact(text: str) -> str:
        if not found:
            import re  # with the first output, when the child is long under way: 6 ms

            found.append(re.compile(expression))
            found.append(re.compile(f"(?m)^({shortened}).*$"))
        return found[0].sub(MARK, found[1].sub(r"\1}", text) if shortened else text)

    return redact


def _member(pid: int) -> Member:
    found = proc_stat(pid) if HAS_PROC else None
    return pid, found[2] if found else 0


def _quoted(text: str) -> str:
    """Write a JSON string. The json module would cost each start 8 ms."""
    return (
        '"'
        + "".join(c if " " <= c <= "~" and c not in '"\\' else f"\\u{min(ord(c), 0xFFFD):04x}" for c in text)
        + '"'
    )


def _write_atomically(path: str, text: str, *, is_durable: bool = False) -> bool:
    draft = f"{path}.new"
    try:
        with open(draft, "w", encoding="utf-8") as file:  # noqa: PTH123 - see family.py
            file.write(text)
            file.flush()
            if is_durable:
                os.fsync(file.fileno())
        os.replace(draft, path)  # noqa: PTH105 - see family.py
    except FileNotFoundError:
        return True  # the folder was removed: nobody wants to know
    except OSError:
        return False
    return True


def _text_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - see family.py
            return file.read()
    except OSError:
        return ""


def _note(_number: int, _frame: object) -> None:
    """Exist: only then does the signal wake poll()."""


def _read_order() -> Order:
    parts = []
    while data := os.read(0, CHUNK):
        parts.append(data)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        order: Order = marshal.loads(b"".join(parts))  # noqa: S302 - our parent wrote it; json would cost 8 ms
    except EOFError:
        os._exit(
            0
        )  # our parent was killed before it had given the order: nothing was started, nothing counts
    return order


def main() -> None:
    """Run the attempt whose folder is the last argument."""
    folder = sys.argv[-1]
    os.setsid()
    os.set_inheritable(LOCK_FD, False)
    os.set_inheritable(BELL_FD, False)
    os.closerange(BELL_FD + 1, 65_536)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    order = _read_order()
    os.chdir("/")
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    Shim(order, folder).run()
    os._exit(0)
