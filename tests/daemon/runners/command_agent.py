"""An agent that is a command: plays the scenario named by its first argument; the brief is the second."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

STUBBORN = "trap '' TERM; echo $$ >> pids; while :; do sleep 0.05; done"


def works() -> None:
    Path("made.txt").write_text("made\n", encoding="utf-8")
    Path("brief-seen.txt").write_text(sys.argv[2], encoding="utf-8")
    say("hello from the agent")


def fails() -> None:
    say("it went wrong")
    sys.exit(3)


def stubborn() -> None:
    if os.fork() == 0:
        os.setsid()
    os.execvp("sh", ["sh", "-c", STUBBORN])


def silent() -> None:
    time.sleep(600)


def waits() -> None:
    say("before")
    while not Path("go").exists():
        time.sleep(0.01)
    say("after")


def leaks() -> None:
    secret = os.environ["AGENT_API_KEY"]
    say(f"my key is {secret}")
    say(json.dumps({"kind": "tool", "text": f"curl -H {secret}", "data": {"input": {"key": secret}}}))
    say(json.dumps({"kind": "error", "text": secret}))
    Path(os.environ["AGENT_FEEDBACK_FILE"]).write_text(json.dumps({"concerns": [secret]}), encoding="utf-8")
    os.write(2, f"died of {secret}\n".encode())
    sys.exit(1)


def garbage() -> None:
    os.write(
        1,
        b"\xff\xfe\x00 caf\xe9\n"
        + b'{"kind": "text", "te\n'
        + b'{"kind": 7}\n{"kind": "usage", "data": []}\n',
    )
    os.write(1, b"[" * 100_000 + b"\n" + b'{"kind":' * 50_000 + b"\n")
    say("x" * 2_000_000)
    os.write(1, b"no end of line")


def looks() -> None:
    seen = {"environment": dict(os.environ), "cwd": str(Path.cwd())}
    Path("seen.json").write_text(json.dumps(seen), encoding="utf-8")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


PLAYS: dict[str, Callable[[], None]] = {
    play.__name__: play for play in (works, fails, stubborn, silent, waits, leaks, garbage, looks)
}

if __name__ == "__main__":
    with Path("count").open("a", encoding="utf-8") as count:
        count.write("started\n")
    PLAYS[sys.argv[1]]()
