"""The same delivery to a Slack that this project did not write (npm emulate): its Web API, its history, its uploads."""

import json
import os
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.arrived import metadata_of
from company.clock import SystemClock, to_iso
from company.config import load_config, shipped
from company.orders.office import Office
from company.orders.telling import tell_file
from company.store import outbox
from company.store.opening import open_store
from company.store.seeding import seed
from company.work.job import JobStatus
from tests.bot.delivering_to import begin_job, delivering, is_all_told, move_job
from tests.conftest import Eventually
from tests.node_program import free_port, program, running

TOKEN = "xoxb-emulated"


class GetIsPost(ThreadingHTTPServer):
    """Before the emulator: Slack takes its methods by GET too, and its async client asks so; this one does not."""

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.behind = behind

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Passing(BaseHTTPRequestHandler):
    server: GetIsPost

    def _pass_on(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or query.encode()
        kind = self.headers.get("Content-Type", "") if self.command == "POST" and not query else ""
        request = urllib.request.Request(f"{self.server.behind}{path}", data=body, method="POST")
        request.add_header("Content-Type", kind or "application/x-www-form-urlencoded")
        request.add_header("Authorization", self.headers.get("Authorization", ""))
        with urllib.request.urlopen(request, timeout=30) as answer:
            said = answer.read()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = _pass_on  # noqa: N815 - the names http.server looks for

    def log_message(self, format: str, *args: Any) -> None:
        pass


@dataclass(frozen=True)
class EmulatedSlack:
    """A workspace with a channel #company."""

    url: str
    bot_token: str = TOKEN

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Ask it as somebody other than the code under test."""
        request = urllib.request.Request(
            f"{self.api_url}{method}",
            data=urllib.parse.urlencode(arguments).encode(),
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            said: dict[str, Any] = json.loads(answer.read())
        assert said["ok"], said
        return said

    def channel(self) -> str:
        found = self.call("conversations.list")["channels"]
        return str(next(one["id"] for one in found if one["name"] == "company"))

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """Return what stands in the channel, oldest first, with what programs keep on messages."""
        said = self.call("conversations.history", channel=channel, include_all_metadata="true")
        return list(reversed(said["messages"]))


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedSlack]:
    folder = tmp_path_factory.mktemp("emulated-slack")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    seeds = {
        "tokens": {TOKEN: {"login": "ada", "scopes": ["chat:write"]}},
        "slack": {
            "team": {"name": "Company", "domain": "company"},
            "users": [{"name": "ada", "real_name": "Ada", "email": "ada@example.com"}],
            "channels": [{"name": "company", "topic": "Work"}],
            "bots": [{"name": "agents"}],
        },
    }
    (folder / "seed.yaml").write_text(yaml.safe_dump(seeds))
    argv = (*program("emulate"), "start", "--service", "slack", "--port", str(port), "--base-url", url)
    with running((*argv, "--seed", str(folder / "seed.yaml")), cwd=folder, answers_at=f"{url}/api/api.test"):
        front = GetIsPost(url)
        serving = threading.Thread(target=front.serve_forever)
        serving.start()
        yield EmulatedSlack(front.url)
        front.shutdown()
        front.server_close()
        serving.join()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    root = tmp_path / "company"
    root.mkdir()
    text = shipped("config.yaml").read_text(encoding="utf-8")
    (root / "config.yaml").write_text(text.replace('  channel: ""', '  channel: "#company"'))
    config = load_config(root / "config.yaml", {})
    store = open_store("", sqlite_path=tmp_path / "agent-service.db", clock=SystemClock())
    with store.transaction() as tx:
        seed(tx, config)
    yield Office(store, config, SystemClock())
    store.close()


def about(slack: EmulatedSlack, title: str) -> list[dict[str, Any]]:
    return [one for one in slack.messages(slack.channel()) if title in one["text"]]


@pytest.mark.sqlite_only
def test_a_job_is_one_message_there_too_edited_with_its_report_in_the_thread(
    office: Office, slack: EmulatedSlack, eventually: Eventually
) -> None:
    report = office.config.folders.reports / "r" / "report.md"
    report.parent.mkdir(parents=True)
    report.write_text("# All is well\n", encoding="utf-8")
    channel = slack.channel()
    with delivering(office, slack):
        job_id = begin_job(office, "Add rate limits", channel_id=channel)
        eventually(lambda: is_all_told(office), 30.0)
        [first] = about(slack, "Add rate limits")
        move_job(office, job_id, JobStatus.IN_PROGRESS, "working")
        with office.store.transaction() as tx:
            tell_file(tx, job_id, os.path.relpath(report, office.config.root), "Report")
        move_job(office, job_id, JobStatus.COMPLETED, "closed", outcome="3 files changed")
        eventually(lambda: is_all_told(office), 30.0)
    [now] = [
        one
        for one in about(slack, "Add rate limits")
        if not one.get("thread_ts") or one["thread_ts"] == one["ts"]
    ]
    assert now["ts"] == first["ts"]
    assert "completed" in now["text"]
    replies = slack.call("conversations.replies", channel=channel, ts=first["ts"])["messages"]
    assert any(one.get("files") for one in replies[1:]), replies


@pytest.mark.sqlite_only
def test_what_a_killed_bot_had_posted_is_found_in_the_history_and_not_posted_again(
    office: Office, slack: EmulatedSlack, eventually: Eventually
) -> None:
    channel = slack.channel()
    begin_job(office, "Posted before the kill", channel_id=channel)
    with office.store.transaction() as tx:
        now = to_iso(office.clock.now())
        [claim] = outbox.claim(tx, by="one", limit=1, edits=0, stale_before=now, own_before=now)
    slack.call(
        "chat.postMessage",
        channel=channel,
        text="Posted before the kill: waits its turn",
        metadata=json.dumps(metadata_of(claim.word.delivery_id or "")),
    )
    with delivering(office, slack, name="one"):
        eventually(lambda: is_all_told(office), 30.0)
    assert len(about(slack, "Posted before the kill")) == 1
