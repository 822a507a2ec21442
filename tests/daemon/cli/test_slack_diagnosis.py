"""What doctor says of Slack: asked of a real HTTP server that answers as Slack does."""

import http.server
import json
import threading
from collections.abc import Iterator

import pytest
import yaml

from company.config import Config, shipped
from daemon.cli.slack_diagnosis import SCOPES, slack_findings


class Answers(http.server.BaseHTTPRequestHandler):
    """auth.test with the scopes of the token, and apps.connections.open."""

    scopes = ",".join(SCOPES)

    def do_POST(self) -> None:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        is_known = token in ("xoxb-good", "xapp-good")
        facts = (
            {"ok": True, "team": "Acme", "user": "agents"}
            if is_known
            else {"ok": False, "error": "invalid_auth"}
        )
        body = json.dumps(facts).encode()
        self.send_response(200)
        if self.path.endswith("auth.test") and is_known:
            self.send_header("x-oauth-scopes", self.scopes)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def looked(
    monkeypatch: pytest.MonkeyPatch, url: str = "", mode: str = "socket", **tokens: str
) -> dict[str, tuple[str, str]]:
    for name, value in tokens.items():
        monkeypatch.setenv(f"SLACK_{name}", value)
    config = Config(root=shipped("config.yaml").parent)
    slack = config.slack.model_copy(update={"base_url": url, "mode": mode})
    found = slack_findings(config.model_copy(update={"slack": slack}))
    return {one.name: (one.state, one.text) for one in found}


def test_without_tokens_there_is_the_local_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked(monkeypatch)["slack"][0] == "note"


def test_a_workspace_that_is_well(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    found = looked(monkeypatch, url, BOT_TOKEN="xoxb-good", APP_TOKEN="xapp-good")
    assert {name: state for name, (state, _) in found.items()} == {
        "slack bot token": "ok", "slack scopes": "ok", "slack socket": "ok",
    }  # fmt: skip
    assert found["slack bot token"][1] == "agents in Acme"


def test_missing_scopes_are_named_with_what_they_are_for(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(Answers, "scopes", ",".join(one for one in SCOPES if one != "reactions:write"))
    found = looked(monkeypatch, url, BOT_TOKEN="xoxb-good", APP_TOKEN="xapp-good")
    assert found["slack scopes"] == ("broken", "missing: reactions:write (to acknowledge with a reaction)")


def test_tokens_that_are_refused_missing_or_mixed_up(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    found = looked(monkeypatch, url, BOT_TOKEN="xoxb-old", APP_TOKEN="xapp-old")
    assert found["slack bot token"] == ("broken", "Slack answers invalid_auth")
    assert found["slack socket"] == ("broken", "Slack answers invalid_auth")
    monkeypatch.delenv("SLACK_APP_TOKEN")
    mixed = looked(monkeypatch, url, BOT_TOKEN="xapp-good")
    assert "is no bot token" in mixed["slack bot token"][1]
    assert mixed["slack socket"] == ("broken", "SLACK_APP_TOKEN is not set")
    by_http = looked(monkeypatch, url, "http", BOT_TOKEN="xoxb-good")
    assert by_http["slack signing"] == ("broken", "SLACK_SIGNING_SECRET is not set")


def test_no_slack_to_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    found = looked(monkeypatch, "http://127.0.0.1:9/", BOT_TOKEN="xoxb-good", APP_TOKEN="xapp-good")
    assert found["slack"][0] == found["slack socket"][0] == "broken"


def test_the_scopes_are_the_manifests() -> None:
    manifest = yaml.safe_load(
        (shipped("config.yaml").parent / "bot" / "manifest.yaml").read_text(encoding="utf-8")
    )
    assert sorted(SCOPES) == sorted(manifest["oauth_config"]["scopes"]["bot"])
