"""What doctor looks at around the company: whose its folders are, by what clock, can they be listened to; its ports."""

import os
import pwd
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from company.errors import AgentServiceError
from daemon.cli.desk import service_pid
from daemon.cli.diagnosis import Finding

if TYPE_CHECKING:
    from company.config import Config

SKEW_S = 3.0  # some file systems keep times to two seconds
_ROOT = 0
_LOOKED_AT = 2000  # entries of the folders at most
_BY_OTHERS, _BY_GROUP, _STICKY = 0o002, 0o020, 0o1000


def surroundings_findings(config: "Config") -> Iterator[Finding]:
    """Look at all of it."""
    yield from permission_findings(config)
    yield file_clock(existing(config.folders.state))
    yield from listening(existing(config.folders.priorities))
    yield from port_findings(config)


def existing(folder: Path) -> Path:
    """Return ``folder``, or the nearest above it that is there."""
    while not folder.exists():
        folder = folder.parent
    return folder


def permission_findings(config: "Config") -> Iterator[Finding]:
    """Say what others may write, and what the service's user may not."""
    folders = config.folders
    name, found = "permissions", 0
    for path in (folders.state, *sorted(folders.state.glob("*.db*")), folders.logs, folders.reports):
        if _is_open(path):
            found += 1
            yield Finding(name, "broken", f"everybody on this machine can write {path}", f"chmod o-w {path}")
    if _is_open(folders.priorities):
        found += 1
        text = f"everybody on this machine can drop files into {folders.priorities}, which starts agents"
        yield Finding(name, "note", text, f"chmod o-w {folders.priorities}, if that is not meant")
    foreign = _foreign(config)
    if foreign:
        found += 1
        owner = _name_of(_owner_of(config))
        more = f", and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        yield Finding(
            name,
            "broken",
            f"{owner}, whose company this is, cannot write {foreign[0]} of {_name_of(foreign[0].lstat().st_uid)}{more}",
            f"sudo chown -R {owner} {config.root}",
        )
    if not found:
        yield Finding(name, "ok", "nobody else can write what is the service's, and it can write all of it")


def _is_open(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return bool(mode & _BY_OTHERS) and not mode & _STICKY


def _owner_of(config: "Config") -> int:
    """Return who the service runs as: the owner of config.yaml, as ``install`` takes it."""
    return _ROOT if config.work.agent_user else config.path.stat().st_uid


def _foreign(config: "Config") -> list[Path]:
    """Return what of the company's own was left by somebody else, as by a command that was once given as root."""
    owner = _owner_of(config)
    if owner == _ROOT:
        return []
    found = []
    for path in _own_things(config):
        try:
            stat = path.lstat()
        except OSError:
            continue
        if stat.st_uid != owner and not stat.st_mode & (_BY_OTHERS | _BY_GROUP):
            found.append(path)
    return found


def _own_things(config: "Config") -> Iterator[Path]:
    """Return what the service writes itself. Files in the inbox are of whoever dropped them."""
    folders, count = config.folders, 0
    yield from (folders.priorities, *sorted(folders.priorities.glob("*/")))
    for folder in (folders.state, folders.logs, folders.logs / "running-jobs", folders.reports):
        yield folder
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue
        for path in entries:
            count += 1
            if count > _LOOKED_AT:
                return
            yield path


def _name_of(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return str(user_id)  # chown takes it, too


def file_clock(folder: Path, now: Callable[[], float] = time.time) -> Finding:
    """Compare the clock that files are stamped by, which on a network's disk is another machine's."""
    name = "clock of files"
    try:
        before = now()
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
            stamped = os.fstat(file.fileno()).st_mtime
        after = now()
    except OSError as error:
        return Finding(
            name, "note", f"{folder}: {error.strerror}, so it cannot be told", f"make {folder} writable"
        )
    skew_s = min(stamped - before, 0.0) or max(stamped - after, 0.0)
    if abs(skew_s) <= SKEW_S:
        return Finding(name, "ok", "files are stamped by this machine's time")
    direction = "behind" if skew_s < 0 else "ahead of"
    text = f"files in {folder} are stamped {abs(skew_s):.0f} s {direction} this machine's clock"
    return Finding(
        name, "note", text, "set both clocks by NTP: what is kept by age goes too early or too late"
    )


def listening(folder: Path) -> Iterator[Finding]:
    """Listen to the inbox as the service does: limits may be high, and used up by others."""
    from daemon.intake.arriving import Arrivals

    try:
        Arrivals(folder, lambda _name, _sight: None).close()
    except OSError as error:
        text = f"{error.strerror or error}: new files are found by looking once a second"
        mend = "sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=65536"
        yield Finding("inbox", "note", text, mend)
    else:
        yield Finding("inbox", "ok", "new files are heard at once")


def port_findings(config: "Config") -> Iterator[Finding]:
    """Look whether what the bot, or the local Slack, is to listen on is free, or theirs."""
    from company.config import secret

    slack = config.slack
    try:
        is_local = secret(os.environ, "SLACK_BOT_TOKEN") is None and not slack.base_url
    except AgentServiceError:  # named where Slack is looked at
        return
    if not slack.enabled or (is_local and not slack.local_port) or (not is_local and slack.mode != "http"):
        return
    host, port = ("127.0.0.1", slack.local_port) if is_local else (slack.http_host, slack.http_port)
    name, key = f"port {port}", "slack.local_port" if is_local else "slack.http_port"
    trouble = _trouble_with(host, port)
    if not trouble:
        yield Finding(name, "ok", f"free ({key})")
        return
    holder, is_ours = _who_listens(config, port)
    if is_ours:
        yield Finding(name, "ok", f"held by {holder}, which is ours ({key})")
    elif is_local:
        yield Finding(
            name,
            "note",
            f"{trouble}{holder and f', by {holder}'}: the local Slack takes another",
            f"{key}: 0",
        )
    else:
        yield Finding(
            name,
            "broken",
            f"{host}: {trouble}{holder and f', by {holder}'}",
            f"end that, or change {key} in config.yaml",
        )


def _trouble_with(host: str, port: int) -> str:
    """Return why nobody could listen there now; '' when somebody could."""
    import socket

    try:
        [(family, kind, _, _, address), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return ""


def _who_listens(config: "Config", port: int) -> tuple[str, bool]:
    """Return who listens ('' when it may not be known), and whether that is of this company."""
    import psutil

    try:
        pids = {
            one.pid
            for one in psutil.net_connections("tcp")
            if one.pid and one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port
        }
        process = psutil.Process(min(pids)) if pids else None
        command = process.cmdline() if process else []
    except (psutil.Error, OSError):  # as on macOS, where only root may look
        return "", False
    if process is None:
        return "", False
    is_ours = process.pid == service_pid(config, "bot") or (
        "bot.local_slack" in command and str(config.folders.state / "local-slack") in command
    )
    return f"{Path(command[0]).name if command else 'process'} (process {process.pid})", is_ours
