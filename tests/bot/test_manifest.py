"""bot/manifest.yaml: what it asks for is what the bot needs, and fits Slack."""

from typing import Final

from bot.local_slack.manifest import read_manifest
from bot.local_slack.methods import METHODS
from tests.bot.slack_stand_in import MANIFEST

#: the scope that each event needs [Slack's event reference]
OF_EVENT: Final = {
    "app_home_opened": None, "app_mention": "app_mentions:read", "member_joined_channel": "channels:read",
    "message.channels": "channels:history", "message.groups": "groups:history", "message.im": "im:history",
    "reaction_added": "reactions:read", "reaction_removed": "reactions:read",
}  # fmt: skip
#: what the bot calls
CALLED: Final = (
    "chat.postMessage", "chat.update", "chat.postEphemeral", "chat.getPermalink", "conversations.list",
    "conversations.info", "conversations.history", "conversations.replies", "conversations.open", "users.info",
    "users.list", "usergroups.list", "usergroups.users.list", "reactions.add", "reactions.remove", "reactions.get",
    "views.open", "views.update", "views.push", "views.publish", "files.getUploadURLExternal",
    "files.completeUploadExternal", "files.info", "blocks.validate", "auth.test",
)  # fmt: skip


def test_every_event_has_its_scope() -> None:
    manifest = read_manifest(MANIFEST)
    assert manifest.events == set(OF_EVENT)
    assert {scope for scope in OF_EVENT.values() if scope} <= manifest.scopes


def test_every_call_has_a_scope() -> None:
    manifest = read_manifest(MANIFEST)
    for name in CALLED:
        scopes = METHODS[name].scopes
        assert not scopes or manifest.scopes.intersection(scopes), name


def test_names_fit() -> None:
    manifest = read_manifest(MANIFEST)
    assert len(manifest.app_name) <= 35
    assert all(each["command"].startswith("/") and len(each["command"]) <= 32 for each in manifest.commands)
    assert all(len(each["usage_hint"]) <= 1000 for each in manifest.commands if "usage_hint" in each)
    assert all(len(each["name"]) <= 24 for each in manifest.shortcuts)
    assert {each["callback_id"] for each in manifest.shortcuts} == {"prioritise_message", "start_work"}
    assert manifest.socket_mode
    assert manifest.home_tab
