"""Plays a coding-agent program: named by its first argument, the scenario stands in a file beside the worktree.

What it says is written as the real program would; what a scenario says of tools it really does.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from languages import LANGUAGES, line_of  # type: ignore[import-not-found] # run as a program

SPEECH = LANGUAGES[sys.argv[1]]()
STUBBORN = "trap '' TERM; echo $$ >> pids; while :; do sleep 0.05; done"
FACTS = json.loads(Path("../scenario.json").read_text(encoding="utf-8"))


def tell(records: list[object]) -> None:
    for record in records:
        write(line_of(record))


def write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def ends(reason: str = "") -> None:
    tell(SPEECH.result(reason))
    sys.exit(SPEECH.ends_with if reason else 0)


def works() -> None:
    Path("made.txt").write_text("made\n", encoding="utf-8")
    Path("brief-seen.txt").write_text(sys.stdin.read(), encoding="utf-8")
    tell(SPEECH.words("hello from the agent"))
    ends()


def fails() -> None:
    ends("it went wrong")


def stubborn() -> None:
    if os.fork() == 0:
        os.setsid()
    os.execvp("sh", ["sh", "-c", STUBBORN])


def silent() -> None:
    time.sleep(600)


def waits() -> None:
    tell(SPEECH.words("before"))
    while not Path("go").exists():
        time.sleep(0.01)
    tell(SPEECH.words("after"))
    ends()


def leaks() -> None:
    for name in ("AGENT_API_KEY", *FACTS.get("leaks", ())):
        secret = os.environ[name]
        tell(SPEECH.words(f"my key is {secret}"))
        tell(SPEECH.tool(f"curl -H {secret}"))
        Path(os.environ["AGENT_FEEDBACK_FILE"]).write_text(
            json.dumps({"concerns": [secret]}), encoding="utf-8"
        )
        os.write(2, f"died of {secret}\n".encode())
    ends(f"died of {os.environ['AGENT_API_KEY']}")


def garbage() -> None:
    os.write(
        1,
        b"\xff\xfe\x00 caf\xe9\n"
        + b'{"type": "result", "te\n'
        + b'{"type": 7}\n{"type": "assistant"}\n[1]\n',
    )
    os.write(1, b"[" * 100_000 + b"\n" + b'{"type":' * 50_000 + b"\n")
    write("x" * 2_000_000)
    ends()


def looks() -> None:
    seen = {"environment": dict(os.environ), "cwd": str(Path.cwd()), "argv": sys.argv[2:]}
    Path("seen.json").write_text(json.dumps(seen), encoding="utf-8")
    ends()


def hangs() -> None:
    """Stay after the last word."""
    tell(SPEECH.words("hello from the agent"))
    tell(SPEECH.result())
    time.sleep(600)


def retries() -> None:
    while True:
        tell(SPEECH.retry())
        os.write(2, b"Attempt 1 failed with status 529. Retrying with backoff...\n")
        time.sleep(0.02)


def works_on() -> None:
    """Ask the model again and again."""
    for number in range(1000):
        tell(SPEECH.tool(f"echo {number}"))
        Path("turns").write_text(str(number + 1), encoding="utf-8")
        time.sleep(0.05)
    ends()


def dies() -> None:
    tell(SPEECH.tool("echo half"))
    os.kill(os.getpid(), signal.SIGKILL)


def leaves() -> None:
    """End well, without a last word."""
    tell(SPEECH.tool("echo half"))


def exits() -> None:
    """Say that all is well, and end badly."""
    tell(SPEECH.result())
    sys.exit(3)


def shouts() -> None:
    """Write a line of 9 MB in the program's own language, and then end well."""
    tell(SPEECH.words("y" * 9_000_000))
    ends()


def recites() -> None:
    """Say what a real program said."""
    Path("brief-seen.txt").write_text(sys.stdin.read(), encoding="utf-8")
    for number, name in ((2, "stderr"), (1, "stdout")):
        if FACTS.get(name):
            os.write(number, Path(FACTS[name]).read_bytes())
    sys.exit(FACTS["exit_code"])


def asks() -> None:
    """Wait for leave, as Claude Code does over its control protocol."""
    opening = json.loads(sys.stdin.readline())
    Path("brief-seen.txt").write_text(opening["message"]["content"], encoding="utf-8")
    for number in range(FACTS.get("questions", 1)):
        request = {"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": FACTS["command"]}}
        tell([{"type": "control_request", "request_id": f"r{number}", "request": request}])
        answer = json.loads(sys.stdin.readline())["response"]
        assert answer["request_id"] == f"r{number}"
        if answer["response"]["behavior"] == "allow":
            os.system(answer["response"]["updatedInput"]["command"])
        else:
            tell(SPEECH.words(f"not allowed: {answer['response']['message']}"))
    tell(SPEECH.result())
    Path("rest").write_text(sys.stdin.read(), encoding="utf-8")  # until it is hung up


PLAYS: dict[str, Callable[[], None]] = {
    play.__name__: play
    for play in (
        works, fails, stubborn, silent, waits, leaks, garbage, looks, hangs, retries, works_on, dies, leaves, exits,
        shouts, recites, asks,
    )
}  # fmt: skip

if __name__ == "__main__":
    with Path("count").open("a", encoding="utf-8") as count:
        count.write("started\n")
    tell(SPEECH.init())
    PLAYS[FACTS["scenario"]]()
