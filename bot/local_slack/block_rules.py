"""What Slack refuses of blocks and messages: shapes, sizes, doubles, totals. PURE.

Sources: Slack's block reference; the SDKs' own lists; undocumented totals as others met them. Blocks that came after
2025 (card, plan, alert ...) are known by name and looked into only lightly.
"""

from collections import Counter
from typing import Any, Final

from .element_shapes import ACCESSORIES, ELEMENTS, INPUTS, INTERACTIVE, elements
from .shapes import PLAIN, Problem, Shape, anything, by_type, many, string, text, thing, truth

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
#: characters of markdown blocks of one message together
MARKDOWN_TOTAL: Final = 12_000
#: characters of all blocks of a message; undocumented: ``msg_blocks_too_long`` was met at 11.3 and 13.2 thousand
BLOCKS_TOTAL: Final = 11_000
TEXT_POSTED: Final = 40_000
TEXT_EDITED: Final = 4_000
METADATA_BYTES: Final = 8_000

_NAMED: Final[dict[str, Shape]] = {"block_id": string(255)}


def _block(required: dict[str, Shape], optional: dict[str, Shape] | None = None) -> Shape:
    return thing({"type": anything, **required}, {**_NAMED, **(optional or {})})


def _section(value: Any, at: str, problems: list[Problem]) -> None:
    _SECTION(value, at, problems)
    if value.get("text") is None and value.get("fields") is None:
        rule = {"type": "one_of", "expected": ["text", "fields"]}
        problems.append(Problem("missing required field: text or fields", at, rule))


def _image(value: Any, at: str, problems: list[Problem]) -> None:
    _IMAGE(value, at, problems)
    if ("image_url" in value) == ("slack_file" in value):
        rule = {"type": "one_of", "expected": ["image_url", "slack_file"]}
        problems.append(Problem("must provide exactly one of image_url or slack_file", at, rule))


def _table(value: Any, at: str, problems: list[Problem]) -> None:
    _TABLE(value, at, problems)
    rows = value.get("rows")
    if isinstance(rows, list) and len({len(row) for row in rows if isinstance(row, list)}) > 1:
        rule = {"type": "columns", "expected": len(rows[0])}
        problems.append(Problem("all rows must have the same number of cells", f"{at}/rows", rule))


_SECTION: Final = _block(
    {},
    {
        "text": text(3000),
        "fields": many(text(2000), 10),
        "accessory": by_type(elements(*ACCESSORIES)),
        "expand": truth,
    },
)
_IMAGE: Final = _block(
    {"alt_text": string(2000)},
    {"image_url": string(3000), "slack_file": anything, "title": text(2000, PLAIN)},
)
_TABLE: Final = _block(
    {"rows": many(many(anything, 20), 100)}, {"column_settings": many(anything, 20)}
)  # fmt: skip
_CONTEXT_ELEMENT: Final = by_type(
    {"image": ELEMENTS["image"], "mrkdwn": text(3000, "mrkdwn"), "plain_text": text(3000, PLAIN)}
)
_EVERYWHERE: Final[dict[str, Shape]] = {
    "section": _section,
    "header": _block({"text": text(150, PLAIN)}),
    "divider": _block({}),
    "image": _image,
    "context": _block({"elements": many(_CONTEXT_ELEMENT, 10)}),
    "actions": _block({"elements": many(by_type(elements(*INTERACTIVE)), 25)}),
    "rich_text": _block({"elements": many(anything, 1000)}),
    "input": _block(
        {"label": text(2000, PLAIN), "element": by_type(elements(*INPUTS))},
        {"hint": text(2000, PLAIN), "optional": truth, "dispatch_action": truth},
    ),
    "video": _block({"alt_text": string(2000), "title": text(200, PLAIN), "video_url": string(3000),
                     "thumbnail_url": string(3000)},
                    {"author_name": string(50), "description": text(200, PLAIN), "provider_name": string(50),
                     "provider_icon_url": string(2000), "title_url": string(2000)}),
    "table": _table,
    "markdown": _block({"text": string(MARKDOWN_TOTAL)}),
}  # fmt: skip
_LATER: Final = (
    "alert",
    "card",
    "carousel",
    "container",
    "data_table",
    "data_visualization",
    "plan",
    "task_card",
)
_IN_MESSAGES: Final[dict[str, Shape]] = {
    **_EVERYWHERE,
    "context_actions": _block({"elements": many(by_type(elements("feedback_buttons", "icon_button")), 5)}),
    "file": _block({"external_id": string(255), "source": string(20)}),
    **dict.fromkeys(_LATER, anything),
}
#: which blocks stand where, and how many
SURFACES: Final[dict[str, tuple[int, dict[str, Shape]]]] = {
    "message": (MESSAGE_BLOCKS, _IN_MESSAGES),
    "modal": (VIEW_BLOCKS, {**_EVERYWHERE, "alert": anything}),
    "home": (VIEW_BLOCKS, {**_EVERYWHERE, **dict.fromkeys(_LATER, anything)}),
}


def look_at_blocks(blocks: Any, surface: str, at: str = "/blocks") -> list[Problem]:
    """Find what Slack would refuse. Empty: it would take them."""
    problems: list[Problem] = []
    most, shapes = SURFACES[surface]
    many(by_type(shapes), most, 0)(blocks, at, problems)
    if not problems:
        _doubles(blocks, at, surface, problems)
    return problems


def total_characters(blocks: list[Any]) -> int:
    """Count the text of all blocks, as it weighs against ``BLOCKS_TOTAL``."""
    return sum(map(_weight, blocks))


def markdown_characters(blocks: list[Any]) -> int:
    """Count the text of markdown blocks together."""
    return sum(len(block.get("text", "")) for block in blocks if block.get("type") == "markdown")


def actions_of(block: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the elements of a block that a person can act on."""
    found = [e for e in block.get("elements") or () if isinstance(e, dict) and e.get("type") in ELEMENTS]
    found += [block[name] for name in ("accessory", "element") if isinstance(block.get(name), dict)]
    return [element for element in found if element.get("type") != "image"]


def _weight(node: Any) -> int:
    if isinstance(node, dict):
        return sum(
            len(inner) if name in ("text", "value") and isinstance(inner, str) else _weight(inner)
            for name, inner in node.items()
        )
    return sum(map(_weight, node)) if isinstance(node, list) else 0


def _doubles(blocks: list[dict[str, Any]], at: str, surface: str, problems: list[Problem]) -> None:
    names = Counter(block["block_id"] for block in blocks if block.get("block_id"))
    for number, block in enumerate(blocks):
        if names[block.get("block_id", "")] > 1:
            rule = {"type": "unique", "expected": "block_id"}
            said = f'`block_id` "{block["block_id"]}" already exists for this {surface}'
            problems.append(Problem(said, f"{at}/{number}/block_id", rule))
        acting = actions_of(block)
        ids = Counter(element["action_id"] for element in acting if element.get("action_id"))
        for place, element in enumerate(acting):
            if ids[element.get("action_id", "")] > 1:
                rule = {"type": "unique", "expected": "action_id"}
                said = f'`action_id` "{element["action_id"]}" already exists for this block'
                problems.append(Problem(said, f"{at}/{number}/elements/{place}/action_id", rule))
