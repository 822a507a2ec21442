"""What Slack refuses of views: modals and the app's home. PURE."""

import json
from typing import Any, Final

from .block_rules import look_at_blocks
from .shapes import PLAIN, Problem, anything, string, text, thing, truth

VIEW_BYTES: Final = 250_000

_BOTH: Final = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
    # what an earlier answer's view carries is taken back in silence
    **dict.fromkeys(("id", "hash", "state", "team_id", "app_id", "bot_id", "root_view_id", "previous_view_id",
                     "app_installed_team_id", "submit_disabled"), anything),
}  # fmt: skip
_MODAL: Final = thing(
    {"type": anything, "title": text(24, PLAIN), "blocks": anything},
    {
        **_BOTH,
        "submit": text(24, PLAIN),
        "close": text(24, PLAIN),
        "clear_on_close": truth,
        "notify_on_close": truth,
    },
)
_HOME: Final = thing({"type": anything, "blocks": anything}, {**_BOTH, **dict.fromkeys(
    ("title", "submit", "close", "clear_on_close", "notify_on_close"), anything)})  # fmt: skip


def look_at_view(view: Any, at: str = "/view") -> list[Problem]:
    """Find what Slack would refuse."""
    problems: list[Problem] = []
    kind = view.get("type") if isinstance(view, dict) else None
    if kind not in ("modal", "home"):
        rule = {"type": "enum", "expected": ["modal", "home"]}
        return [Problem(f"unsupported type: {kind}", f"{at}/type", rule)]
    (_MODAL if kind == "modal" else _HOME)(view, at, problems)
    problems += look_at_blocks(view.get("blocks"), str(kind), f"{at}/blocks")
    if not problems and kind == "modal" and not view.get("submit") and _asks(view):
        rule = {"type": "required", "expected": "submit"}
        problems.append(Problem("missing required field: submit", at, rule))
    return problems


def too_large(view: dict[str, Any]) -> bool:
    """Tell whether it is above what Slack takes for a view."""
    return len(json.dumps(view)) > VIEW_BYTES


def _asks(view: dict[str, Any]) -> bool:
    return any(block.get("type") == "input" for block in view["blocks"])
