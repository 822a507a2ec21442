"""What a name in the inbox says, before anybody opens the file: whose it is, and whether it can be taken."""

from pathlib import PurePath

from company.errors import PriorityFileError

NAME_MAX = 255  # bytes; Linux and macOS
_ROOM = len(".reason.md") + len("-1000")  # bytes that rejected/ may add to a name

#: unfinished files of editors, browsers and copying programs, and their backups
_UNFINISHED = (
    ".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".swp", ".swo", ".swx", ".bak",
)  # fmt: skip
#: what stands in the folder for people and for file managers
_FURNITURE = frozenset({"readme.md", "thumbs.db", "desktop.ini"})
_TEXT_SUFFIXES = frozenset({"", ".md", ".markdown", ".txt"})
_UNFIT = frozenset('/\\:*?"<>|')


def is_ignored(name: str) -> bool:
    """Say whether ``name`` is nobody's order: hidden, a backup, not finished, or furniture of the folder.

    Such a file stays where it is. A ``.reason.md`` is ours, moved back together with what it tells about.
    """
    lowered = name.lower()
    return (
        lowered.startswith((".", "~$"))
        or lowered.endswith(("~", ".reason.md", *_UNFINISHED))
        or (lowered.startswith("#") and lowered.endswith("#"))  # Emacs
        or lowered in _FURNITURE
    )


def refuse_name(name: str) -> None:
    """Raise PriorityFileError for a name that no text file of an order has."""
    if any(0xD800 <= ord(character) <= 0xDFFF for character in name):
        raise PriorityFileError(name, "its name is not UTF-8", mend="rename it")
    if not name.isprintable():
        raise PriorityFileError(
            name, "its name holds a line break or another character that cannot be seen", mend="rename it"
        )
    if PurePath(name).suffix.lower() not in _TEXT_SUFFIXES:
        raise PriorityFileError(
            name, "a priority file is Markdown, and this name does not end in .md", mend="rename it"
        )


def kept_name(name: str) -> str:
    """Return the name under which a file is kept in ``rejected/``: printable, with room for a number and a note."""
    shown = "".join("_" if not one.isprintable() or one in _UNFIT else one for one in name)
    suffix = _suffix(shown)
    stem = shown[: len(shown) - len(suffix)]
    cut = stem.encode("utf-8", "replace")[: NAME_MAX - _ROOM - len(suffix.encode())].decode("utf-8", "ignore")
    return f"{cut}{suffix}"


def numbered(name: str, number: int) -> str:
    """Return ``name`` with a number before its suffix, to tell apart files of one name; 1 leaves it as it is."""
    suffix = _suffix(name)
    return name if number == 1 else f"{name[: len(name) - len(suffix)]}-{number}{suffix}"


def _suffix(name: str) -> str:
    suffix = PurePath(name).suffix
    return suffix if len(suffix.encode("utf-8", "replace")) <= 16 else ""
