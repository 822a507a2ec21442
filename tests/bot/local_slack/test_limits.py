"""What is too long, too many or twice is refused, at the sizes that ``slackblocks`` knows; at the size it is taken."""

from collections.abc import Callable
from typing import Any

import pytest
import slackblocks._limits as oracle

from bot.local_slack.block_rules import look_at_blocks
from bot.local_slack.view_rules import look_at_view

Json = dict[str, Any]
Make = Callable[[int], list[Json]]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(number: int = 0, **more: Any) -> Json:
    return {"text": plain(f"option {number}"), "value": f"v{number}", **more}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Press"), "action_id": "a", **more}


def actions(*elements: Json) -> list[Json]:
    return [{"type": "actions", "elements": list(elements)}]


def section(**more: Any) -> list[Json]:
    return [{"type": "section", **more}]


def select(**more: Any) -> list[Json]:
    return actions({"type": "static_select", "action_id": "s", **more})


def confirm(**more: Any) -> list[Json]:
    texts = {"title": plain("t"), "text": mrkdwn("t"), "confirm": plain("y"), "deny": plain("n")}
    return actions(button(confirm=texts | more))


def asked(element: Json, **more: Any) -> list[Json]:
    return [{"type": "input", "label": plain("L"), "element": {"action_id": "i", **element}, **more}]


def some(make: Callable[[int], Json], count: int) -> list[Json]:
    return [make(number) for number in range(count)]


OF_LENGTH: list[tuple[str, int, Make]] = [
    ("section text", oracle.SECTION_TEXT_MAX_LENGTH, lambda n: section(text=mrkdwn("x" * n))),
    ("field", oracle.SECTION_FIELDS_ITEM_MAX_LENGTH, lambda n: section(fields=[mrkdwn("x" * n)])),
    ("header", oracle.HEADER_TEXT_MAX_LENGTH, lambda n: [{"type": "header", "text": plain("x" * n)}]),
    ("block id", oracle.BLOCK_ID_MAX_LENGTH, lambda n: [{"type": "divider", "block_id": "x" * n}]),
    ("action id", oracle.ACTION_ID_MAX_LENGTH, lambda n: actions(button(action_id="x" * n))),
    ("button text", oracle.BUTTON_TEXT_MAX_LENGTH, lambda n: actions(button(text=plain("x" * n)))),
    ("button value", oracle.BUTTON_VALUE_MAX_LENGTH, lambda n: actions(button(value="x" * n))),
    ("button url", oracle.BUTTON_URL_MAX_LENGTH, lambda n: actions(button(url="x" * n))),
    ("confirm title", oracle.CONFIRMATION_TITLE_MAX_LENGTH, lambda n: confirm(title=plain("x" * n))),
    ("confirm text", oracle.CONFIRMATION_TEXT_MAX_LENGTH, lambda n: confirm(text=mrkdwn("x" * n))),
    ("confirm yes", oracle.CONFIRMATION_CONFIRM_MAX_LENGTH, lambda n: confirm(confirm=plain("x" * n))),
    ("confirm no", oracle.CONFIRMATION_DENY_MAX_LENGTH, lambda n: confirm(deny=plain("x" * n))),
    ("option text", oracle.OPTION_TEXT_MAX_LENGTH, lambda n: select(options=[option(text=plain("x" * n))])),
    ("option value", oracle.OPTION_VALUE_MAX_LENGTH, lambda n: select(options=[option(value="x" * n)])),
    ("option description", oracle.OPTION_DESCRIPTION_MAX_LENGTH,
     lambda n: select(options=[option(description=plain("x" * n))])),
    ("placeholder", oracle.SELECT_PLACEHOLDER_MAX_LENGTH,
     lambda n: select(options=[option()], placeholder=plain("x" * n))),
    ("label", oracle.INPUT_LABEL_MAX_LENGTH, lambda n: asked({"type": "plain_text_input"}, label=plain("x" * n))),
    ("hint", oracle.INPUT_HINT_MAX_LENGTH, lambda n: asked({"type": "plain_text_input"}, hint=plain("x" * n))),
    ("alt text", oracle.IMAGE_ALT_TEXT_MAX_LENGTH,
     lambda n: [{"type": "image", "image_url": "https://example.com/a.png", "alt_text": "x" * n}]),
    ("image url", oracle.IMAGE_IMAGE_URL_MAX_LENGTH,
     lambda n: [{"type": "image", "image_url": "x" * n, "alt_text": "a"}]),
    ("markdown", oracle.MARKDOWN_TEXT_MAX_LENGTH, lambda n: [{"type": "markdown", "text": "x" * n}]),
]  # fmt: skip
OF_COUNT: list[tuple[str, int, Make]] = [
    ("blocks", oracle.MESSAGE_BLOCKS_MAX_ITEMS, lambda n: some(lambda _: {"type": "divider"}, n)),
    ("fields", oracle.SECTION_FIELDS_MAX_ITEMS, lambda n: section(fields=some(lambda _: mrkdwn("f"), n))),
    ("buttons", oracle.ACTIONS_ELEMENTS_MAX_ITEMS, lambda n: actions(*some(lambda i: button(action_id=f"a{i}"), n))),
    ("context", oracle.CONTEXT_ELEMENTS_MAX_ITEMS,
     lambda n: [{"type": "context", "elements": some(lambda _: mrkdwn("c"), n)}]),
    ("options", oracle.SELECT_OPTIONS_MAX_ITEMS, lambda n: select(options=some(option, n))),
    ("overflow", oracle.OVERFLOW_OPTIONS_MAX_ITEMS,
     lambda n: actions({"type": "overflow", "action_id": "o", "options": some(option, n)})),
    ("radio buttons", oracle.RADIO_BUTTONS_OPTIONS_MAX_ITEMS,
     lambda n: asked({"type": "radio_buttons", "options": some(option, n)})),
    ("checkboxes", oracle.CHECKBOXES_OPTIONS_MAX_ITEMS,
     lambda n: asked({"type": "checkboxes", "options": some(option, n)})),
    ("rows", oracle.TABLE_ROWS_MAX_ITEMS, lambda n: [{"type": "table", "rows": [[{}] for _ in range(n)]}]),
    ("columns", oracle.TABLE_COLUMNS_MAX_ITEMS, lambda n: [{"type": "table", "rows": [[{} for _ in range(n)]]}]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("most", "make"), [case[1:] for case in OF_LENGTH], ids=[case[0] for case in OF_LENGTH]
)
def test_a_text_is_taken_at_its_limit_and_refused_above(most: int, make: Make) -> None:
    assert look_at_blocks(make(most), "message") == []
    assert look_at_blocks(make(most + 1), "message")[0].message == f"must be less than {most + 1} characters"


@pytest.mark.parametrize(
    ("most", "make"), [case[1:] for case in OF_COUNT], ids=[case[0] for case in OF_COUNT]
)
def test_a_list_is_taken_at_its_limit_and_refused_above(most: int, make: Make) -> None:
    assert look_at_blocks(make(most), "message") == []
    assert look_at_blocks(make(most + 1), "message")[0].message == f"no more than {most} items allowed"


@pytest.mark.parametrize(
    ("blocks", "message", "pointer"),
    [
        ([{"type": "poem"}], "unsupported type: poem", "/blocks/0/type"),
        (section(), "missing required field: text or fields", "/blocks/0"),
        (section(text=mrkdwn("")), "must be more than 0 characters", "/blocks/0/text/text"),
        ([{"type": "header", "text": mrkdwn("x")}], "unsupported type: mrkdwn", "/blocks/0/text/type"),
        (actions(), "no fewer than 1 items allowed", "/blocks/0/elements"),
        (actions(button(colour="red")), "invalid additional property: colour", "/blocks/0/elements/0"),
        (actions(button(), button()),
         '`action_id` "a" already exists for this block', "/blocks/0/elements/0/action_id"),
        ([{"type": "divider", "block_id": "d"}] * 2,
         '`block_id` "d" already exists for this message', "/blocks/0/block_id"),
        ([{"type": "image", "alt_text": "a"}], "must provide exactly one of image_url or slack_file", "/blocks/0"),
        ([{"type": "table", "rows": [[{}], [{}, {}]]}],
         "all rows must have the same number of cells", "/blocks/0/rows"),
        (section(text=mrkdwn("x"), accessory={"type": "plain_text_input", "action_id": "a"}),
         "unsupported type: plain_text_input", "/blocks/0/accessory/type"),
    ],
)  # fmt: skip
def test_what_is_no_block_kit_is_refused_with_its_place(
    blocks: list[Json], message: str, pointer: str
) -> None:
    found = look_at_blocks(blocks, "message")[0]
    assert (found.message, found.pointer) == (message, pointer)


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": plain("t"), "blocks": [{"type": "divider"}], **more}


@pytest.mark.parametrize(
    ("field", "most", "make"),
    [
        ("title", oracle.VIEW_TITLE_MAX_LENGTH, plain),
        ("submit", oracle.VIEW_SUBMIT_MAX_LENGTH, plain),
        ("close", oracle.VIEW_CLOSE_MAX_LENGTH, plain),
        ("private_metadata", oracle.VIEW_PRIVATE_METADATA_MAX_LENGTH, str),
        ("callback_id", oracle.VIEW_CALLBACK_ID_MAX_LENGTH, str),
        ("external_id", oracle.VIEW_EXTERNAL_ID_MAX_LENGTH, str),
    ],
)
def test_a_modal_is_taken_at_its_limits_and_refused_above(
    field: str, most: int, make: Callable[[str], Any]
) -> None:
    assert look_at_view(modal(**{field: make("x" * most)})) == []
    assert look_at_view(modal(**{field: make("x" * (most + 1))})) != []


def test_a_modal_has_a_hundred_blocks_a_title_and_a_submit_for_its_inputs() -> None:
    dividers = [{"type": "divider"}] * oracle.VIEW_BLOCKS_MAX_ITEMS
    assert look_at_view(modal(blocks=dividers)) == []
    assert look_at_view(modal(blocks=[*dividers, {"type": "divider"}])) != []
    assert look_at_view({"type": "modal", "blocks": dividers})[0].message == "missing required field: title"
    inputs = asked({"type": "plain_text_input"})
    assert look_at_view(modal(blocks=inputs))[0].message == "missing required field: submit"
    assert look_at_view(modal(blocks=inputs, submit=plain("Go"))) == []
