"""A priority file that a person names on the command line, read and judged before anything is done with it."""

from pathlib import Path
from typing import TYPE_CHECKING

from company.errors import PriorityFileError

if TYPE_CHECKING:
    from company.config import Config


def read_priority_file(config: "Config", file: Path) -> bytes:
    """Read a file and make sure it can be taken. Raises PriorityFileError, OSError."""
    from company.work.priority import parse_priority

    limit = config.intake.max_file_bytes
    with file.open("rb") as opened:
        data = opened.read(limit + 1)
    if len(data) > limit:
        raise PriorityFileError(
            file.name, f"larger than {limit} bytes", mend="shorten it, or raise intake.max_file_bytes"
        )
    parse_priority(data, file.name)
    return data
