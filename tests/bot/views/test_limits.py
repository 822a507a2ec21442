"""Every view fits Slack's limits and pings nobody, whatever text stands in its record."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slackblocks import _limits as slack

from bot.views import limits
from bot.views.edit_proposal import edit_proposal_modal
from bot.views.ids import Subject
from bot.views.message import FileToUpload, Message
from bot.views.proposal import ProposalCard
from bot.views.story import log_view
from tests.bot.views.cards import JOB, PERSON, VIEWS
from tests.bot.views.oracle import faults_of, faults_of_blocks, mrkdwn_of

HOSTILE = [
    "<!channel> <!here> <!everyone> <!subteam^S1|@all>",
    "<@U0BEN> <#C0COMPANY|company> @channel @here",
    "&lt;!channel&gt; &amp;lt;!channel&amp;gt;",
    "[x](<!channel>) [y](<@U0BEN>) <https://evil.example|<!here>>",
    "`<!channel>` ```<!channel>``` ~~<!here>~~ **<@U0BEN>**",
    "<https://a.example/?<!channel>|words>",
    "*_~`>" * 2_000,
    "&" * 9_000,
    "<" * 9_000,
    "🧑‍🚀" * 3_000,
    "a\nb\r\nc\td\0e\u2028f",
    "```\nunclosed",
    "",
    " ",
]
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=300),
    st.text(alphabet="<>&!@#|`*_~\\[]()- \nabcU0", max_size=400),
    st.text(alphabet="<>&ab \n", min_size=1, max_size=40).map(lambda part: part * 300),
)
#: what our own views write between angle brackets: people, times and web links
OURS = re.compile(
    rf"<@{PERSON}>|<!date\^\d+\^[^<>|]*\|[^<>]*>|<https?://[^<>|\s]+(?:\|[^<>\n]*)?>|<mailto:[^<>\s]+>"
)


def pings(message: Message) -> list[str]:
    """Return what would be a mention, a channel or a foreign command in any text of a message."""
    left = [OURS.sub("", text) for text in (message.text, *mrkdwn_of(message.blocks))]
    return [text for text in left if "<" in text]


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("text", HOSTILE)
def test_no_view_lets_a_hostile_text_through(name: str, text: str) -> None:
    message = VIEWS[name](text)
    assert faults_of(message) == []
    assert pings(message) == []


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(VIEWS)), text=texts)
def test_every_view_fits_whatever_the_text(name: str, text: str) -> None:
    message = VIEWS[name](text)
    assert faults_of(message) == []
    assert pings(message) == []


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(texts, max_size=40))
def test_a_log_is_a_message_or_a_file(lines: list[str]) -> None:
    shown = log_view(JOB, "Add rate limits", lines)
    if isinstance(shown, FileToUpload):
        assert shown.content == "\n".join(lines)
        assert len(shown.content) > 100
    else:
        assert faults_of(shown) == []
        assert pings(shown) == []


@settings(max_examples=60, deadline=None)
@given(text=texts, names=st.lists(st.text(max_size=120), max_size=120))
def test_the_form_of_a_proposal_fits(text: str, names: list[str]) -> None:
    card = ProposalCard(candidate_id="auto-1", agent_name=text, intent=text, role=text, schedule=text)
    view = edit_proposal_modal(card, teams=[("team-x", one) for one in names], models=names, team_id="team-x")
    assert list(faults_of_blocks(view["blocks"], slack.VIEW_BLOCKS_MAX_ITEMS)) == []
    assert len(view["title"]["text"]) <= slack.VIEW_TITLE_MAX_LENGTH
    assert Subject.parsed(view["private_metadata"]) == Subject("auto-1")


def test_our_numbers_are_slacks() -> None:
    pairs: dict[str, Any] = {
        "SECTION_TEXT_MAX": slack.SECTION_TEXT_MAX_LENGTH,
        "HEADER_TEXT_MAX": slack.HEADER_TEXT_MAX_LENGTH,
        "MESSAGE_BLOCKS_MAX": slack.MESSAGE_BLOCKS_MAX_ITEMS,
        "CONTEXT_ELEMENTS_MAX": slack.CONTEXT_ELEMENTS_MAX_ITEMS,
        "ACTIONS_ELEMENTS_MAX": slack.ACTIONS_ELEMENTS_MAX_ITEMS,
        "BUTTON_TEXT_MAX": slack.BUTTON_TEXT_MAX_LENGTH,
        "BUTTON_VALUE_MAX": slack.BUTTON_VALUE_MAX_LENGTH,
        "BUTTON_URL_MAX": slack.BUTTON_URL_MAX_LENGTH,
        "OPTION_TEXT_MAX": slack.OPTION_TEXT_MAX_LENGTH,
        "OVERFLOW_OPTIONS_MAX": slack.OVERFLOW_OPTIONS_MAX_ITEMS,
        "OPTIONS_MAX": slack.SELECT_OPTIONS_MAX_ITEMS,
        "CONFIRM_TITLE_MAX": slack.CONFIRMATION_TITLE_MAX_LENGTH,
        "CONFIRM_TEXT_MAX": slack.CONFIRMATION_TEXT_MAX_LENGTH,
        "CONFIRM_BUTTON_MAX": slack.CONFIRMATION_CONFIRM_MAX_LENGTH,
        "INPUT_LABEL_MAX": slack.INPUT_LABEL_MAX_LENGTH,
        "PLACEHOLDER_MAX": slack.PLAIN_TEXT_INPUT_PLACEHOLDER_MAX_LENGTH,
        "VIEW_BLOCKS_MAX": slack.VIEW_BLOCKS_MAX_ITEMS,
        "VIEW_TITLE_MAX": slack.VIEW_TITLE_MAX_LENGTH,
        "VIEW_BUTTON_MAX": slack.VIEW_SUBMIT_MAX_LENGTH,
        "PRIVATE_METADATA_MAX": slack.VIEW_PRIVATE_METADATA_MAX_LENGTH,
        "ACTION_ID_MAX": slack.ACTION_ID_MAX_LENGTH,
        "BLOCK_ID_MAX": slack.BLOCK_ID_MAX_LENGTH,
    }
    assert {name: getattr(limits, name) for name in pairs} == pairs


@given(subject=st.builds(Subject, st.from_regex(r"\A[\w.:-]{1,60}\Z", fullmatch=True).filter(str.isascii)))
def test_a_buttons_value_comes_back_as_it_was(subject: Subject) -> None:
    assert Subject.parsed(subject.dumped()) == subject
    with_choice = Subject(subject.id, "later")
    assert Subject.parsed(with_choice.dumped()) == with_choice


@given(st.text(max_size=50))
def test_a_foreign_value_is_refused_or_read_and_never_fails_otherwise(value: str) -> None:
    try:
        Subject.parsed(value)
    except ValueError:
        return
    assert value.isascii()
