"""Run one git process: the only place of the project that does.

Each call has a session (so a process group) of its own, a time limit, bounded output, no terminal, no standard input
but what is given, and an environment made from nothing. It is ended with its whole group when its time is up.

No configuration is read but the file of the control directory (``control.py``) it is given; the settings repeated in
the environment here are the second wall, for the children that git starts itself.
"""

import os
import re
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from company.errors import GitError
from daemon.git import login
from daemon.git.complaint import TIMED_OUT, TOO_MUCH_OUTPUT, Complaint, explain, without_login

OUTPUT_LIMIT = 64 << 20  # bytes of stdout kept; more ends the call
_STDERR_LIMIT = 64 << 10  # bytes; the rest is read and dropped
_STDERR_SHOWN = 2000  # characters of it in an error
_CHUNK = 1 << 16
_LOOK_AGAIN_S = 0.05
_DRAIN_S = 0.5  # after git's end its children may hold the pipes open
_STALE_LOCK_S = 15.0  # git holds a ref or packed-refs lock for milliseconds
_LOCK_PATIENCE_S = 30.0

#: Wins over every configuration file, for git itself and for what it starts here, but not on a remote host.
_OVERRIDES = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.excludesFile", "/dev/null"),
    ("credential.helper", ""),
)
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "USER", "LOGNAME")
_PASSED_ON_FOR_NETWORK = (
    "SSH_AUTH_SOCK",
    "GIT_SSH_COMMAND",
    "GIT_SSL_CAINFO",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "no_proxy",
    "XDG_CONFIG_HOME",
)
_LOCK_EXISTS = re.compile(r"Unable to create '(?P<path>[^']+\.lock)': File exists")


@dataclass(frozen=True)
class GitOutput:
    """What a git process wrote. Text is UTF-8; other bytes are kept as surrogates, so that file names survive.

    ``truncated``: stdout went over the limit of a call that accepts a part (``cut=True``).
    """

    stdout: str
    stderr: str
    exit_code: int
    truncated: bool = False


@dataclass(frozen=True)
class Identity:
    """Who a commit is by, and when (``at``: ISO 8601 with a time zone; empty: now)."""

    name: str = "Agent Service"
    email: str = "agent-service@localhost"
    at: str = ""

    def environment(self) -> dict[str, str]:
        """Return git's variables for author and committer."""
        who = {"NAME": self.name, "EMAIL": self.email} | ({"DATE": self.at} if self.at else {})
        return {f"GIT_{role}_{part}": text for role in ("AUTHOR", "COMMITTER") for part, text in who.items()}


def run_git(
    args: Sequence[str],
    *,
    git_dir: Path,
    work_tree: Path | None = None,
    timeout_s: float = 60,
    check: bool = True,
    input_text: str | None = None,
    network: bool = False,
    identity: Identity | None = None,
    output_limit: int = OUTPUT_LIMIT,
    cut: bool = False,
    hold: int | None = None,
    remote_config: Path | None = None,
) -> GitOutput:
    """Run ``git <args>`` on the control directory ``git_dir`` and return what it wrote.

    ``network`` passes the user's own logins on (ssh agent, proxies, credential helpers of ~/.gitconfig). ``cut``: too
    much output is cut instead of refused. ``hold`` is a descriptor of a lock (``locking.locked``) the process keeps.
    ``remote_config`` is the file that the receive-pack of a remote in a folder reads before its own (else ours).
    A ref lock of another git is waited for; one that outlived its owner is removed.

    Raises GitError when git cannot start, does not end in time, writes too much, or (``check``) exits other than 0.
    """
    environment = _environment(git_dir, work_tree, network=network, identity=identity)
    if remote_config is not None:
        environment["GIT_CONFIG_GLOBAL"] = str(remote_config)
    deadline = time.monotonic() + timeout_s
    patience = time.monotonic() + min(timeout_s, _LOCK_PATIENCE_S)
    while True:
        output = _Call(
            args=tuple(args),
            environment=environment,
            cwd=work_tree or git_dir,
            input_bytes=None if input_text is None else input_text.encode("utf-8", "surrogateescape"),
            output_limit=output_limit,
            cut=cut,
            hold=hold,
        ).run(deadline)
        if output.exit_code == 0 or not _may_retry(output.stderr, git_dir, patience):
            break
    if check and output.exit_code != 0:
        raise git_error(args, output.exit_code, output.stderr)
    return output


def git_error(
    args: Sequence[str], exit_code: int | None, stderr: str, *, complaint: Complaint | None = None
) -> GitError:
    """Return the error for a failed call: a clear word first where one is known, then git's own, no logins."""
    said = without_login(stderr).strip()[-_STDERR_SHOWN:]
    known = complaint or explain(stderr)
    if known is None:
        return GitError([without_login(arg) for arg in args], exit_code, said)
    words = f"{known.words}: {said}" if said else known.words
    return GitError([without_login(arg) for arg in args], exit_code, words, mend=known.mend, code=known.code)


def _may_retry(stderr: str, git_dir: Path, patience: float) -> bool:
    match = _LOCK_EXISTS.search(stderr)
    if match is None or time.monotonic() > patience:
        return False
    lock = Path(match["path"])
    ours = {git_dir.resolve(), (git_dir / "objects").resolve().parent}
    if not ours & set(lock.resolve().parents):
        return False
    try:
        if time.time() - lock.stat().st_mtime > _STALE_LOCK_S:
            lock.unlink(missing_ok=True)
    except FileNotFoundError:
        return True
    time.sleep(_LOOK_AGAIN_S)
    return True


def _environment(
    git_dir: Path, work_tree: Path | None, *, network: bool, identity: Identity | None
) -> dict[str, str]:
    kept = _PASSED_ON + (_PASSED_ON_FOR_NETWORK if network else ())
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {
        "LC_ALL": "C",
        "LANGUAGE": "C",
        "GIT_DIR": str(git_dir),
        # A planted file `commondir` would otherwise name another directory to read config from.
        "GIT_COMMON_DIR": str(git_dir),
        "GIT_CONFIG_NOSYSTEM": "1",
        # The control directory's own file once more: git clears the variables of this repository for the
        # upload-pack or receive-pack it starts on a local path, but not this one.
        "GIT_CONFIG_GLOBAL": str(git_dir / "config"),
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_ALLOW_PROTOCOL": "file:http:https:ssh",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "false",
        "SSH_ASKPASS_REQUIRE": "never",
        "GIT_PAGER": "cat",
        "GIT_EDITOR": "false",
    }
    environment.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=20")
    if work_tree is not None:
        environment["GIT_WORK_TREE"] = str(work_tree)
    if identity is not None:
        environment |= identity.environment()
    settings = list(_OVERRIDES)
    if network:
        settings += _login_settings(environment)
        for one in login.logins():
            settings += one.settings()
            environment |= one.environment()
    return environment | _as_environment(settings)


def _as_environment(settings: Sequence[tuple[str, str]]) -> dict[str, str]:
    numbered = {"GIT_CONFIG_COUNT": str(len(settings))}
    for index, (key, value) in enumerate(settings):
        numbered |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return numbered


def _login_settings(environment: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Yield ``credential.*`` and ``http.*`` of the user's own ~/.gitconfig and the system's, never a repository's."""
    outside = {name: environment[name] for name in _PASSED_ON if name in environment} | {"LC_ALL": "C"}
    if "XDG_CONFIG_HOME" in environment:
        outside["XDG_CONFIG_HOME"] = environment["XDG_CONFIG_HOME"]
    for scope in ("--system", "--global"):
        output = _Call(
            args=("config", scope, "-z", "--get-regexp", r"^(credential|http)\."),
            environment=outside | {"GIT_DIR": os.devnull},
            cwd=Path("/"),
        ).run(time.monotonic() + 10)
        for entry in output.stdout.split("\0"):
            key, separator, value = entry.partition("\n")
            if separator:
                yield key, value


@dataclass(frozen=True, kw_only=True)
class _Call:
    """One process, from its start to its end."""

    args: tuple[str, ...]
    environment: Mapping[str, str]
    cwd: Path
    input_bytes: bytes | None = None
    output_limit: int = OUTPUT_LIMIT
    cut: bool = False
    hold: int | None = None

    def run(self, deadline: float) -> GitOutput:
        """Start git, talk to it until it ends, and return what it wrote; GitError as ``run_git`` says."""
        process = self._start()
        with process:
            talk = _Talk(process, self.input_bytes, self.output_limit)
            try:
                talk.until(deadline)
            finally:
                if not talk.is_over:
                    _end_group(process)
            exit_code = process.wait()
        stderr = bytes(talk.stderr).decode("utf-8", "replace")
        if talk.is_late:
            raise git_error(self.args, None, stderr, complaint=TIMED_OUT)
        if talk.is_too_much and not self.cut:
            raise git_error(self.args, exit_code, stderr, complaint=TOO_MUCH_OUTPUT)
        stdout = bytes(talk.stdout).decode("utf-8", "surrogateescape")
        return GitOutput(stdout, stderr, 0 if talk.is_too_much else exit_code, truncated=talk.is_too_much)

    def _start(self) -> subprocess.Popen[bytes]:
        program = shutil.which("git", path=self.environment.get("PATH"))
        if program is None:
            raise GitError(
                self.args, None, "git is not installed", mend="install git, then retry the job", code="no_git"
            )
        try:
            return subprocess.Popen(
                (program, *self.args),
                stdin=subprocess.DEVNULL if self.input_bytes is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self.cwd,
                env=self.environment,
                start_new_session=True,
                pass_fds=() if self.hold is None else (self.hold,),
            )
        except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
            raise GitError(self.args, None, f"git could not be started: {error}") from error


class _Talk:
    """The three pipes of a process, served at once, so that neither side waits for the other for ever."""

    def __init__(self, process: subprocess.Popen[bytes], input_bytes: bytes | None, limit: int) -> None:
        self.stdout, self.stderr = bytearray(), bytearray()
        self.is_over = self.is_late = self.is_too_much = False
        self._process = process
        self._limit = limit
        self._unsent = memoryview(input_bytes or b"")
        self._selector = selectors.DefaultSelector()
        assert process.stdout is not None
        assert process.stderr is not None
        for pipe in (process.stdout, process.stderr):
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            self._selector.register(process.stdin, selectors.EVENT_WRITE)

    def until(self, deadline: float) -> None:
        """Serve the pipes until they close, git has ended, there is too much, or it is ``deadline``."""
        ended_at: float | None = None
        with self._selector:
            while self._selector.get_map() and not self.is_too_much:
                now = time.monotonic()
                if now > deadline:
                    self.is_late = True
                    return
                if ended_at is not None and now > ended_at + _DRAIN_S:
                    return
                for key, _ in self._selector.select(min(_LOOK_AGAIN_S, deadline - now)):
                    self._serve(key.fileobj)
                if ended_at is None and _has_ended(self._process):
                    ended_at = time.monotonic()
            if not self.is_too_much:
                self._await_end(deadline)

    def _await_end(self, deadline: float) -> None:
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.is_late = True
        else:
            self.is_over = True

    def _serve(self, pipe: object) -> None:
        if pipe is self._process.stdin:
            self._send()
            return
        source = self._process.stdout if pipe is self._process.stdout else self._process.stderr
        assert source is not None
        chunk = os.read(source.fileno(), _CHUNK)
        if not chunk:
            self._selector.unregister(source)
        elif source is self._process.stderr:
            self.stderr += chunk[: max(0, _STDERR_LIMIT - len(self.stderr))]
        else:
            self.stdout += chunk[: max(0, self._limit - len(self.stdout))]
            self.is_too_much = len(self.stdout) >= self._limit

    def _send(self) -> None:
        assert self._process.stdin is not None
        try:
            sent = os.write(self._process.stdin.fileno(), self._unsent[:_CHUNK])
        except BrokenPipeError:
            sent = len(self._unsent)  # git has read what it wanted; its exit code tells the rest
        self._unsent = self._unsent[sent:]
        if not self._unsent:
            self._selector.unregister(self._process.stdin)
            self._process.stdin.close()


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Look without reaping: as long as the leader is a zombie, its group's number cannot be a stranger's."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # PermissionError: macOS, for a group of zombies only
        process.kill()
