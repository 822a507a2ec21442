"""What agents, checks and setup commands find in their environment: an allow-list, nothing inherited."""

from collections.abc import Mapping

from company.config import Config


def agent_environment(
    config: Config, service: Mapping[str, str], extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the variables of ``service`` that config.yaml allows, and ``extra`` over them.

    What is set in any case keeps unattended programs from asking, paging or colouring.
    """
    allowed = {name: service[name] for name in config.environment_allowed if name in service}
    unattended = {"NO_COLOR": "1", "TERM": "dumb", "PAGER": "cat", "GIT_TERMINAL_PROMPT": "0"}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", **unattended, **allowed, **(extra or {})}
