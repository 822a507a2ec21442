"""What doctor looks at of a repository: can it be read, could a branch be pushed, is there a login for its forge."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from company.errors import AgentServiceError, GitError
from daemon.cli.diagnosis import Finding

if TYPE_CHECKING:
    from company.config import Config, RepositoryConfig
    from daemon.git.source import Source

NETWORK_TIMEOUT_S = 15
#: where a push is tried; nothing is ever made there
_TRIED = "refs/heads/agent-service-doctor"


def repository_findings(config: "Config", repository: "RepositoryConfig") -> Iterator[Finding]:
    """Look at one repository. Reads only: the push is a dry run."""
    from daemon.git import login
    from daemon.git.source import look_at

    name, source = f"repository {repository.name}", repository.source(config.root)
    if Path(source).is_relative_to(config.folders.state) and not Path(source).exists():
        yield Finding(
            name, "note", f"{source} is not there yet", "the first start makes it: agent-service up"
        )
        return
    try:
        token = _token(config)
        login.offer(*token)
        with tempfile.TemporaryDirectory() as folder:
            control = _control(Path(folder))
            looked = look_at(source, git_dir=control)
            heads = _heads(looked, control)
            yield _read_finding(name, looked, heads, repository.default_branch)
            if config.work.push and looked.push is not None:
                yield _push_finding(name, looked, control)
    except (GitError, AgentServiceError) as error:
        said = error.stderr.strip() if isinstance(error, GitError) else ""
        yield Finding(name, "broken", said or str(error), error.mend or "mend it in config.yaml")
        return
    yield from _forge_finding(config, repository, looked, has_token=token[1] is not None)


def identity_finding(config: "Config") -> Finding:
    """Make a commit of nothing by whoever commits are to be by: git takes no name of nothing but punctuation."""
    from daemon.git.command import Identity, run_git

    work = config.work
    name, who = "git identity", f"{work.commit_name} <{work.commit_email}>"
    try:
        with tempfile.TemporaryDirectory() as folder:
            control = _control(Path(folder))
            tree = run_git(("mktree",), git_dir=control, input_text="").stdout.strip()
            by = Identity(work.commit_name, work.commit_email)
            run_git(("commit-tree", tree, "-m", "Tried"), git_dir=control, identity=by)
    except GitError as error:
        text = f"{who}: {error.stderr.strip() or error}"
        return Finding(name, "broken", text, "correct work.commit_name and work.commit_email in config.yaml")
    return Finding(name, "ok", f"commits are by {who}")


def _token(config: "Config") -> tuple[str, str | None]:
    from daemon.forge import github_token, web_origin

    return web_origin(config), github_token(os.environ)


def _heads(looked: "Source", control: Path) -> set[str]:
    from daemon.git.command import run_git

    listing = run_git(
        ("ls-remote", "--heads", looked.fetch),
        git_dir=control,
        timeout_s=NETWORK_TIMEOUT_S,
        network=looked.folder is None,
    )
    return {line.partition("refs/heads/")[2] for line in listing.stdout.splitlines()}


def _read_finding(name: str, looked: "Source", heads: set[str], wanted: str | None) -> Finding:
    if not heads:
        return Finding(name, "broken", f"{looked.fetch} has no branch", "make a first commit there")
    if wanted is not None and wanted not in heads:
        return Finding(
            name, "broken", f"{looked.fetch} has no branch {wanted}", "correct default_branch in config.yaml"
        )
    return Finding(name, "ok", f"{looked.fetch}: {len(heads)} branch{'es' if len(heads) != 1 else ''}")


def _push_finding(name: str, looked: "Source", control: Path) -> Finding:
    """Try to push a commit of nothing, dry: the remote asks for the login all the same."""
    from daemon.git.command import Identity, run_git

    assert looked.push is not None, "only remotes of others are asked"
    name = f"{name}, push"
    folder = Path(looked.push)
    if looked.push.startswith("/") and not os.access(folder / "objects", os.W_OK):
        return Finding(
            name, "broken", f"{folder} cannot be written by this user", f"give {folder} to it, or its group"
        )
    tree = run_git(("mktree",), git_dir=control, input_text="").stdout.strip()
    commit = run_git(
        ("commit-tree", tree, "-m", "Tried"), git_dir=control, identity=Identity()
    ).stdout.strip()
    try:
        run_git(
            ("push", "--dry-run", "--quiet", "--no-verify", looked.push, f"{commit}:{_TRIED}"),
            git_dir=control,
            timeout_s=NETWORK_TIMEOUT_S,
            network=not looked.push.startswith("/"),
        )
    except GitError as error:
        return Finding(
            name,
            "broken",
            error.stderr.strip() or str(error),
            error.mend or "give the service a login that may push",
        )
    return Finding(name, "ok", "a branch could be pushed")


def _forge_finding(
    config: "Config", repository: "RepositoryConfig", looked: "Source", *, has_token: bool
) -> Iterator[Finding]:
    from daemon.forge import slug_of

    slug = slug_of(config, repository.name, looked.push or looked.fetch)
    if slug is None:
        return
    name = f"pull requests of {repository.name}"
    if has_token:
        yield Finding(name, "ok", f"{slug} at {config.github.api_url}")
    else:
        yield Finding(
            name,
            "note",
            f"{slug}: there is no token, so branches are delivered and no pull request is opened",
            "put GITHUB_TOKEN into service.env (contents and pull requests: write)",
        )


def _control(folder: Path) -> Path:
    """Make a control directory of an empty repository to call git from."""
    from daemon.git.bare import make_bare
    from daemon.git.control import open_control

    make_bare(folder / "empty.git")
    return open_control(folder / "control", folder / "empty.git")
