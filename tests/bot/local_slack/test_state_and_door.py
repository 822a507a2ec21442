"""What outlives a restart, and who may come in."""

import json
import re
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from bot.local_slack.door import NotLoopback
from bot.local_slack.server import LocalSlack
from tests.bot.local_slack.asking import status_of
from tests.bot.slack_stand_in import ADA, BEN, COMPANY, MANIFEST, SlackStandIn, StartLocalSlack


def status(url: str, **headers: str) -> int:
    request = urllib.request.Request(
        url, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    return status_of(request)


def test_what_was_said_is_there_after_a_restart(start_local_slack: StartLocalSlack, tmp_path: Path) -> None:
    before = start_local_slack(state=tmp_path / "slack")
    root = before.say(ADA, COMPANY, "hello")
    before.say(BEN, COMPANY, "and you", root["ts"])
    before.react(BEN, root | {"channel": COMPANY}, "eyes")
    shared = before.upload(ADA, "#general", "notes.txt", b"words")
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    before.api("views.publish", user_id=ADA, view=home)
    before.create_channel(ADA, "shop")
    before.stop()

    after = start_local_slack(state=tmp_path / "slack")
    assert after.bot_token == before.bot_token
    assert [m["text"] for m in after.messages(COMPANY, root["ts"])] == ["hello", "and you"]
    now = after.message(root)
    assert (now["reply_count"], now["reactions"][0]["users"]) == (1, [BEN])
    assert after.home(ADA) is not None
    assert after.channel_id("#shop")
    address = f"{after.url}/files-pri/{shared['file']['id']}/notes.txt"
    assert status(address, Authorization=f"Bearer {after.bot_token}") == 200
    assert after.say(ADA, COMPANY, "later")["ts"] > root["ts"]


def test_secrets_are_for_their_owner_only(start_local_slack: StartLocalSlack, tmp_path: Path) -> None:
    slack = start_local_slack(state=tmp_path / "slack")
    kept = tmp_path / "slack" / "credentials.json"
    assert json.loads(kept.read_text())["bot_token"] == slack.bot_token
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "slack").stat().st_mode) == 0o700


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_only_loopback_is_listened_on(host: str, tmp_path: Path) -> None:
    with pytest.raises(NotLoopback):
        LocalSlack(state=tmp_path, manifest=MANIFEST, host=host, environment={})


@pytest.mark.parametrize(
    "path", ["/", "/_page/state?user=U0ADA", "/_page/stream?user=U0ADA", "/_control/state"]
)
def test_the_page_needs_its_key(local_slack: SlackStandIn, path: str) -> None:
    assert status(local_slack.url + path) == 403
    assert status(local_slack.url + path, X_Local_Slack_Key="guess") == 403


def test_the_key_in_the_address_becomes_a_cookie(local_slack: SlackStandIn) -> None:
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor()
    )
    with opener.open(local_slack.page_url, timeout=30) as answer:
        assert answer.geturl() == f"{local_slack.url}/"
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    with opener.open(f"{local_slack.url}/_control/state", timeout=30) as answer:
        assert json.load(answer)["ok"]


@pytest.mark.parametrize("headers", [{"Host": "slack.example.com"}, {"Origin": "http://evil.example"},
                                     {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}])  # fmt: skip
def test_other_sites_are_kept_out(local_slack: SlackStandIn, headers: dict[str, str]) -> None:
    address = f"{local_slack.url}/api/auth.test?token={local_slack.bot_token}"
    assert status(address) == 200
    assert status(address, **headers) == 403


def test_a_link_elsewhere_opens_the_page_and_nothing_more(local_slack: SlackStandIn) -> None:
    followed = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert status(f"{local_slack.url}/", **followed) == 403  # it is the page that says where the key is
    assert (
        status(local_slack.page_url, **followed) == 403
    )  # the way on is a cookie, which this asker does not keep
    assert status(f"{local_slack.url}/_control/state", **followed) == 403
    address = f"{local_slack.url}/api/auth.test?token={local_slack.bot_token}"
    assert status(address, **followed) == 403


def test_a_permalink_leads_to_the_message(local_slack: SlackStandIn) -> None:
    root = local_slack.say(ADA, COMPANY, "hello")["ts"]
    reply = local_slack.say(BEN, COMPANY, "and you", root)["ts"]
    link = local_slack.api("chat.getPermalink", channel=COMPANY, message_ts=reply)["permalink"]
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor()
    )
    opener.open(local_slack.page_url, timeout=30).close()
    with opener.open(link, timeout=30) as answer:
        assert answer.geturl() == f"{local_slack.url}/#/{COMPANY}/{root}"
    assert status(f"{local_slack.url}/archives/{COMPANY}/p1000000") == 404


def test_a_file_is_found_by_its_id_never_by_a_path(local_slack: SlackStandIn) -> None:
    key = {"Authorization": f"Bearer {local_slack.bot_token}"}
    assert status(f"{local_slack.url}/files-pri/..%2Fcredentials.json/x", **key) == 404
    assert status(f"{local_slack.url}/page/..%2Fserver.py", **key) == 404


def test_the_command_prints_its_address_and_ends_when_told(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "bot.local_slack", "--port", "0", "--state", str(tmp_path / "slack")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=MANIFEST.parents[1]) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/\?key=\S+", said)
        assert address is not None, said
        assert status(address.group().split("?")[0]) == 403
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        assert process.wait(30) == 0


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        argv = [
            sys.executable,
            "-m",
            "bot.local_slack",
            "--port",
            str(taken.getsockname()[1]),
            "--state",
            str(tmp_path),
        ]
        ran = subprocess.run(argv, capture_output=True, text=True, cwd=MANIFEST.parents[1], check=False)
    assert ran.returncode == 1
    assert ran.stderr.startswith("The local Slack cannot start: ")
    assert ran.stderr.count("\n") == 1
