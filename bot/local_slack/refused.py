"""What Slack answers when it will not: its own error codes, never prose of ours."""

from typing import Any


class Refused(Exception):
    """A call is answered ``ok: false``.

    Attributes:
        error: Slack's code, such as ``channel_not_found``.
        extra: what stands beside it in the answer (``needed``, ``errors``, ``response_metadata``).
        status: the HTTP status; Slack answers almost every refusal with 200.
    """

    def __init__(self, error: str, *, status: int = 200, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.extra = extra

    def answer(self) -> dict[str, Any]:
        """Give the body of the answer."""
        return {"ok": False, "error": self.error, **self.extra}
