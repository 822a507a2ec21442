"""Which code a program runs: its version, where it lies, and a digest of it.

A version alone does not tell an upgrade in a clone from none. The digest is of the code as it lay there when it was
asked for; a program asks at its start, and whoever looks later sees whether something else lies there now.
"""

from dataclasses import dataclass
from pathlib import Path

_PACKAGES = ("bot", "company", "daemon")
_DIGITS = 16


@dataclass(frozen=True)
class RunningCode:
    """What is compared: two are the same code when their digests are."""

    version: str
    digest: str
    place: Path  #: the folder that holds the packages


def running_code() -> RunningCode:
    """Look at the code that this program runs. Reads it whole: about 15 ms."""
    import hashlib  # here, because every command imports this module, and few ask
    from importlib.metadata import PackageNotFoundError, version

    place = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((place / package).rglob("*.py")):
            digest.update(str(path.relative_to(place)).encode() + b"\0" + path.read_bytes() + b"\0")
    try:
        number = version("agent-service")
    except PackageNotFoundError:  # run from a tree that nobody installed
        number = "unknown"
    return RunningCode(number, digest.hexdigest()[:_DIGITS], place)
