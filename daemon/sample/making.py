"""Make the sample: a small real repository with red tests, and a priority file that asks to mend it.

The repository (``price-list/`` beside this module, committed as it stands) is a bare one under the state folder,
where config.yaml's entry ``sample`` looks for it. What its agents do is in its own ``tools/``. Whether a start is the
first is decided by the repository alone: where it stands, nothing is made and nothing is dropped.
"""

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from company.config import Config
from daemon.git.command import Identity, run_git

REPOSITORY: Final = "sample"  # its name in config.yaml
_CONTENT: Final = Path(__file__).parent / "price-list"
_PRIORITY: Final = Path(__file__).parent / "exact-prices.md"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What stands after ``make_sample``."""

    remote: Path  #: the bare repository
    priority_file: Path | None  #: where it was dropped; None when nothing was made


def make_sample(config: Config) -> Sample | None:
    """Make the repository and drop its priority file, unless the repository is there.

    None when config.yaml has no repository ``sample`` in the company's folder: then the company has work of its
    own. Two starts at once make one. Raises GitError and OSError; what was half made is removed.
    """
    remote = _place(config)
    if remote is None:
        return None
    if remote.exists() or not _make_repository(remote, config):
        return Sample(remote=remote, priority_file=None)
    return Sample(remote=remote, priority_file=_drop(config.folders.priorities))


def _place(config: Config) -> Path | None:
    entry = next((one for one in config.repositories if one.name == REPOSITORY), None)
    if entry is None or entry.path is None:
        return None
    remote = Path(entry.source(config.root))
    is_ours = remote.is_relative_to(config.root) or remote.is_relative_to(config.folders.state)
    return remote if is_ours else None


def _make_repository(remote: Path, config: Config) -> bool:
    """Make it aside and move it into place; False when another start was faster."""
    aside = remote.with_name(f".{remote.name}.{uuid.uuid4().hex}")
    aside.mkdir(parents=True)
    identity = Identity(config.work.commit_name, config.work.commit_email)
    try:
        run_git(("init", "-q", "--bare", "--template=", "--initial-branch=main"), git_dir=aside)
        run_git(("add", "--all"), git_dir=aside, work_tree=_CONTENT)
        message = "Price list, catalogue and invoices of the shop"
        run_git(("commit", "-q", "-m", message), git_dir=aside, work_tree=_CONTENT, identity=identity)
        (aside / "index").unlink()  # of the one commit; a bare repository has none
        aside.rename(remote)
    except OSError:
        if not remote.exists():
            raise
        return False
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return True


def _drop(inbox: Path) -> Path:
    """Put the priority file into the inbox by a rename, as an editor saves: it is never seen half written."""
    inbox.mkdir(parents=True, exist_ok=True)
    aside = inbox / f".{_PRIORITY.name}.{uuid.uuid4().hex}"
    target = inbox / _PRIORITY.name
    try:
        aside.write_bytes(_PRIORITY.read_bytes())
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    return target
