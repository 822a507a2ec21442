"""The app as its manifest describes it: what it may call, what it is told of, what completes in the composer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


class BadManifest(Exception):
    """The file is no app manifest. The message names the file and what is missing."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What the server needs of it."""

    app_name: str
    bot_name: str
    scopes: frozenset[str]
    events: frozenset[str]
    commands: tuple[dict[str, Any], ...]
    shortcuts: tuple[dict[str, Any], ...]
    home_tab: bool
    interactivity: bool
    socket_mode: bool

    def command(self, name: str) -> dict[str, Any] | None:
        """Give the slash command of this name, with its slash."""
        return next((c for c in self.commands if c["command"] == name), None)

    def shortcut(self, callback_id: str) -> dict[str, Any] | None:
        """Give the shortcut of this callback id."""
        return next((s for s in self.shortcuts if s["callback_id"] == callback_id), None)


def read_manifest(path: Path) -> Manifest:
    """Read a manifest of Slack's schema version 1 or 2, YAML or JSON.

    Raises:
        BadManifest: it cannot be read, or has no ``display_information.name``.
    """
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _manifest(said)
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as wrong:
        raise BadManifest(f"{path} is no app manifest: {wrong!r}") from wrong


def _manifest(said: dict[str, Any]) -> Manifest:
    features: dict[str, Any] = said.get("features") or {}
    settings: dict[str, Any] = said.get("settings") or {}
    name = str(said["display_information"]["name"])
    return Manifest(
        app_name=name,
        bot_name=str((features.get("bot_user") or {}).get("display_name") or name),
        scopes=frozenset(((said.get("oauth_config") or {}).get("scopes") or {}).get("bot") or ()),
        events=frozenset((settings.get("event_subscriptions") or {}).get("bot_events") or ()),
        commands=tuple(features.get("slash_commands") or ()),
        shortcuts=tuple(features.get("shortcuts") or ()),
        home_tab=bool((features.get("app_home") or {}).get("home_tab_enabled")),
        interactivity=bool((settings.get("interactivity") or {}).get("is_enabled")),
        socket_mode=bool(settings.get("socket_mode_enabled")),
    )
