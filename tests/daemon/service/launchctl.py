"""A launchctl that does what a test needs of launchd: take a property list into a domain and run its program.

launchctl.py FOLDER ARGUMENT...; FOLDER holds what is loaded, disabled, and which process runs. Exit codes and words are
those of macOS where the product reads them.
"""

import json
import os
import plistlib
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

NOT_FOUND = 113
IO_ERROR = 5


def main(folder: Path, arguments: list[str]) -> int:
    book = folder / "launchd.json"
    known: dict[str, Any] = {"loaded": {}, "pids": {}, "disabled": {}, "calls": []}
    if book.exists():
        known = json.loads(book.read_text())
    known["calls"].append(arguments)
    code = _act(known, arguments[0], arguments[1:])
    book.write_text(json.dumps(known))
    return code


def _act(known: dict[str, Any], verb: str, rest: list[str]) -> int:
    label = rest[-1].rpartition("/")[2]
    if verb == "print":
        return _print(known, rest[0])
    if verb == "print-disabled":
        for name, is_disabled in known["disabled"].items():
            print(f'\t"{name}" => {"disabled" if is_disabled else "enabled"}')  # noqa: T201 - what is read
        return 0
    if verb == "enable":
        known["disabled"][label] = False
        return 0
    if verb == "bootstrap":
        facts = plistlib.loads(Path(rest[1]).read_bytes())
        if facts["Label"] in known["loaded"]:
            print("Bootstrap failed: 5: Input/output error", file=sys.stderr)  # noqa: T201
            return IO_ERROR
        known["loaded"][facts["Label"]] = rest[1]
        known["pids"][facts["Label"]] = _start(facts)
        return 0
    if label not in known["loaded"]:
        return NOT_FOUND
    _end(known["pids"].pop(label))
    if verb == "bootout":
        del known["loaded"][label]
    else:  # kickstart -k
        known["pids"][label] = _start(plistlib.loads(Path(known["loaded"][label]).read_bytes()))
    return 0


def _print(known: dict[str, Any], target: str) -> int:
    if target.count("/") < 2:
        return 0 if target.startswith("gui/") else NOT_FOUND
    label = target.rpartition("/")[2]
    if label not in known["loaded"]:
        return NOT_FOUND
    pid = known["pids"].get(label)
    state = f"\tstate = running\n\tpid = {pid}" if _is_alive(pid) else "\tstate = not running"
    print(f"{target} = {{\n{state}\n\truns = 1\n\tlast exit code = (never exited)\n}}")  # noqa: T201
    return 0


def _start(facts: dict[str, Any]) -> int:
    return subprocess.Popen(
        facts["ProgramArguments"],
        env={**facts["EnvironmentVariables"], "HOME": os.environ["HOME"]},
        cwd=facts["WorkingDirectory"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=Path(facts["StandardErrorPath"]).open("ab"),
        start_new_session=True,
    ).pid


def _end(pid: int) -> None:
    if not _is_alive(pid):
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 20
    while _is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)


def _is_alive(pid: int | None) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
