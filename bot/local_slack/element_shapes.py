"""The shapes of Block Kit's elements: buttons, menus, inputs. PURE. Sizes as Slack's docs and SDKs agree on them."""

from typing import Any, Final

from .shapes import PLAIN, Problem, Shape, among, anything, many, string, text, thing, truth

ACTION: Final = {"type": anything, "action_id": string(255)}
CONFIRM: Final = thing(
    {
        "title": text(100, PLAIN),
        "text": text(300),
        "confirm": text(30, PLAIN),
        "deny": text(30, PLAIN),
    },
    {"style": among("primary", "danger")},
)
_OPTION_FIELDS: Final[dict[str, Shape]] = {"text": text(75), "value": string(150)}
OPTION: Final = thing(_OPTION_FIELDS, {"description": text(75)})
OVERFLOW_OPTION: Final = thing(
    {**_OPTION_FIELDS, "text": text(75, PLAIN)}, {"description": text(75, PLAIN), "url": string(3000)}
)
MENU_OPTION: Final = thing({**_OPTION_FIELDS, "text": text(75, PLAIN)}, {"description": text(75, PLAIN)})
OPTION_GROUP: Final = thing({"label": text(75, PLAIN), "options": many(MENU_OPTION, 100)})
PLACEHOLDER: Final[dict[str, Shape]] = {"placeholder": text(150, PLAIN), "focus_on_load": truth}
_CHOICE: Final[dict[str, Shape]] = {**ACTION, **PLACEHOLDER, "confirm": CONFIRM}


def _without(fields: dict[str, Shape], *names: str) -> dict[str, Shape]:
    return {name: shape for name, shape in fields.items() if name not in names}


def _element(required: dict[str, Shape], optional: dict[str, Shape]) -> Shape:
    return thing({"type": anything, **required}, {"action_id": string(255), **_without(optional, *required)})


def _from_options(extra: dict[str, Shape]) -> Shape:
    shape = _element(
        {}, {**_CHOICE, "options": many(MENU_OPTION, 100), "option_groups": many(OPTION_GROUP, 100), **extra}
    )

    def look(value: Any, at: str, problems: list[Problem]) -> None:
        shape(value, at, problems)
        if ("options" in value) == ("option_groups" in value):
            rule = {"type": "one_of", "expected": ["options", "option_groups"]}
            problems.append(Problem("must provide exactly one of options or option_groups", at, rule))

    return look


def _buttons(most: int) -> Shape:
    return _element(
        {"options": many(OPTION, most)},
        {**_CHOICE, "initial_options": many(OPTION, most, 0), "initial_option": OPTION},
    )


def _typed(**extra: Shape) -> Shape:
    more = {"dispatch_action_config": anything, "initial_value": string(3000, 0), **extra}
    return _element({}, {**ACTION, **PLACEHOLDER, **more})


def _multi(**extra: Shape) -> dict[str, Shape]:
    return {"max_selected_items": anything, **extra}


ELEMENTS: Final[dict[str, Shape]] = {
    "button": _element(
        {"text": text(75, PLAIN)},
        {
            "url": string(3000),
            "value": string(2000, 0),
            "style": among("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
    "static_select": _from_options({"initial_option": MENU_OPTION}),
    "multi_static_select": _from_options(_multi(initial_options=many(MENU_OPTION, 100))),
    "external_select": _element({}, {**_CHOICE, "initial_option": OPTION, "min_query_length": anything}),
    "users_select": _element({}, {**_CHOICE, "initial_user": string(40)}),
    "multi_users_select": _element({}, {**_CHOICE, **_multi(initial_users=anything)}),
    "channels_select": _element(
        {}, {**_CHOICE, "initial_channel": string(40), "response_url_enabled": truth}
    ),
    "conversations_select": _element(
        {},
        {
            **_CHOICE,
            "initial_conversation": string(40),
            "default_to_current_conversation": truth,
            "response_url_enabled": truth,
            "filter": anything,
        },
    ),
    "overflow": _element({"options": many(OVERFLOW_OPTION, 5)}, {"confirm": CONFIRM}),
    "checkboxes": _buttons(10),
    "radio_buttons": _buttons(10),
    "datepicker": _element({}, {**_CHOICE, "initial_date": string(10)}),
    "timepicker": _element({}, {**_CHOICE, "initial_time": string(5), "timezone": string(100)}),
    "datetimepicker": _element({}, {**_CHOICE, "initial_date_time": anything}),
    "plain_text_input": _typed(multiline=truth, min_length=anything, max_length=anything),
    "email_text_input": _typed(),
    "url_text_input": _typed(),
    "number_input": _typed(is_decimal_allowed=truth, min_value=anything, max_value=anything),
    "rich_text_input": _typed(initial_value=anything, min_lines=anything, max_lines=anything),
    "file_input": _element({}, {"filetypes": anything, "max_files": anything}),
    "image": thing(
        {"type": anything, "alt_text": string(2000)}, {"image_url": string(3000), "slack_file": anything}
    ),
    "feedback_buttons": _element({"positive_button": anything, "negative_button": anything}, {}),
    "icon_button": _element(
        {"icon": string(100), "text": text(75, PLAIN)},
        {"value": string(2000, 0), "accessibility_label": string(75), "confirm": CONFIRM,
         "visible_to_user_ids": anything},
    ),
}  # fmt: skip

_MENUS: Final = (
    "static_select", "multi_static_select", "external_select", "users_select", "multi_users_select",
    "channels_select", "conversations_select",
)  # fmt: skip
_PICKERS: Final = ("checkboxes", "radio_buttons", "datepicker", "timepicker")
INTERACTIVE: Final = ("button", "overflow", *_MENUS, *_PICKERS, "datetimepicker")
ACCESSORIES: Final = ("button", "overflow", *_MENUS, *_PICKERS, "image")
INPUTS: Final = (
    "plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input",
    *_MENUS, *_PICKERS, "datetimepicker",
)  # fmt: skip


def elements(*kinds: str) -> dict[str, Shape]:
    """Give the shapes of these elements, for ``by_type``."""
    return {kind: ELEMENTS[kind] for kind in kinds}
