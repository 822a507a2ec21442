"""What ./start and ./check say on a machine that cannot do it: one line with the mend, and nothing left behind."""

from pathlib import Path

import pytest

from tests.checkout import BareMachine, base_python, copy_checkout

OLD = 'sys.version_info = (3, 9, 18, "final", 0)'
NO_VENV = 'sys.modules["ensurepip"] = None'


def python_that(folder: Path, lies: str) -> str:
    """Return a shell script that runs this interpreter after it has executed ``lies``."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(f"import sys; {lies}")
    return f'PYTHONPATH="{folder}" exec "{base_python()}" "$@"'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_checkout(tmp_path / "a folder" / "agent service")


@pytest.mark.parametrize("script", ["start", "check"])
@pytest.mark.parametrize(
    ("lies", "line"),
    [
        (
            OLD,
            "Python 3.11 or newer is needed; found: python3 is 3.9.18."
            " Mend: install it, or install uv, which brings one.",
        ),
        (
            NO_VENV,
            "This Python has no venv: {bin}/python3. Mend: apt-get install python3-venv (Debian, Ubuntu),"
            " or install uv; then run this again.",
        ),
    ],
    ids=["old", "no venv"],
)
def test_a_python_that_cannot_do_it_is_refused_with_the_mend(
    tmp_path: Path, checkout: Path, script: str, lies: str, line: str
) -> None:
    machine = BareMachine.make(tmp_path / "machine", python_that(tmp_path / "lies", lies))
    ran = machine.run(checkout / script, cwd=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[1:] == [line.format(bin=machine.bin)]
    assert not (checkout / ".venv").exists()


def test_a_machine_without_python_is_told_so(tmp_path: Path, checkout: Path) -> None:
    machine = BareMachine.make(tmp_path / "machine")
    (machine.bin / "python3").unlink()
    ran = machine.run(checkout / "start", cwd=tmp_path)
    assert ran.returncode == 1
    assert "Python 3.11 or newer is needed; found: none." in ran.stderr


OLD_GIT = """
[ "$1" != --version ] || echo "git version 2.30.2"
[ "$1" != merge-tree ] || echo "usage: git merge-tree <base-tree> <branch1> <branch2>" >&2
"""


@pytest.mark.parametrize(("script", "found"), [(None, "none"), (OLD_GIT, "git version 2.30.2")])
def test_a_machine_without_git_or_with_an_old_one_is_told_so_at_once(
    tmp_path: Path, checkout: Path, script: str | None, found: str
) -> None:
    machine = BareMachine.make(tmp_path / "machine")
    (machine.bin / "git").unlink()
    if script:
        machine.script("git", script)
    ran = machine.run(checkout / "start", cwd=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr == (
        f"git 2.38 or newer is needed; found: {found}."
        " Mend: install it (Debian, Ubuntu: apt-get install git).\n"
    )


def ask(machine: BareMachine, checkout: Path, function: str) -> str:
    """Call a function of environment.sh."""
    ran = machine.run("sh", "-euc", f". ./.ci/environment.sh; {function}", cwd=checkout)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.strip()


def test_a_newer_python_beside_an_old_python3_is_taken(tmp_path: Path, checkout: Path) -> None:
    machine = BareMachine.make(tmp_path / "machine", python_that(tmp_path / "lies", OLD))
    machine.link("python3.13", base_python())
    assert ask(machine, checkout, "find_python") == "python3.13"


def test_the_machines_uv_is_taken_unless_it_is_too_old(tmp_path: Path, checkout: Path) -> None:
    machine = BareMachine.make(tmp_path / "machine")
    own = BareMachine(checkout / ".venv" / "bin", machine.home)
    own.bin.mkdir(parents=True)
    own.script("uv", "exit 0")
    machine.script("uv", "exit 0")
    assert ask(machine, checkout, "find_uv") == "uv"
    machine.script("uv", "echo \"error: unexpected argument '--no-default-groups' found\" >&2; exit 2")
    assert ask(machine, checkout, "find_uv") == ".venv/bin/uv"
