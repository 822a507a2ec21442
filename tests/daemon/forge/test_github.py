"""Pull requests on a GitHub that this project did not write."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from company.config.records import GithubConfig
from daemon.forge.github import GithubForge
from daemon.forge.protocol import Delivered, ForgeError, PullRequestState
from tests.daemon.forge.emulated_github import ROBOT, SLUG, EmulatedGithub, emulated_github
from tests.node_program import free_port


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedGithub]:
    with emulated_github(tmp_path_factory.mktemp("github")) as server:
        yield server


def forge(
    github: EmulatedGithub, *, draft: bool = False, token: str = ROBOT, slug: str = SLUG
) -> GithubForge:
    config = GithubConfig(api_url=github.url, draft=draft, labels=("agent-service",), merge_method="squash")
    return GithubForge(config, slug, token)


def delivered(github: EmulatedGithub, branch: str, number: int | None = None) -> Delivered:
    return Delivered(branch=branch, base="main", head_commit=github.branch(branch), number=number)


def opened(github: EmulatedGithub, branch: str, *, draft: bool = False) -> tuple[GithubForge, Delivered]:
    """Return a forge and a branch that has a pull request there."""
    there, work = forge(github, draft=draft), delivered(github, branch)
    pull = there.propose(work, f"Work on {branch}", "Body.")
    return there, Delivered(branch=branch, base="main", head_commit=work.head_commit, number=pull.number)


def test_a_branch_becomes_a_draft_with_its_words_and_label(github: EmulatedGithub) -> None:
    there, work = forge(github, draft=True), delivered(github, "agent/job-1")
    pull = there.propose(work, "Round prices", "What was done.")
    assert pull.state is PullRequestState.DRAFT
    [shown] = [one for one in github.pulls() if one["number"] == pull.number]
    assert (shown["title"], shown["body"], shown["draft"]) == ("Round prices", "What was done.", True)
    assert (shown["head"]["ref"], shown["base"]["ref"]) == ("agent/job-1", "main")
    assert [label["name"] for label in shown["labels"]] == ["agent-service"]
    assert pull.url == shown["html_url"]


def test_proposed_again_it_is_brought_up_to_date_and_never_doubled(github: EmulatedGithub) -> None:
    _, work = opened(github, "agent/job-2")
    again = forge(github).propose(work, "Better words", "More.")  # by another process: nothing is remembered
    assert again.number == work.number
    mine = [one for one in github.pulls() if one["head"]["ref"] == "agent/job-2"]
    assert [(one["title"], one["body"]) for one in mine] == [("Better words", "More.")]


def test_red_checks_and_requested_changes_come_back(github: EmulatedGithub) -> None:
    there, work = opened(github, "agent/job-3")
    assert work.number is not None
    assert there.complaints(work) == ()
    github.red_check(work.head_commit)
    github.request_changes(work.number, work.head_commit, "Round half to even, please.")
    complaints = {one.source: one for one in there.complaints(work)}
    assert set(complaints) == {"check: build", "review: alice"}
    assert complaints["check: build"].text == "2 tests failed"
    assert "0.1 + 0.2" in complaints["check: build"].detail
    assert complaints["review: alice"].text == "Round half to even, please."


def test_merged_by_order_and_again_changes_nothing(github: EmulatedGithub) -> None:
    there, work = opened(github, "agent/job-4")
    there.merge(work)
    assert there.look(work).state is PullRequestState.MERGED
    there.merge(work)


def test_what_moved_since_is_not_merged(github: EmulatedGithub) -> None:
    there, work = opened(github, "agent/job-5")
    stale = Delivered(branch=work.branch, base="main", head_commit="0" * 40, number=work.number)
    with pytest.raises(ForgeError):
        there.merge(stale)
    assert there.look(work).state is PullRequestState.OPEN


def test_a_draft_is_not_merged_and_says_what_to_do(github: EmulatedGithub) -> None:
    there, work = opened(github, "agent/job-6", draft=True)
    with pytest.raises(ForgeError, match="draft") as refused:
        there.merge(work)
    assert "ready" in refused.value.mend


def test_closed_by_order_it_is_closed(github: EmulatedGithub) -> None:
    there, work = opened(github, "agent/job-7")
    there.close(work)
    there.close(work)
    assert there.look(work).state is PullRequestState.CLOSED


def test_merged_by_a_person_it_is_seen(github: EmulatedGithub) -> None:
    there, work = opened(github, "agent/job-8")
    assert there.look(work).state is PullRequestState.OPEN
    github.call("PUT", f"/repos/{SLUG}/pulls/{work.number}/merge", {})
    assert there.look(work).state is PullRequestState.MERGED


def test_who_may_not_is_told_what_the_token_needs(github: EmulatedGithub) -> None:
    work = Delivered(branch="agent/job-9", base="main", head_commit="0" * 40, number=None)
    with pytest.raises(ForgeError) as refused:
        forge(github, slug="robot/nowhere").propose(work, "Title", "Body.")
    assert "GITHUB_TOKEN" in refused.value.mend


def test_a_forge_that_is_away_is_asked_again_later(tmp_path: Path) -> None:
    away = EmulatedGithub(f"http://127.0.0.1:{free_port()}")
    work = Delivered(branch="agent/job-9", base="main", head_commit="0" * 40, number=None)
    with pytest.raises(ForgeError, match="cannot be reached") as refused:
        forge(away).propose(work, "Title", "Body.")
    assert refused.value.retry_after_s == 60.0
