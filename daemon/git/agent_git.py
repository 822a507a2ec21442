"""The ``.git`` of a worktree: for the agent, and only for it. We write it and never run git on it.

It is a repository of its own that borrows the clone's objects (``objects/info/alternates``), so ``git status``,
``diff``, ``log`` and even ``commit`` work for an agent as it is used to, and none of them can move a branch of the
clone. It has no remote: there is nowhere to push to.
"""

import shutil
from pathlib import Path

CONFIG = """\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
\tlogAllRefUpdates = true
[gc]
\tauto = 0
"""


def make(worktree: Path, shared: Path, *, branch: str, commit: str, index: Path) -> None:
    """Write ``<worktree>/.git`` anew, whatever stands there: on ``branch`` at ``commit``, with a copy of ``index``."""
    git = worktree / ".git"
    if git.is_symlink() or git.is_file():
        git.unlink()
    elif git.exists():
        shutil.rmtree(git)
    (git / "objects" / "info").mkdir(parents=True)
    (git / "objects" / "info" / "alternates").write_text(f"{shared / 'objects'}\n", encoding="utf-8")
    ref = git / "refs" / "heads" / branch
    ref.parent.mkdir(parents=True)
    ref.write_text(f"{commit}\n", encoding="utf-8")
    (git / "config").write_text(CONFIG, encoding="utf-8")
    (git / "HEAD").write_text(f"ref: refs/heads/{branch}\n", encoding="utf-8")
    shutil.copyfile(index, git / "index")
