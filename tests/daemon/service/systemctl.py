"""A systemctl and a loginctl that do what a test needs of systemd: run a unit's ExecStart and wait for its readiness.

systemctl.py FOLDER ARGUMENT...; FOLDER holds what is enabled and which process runs. The unit is read from where the
caller wrote it, the program is started with the unit's environment, and `restart` returns when READY=1 was heard.
"""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

READY_WITHIN_S = 90.0


def main(folder: Path, arguments: list[str]) -> int:
    book = folder / "book.json"
    known = json.loads(book.read_text()) if book.exists() else {"enabled": [], "pids": {}, "calls": []}
    known["calls"].append(arguments)
    verb, *rest = [one for one in arguments if one != "--user"] or [""]
    code = _act(folder, known, verb, rest)
    book.write_text(json.dumps(known))
    return code


def _act(folder: Path, known: dict[str, object], verb: str, rest: list[str]) -> int:
    enabled, pids = known["enabled"], known["pids"]
    assert isinstance(enabled, list)
    assert isinstance(pids, dict)
    unit = rest[-1] if rest else ""
    if verb == "--version":
        print("systemd 255 (255.4)")  # noqa: T201 - what is read
    elif verb == "enable":
        enabled.append(unit)
    elif verb == "restart":
        _end(pids.pop(unit, None))
        pids[unit] = _start(_unit_folder() / unit)
        if pids[unit] is None:
            return 1
    elif verb == "disable":
        _end(pids.pop(unit, None))
        if unit in enabled:
            enabled.remove(unit)
    elif verb == "show" and unit.endswith(".service"):
        is_up = unit in pids and _is_alive(pids[unit])
        print(f"ActiveState={'active' if is_up else 'inactive'}")  # noqa: T201
        print(f"UnitFileState={'enabled' if unit in enabled else 'disabled'}")  # noqa: T201
        print(f"MainPID={pids[unit] if is_up else 0}")  # noqa: T201
    return 0


def _unit_folder() -> Path:
    return Path(os.environ["XDG_CONFIG_HOME"]) / "systemd" / "user"


def _start(path: Path) -> int | None:
    settings = [
        line.partition("=")[::2] for line in path.read_text().splitlines() if "=" in line and line[0] != "#"
    ]
    argv = shlex.split(next(value for name, value in settings if name == "ExecStart"))
    environment = dict(
        shlex.split(value)[0].partition("=")[::2] for name, value in settings if name == "Environment"
    )
    address = f"@agent-service-test-{os.getpid()}"  # a path would be too long for a socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{address[1:]}")
        listener.settimeout(READY_WITHIN_S)
        process = subprocess.Popen(
            argv,
            env={**environment, "HOME": os.environ["HOME"], "NOTIFY_SOCKET": address},
            cwd=next(value for name, value in settings if name == "WorkingDirectory"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=path.with_suffix(".stderr").open("wb"),
            start_new_session=True,
        )
        try:
            while b"READY=1" not in listener.recv(4096):
                pass
        except TimeoutError:
            process.kill()
            return None
        return process.pid


def _end(pid: int | None) -> None:
    if pid is None or not _is_alive(pid):
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 20
    while _is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
