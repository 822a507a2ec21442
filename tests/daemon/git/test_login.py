"""The service's own login reaches the forge it belongs to, over a real smart-HTTP server, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from company.errors import GitError
from daemon.git import login
from daemon.git.clone import open_clone
from daemon.git.delivery import push, remote_commit, squash
from tests.daemon.git.smart_http import TOKEN, SmartHttp, smart_http


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SmartHttp]:
    with smart_http(tmp_path) as door:
        yield door
        login.offer(door.origin, None)


def test_with_the_token_the_branch_is_fetched_and_pushed(server: SmartHttp, tmp_path: Path) -> None:
    login.offer(server.origin, TOKEN)
    clone = open_clone(f"{server.origin}/shop.git", tmp_path / "clones", name="shop")
    commit = squash(
        clone, "agent/job-1", base="main", tree_of="main", message="Work", name="a", email="a@b",
        at="2026-11-25T09:00:00.000Z",
    )  # fmt: skip
    push(clone, "agent/job-1", commit)
    assert remote_commit(clone, "agent/job-1") == commit
    assert set(server.logins) == {f"x-access-token:{TOKEN}"}
    written = [path for path in (tmp_path / "clones").rglob("*") if path.is_file()]
    assert not [path for path in written if TOKEN.encode() in path.read_bytes()]


def test_without_it_the_job_hears_that_it_may_not(server: SmartHttp, tmp_path: Path) -> None:
    with pytest.raises(GitError) as refused:
        open_clone(f"{server.origin}/shop.git", tmp_path / "clones", name="shop")
    assert refused.value.code == "not_authorised"
    assert server.logins == []


def test_another_forge_never_sees_it(server: SmartHttp, tmp_path: Path) -> None:
    login.offer("https://github.com", TOKEN)
    try:
        with pytest.raises(GitError):
            open_clone(f"{server.origin}/shop.git", tmp_path / "clones", name="shop")
    finally:
        login.offer("https://github.com", None)
    assert server.logins == []
