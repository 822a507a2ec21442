"""Which repository a job works on: the one word by which its row, its limits and its pauses call it.

A repository of config.yaml is called by its name, whatever a file called it; one that was only added by an order by
its place, because how it is set up and checked stands nowhere; anything else by its absolute path or its address.
"""

import re
from typing import TYPE_CHECKING

from company.config.records import absolute
from company.orders.references import find_repository

if TYPE_CHECKING:
    from company.config import Config
    from company.store.gate import Reading
    from company.store.repositories import Repository

_BARE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ADDRESS = re.compile(r"[a-z+]+://|[^/]*:")


def resolve_target(config: "Config", tx: "Reading", word: str | None) -> str | None:
    """Return the target that ``word`` means; None for None. Raises OrderRefused for a name nobody knows."""
    if word is None:
        return None
    configured = config.repository(word)
    if configured is not None:
        return configured.name
    if _BARE_NAME.fullmatch(word):
        return target_of(config, find_repository(tx, word))
    place = word if _ADDRESS.match(word) else str(absolute(config.root, word))
    by_place = config.repository(place)
    return by_place.name if by_place is not None else place


def target_of(config: "Config", repository: "Repository") -> str:
    """Return what jobs on ``repository`` call it."""
    if config.repository(repository.name) is not None:
        return repository.name
    return repository.path or repository.github_url or repository.name
