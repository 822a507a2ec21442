"""Make bare repositories: of clones, and of the remotes the service keeps for sources that have none.

Made aside and moved into place, so that one is whole or not there. No templates: nothing in it but what is written
here, which is what ``fingerprint`` compares with.
"""

import shutil
import uuid
from pathlib import Path

from company.errors import GitError

#: What people and agents who look into the repository get; our own calls do not read it (``control.py``).
CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
HEAD = "ref: refs/heads/main\n"
_FOLDERS = ("objects/info", "objects/pack", "refs/heads", "refs/tags")


def make_bare(path: Path, *, description: str = "") -> None:
    """Make the bare repository ``path`` unless it is there. Raises GitError (``disk``) when it cannot be written."""
    try:
        if (path / "objects").is_dir():
            if not (path / "HEAD").is_file():  # somebody took it away: what the jobs made is kept
                (path / "HEAD").write_text(HEAD, encoding="utf-8")
            return
        aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            for folder in _FOLDERS:
                (aside / folder).mkdir(parents=True)
            (aside / "config").write_text(CONFIG, encoding="utf-8")
            (aside / "HEAD").write_text(HEAD, encoding="utf-8")
            (aside / "description").write_text(description, encoding="utf-8")
            aside.rename(path)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        if not (path / "objects").is_dir():  # else another process was quicker
            raise GitError(
                ("init", str(path)),
                None,
                f"{path} cannot be made: {error}",
                mend="see to the disk and the folder's permissions, then retry the job",
                code="disk",
            ) from error


def remotes_of(clones_dir: Path) -> Path:
    """Return the folder of the service's own remotes, beside the clones."""
    return clones_dir.parent / "remotes"


def own_remote(clones_dir: Path, name: str, key: str, source: str) -> Path:
    """Return the bare repository that takes the branches of jobs on ``source``: ``<state>/remotes/<name>.git``.

    When another source has that name, ``<name>-<key>.git``. Made if it is not there.
    """
    description = f"Agent Service: branches of jobs on {source}\n"
    remotes = remotes_of(clones_dir)
    for path in (remotes / f"{name}.git", remotes / f"{name}-{key}.git"):
        make_bare(path, description=description)
        try:
            if (path / "description").read_text(encoding="utf-8") == description:
                return path
        except (OSError, ValueError):
            continue
    return path
