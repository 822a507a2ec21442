"""Where what is not ours runs, with ``work.agent_user``: folders lent to that user, and the environment it gets there.

Without an agent_user all of this is nothing: runs are the service's own user, and need no leave.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from company.config import Config
from company.errors import ConfigError
from daemon.processes.environment import agent_environment
from daemon.processes.lending import lend, make_passage, take_back
from daemon.processes.record import RunAs
from daemon.processes.run_as import KEY, can_enter, can_run, can_write, run_as_of, without_service_s_own


@dataclass(frozen=True)
class Lodging:
    """The service's user for runs; ``run_as`` None is its own."""

    run_as: RunAs | None = None

    def environment(
        self, config: Config, service: Mapping[str, str], place: Path, extra: Mapping[str, str]
    ) -> dict[str, str]:
        """Return the environment of a run in the worktree ``place``.

        HOME is the user's own where there is one that it can write: its logins lie there. TMPDIR stands beside the
        worktree, and goes with it.
        """
        environment = agent_environment(config, service, extra)
        if self.run_as is None:
            return environment
        desk = self.desk(place)
        environment = without_service_s_own(environment, self.run_as)
        if not can_write(self.run_as, Path(self.run_as.home)):
            environment["HOME"] = str(desk / "home")
        return {**environment, "TMPDIR": str(desk / "tmp")}

    def desk(self, place: Path) -> Path:
        """Return the folder beside a worktree for what its run needs besides: brief, feedback, TMPDIR, HOME."""
        return place.with_name(f"{place.name}.desk")

    def brief_path(self, kept: Path, place: Path, text: str) -> Path:
        """Return where the run reads its brief: ``kept`` itself, or a copy that the user can reach."""
        if self.run_as is None:
            return kept
        desk = self.desk(place)
        path = desk / kept.name
        _make_desk(desk)
        # Of a run that is joined it stands there, or what the run has put in its place: never written through.
        with contextlib.suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
            file.write(text)
        return path

    def home_path(self, place: Path) -> Path | None:
        """Return where a coding-agent program of the run in ``place`` keeps its things; None: where it likes."""
        return None if self.run_as is None else self.desk(place) / "program"

    def lend(self, folder: Path) -> None:
        """Lend what was laid out after the worktree was."""
        if self.run_as is not None:
            lend(folder, self.run_as)

    def open(self, config: Config, place: Path) -> None:
        """Lend the worktree ``place`` to the user, for a run that begins or goes on."""
        if self.run_as is None:
            return
        make_passage(config.worktrees.parent, place.parent)
        _make_desk(self.desk(place))
        lend(self.desk(place), self.run_as)
        lend(place, self.run_as)

    def close(self, place: Path) -> None:
        """The run is over: the worktree is ours again."""
        if self.run_as is not None:
            take_back(place)
            take_back(self.desk(place))


def _make_desk(desk: Path) -> None:
    for folder in (desk, desk / "tmp", desk / "home"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def lodging_of(config: Config) -> Lodging:
    """Return where runs live, the wall around it built. Raises ConfigError where the user cannot be used."""
    run_as = run_as_of(config)
    if run_as is None:
        return Lodging()
    folders = config.folders
    folders.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    folders.state.chmod(0o700)
    for folder in (folders.logs, folders.reports):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(folder.stat().st_mode & 0o770)
    make_passage(config.worktrees.parent, config.worktrees)
    for words, mend in obstacles(config, run_as):
        raise ConfigError(config.path, KEY, words, mend=mend)
    return Lodging(run_as)


def obstacles(config: Config, run_as: RunAs) -> list[tuple[str, str]]:
    """Return what keeps the user from its work, or lets it do more than that: words and mend of each."""
    found = []
    base = config.worktrees
    while not base.exists():
        base = base.parent
    for folder in reversed((base, *base.parents)):
        if not can_enter(run_as, folder):
            mend = f"chmod o+x {folder}, or put the company where {run_as.name} may go (/srv, /opt)"
            found.append((f"{run_as.name} cannot get into {folder}, below which its worktrees stand", mend))
            break
    for folder in (config.root, config.folders.priorities, *_inboxes(config.folders.priorities)):
        if folder.exists() and can_write(run_as, folder):
            words = f"{run_as.name} may write into {folder}: its agents could give orders"
            found.append((words, f"chmod o-w,g-w {folder}, or see who owns it"))
            break
    for folder in (config.folders.state, config.folders.logs, config.folders.reports):
        if folder.exists() and folder.stat().st_mode & 0o007 == 0 and can_enter(run_as, folder):
            words = f"{run_as.name} may look into {folder}, which is the service's alone"
            found.append((words, f"chown root:root {folder}, or take {run_as.name} out of its group"))
    if not can_run(run_as, "/bin/sh"):
        found.append((f"{run_as.name} may not run /bin/sh", "see to the rights of /bin and /usr/bin"))
    return found


def _inboxes(priorities: Path) -> list[Path]:
    return [one for one in priorities.iterdir() if one.is_dir()] if priorities.is_dir() else []
