"""Repositories and branches: what git could execute or misread never reaches it."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from company.work.target import safe_branch, safe_target


@pytest.mark.parametrize(
    "text",
    [
        "sample", "my repo", "shop.git", "./shop", "/srv/git/shop.git", "~/code/shop", "../shop",
        "https://github.com/example/shop.git", "https://example.org:8443/a/b", "ssh://git@example.org:22/a.git",
        "ssh://example.org/a.git", "git@github.com:example/shop.git", "host:path/to/repo", "/a/odd:name",
    ],
)  # fmt: skip
def test_names_paths_and_addresses_are_taken(text: str) -> None:
    assert safe_target(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "ext::sh -c 'touch /tmp/x'", "fd::17", "transport::https://x", "--upload-pack=touch /tmp/x", "-x", "",
        " ", "a ", "http://example.org/a", "file:///srv/a", "git://example.org/a", "ftp://x/y", "javascript://x",
        "https://token@github.com/a", "https://user:password@github.com/a", "ssh://-oProxyCommand=touch/x",
        "ssh://git:password@host/a", "ssh://-x@host/a", "-oProxyCommand=x:a", "git@-oProxyCommand=x:a",
        "host:-x", "git@host:", "a\nb", "a\0b", "a\u2028b", "HTTPS://EXT::X", "x" * 2000, "https://", "https://host",
    ],
)  # fmt: skip
def test_what_git_could_execute_or_misread_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        safe_target(text)


@pytest.mark.parametrize(
    "text", ["main", "feature/login", "fix-#12", "v1.2", "über/straße", "a@b", "0123abc"]
)
def test_branches_are_taken(text: str) -> None:
    assert safe_branch(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "-d", "--force", "a b", "a..b", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "a\x7f", "a\nb", "/a", "a/",
        "a//b", ".a", "a/.b", "a.", "a.lock", "a.lock/b", "@", "HEAD", "a@{1}", "refs/heads/a", "a" * 201, "ü" * 130,
    ],
)  # fmt: skip
def test_what_git_refuses_or_reads_otherwise_is_no_branch(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        safe_branch(text)


@settings(max_examples=60)  # each starts git
@given(
    st.text(st.sampled_from("ab./-@{~^:?*[\\ \tü\x01\x7fHEADlock"), min_size=1, max_size=8).filter(
        lambda t: "\0" not in t
    )
)
def test_git_takes_every_branch_that_we_take(text: str) -> None:
    try:
        safe_branch(text)
    except ValueError:
        return
    assert (
        subprocess.run(
            ["git", "check-ref-format", "--branch", text], capture_output=True, check=False
        ).returncode
        == 0
    )


def test_git_can_make_the_longest_branch(tmp_path: Path) -> None:
    name = safe_branch("ü" * 100 + "/" + "b" * 99)
    subprocess.run(["git", "init", "-q", "-b", name, str(tmp_path)], check=True)
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", "x"], cwd=tmp_path, check=True)
