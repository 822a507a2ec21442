"""A finished job becomes a pull request, which is followed, mended and merged; nothing is doubled."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from company.errors import OrderRefused
from company.orders import pull_requests
from company.orders.office import Actor, Role
from company.store import pull_requests as rows
from company.store.sessions import Session
from company.work.job import JobStatus
from daemon.job.following import Following
from tests.conftest import Eventually
from tests.daemon.forge.emulated_github import ROBOT, SLUG, EmulatedGithub, emulated_github
from tests.node_program import free_port
from tests.whole_company import Company, Running, Start, git

CEO = Actor("ada", Role.CEO, "terminal")


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedGithub]:
    with emulated_github(tmp_path_factory.mktemp("github")) as server:
        yield server


def a_shop(company: Company, *, api_url: str, **github: object) -> Path:
    """Configure a repository whose git is here and whose pull requests are at ``api_url``."""
    company.agent("backend")
    company.configure(github={"api_url": api_url, "draft": False, **github})
    return company.repository(
        "shop", {"a.txt": "a\n"}, commands={"backend": ["sh", "-c", "date +%s%N >>a.txt"]}, github=SLUG
    )


def look(running: Running) -> list[str]:
    return Following(running.daemon.workplace).look()


def drain(running: Running) -> None:
    running.daemon.wake()
    running.daemon.drain()


def mine(github: EmulatedGithub, job: Session) -> list[dict[str, Any]]:
    return [one for one in github.pulls() if one["head"]["ref"] == job.branch_name]


@pytest.fixture
def delivered(
    company: Company, finish: Start, github: EmulatedGithub, monkeypatch: pytest.MonkeyPatch
) -> tuple[Running, Path]:
    """A job whose pull request is open at the emulator."""
    monkeypatch.setenv("GITHUB_TOKEN", ROBOT)
    bare = a_shop(company, api_url=github.url)
    company.drop("one.md", "---\nrepo: shop\n---\n# Note the time\n\nAsk @alice about <b>#1</b>.\n")
    return finish(), bare


def test_the_job_tells_its_story_there_and_nobody_is_disturbed_by_it(
    delivered: tuple[Running, Path], github: EmulatedGithub, company: Company
) -> None:
    running, _ = delivered
    job = running.job()
    assert (job.status, job.pr_state) == (JobStatus.COMPLETED, "open")
    [pull] = mine(github, job)
    assert job.pr_url == pull["html_url"]
    assert job.pr_number == pull["number"]
    assert pull["title"] == "Note the time"
    body = str(pull["body"])
    assert job.id in body
    assert "**Backend**: Note the time (1 file)" in body
    outside_fence = body.partition("```")[0] + body.rpartition("```")[2]
    assert "@alice" not in outside_fence
    assert f"| Pull request | {job.pr_url} |" in company.report(job.id)
    assert ROBOT not in body + company.log(job.id)


def test_what_comes_back_is_mended_on_the_same_branch_once(
    delivered: tuple[Running, Path], github: EmulatedGithub
) -> None:
    running, bare = delivered
    job = running.job()
    github.red_check(mine(github, job)[0]["head"]["sha"])
    look(running)
    drain(running)
    look(running)
    [first, second] = running.jobs()
    assert second.follows == first.id
    assert second.status is JobStatus.COMPLETED, second.outcome
    assert "2 tests failed" in second.priority_text
    assert git(bare, "rev-list", "--count", f"main..{job.branch_name}") == "2"
    assert first.head_commit == git(bare, "rev-parse", job.branch_name or "")
    assert len(mine(github, job)) == 1
    assert [word.dedup_key for word in running.words(first.id)].count(f"job:{first.id}:closed") == 1


def test_merged_there_it_earns_its_reward_once(
    delivered: tuple[Running, Path], github: EmulatedGithub
) -> None:
    running, _ = delivered
    job = running.job()
    github.call("PUT", f"/repos/{SLUG}/pulls/{job.pr_number}/merge", {})
    assert look(running) == [job.id]
    assert look(running) == []
    assert running.rewards(job.id) == [25]
    assert running.job().pr_state == "merged"


def test_closed_by_order_it_is_closed_there_and_earns_nothing(
    delivered: tuple[Running, Path], github: EmulatedGithub, eventually: Eventually
) -> None:
    running, _ = delivered
    job = running.job()
    assert pull_requests.close(running.daemon.office(), CEO, job.id).is_new
    eventually(lambda: running.job().pr_state == "closed")
    assert mine(github, job)[0]["state"] == "closed"
    assert running.job().pr_request is None
    assert running.rewards(job.id) == []
    with pytest.raises(OrderRefused, match="closed already"):
        pull_requests.merge(running.daemon.office(), CEO, job.id)


def test_what_the_forge_refuses_is_said_and_not_wanted_for_ever(
    delivered: tuple[Running, Path], eventually: Eventually
) -> None:
    running, _ = delivered
    job = running.job()
    with running.daemon.store.transaction() as tx:
        rows.note_head(tx, job.id, "0" * 40)  # somebody pushed since
    pull_requests.merge(running.daemon.office(), CEO, job.id)
    eventually(lambda: running.job().pr_request is None)
    assert running.job().pr_state == "open"
    assert running.job().pr_error


def test_a_forge_that_is_away_keeps_no_job_from_its_end_and_is_asked_again(
    company: Company, finish: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", ROBOT)
    a_shop(company, api_url=f"http://127.0.0.1:{free_port()}")
    company.drop("one.md", "---\nrepo: shop\n---\n# Note the time\n")
    running = finish()
    job = running.job()
    assert job.status is JobStatus.COMPLETED
    assert (job.pr_state, job.pr_url) == (None, None)
    assert "cannot be reached" in (job.pr_error or "")
    (tmp_path / "github").mkdir()
    with emulated_github(tmp_path / "github") as github:
        company.configure(github={"api_url": github.url})
        company.write_config()
        running.daemon.workplace.watch.refresh()
        look(running)
        assert running.job().pr_state == "open"
        assert running.job().pr_error is None
        assert len(mine(github, job)) == 1


class TestAPlainRemote:
    @pytest.fixture
    def waiting(self, company: Company, finish: Start) -> tuple[Running, Path]:
        company.agent("backend")
        bare = company.repository(
            "shop", {"a.txt": "a\n", "b.txt": "b\n"}, commands={"backend": ["sed", "-i", "s/a/z/", "a.txt"]}
        )
        company.drop("one.md", "---\nrepo: shop\n---\n# Change a letter\n")
        return finish(), bare

    def test_merged_by_order_its_base_moves_on_and_keeps_what_came_meanwhile(
        self, company: Company, waiting: tuple[Running, Path], eventually: Eventually
    ) -> None:
        running, bare = waiting
        git(company.root, "clone", "-q", str(bare), "person")
        (company.root / "person" / "b.txt").write_text("moved on\n")
        git(company.root / "person", "commit", "-qam", "Move on")
        git(company.root / "person", "push", "-q")
        pull_requests.merge(running.daemon.office(), CEO, running.job().id)
        eventually(lambda: running.job().pr_state == "merged")
        assert git(bare, "show", "main:a.txt") == "z"
        assert git(bare, "show", "main:b.txt") == "moved on"
        assert running.rewards(running.job().id) == [25]

    def test_a_base_that_conflicts_is_left_as_it_is(
        self, company: Company, waiting: tuple[Running, Path], eventually: Eventually
    ) -> None:
        running, bare = waiting
        git(company.root, "clone", "-q", str(bare), "person")
        (company.root / "person" / "a.txt").write_text("other\n")
        git(company.root / "person", "commit", "-qam", "Otherwise")
        git(company.root / "person", "push", "-q")
        tip = git(bare, "rev-parse", "main")
        pull_requests.merge(running.daemon.office(), CEO, running.job().id)
        eventually(lambda: running.job().pr_error)
        assert git(bare, "rev-parse", "main") == tip
        assert "conflicts in a.txt" in (running.job().pr_error or "")

    def test_only_the_ceo_merges(self, waiting: tuple[Running, Path]) -> None:
        running, _ = waiting
        operator = Actor("ben", Role.OPERATOR, "terminal")
        with pytest.raises(OrderRefused, match="needs ceo"):
            pull_requests.merge(running.daemon.office(), operator, running.job().id)
