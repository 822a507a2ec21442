"""The ``.git`` of a worktree: for the agent, and only for it. We write it and never run git on it.

It is a repository of its own that borrows the clone's objects (``objects/info/alternates``; links of its own where
the clone is closed to the agent), so ``git status``,
``diff``, ``log`` and even ``commit`` work for an agent as it is used to, and none of them can move a branch of the
clone. It has no remote: there is nowhere to push to.
"""

import os
import re
import shutil
from pathlib import Path

_OBJECT = re.compile(r"[0-9a-f]{38}|pack-[0-9a-f]{40}\.(pack|idx|rev)")

CONFIG = """\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
\tlogAllRefUpdates = true
[gc]
\tauto = 0
"""


def make(
    worktree: Path, shared: Path, *, branch: str, commit: str, index: Path, is_apart: bool = False
) -> None:
    """Write ``<worktree>/.git`` anew, whatever stands there: on ``branch`` at ``commit``, with a copy of ``index``.

    ``is_apart``: the clone is closed to the agent. Its objects get a second name here, as ``git clone --local`` does
    it: no room is taken, and they stay ours, so the agent can read and forget them, but not change them.
    """
    git = worktree / ".git"
    if git.is_symlink() or git.is_file():
        git.unlink()
    elif git.exists():
        shutil.rmtree(git)
    (git / "objects" / "info").mkdir(parents=True)
    if is_apart:
        _link_objects(shared / "objects", git / "objects")
    else:
        (git / "objects" / "info" / "alternates").write_text(f"{shared / 'objects'}\n", encoding="utf-8")
    ref = git / "refs" / "heads" / branch
    ref.parent.mkdir(parents=True)
    ref.write_text(f"{commit}\n", encoding="utf-8")
    (git / "config").write_text(CONFIG, encoding="utf-8")
    (git / "HEAD").write_text(f"ref: refs/heads/{branch}\n", encoding="utf-8")
    shutil.copyfile(index, git / "index")


def _link_objects(source: Path, target: Path) -> None:
    folders = [entry for entry in source.iterdir() if entry.name == "pack" or len(entry.name) == 2]
    # Packs last: an object that is packed while we look leaves its own file for one there.
    for folder in sorted(folders, key=lambda one: (one.name == "pack", one.name)):
        (target / folder.name).mkdir(exist_ok=True)
        for entry in sorted(folder.iterdir()):
            if _OBJECT.fullmatch(entry.name):
                _link(entry, target / folder.name / entry.name)


def _link(source: Path, target: Path) -> None:
    try:
        if source.stat().st_mode & 0o444 != 0o444:
            source.chmod(0o444)
        os.link(source, target)
    except FileNotFoundError:
        return  # it was packed meanwhile
    except OSError:  # another file system, or too many names
        shutil.copyfile(source, target)
        target.chmod(0o444)
