"""What doctor says of Slack: asked of a real HTTP server that answers as Slack does."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from company.config import load_config, shipped
from daemon.cli.slack_diagnosis import SCOPES, slack_findings

Looked = Callable[..., dict[str, tuple[str, str]]]


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


@pytest.fixture
def looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Looked:
    """Look, with config.yaml and the environment as given; without a URL nothing answers."""

    def look(
        url: str = "http://127.0.0.1:9/", mode: str = "socket", **tokens: str
    ) -> dict[str, tuple[str, str]]:
        for name in ("BOT_TOKEN", "APP_TOKEN", "SIGNING_SECRET"):
            monkeypatch.delenv(f"SLACK_{name}", raising=False)
        for name, value in tokens.items():
            monkeypatch.setenv(f"SLACK_{name}", value)
        text = shipped("config.yaml").read_text(encoding="utf-8")
        text = text.replace('  base_url: ""', f"  base_url: {url}").replace(
            "  mode: socket", f"  mode: {mode}"
        )
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return {one.name: (one.state, one.text) for one in slack_findings(load_config(path, {}))}

    return look


def test_without_tokens_there_is_the_local_slack(looked: Looked) -> None:
    assert looked()["slack"][0] == "note"


def test_a_workspace_that_is_well(looked: Looked, url: str) -> None:
    found = looked(url, BOT_TOKEN="xoxb-good", APP_TOKEN="xapp-good")
    assert {name: state for name, (state, _) in found.items()} == {
        "slack bot token": "ok", "slack scopes": "ok", "slack messages": "ok", "slack socket": "ok",
    }  # fmt: skip
    assert found["slack bot token"][1] == "agents in Acme"


def test_missing_scopes_are_named_with_what_they_are_for(
    looked: Looked, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answers, "scopes", ",".join(one for one in SCOPES if one != "reactions:write"))
    found = looked(url, BOT_TOKEN="xoxb-good", APP_TOKEN="xapp-good")
    assert found["slack scopes"] == ("broken", "missing: reactions:write (to acknowledge with a reaction)")


def test_tokens_that_are_refused_missing_or_mixed_up(looked: Looked, url: str) -> None:
    found = looked(url, BOT_TOKEN="xoxb-old", APP_TOKEN="xapp-old")
    assert found["slack bot token"] == ("broken", "Slack answers invalid_auth")
    assert found["slack socket"] == ("broken", "Slack answers invalid_auth")
    mixed = looked(url, BOT_TOKEN="xapp-good")
    assert "is no bot token" in mixed["slack bot token"][1]
    assert mixed["slack socket"] == ("broken", "SLACK_APP_TOKEN is not set")
    by_http = looked(url, "http", BOT_TOKEN="xoxb-good")
    assert by_http["slack signing"] == ("broken", "SLACK_SIGNING_SECRET is not set")


def test_no_slack_to_be_reached(looked: Looked) -> None:
    found = looked("http://127.0.0.1:9/", BOT_TOKEN="xoxb-good", APP_TOKEN="xapp-good")
    assert found["slack"][0] == found["slack socket"][0] == "broken"


def test_the_scopes_are_the_manifests() -> None:
    manifest = yaml.safe_load(
        (shipped("config.yaml").parent / "bot" / "manifest.yaml").read_text(encoding="utf-8")
    )
    assert sorted(SCOPES) == sorted(manifest["oauth_config"]["scopes"]["bot"])
