"""What the emulator does not say: GitHub's own answers, as its documentation gives them, from a server on loopback.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api (conditional requests, limits)
https://docs.github.com/en/graphql/reference/mutations#markpullrequestreadyforreview
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from company.config.records import GithubConfig
from daemon.forge.github import GithubForge
from daemon.forge.protocol import Delivered, ForgeError, PullRequestState

WORK = Delivered(branch="agent/job-1", base="main", head_commit="a" * 40, number=7)
PULL = {
    "number": 7, "node_id": "PR_7", "state": "open", "draft": True, "merged": False, "merged_at": None,
    "html_url": "https://github.com/robot/shop/pull/7", "url": "/repos/robot/shop/pulls/7",
    "head": {"sha": "a" * 40, "ref": "agent/job-1"}, "base": {"ref": "main"},
}  # fmt: skip


class Answers(ThreadingHTTPServer):
    """Gives one answer a path, and remembers what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, tuple[int, dict[str, str], Any]] = {}
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Answers
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length) or "null")
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = self.path.partition("?")[0]
        self.server.asked.append((self.command, path, headers, body))
        status, more, facts = self.server.answers[path]
        if headers.get("if-none-match") is not None and headers["if-none-match"] == more.get("ETag"):
            status, facts = 304, None
        text = b"" if facts is None else json.dumps(facts).encode()
        self.send_response(status)
        for name, value in {
            **more,
            "Content-Type": "application/json",
            "Content-Length": str(len(text)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = _answer  # noqa: N815 - the names http.server looks for

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def answers() -> Iterator[Answers]:
    server = Answers()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def forge(answers: Answers) -> GithubForge:
    return GithubForge(GithubConfig(api_url=answers.url), "robot/shop", "ghp_secret")


def test_a_second_look_is_conditional_and_an_unchanged_answer_is_taken_as_it_was(answers: Answers) -> None:
    pull = {**PULL, "url": f"{answers.url}/repos/robot/shop/pulls/7"}
    answers.answers["/repos/robot/shop/pulls/7"] = (200, {"ETag": '"one"'}, pull)
    there = forge(answers)
    assert there.look(WORK).state is PullRequestState.DRAFT
    assert there.look(WORK).state is PullRequestState.DRAFT
    assert answers.asked[-1][2]["if-none-match"] == '"one"'
    merged = {**pull, "state": "closed", "merged": True, "draft": False}
    answers.answers["/repos/robot/shop/pulls/7"] = (200, {"ETag": '"two"'}, merged)
    assert there.look(WORK).state is PullRequestState.MERGED


def test_a_draft_is_made_ready_by_the_one_call_github_has_for_it(answers: Answers) -> None:
    pull = {**PULL, "url": f"{answers.url}/repos/robot/shop/pulls/7"}
    answers.answers["/repos/robot/shop/pulls/7"] = (200, {}, pull)
    ready = {
        "data": {
            "markPullRequestReadyForReview": {"clientMutationId": None, "pullRequest": {"isDraft": False}}
        }
    }
    answers.answers["/graphql"] = (200, {}, ready)
    forge(answers).make_ready(WORK)
    [(_, _, _, body)] = [one for one in answers.asked if one[1] == "/graphql"]
    assert "markPullRequestReadyForReview" in body["query"]
    assert body["variables"]["input"]["pullRequestId"] == "PR_7"


@pytest.mark.parametrize(
    ("status", "headers", "words", "wait_s", "mend"),
    [
        (401, {}, "does not know the token", None, "GITHUB_TOKEN"),
        (403, {}, "Resource not accessible", None, "GITHUB_TOKEN"),
        (403, {"Retry-After": "30"}, "rate limit", 30.0, ""),
        (429, {}, "rate limit", 900.0, ""),
        (502, {}, "fault (502)", 60.0, ""),
        (422, {}, "No commits between main and agent/job-1", None, ""),
    ],
)
def test_a_refusal_says_why_and_when_to_ask_again(
    answers: Answers, status: int, headers: dict[str, str], words: str, wait_s: float | None, mend: str
) -> None:
    said = {
        "message": "Resource not accessible by personal access token"
        if status == 403
        else "Validation Failed",
        "errors": [{"message": "No commits between main and agent/job-1"}],
    }
    answers.answers["/repos/robot/shop/pulls/7"] = (status, headers, said)
    with pytest.raises(ForgeError) as refused:
        forge(answers).look(WORK)
    assert words in str(refused.value)
    assert refused.value.retry_after_s == wait_s
    assert mend in refused.value.mend
    assert "ghp_secret" not in f"{refused.value} {refused.value.mend}"
