"""What a person types becomes what Slack's client sends: nothing of it can ping or link but what is meant to."""

from hypothesis import given
from hypothesis import strategies as st

from bot.local_slack.composing import composed

USERS = {"U0ADA": {"id": "U0ADA", "name": "ada"}}
CHANNELS = {"C0SHOP": {"id": "C0SHOP", "name": "shop"}}


def test_names_addresses_and_marks() -> None:
    def sent(text: str) -> str:
        return composed(text, USERS, CHANNELS)

    assert sent("@ada, see #shop & <b>") == "<@U0ADA>, see <#C0SHOP|shop> &amp; &lt;b&gt;"
    assert sent("see https://example.com/a?b=1&c=2.") == "see <https://example.com/a?b=1&amp;c=2>."
    assert sent("ada@ada.example #nowhere @nobody") == "ada@ada.example #nowhere @nobody"
    assert sent("@channel") == "<!channel>"
    assert sent("<!channel> <@U0ADA>") == "&lt;!channel&gt; <@U0ADA>"


def test_a_slash_command_gets_names_with_its_ids_and_never_pings() -> None:
    assert composed("hire @ada @here", USERS, CHANNELS, names=True) == "hire <@U0ADA|ada> @here"


@given(st.text(alphabet="<>&@#!|ada shop\n", max_size=60))
def test_no_other_mark_gets_through(text: str) -> None:
    sent = composed(text, USERS, CHANNELS)
    for known in ("<@U0ADA>", "<#C0SHOP|shop>"):
        sent = sent.replace(known, "")
    assert "<" not in sent
    assert ">" not in sent
