"""Users and user groups."""

from ..arguments import flag, required
from ..refused import Refused
from ..slack import Slack
from ..workspace import Json
from .conversations import page_of
from .registry import method


@method("users.info", "t4", "users:read")
async def info(slack: Slack, said: Json) -> Json:
    """Describe one person."""
    return {"user": slack.workspace.user(required(said, "user", "user_not_found"))}


@method("users.list", "t2", "users:read")
async def list_all(slack: Slack, said: Json) -> Json:
    """List everybody, apps too."""
    answer = page_of("members", list(slack.workspace.users.values()), said, default=1000)
    return answer | {"cache_ts": int(slack.clock.now())}


@method("usergroups.list", "t2", "usergroups:read")
async def list_groups(slack: Slack, said: Json) -> Json:
    """List user groups, with their members if asked."""
    hidden = () if flag(said, "include_users") else ("users",)
    groups = slack.workspace.groups.values()
    return {"usergroups": [{n: v for n, v in group.items() if n not in hidden} for group in groups]}


@method("usergroups.users.list", "t2", "usergroups:read")
async def list_group_users(slack: Slack, said: Json) -> Json:
    """List who is in a user group."""
    group = slack.workspace.groups.get(required(said, "usergroup", "no_such_subteam"))
    if group is None:
        raise Refused("no_such_subteam")
    return {"users": group["users"]}
