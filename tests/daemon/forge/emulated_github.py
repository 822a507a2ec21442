"""GitHub as somebody else emulates it (npm emulate, Vercel), and what people and checks do there."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.node_program import free_port, program, running

ROBOT, ALICE = "robot-token", "alice-token"
SLUG = "robot/shop"


@dataclass(frozen=True)
class EmulatedGithub:
    """One repository, robot/shop, with a branch main."""

    url: str

    def call(self, verb: str, path: str, body: object = None, *, token: str = ROBOT) -> Any:
        """Speak to it as somebody other than the code under test."""
        request = urllib.request.Request(
            f"{self.url}{path}",
            method=verb,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def branch(self, name: str) -> str:
        """Make a branch with a commit of its own; return the commit."""
        main = self.call("GET", f"/repos/{SLUG}/git/ref/heads/main")["object"]["sha"]
        self.call("POST", f"/repos/{SLUG}/git/refs", {"ref": f"refs/heads/{name}", "sha": main})
        made = self.call(
            "PUT",
            f"/repos/{SLUG}/contents/made-on-{name.replace('/', '-')}.txt",
            {"message": "Work", "content": "d29yaw==", "branch": name},
        )
        return str(made["commit"]["sha"])

    def pulls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f"/repos/{SLUG}/pulls?state=all")
        return found

    def red_check(self, commit: str, name: str = "build") -> None:
        """Let a check of the forge fail."""
        self.call(
            "POST",
            f"/repos/{SLUG}/check-runs",
            {
                "name": name,
                "head_sha": commit,
                "status": "completed",
                "conclusion": "failure",
                "output": {"title": "2 tests failed", "summary": "test_price: 0.1 + 0.2"},
            },
        )

    def request_changes(self, number: int, commit: str, words: str) -> None:
        """Let a reviewer ask for changes."""
        self.call(
            "POST",
            f"/repos/{SLUG}/pulls/{number}/reviews",
            {"event": "REQUEST_CHANGES", "body": words, "commit_id": commit},
            token=ALICE,
        )


@contextmanager
def emulated_github(folder: Path) -> Iterator[EmulatedGithub]:
    """Run it until the block ends."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    people = {ROBOT: "robot", ALICE: "alice"}
    seed = {
        "tokens": {token: {"login": login, "scopes": ["repo"]} for token, login in people.items()},
        "github": {
            "users": [{"login": one, "name": one, "email": f"{one}@example.com"} for one in people.values()],
            "repos": [{"owner": "robot", "name": "shop", "auto_init": True}],
        },
    }
    (folder / "seed.yaml").write_text(yaml.safe_dump(seed))
    argv = (*program("emulate"), "start", "--service", "github", "--port", str(port), "--base-url", url)
    with running((*argv, "--seed", str(folder / "seed.yaml")), cwd=folder, answers_at=f"{url}/rate_limit"):
        yield EmulatedGithub(url)
