"""The service's own login at a forge, for git over https.

It reaches git as a variable of its environment and a credential helper that prints it: never in an address, an
argument or a file. Only calls that speak to a network get it, and only for the forge it belongs to.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_VARIABLE = "AGENT_SERVICE_GIT_TOKEN"
#: git asks helpers in turn, the user's own first; ours answers only the question for a login
_HELPER = (
    f'!f() {{ test "$1" = get && printf "username=x-access-token\\npassword=%s\\n" "${_VARIABLE}"; }}; f'
)


@dataclass(frozen=True)
class Login:
    """``origin`` is scheme, host and port: https://github.com."""

    origin: str
    token: str

    def settings(self) -> list[tuple[str, str]]:
        """Return git's settings that make it ask the helper."""
        return [(f"credential.{self.origin}.helper", _HELPER)]

    def environment(self) -> Mapping[str, str]:
        """Return the variables that the helper reads."""
        return {_VARIABLE: self.token}


_offered: dict[str, Login] = {}


def offer(origin: str, token: str | None) -> None:
    """Let git log in at ``origin`` with ``token`` from now on; None takes that back."""
    if token:
        _offered[origin] = Login(origin, token)
    else:
        _offered.pop(origin, None)


def logins() -> list[Login]:
    """Return what git may log in with."""
    return list(_offered.values())
