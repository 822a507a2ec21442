"""Pull requests on GitHub, github.com or Enterprise, through PyGithub and GitHub's REST API.

PyGithub takes 15 MB and half a second to import, so it is imported when the first repository needs it. Looks are
conditional (ETag): an unchanged answer costs nothing of the hourly limit. Nothing is retried in here; whoever follows
a pull request asks again later.
"""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from company.config.records import GithubConfig
from company.work.pull_request import Complaint
from daemon.forge.protocol import Delivered, ForgeError, PullRequest, PullRequestState

if TYPE_CHECKING:
    from github import Github
    from github.PullRequest import PullRequest as RemotePullRequest
    from github.Repository import Repository

TIMEOUT_S = 20
USED_UP_S = 900.0  # until a used-up limit is looked at again, where the answer does not say
_RED = frozenset({"failure", "timed_out", "cancelled", "action_required", "startup_failure"})
_RED_STATUS = frozenset({"failure", "error"})
_ACCESS_MEND = "give GITHUB_TOKEN a token with write access to contents and pull requests of the repository"

T = TypeVar("T")


class GithubForge:
    """One repository, ``owner/name``, reached with ``token``."""

    def __init__(self, config: GithubConfig, slug: str, token: str) -> None:
        self._config, self._slug, self._token = config, slug, token
        self._client: Github | None = None
        self._one_at_a_time = threading.RLock()
        self._seen: dict[int, RemotePullRequest] = {}

    def propose(self, delivered: Delivered, title: str, body: str) -> PullRequest:
        """Open a pull request as a draft (where configured), or update the open one of the branch."""

        def act() -> PullRequest:
            repository = self._repository()
            owner = self._slug.partition("/")[0]
            there = repository.get_pulls(state="open", head=f"{owner}:{delivered.branch}")
            # A forge that ignores the filter would give somebody else's.
            known = next((one for one in there if one.head.ref == delivered.branch), None)
            if known is None:
                known = repository.create_pull(
                    base=delivered.base,
                    head=delivered.branch,
                    title=title,
                    body=body,
                    draft=self._config.draft,
                )
                self._dress(known)
            else:
                known.edit(title=title, body=body)
            self._seen[known.number] = known
            return _standing(known)

        return self._asked("open the pull request", act)

    def look(self, delivered: Delivered) -> PullRequest:
        """Say how it stands."""
        return self._asked("look at the pull request", lambda: _standing(self._fresh(delivered)))

    def complaints(self, delivered: Delivered) -> tuple[Complaint, ...]:
        """Return red check runs, red statuses, and changes that a reviewer requested last."""

        def act() -> tuple[Complaint, ...]:
            pull = self._fresh(delivered)
            commit = self._repository().get_commit(pull.head.sha)
            return (
                *_readable(lambda: _red_runs(commit)),
                *_readable(lambda: _red_statuses(commit)),
                *_requested_changes(pull),
            )

        return self._asked("read checks and reviews", act)

    def make_ready(self, delivered: Delivered) -> None:
        """Mark a draft as ready for review."""

        def act() -> None:
            pull = self._fresh(delivered)
            if pull.draft:
                pull.mark_ready_for_review()

        self._asked("mark it ready for review", act)

    def merge(self, delivered: Delivered) -> None:
        """Merge by the configured method."""

        def act() -> None:
            pull = self._fresh(delivered)
            if pull.merged:
                return
            if pull.draft:
                raise ForgeError("merge", "it is a draft", mend="mark it ready for review first")
            pull.merge(merge_method=self._config.merge_method, sha=delivered.head_commit)

        self._asked("merge", act)

    def close(self, delivered: Delivered) -> None:
        """Close it."""

        def act() -> None:
            pull = self._fresh(delivered)
            if pull.state == "open":
                pull.edit(state="closed")

        self._asked("close", act)

    def _dress(self, pull: "RemotePullRequest") -> None:
        """Add labels and reviewers. What the forge refuses of these does not undo the pull request."""
        from github import GithubException

        try:
            if self._config.labels:
                pull.add_to_labels(*self._config.labels)
            if self._config.reviewers and not pull.draft:
                pull.create_review_request(reviewers=list(self._config.reviewers))
        except GithubException as error:
            pull.create_issue_comment(f"Labels or reviewers were not accepted: {_reason(error)}")

    def _fresh(self, delivered: Delivered) -> "RemotePullRequest":
        number = delivered.number
        assert number is not None, "only opened pull requests are asked about"
        known = self._seen.get(number)
        if known is None:
            known = self._seen[number] = self._repository().get_pull(number)
        else:
            known.update()  # asks with If-None-Match
        return known

    def _repository(self) -> "Repository":
        if self._client is None:
            from github import Auth, Github

            self._client = Github(
                auth=Auth.Token(self._token),
                base_url=self._config.api_url,
                timeout=TIMEOUT_S,
                retry=None,
                seconds_between_requests=None,
                seconds_between_writes=None,  # two or three a job
                lazy=True,
            )
        return self._client.get_repo(self._slug)

    def _asked(self, doing: str, act: Callable[[], T]) -> T:
        import requests
        from github import GithubException

        try:
            with self._one_at_a_time:
                return act()
        except GithubException as error:
            self._seen.clear()
            raise _forge_error(f"{doing} on {self._slug}", error) from error
        except requests.RequestException as error:
            raise ForgeError(
                f"{doing} on {self._slug}",
                f"GitHub cannot be reached: {type(error).__name__}",
                retry_after_s=60.0,
            ) from error


def _standing(pull: "RemotePullRequest") -> PullRequest:
    state = PullRequestState.OPEN
    if pull.merged or pull.merged_at is not None:
        state = PullRequestState.MERGED
    elif pull.state == "closed":
        state = PullRequestState.CLOSED
    elif pull.draft:
        state = PullRequestState.DRAFT
    return PullRequest(number=pull.number, url=pull.html_url, state=state)


def _readable(read: Callable[[], list[Complaint]]) -> list[Complaint]:
    """Return what ``read`` finds; nothing where the token may not read that kind (checks, statuses)."""
    from github import GithubException

    try:
        return read()
    except GithubException as error:
        if error.status in (403, 404) and _wait_s_in(error) is None:
            return []
        raise


def _red_runs(commit: Any) -> list[Complaint]:
    runs = (run for run in commit.get_check_runs() if run.conclusion in _RED)
    return [
        Complaint(
            source=f"check: {run.name}",
            text=(run.output.title if run.output else None) or run.conclusion.replace("_", " "),
            detail="\n".join(text for text in (run.output.summary, run.output.text) if text)
            if run.output
            else "",
            url=run.html_url or "",
        )
        for run in runs
    ]


def _red_statuses(commit: Any) -> list[Complaint]:
    return [
        Complaint(source=f"check: {one.context}", text=one.description or one.state, url=one.target_url or "")
        for one in commit.get_combined_status().statuses
        if one.state in _RED_STATUS
    ]


def _requested_changes(pull: "RemotePullRequest") -> list[Complaint]:
    """Return what each reviewer's last word asks for, unless that word is about an older commit's faults."""
    last: dict[str, Any] = {}
    for review in pull.get_reviews():
        if review.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
            last[getattr(review.user, "login", None) or "somebody"] = review
    asked = {who: review for who, review in last.items() if review.state == "CHANGES_REQUESTED"}
    if not asked:
        return []
    remarks = _remarks(pull, [review.id for review in asked.values()])
    return [
        Complaint(
            source=f"review: {who}",
            text=(review.body or "").strip() or "changes requested",
            detail="\n\n".join(remarks[review.id]),
            url=review.html_url or "",
        )
        for who, review in asked.items()
        if review.commit_id == pull.head.sha
    ]


def _remarks(pull: "RemotePullRequest", review_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {one: [] for one in review_ids}
    for remark in pull.get_review_comments():
        review_id = remark.raw_data.get("pull_request_review_id")
        if review_id in found:
            found[review_id].append(f"{remark.path}:{remark.line or '?'}: {remark.body}")
    return found


def _forge_error(doing: str, error: Any) -> ForgeError:
    from github import BadCredentialsException, RateLimitExceededException

    if isinstance(error, BadCredentialsException) or error.status == 401:
        return ForgeError(doing, "GitHub does not know the token", mend=_ACCESS_MEND)
    if isinstance(error, RateLimitExceededException) or error.status == 429 or _wait_s_in(error) is not None:
        return ForgeError(
            doing, "GitHub's rate limit is used up", retry_after_s=_wait_s_in(error) or USED_UP_S
        )
    if error.status in (403, 404):
        return ForgeError(doing, f"GitHub refuses it: {_reason(error)}", mend=_ACCESS_MEND)
    if error.status >= 500:
        return ForgeError(doing, f"GitHub has a fault ({error.status})", retry_after_s=60.0)
    return ForgeError(doing, f"GitHub refuses it: {_reason(error)}")


def _wait_s_in(error: Any) -> float | None:
    """Return how long GitHub asks to be left alone; None where it does not (docs: rate limits, Retry-After)."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    wait = headers.get("retry-after", "")
    return float(wait) if wait.isdigit() else None


def _reason(error: Any) -> str:
    told = error.data if isinstance(error.data, dict) else {}
    more = [one.get("message", "") for one in told.get("errors", []) if isinstance(one, dict)]
    return "; ".join(text for text in (told.get("message", ""), *more) if text) or f"status {error.status}"
