"""Traps: what a hostile repository or agent plants in a git directory, and how plain git walks into each."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.daemon.git.repositories import Canary, make_canary, naive_git

Plant = Callable[[Path, Canary], None]  # git directory, canary
Naive = Callable[
    [Path, Path], None
]  # a work tree on that git directory; a bare repository with a commit it lacks


@dataclass(frozen=True)
class Trap:
    """``plant`` arms a git directory, ``naive`` is what springs it. Traps of one ``group`` do not hide each other."""

    group: str
    plant: Plant
    naive: Naive


def setting(key: str, value: str = "{canary}") -> Plant:
    section, _, rest = key.partition(".")
    within, _, name = rest.rpartition(".")

    def plant(git_dir: Path, canary: Canary) -> None:
        title = f'{section} "{within}"' if within else section
        text = f"[{title}]\n\t{name} = {value}\n".replace("{canary}", str(canary.program))
        with (git_dir / "config").open("a") as config:
            config.write(text)

    return plant


def hook(name: str) -> Plant:
    def plant(git_dir: Path, canary: Canary) -> None:
        (git_dir / "hooks").mkdir(exist_ok=True)
        shutil.copy(canary.program, git_dir / "hooks" / name)

    return plant


def hooks_elsewhere(git_dir: Path, canary: Canary) -> None:
    folder = canary.program.with_suffix(".hooks")
    folder.mkdir(exist_ok=True)
    for name in ("pre-commit", "reference-transaction", "pre-push", "post-index-change", "pre-receive"):
        shutil.copy(canary.program, folder / name)
    setting("core.hooksPath", str(folder))(git_dir, canary)


def included(condition: str) -> Plant:
    def plant(git_dir: Path, canary: Canary) -> None:
        (git_dir / "more").write_text(f"[core]\n\tfsmonitor = {canary.program}\n")
        setting(condition, str(git_dir / "more"))(git_dir, canary)

    return plant


def alternate(git_dir: Path, canary: Canary) -> None:
    other = git_dir.parent / f"{git_dir.name}-alternate"
    naive_git(git_dir.parent, "init", "-q", "--bare", str(other))
    (git_dir / "objects" / "info").mkdir(exist_ok=True)
    with (git_dir / "objects" / "info" / "alternates").open("a") as file:
        file.write(f"{other / 'objects'}\n")
    setting("core.alternateRefsCommand")(git_dir, canary)


def each(*plants: Plant) -> Plant:
    def plant(git_dir: Path, canary: Canary) -> None:
        for one in plants:
            one(git_dir, canary)

    return plant


def runs(*args: str) -> Naive:
    def naive(work_tree: Path, other: Path) -> None:
        naive_git(work_tree, *(arg.format(other=other) for arg in args), check=False)

    return naive


def touches_and(*args: str) -> Naive:
    def naive(work_tree: Path, other: Path) -> None:
        (work_tree / "README.md").write_text("touched\n")
        naive_git(work_tree, *args, check=False)

    return naive


def checks_out(work_tree: Path, other: Path) -> None:
    (work_tree / "README.md").unlink()
    naive_git(work_tree, "checkout", "-f", "--", ".", check=False)


def merges(work_tree: Path, other: Path) -> None:
    """Two changes of one file, merged: what asks for a merge driver."""
    for branch, text in (("left", "left\n"), ("right", "right\n")):
        naive_git(work_tree, "checkout", "-q", "-f", "-B", branch, "main", check=False)
        (work_tree / "README.md").write_text(text)
        naive_git(work_tree, "commit", "-qam", branch, check=False)
    naive_git(work_tree, "merge", "left", check=False)


def reads_in_a_terminal(work_tree: Path, other: Path) -> None:
    master, terminal = os.openpty()
    subprocess.run(("git", "log"), cwd=work_tree, stdout=terminal, stdin=terminal, timeout=30, check=False)
    os.close(terminal)
    os.close(master)


TRAPS = {
    "a pre-commit hook": Trap("a", hook("pre-commit"), touches_and("commit", "-qam", "x")),
    "a post-checkout hook": Trap("a", hook("post-checkout"), runs("checkout", "-qf", "-b", "other")),
    "a pre-push hook": Trap("a", hook("pre-push"), runs("push", "-q", "{other}", "HEAD:refs/heads/x")),
    "a transaction hook": Trap(
        "a", hook("reference-transaction"), runs("update-ref", "refs/heads/x", "HEAD")
    ),
    "an index hook": Trap("a", hook("post-index-change"), touches_and("add", "-A")),
    "core.hooksPath": Trap("b", hooks_elsewhere, touches_and("commit", "-qam", "x")),
    "core.fsmonitor": Trap("a", setting("core.fsmonitor"), runs("status")),
    "a clean filter": Trap("b", setting("filter.evil.clean"), touches_and("add", "-A")),
    "a smudge filter": Trap("b", setting("filter.evil.smudge"), checks_out),
    "a filter process": Trap("a", setting("filter.evil.process"), touches_and("add", "-A")),
    "textconv": Trap("c", setting("diff.evil.textconv"), runs("diff", "HEAD~1", "HEAD")),
    "a diff driver": Trap("a", setting("diff.evil.command"), runs("diff", "HEAD~1", "HEAD")),
    "diff.external": Trap("b", setting("diff.external"), runs("diff", "HEAD~1", "HEAD")),
    "a merge driver": Trap("a", setting("merge.evil.driver"), merges),
    "core.sshCommand": Trap("a", setting("core.sshCommand"), runs("fetch", "ssh://127.0.0.1/x")),
    "core.gitProxy": Trap("a", setting("core.gitProxy"), runs("fetch", "git://127.0.0.1/x")),
    "an alias": Trap("a", setting("alias.lg", "!{canary}"), runs("lg")),
    "a pager": Trap("a", setting("core.pager"), reads_in_a_terminal),
    "include.path": Trap("b", included("include.path"), runs("status")),
    "includeIf": Trap("c", included("includeIf.gitdir:/**.path"), runs("status")),
    "url.insteadOf": Trap(
        "c",
        each(setting("url.ext::{canary} .insteadOf", "/"), setting("protocol.ext.allow", "always")),
        runs("fetch", "{other}"),
    ),
    "a remote's upload-pack": Trap(
        "a",
        each(setting("remote.evil.url", "/nowhere"), setting("remote.evil.uploadpack")),
        runs("fetch", "evil"),
    ),
    "a signing program": Trap(
        "a",
        each(setting("commit.gpgSign", "true"), setting("gpg.program")),
        touches_and("commit", "-qam", "x"),
    ),
    "an editor": Trap("a", setting("core.editor"), touches_and("commit", "-a")),
    "a command for alternates": Trap("a", alternate, runs("fetch", "-q", "{other}", "main")),
}
GROUPS = sorted({trap.group for trap in TRAPS.values()})
ATTRIBUTES = "* filter=evil diff=evil merge=evil\n"


class Cage:
    """A canary for each trap of a group."""

    def __init__(self, folder: Path, group: str) -> None:
        self.birds = {
            name: make_canary(folder / f"cage-{name}") for name, trap in TRAPS.items() if trap.group == group
        }

    def arm(self, git_dir: Path) -> None:
        for name, canary in self.birds.items():
            TRAPS[name].plant(git_dir, canary)

    def singing(self) -> list[str]:
        return [name for name, canary in self.birds.items() if canary.sings]

    def hush(self) -> None:
        for canary in self.birds.values():
            canary.hush()
