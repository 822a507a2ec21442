"""The PATH of a service: what a terminal finds, without what will be gone tomorrow.

A service manager gives a PATH of a few system folders, and agent CLIs live in none of them. So the PATH of the terminal
is written down at install. Not all of it lasts: version managers put folders of one shell there, sessions folders of
/run and /tmp.
"""

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from company.config import Config
from company.config.runners import ProgramName
from company.work.staff import AUTO

#: looked for in any case: the agent CLIs people use, and what they run on
USUAL_PROGRAMS = ("git", "python3", "node", "claude", "codex", "opencode", "gemini", "pi")

#: where installers put programs and a root shell or a bare one does not look; * is the newest version
KNOWN_PLACES = (
    "~/.local/bin", "~/bin", "~/.npm-global/bin", "~/.bun/bin", "~/.deno/bin", "~/.volta/bin", "~/.cargo/bin",
    "~/.opencode/bin", "~/.claude/local", "~/.local/share/pnpm", "~/Library/pnpm", "~/.asdf/shims",
    "~/.local/share/mise/shims", "~/.nvm/versions/node/*/bin", "~/.local/share/fnm/node-versions/*/installation/bin",
    "/opt/homebrew/bin", "/home/linuxbrew/.linuxbrew/bin", "/usr/local/bin", "/snap/bin",
)  # fmt: skip
_ALWAYS = ("/usr/local/bin", "/usr/bin", "/bin")

#: what is in these does not last; macOS writes them with /private before
_PASSING = ("/tmp", "/var/tmp", "/run", "/var/run", "/dev/shm", "/var/folders")  # noqa: S108 (named, not used)
_PASSING_PARTS = frozenset({"fnm_multishells", "_npx"})
_UV_CACHE = re.compile(r"/\.cache/uv/|/uv/archive-v\d+/")


@dataclass(frozen=True)
class ServicePath:
    """The folders, and one line for people about each that was left out or put in its place."""

    folders: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def value(self) -> str:
        """As PATH holds it."""
        return os.pathsep.join(self.folders)


def programs_of(config: Config) -> tuple[str, ...]:
    """Return the programs that config.yaml calls by name; those it calls by a path are found without PATH.

    Runner auto takes what is there, so none of its programs must be.
    """
    argvs = [agent.command for agent in config.agents if agent.command]
    argvs += [(config.runners.of(name).program,) for name in _named_runners(config) if name != AUTO]
    for repository in config.repositories:
        argvs += [
            *repository.setup,
            *(check.run for check in repository.checks),
            *repository.commands.values(),
        ]
    first = dict.fromkeys(argv[0] for argv in argvs)
    return tuple(name for name in first if "/" not in name and not name.startswith("{"))


def programs_looked_for(config: Config) -> tuple[str, ...]:
    """Return all that a service should find if it is there: the usual programs, what is called, what auto may take."""
    taken = (config.runners.of(name).program for name in runners_in_use(config))
    names = (*USUAL_PROGRAMS, *programs_of(config), *taken)
    return tuple(dict.fromkeys(name for name in names if "/" not in name))


def runners_in_use(config: Config) -> tuple[str, ...]:
    """Return the coding-agent programs that agents of config.yaml may be run by."""
    named = _named_runners(config)
    more = config.runners.order if AUTO in named else ()
    return tuple(dict.fromkeys(name for name in (*named, *more) if name != AUTO))


def _named_runners(config: Config) -> tuple[str, ...]:
    named = dict.fromkeys((config.work.runner, *(agent.runner for agent in config.agents if agent.runner)))
    return tuple(name for name in named if name == AUTO or name in get_args(ProgramName))


def find(programs: Iterable[str], path: str) -> dict[str, str]:
    """Return where each program is found on ``path``; those that are not are left out."""
    return {name: found for name in programs if (found := shutil.which(name, path=path or os.devnull))}


def is_passing(path: str, passing: Sequence[str] | None = None) -> bool:
    """Say whether what stands at ``path`` is likely to be gone tomorrow."""
    places = (*_PASSING, tempfile.gettempdir()) if passing is None else passing
    plain = path.removeprefix("/private")
    return (
        any(plain == place or plain.startswith(f"{place}/") for place in places)
        or not _PASSING_PARTS.isdisjoint(Path(path).parts)
        or bool(_UV_CACHE.search(path))
    )


def service_path(
    path: str, *, home: Path, wanted: Iterable[str], passing: Sequence[str] | None = None
) -> ServicePath:
    """Make a service's PATH from a terminal's: what lasts of it, and the usual places of what it does not find.

    ``passing``: where nothing lasts (the default is for tests to change, whose own folders are in /tmp).
    """
    folders: dict[str, None] = {}
    notes: list[str] = []
    for entry in dict.fromkeys(path.split(os.pathsep)):
        lasting, why = _lasting(entry, passing)
        if lasting:
            folders[lasting] = None
        if why:
            notes.append(why)
    folders |= dict.fromkeys(one for one in _ALWAYS if Path(one).is_dir())
    for name in wanted:
        if find([name], os.pathsep.join(folders)):
            continue
        place = next((one for one in _known(home) if find([name], one)), None)
        if place is not None:
            folders[place] = None
            notes.append(f"{name} was found in {place}, which is not in this terminal's PATH")
    return ServicePath(tuple(folders), tuple(notes))


def _lasting(entry: str, passing: Sequence[str] | None) -> tuple[str, str]:
    """Return the folder to write down for ``entry`` ('': none), and a line for people where that needs one."""
    if not entry or not Path(entry).is_dir():
        return "", ""
    if not entry.startswith("/"):
        return "", f"{entry} is left out of PATH: it depends on the folder one is in"
    if is_passing(entry, passing):
        real = str(Path(entry).resolve())
        if is_passing(real, passing):
            return "", f"{entry} is left out of PATH: it will not last"
        return _lasting(real, passing)[0], f"{entry} will not last; PATH has {real} in its place"
    if Path(entry).stat().st_mode & stat.S_IWOTH:
        return "", f"{entry} is left out of PATH: everybody can write there"
    return entry, ""


def _known(home: Path) -> Iterator[str]:
    for place in KNOWN_PLACES:
        path = str(home) + place[1:] if place.startswith("~") else place
        before, star, behind = path.partition("*")
        if not star:
            yield path
            continue
        versions = sorted(Path(before).glob("*"), key=_version, reverse=True) if Path(before).is_dir() else []
        yield from (f"{version}{behind}" for version in versions)


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", path.name))
