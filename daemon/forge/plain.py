"""A remote without pull requests: a bare repository, or any server whose API we do not speak.

The delivered branch waits there; merged means that merging it into the base would change nothing any more. That holds
for a merge, a rebase and a squash, also after later work on the base.
"""

from pathlib import Path

from company.config import Config
from company.errors import GitError
from company.work.pull_request import Complaint
from daemon.forge.protocol import Delivered, ForgeError, PullRequest, PullRequestState
from daemon.git.bare import remotes_of
from daemon.git.clone import Clone, resolve
from daemon.git.delivery import push
from daemon.git.merge import Conflict, integrate_base, is_contained


class PlainRemote:
    """The remote of ``clone``, which was fetched just now."""

    def __init__(self, config: Config, clone: Clone) -> None:
        self._config, self._clone = config, clone

    def propose(self, delivered: Delivered, title: str, body: str) -> PullRequest:  # noqa: ARG002 - nobody to tell
        """Say that it waits: pushing it was all there is to do."""
        return PullRequest(number=None, url=None, state=PullRequestState.OPEN)

    def look(self, delivered: Delivered) -> PullRequest:
        """Say whether the base holds the delivered commit's changes."""
        tip = resolve(self._clone, delivered.base)
        is_merged = tip is not None and is_contained(self._clone, delivered.head_commit, tip)
        state = PullRequestState.MERGED if is_merged else PullRequestState.OPEN
        return PullRequest(number=None, url=None, state=state)

    def complaints(self, delivered: Delivered) -> tuple[Complaint, ...]:  # noqa: ARG002 - the remote has no voice
        """Return nothing: nobody can complain there."""
        return ()

    def make_ready(self, delivered: Delivered) -> None:
        """Nothing waits as a draft there."""

    def merge(self, delivered: Delivered) -> None:
        """Push the base with the delivered commit merged into it; never anything that would rewrite it."""
        doing = f"merge {delivered.branch} into {delivered.base}"
        if self._clone.remote and Path(self._clone.remote).parent == remotes_of(self._clone.path.parent):
            raise ForgeError(
                doing,
                "the repository has no remote, and a checkout is never touched",
                mend=f"git pull {self._clone.remote} {delivered.branch}",
            )
        tip = resolve(self._clone, delivered.base)
        if tip is None:
            raise ForgeError(doing, f"there is no branch {delivered.base} any more")
        if is_contained(self._clone, delivered.head_commit, tip):
            return
        work = self._config.work
        merged = integrate_base(
            self._clone,
            tip,
            delivered.head_commit,
            message=f"Merge {delivered.branch}",
            name=work.commit_name,
            email=work.commit_email,
        )
        if isinstance(merged, Conflict):
            files = ", ".join(merged.files)
            raise ForgeError(doing, f"{delivered.base} moved and conflicts in {files}", mend="retry the job")
        try:
            push(self._clone, delivered.base, merged.commit, is_ours=False)
        except GitError as error:
            raise ForgeError(doing, str(error), mend=error.mend) from error

    def close(self, delivered: Delivered) -> None:
        """Leave the branch where it is: that nobody waits for it any more is written down by the caller."""
