"""The word that was probably meant: for slips in names, wherever people type them."""

import difflib
from collections.abc import Iterable

CLOSE = 0.75  # of difflib; with less, agent-nobody would be taken for agent-b
_WORD_MAX = 60  # characters compared: what is longer is no name


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is nearest to ``word``; None when none is near."""
    found = difflib.get_close_matches(word.strip()[:_WORD_MAX].lower(), sorted(known), n=1, cutoff=CLOSE)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Ask whether the nearest known word was meant; ``otherwise`` when none is near."""
    near = closest(word, known)
    return f"did you mean {near}?" if near is not None else otherwise
