"""Whether a run ended well: never by one sign alone. Pure.

Programs exit 0 after being refused everything, say "success" of a request that was turned away, and hang after their
last word. So a run is well when the process ended by itself with 0, and the program's own last word is a good one; or
when that word was said and only the process had to be ended. Whether the work is any good is not decided here.
"""

from daemon.processes.spawn import EndReason, ProcessEnd
from daemon.runners.account import Account


def has_concluded(end: ProcessEnd, account: Account) -> bool:
    """Say whether the program had its last word and was then ended from outside: it hung, and the word counts."""
    return end.reason is EndReason.STOPPED and account.outcome is not None


def why_not(end: ProcessEnd, account: Account) -> str:
    """Say in one line why a run did not end well; '' when it did."""
    outcome = account.outcome
    if end.reason is not EndReason.EXITED and not has_concluded(end, account):
        words = end.reason.value.replace("_", " ")
        return f"{words}: {end.error}" if end.error else words
    if outcome is not None and not outcome.is_ok:
        return outcome.reason or account.error or "it says that it failed, and not why"
    if end.reason is EndReason.EXITED and end.exit_code != 0:
        how = f"signal {end.signal}" if end.exit_code is None else f"exit {end.exit_code}"
        said = account.error or account.last_line
        return f"{how}: {said}" if said else how
    if outcome is None:
        said = account.error or account.last_line
        return "it ended without a result" + (f": {said}" if said else "")
    return ""
