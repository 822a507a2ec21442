"""Every message as it is: a changed one is looked at, and then written anew with ``UPDATE_GOLDEN=1``.

The local Slack's ``blocks.validate`` takes each of them.
"""

import json
import os
import re
from pathlib import Path

import pytest

from tests.bot.slack_stand_in import SlackStandIn
from tests.bot.views.cards import VIEWS

GOLDEN = Path(__file__).parent / "golden"
TEXT = "Add rate limits"


def drawn(name: str) -> str:
    message = VIEWS[name](TEXT)
    facts = {"text": message.text, "blocks": list(message.blocks)}
    return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"


@pytest.mark.parametrize("name", VIEWS)
def test_a_message_is_as_it_was_looked_at(name: str) -> None:
    path = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(drawn(name), encoding="utf-8")
    assert drawn(name) == path.read_text(encoding="utf-8")


def test_no_golden_message_is_of_a_view_that_is_gone() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(VIEWS)


def test_the_local_slack_finds_nothing_wrong_with_them(local_slack: SlackStandIn) -> None:
    for name in VIEWS:
        message = VIEWS[name](TEXT)
        answer = local_slack.api("blocks.validate", blocks=[dict(block) for block in message.blocks])
        assert answer["ok"], (name, answer)
        assert not answer.get("errors"), (name, answer)


@pytest.mark.parametrize("name", VIEWS)
def test_what_it_is_about_stands_above_the_fold(name: str) -> None:
    """Two lines of a phone, of about 40 characters each at 375 px, say what it is about."""
    first = VIEWS[name](TEXT).blocks[0]["text"]["text"].split("\n")[0]
    seen = re.sub(r"[*`]", "", first)
    for pattern, words in ((r"<@\w+>", "@Ada"), (r"<(?:http|!date)[^|]*\|([^>]*)>", r"\1")):
        seen = re.sub(pattern, words, seen)
    assert len(seen) <= 80
