"""A program's usage limit as a pause of its runner: told once, ended by its time or by the order to resume."""

from typing import TYPE_CHECKING, Final

from company.store import outbox, pauses, sessions

if TYPE_CHECKING:
    from company.store.gate import Transaction

BY: Final = "usage limit"  # who paused it, as the pauses table says


def runner_scope(runner: str) -> str:
    """Return the scope of a runner's pause."""
    return f"runner:{runner}"


def pause_runner(tx: "Transaction", runner: str, *, until_at: str, reason: str) -> None:
    """Let nothing of ``runner`` start until then. One that is paused until later stays so."""
    scope = runner_scope(runner)
    known = next((one for one in pauses.list_pauses(tx) if one.scope == scope), None)
    if known is not None and (known.until_at is None or known.until_at >= until_at):
        return
    if known is not None:
        pauses.resume(tx, scope)
    pauses.pause(tx, scope, by=BY, reason=reason[:500], until_at=until_at)
    pending, _ = sessions.pending_and_running(tx)
    outbox.say(
        tx,
        kind="paused",
        subject_id=scope,
        dedup_key=f"paused:{scope}:{until_at}",
        payload={
            "reason": f"{runner} is at its usage limit until {until_at}",
            "waiting": len(pending),
            "mend": f"it goes on by itself then; agent-service resume {scope} goes on now",
        },
    )
