"""An earlier version of this project, as it stands in git's history, with an interpreter that knows no other.

Its tree is unpacked beside the tests; nothing is fetched and nothing of the checkout is touched. Its environment has
the packages of this one, but not this one's own code.
"""

import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.checkout import CHECKOUT, MACHINE

_CODE = ("bot", "company", "daemon", "schema.sql", "config.yaml")
_LOOKED_BACK = 50  # commits


class EarlierVersion:
    """One commit's tree, and the interpreter that runs it."""

    def __init__(self, commit: str, folder: Path) -> None:
        """Unpack ``commit`` into ``folder`` and make its environment there."""
        self.commit, self.tree = commit, folder / "tree"
        self.tree.mkdir(parents=True)
        archive = subprocess.run(
            ["git", "archive", commit, "--", *_CODE], cwd=CHECKOUT, capture_output=True, check=True
        ).stdout
        subprocess.run(["tar", "-x", "-C", self.tree], input=archive, check=True)
        venv.create(folder / "venv", symlinks=True)
        self.python = folder / "venv" / "bin" / "python"
        paths = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
        packages = Path(sysconfig.get_path("purelib", vars=paths))
        # A folder that is named here is not looked into for names of others: this checkout, installed in place there.
        (packages / "earlier.pth").write_text(f"{self.tree}\n{sysconfig.get_path('purelib')}\n")
        self._refuse_another_code()

    def schema(self) -> str:
        """Return its schema.sql."""
        return (self.tree / "schema.sql").read_text(encoding="utf-8")

    def migrations(self) -> set[str]:
        """Return the names of the steps that it brings databases forward by."""
        return migrations_in(self.tree)

    def _refuse_another_code(self) -> None:
        asked = "import bot, company, daemon; print(*(one.__path__[0] for one in (bot, company, daemon)))"
        ran = subprocess.run(
            [self.python, "-P", "-c", asked], cwd=self.tree.parent, capture_output=True, text=True, check=True
        )
        assert ran.stdout.split() == [str(self.tree / one) for one in ("bot", "company", "daemon")]


def migrations_in(tree: Path) -> set[str]:
    """Return the names of the migrations of a tree."""
    return {path.name for path in (tree / "company" / "store" / "migrations").glob("*.sql")}


def previous_commit() -> str:
    """Return the newest commit whose code is not the one that lies here; skip the test where history has none."""
    try:
        commits = _git("rev-list", f"--max-count={_LOOKED_BACK}", "HEAD", "--", *_CODE).split()
        for commit in commits:
            if _git("diff", "--name-only", commit, "--", *_CODE):
                return commit
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no history to take an earlier version from: {error.stderr.strip()}")
    pytest.skip(f"git has no earlier code here: {len(commits)} commits (a clone without history?)")


def last_release() -> str:
    """Return the newest tag behind this commit, or '' before the first release."""
    try:
        at_head = _git("tag", "--points-at", "HEAD").split()
        tags = _git("tag", "--merged", "HEAD", "--sort=-creatordate").split()
    except subprocess.CalledProcessError:  # no repository: the other test says so
        return ""
    return next((tag for tag in tags if tag not in at_head), "")


def _git(*argv: str) -> str:
    return subprocess.run(
        ["git", *argv], cwd=CHECKOUT, env=dict(MACHINE), capture_output=True, text=True, check=True
    ).stdout
