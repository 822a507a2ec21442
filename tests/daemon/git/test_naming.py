"""What may reach git as a name, checked against git itself."""

import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from daemon.git.naming import is_branch, is_safe_url, local_path

ODD = st.text(alphabet="ab/.-@{}~^:?*[\\ \t\nlock\x7fü", min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(ODD)
@example("a.lock/b")
@example("-x")
@example("a/.b")
@example("a@{b")
def test_a_name_taken_for_a_branch_is_one_to_git(name: str) -> None:
    done = subprocess.run(("git", "check-ref-format", f"refs/heads/{name}"), check=False, capture_output=True)
    if is_branch(name):
        assert done.returncode == 0
    elif done.returncode == 0:  # what we refuse beyond git's rules
        assert name.startswith(("-", "refs/")) or name in ("@", "HEAD")


def test_usual_names_are_branches() -> None:
    for name in ("main", "agent/job-1795572000000-abc1234", "fix/login_2.0", "ünïcode", "a@b", "v1.0"):
        assert is_branch(name)


@pytest.mark.parametrize(
    "address",
    ["https://host/x.git", "https://user:token@host:8443/x", "http://127.0.0.1:1/x", "ssh://git@host:22/x",
     "git@github.com:owner/name.git", "host:path/x"],
)  # fmt: skip
def test_addresses_people_use_are_safe(address: str) -> None:
    assert is_safe_url(address)


@pytest.mark.parametrize(
    "address",
    ["ext::sh -c x", "ext::x", "fd::3", "--upload-pack=x", "-oProxyCommand=x:y", "ssh://-oProxyCommand=x/y", "git://host/x",
     "ftp://host/x", "https://", "https://ho st/x", "https://host/x\ny", "user@-oX:path", "transport::address", "",
     "ssh://[::1"],
)  # fmt: skip
def test_addresses_that_run_something_or_mean_nothing_are_not(address: str) -> None:
    assert not is_safe_url(address)


def test_an_address_with_a_colon_before_the_first_slash_is_on_another_host(tmp_path: object) -> None:
    from pathlib import Path

    base = Path("/base")
    assert local_path("host:path", base=base) is None
    assert local_path("https://h/x", base=base) is None
    assert local_path("../x", base=base) == Path("/base/../x")
    assert local_path("./a:b", base=base) == Path("/base/a:b")
    assert local_path("file:///srv/x.git", base=base) == Path("/srv/x.git")
    assert local_path("-x", base=base) is None
