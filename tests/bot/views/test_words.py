"""Small words."""

import pytest

from bot.views.mrkdwn import clip, code_block, escaped, from_markdown, link
from bot.views.words import rhythm


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("every weekday 09:00", "weekdays 09:00"),
        ("every day 06:00", "daily 06:00"),
        ("every Monday 9:00", "mondays 9:00"),
        ("every 2 hours", "every 2 hours"),
        ("0 9 * * 1-5", "0 9 * * 1-5"),
    ],
)
def test_a_schedule_fits_on_a_button(expression: str, words: str) -> None:
    assert rhythm(expression) == words


@pytest.mark.parametrize(
    ("markdown", "mrkdwn"),
    [
        ("# Plan\n\n- **one**\n- `two`", "*Plan*\n\n•   *one*\n•   `two`"),
        ("see [the page](https://a.example/?a=1&b=2)", "see <https://a.example/?a=1&amp;b=2|the page>"),
        ("<!channel> & <@U0BEN>", "&lt;!channel&gt; &amp; &lt;@U0BEN&gt;"),
        ("&lt;!here&gt;", "&lt;!here&gt;"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
    ],
)
def test_markdown_becomes_mrkdwn_that_pings_nobody(markdown: str, mrkdwn: str) -> None:
    assert from_markdown(markdown, 1_000) == mrkdwn


def test_text_is_cut_between_entities_lines_and_fences() -> None:
    assert escaped("a&b" * 10, 12) == "a&amp;ba…"
    assert clip("one two three " * 20, 100).endswith("…")
    assert clip("```\n" + "x\n" * 100 + "```", 60).count("```") == 2
    assert code_block("\n".join(f"line {number}" for number in range(1_000)), 200).endswith("line 999\n```")


def test_only_addresses_of_the_web_are_links() -> None:
    assert link("https://a.example/x?a=1&b=2", "a|b") == "<https://a.example/x?a=1&amp;b=2|a¦b>"
    assert link("javascript:alert(1)", "words") == "words"
    assert link("https://a.example/>|<!channel>", "words") == "words"
