"""./start on a bare machine: python3, git, an empty HOME, and nothing else."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.checkout import BareMachine, copy_checkout, find_uv

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only]

NOTHING_DONE = """---
repo: sample
agents: [backend]
checks: ["false"]
max_iterations: 1
---
# A check that stays red
"""


class Clone:
    """A fresh clone on a bare machine, after its first ``./start --once``."""

    def __init__(self, folder: Path) -> None:
        self.machine = BareMachine.make(folder / "machine")
        self.checkout = copy_checkout(folder / "a folder" / "agent service")
        self.first = self.machine.run(self.checkout / "start", "--once", cwd=folder)

    def samples_done(self) -> list[str]:
        """Return the sample's files that are done."""
        return sorted(path.name for path in (self.checkout / "priorities" / "done").glob("exact-prices.*.md"))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return Clone(tmp_path_factory.mktemp("bare"))


def test_the_first_start_sets_up_and_shows_the_sample_to_its_end(clone: Clone) -> None:
    assert clone.first.returncode == 0, clone.first.stderr
    assert clone.first.stderr.startswith("Setting up .venv")
    [done] = clone.samples_done()
    job_id = done.removeprefix("exact-prices.").removesuffix(".md")
    assert re.search(rf"^completed: 6 files changed, branch agent/{job_id} on ", clone.first.stdout, re.M)
    assert (clone.checkout / "reports" / job_id / "report.md").is_file()
    assert clone.first.stdout.splitlines()[-1].endswith(f"show agent/{job_id}")


def test_the_second_start_makes_no_second_sample_and_says_nothing_of_setting_up(clone: Clone) -> None:
    ran = clone.machine.run(clone.checkout / "start", "--once", cwd=clone.checkout)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert len(clone.samples_done()) == 1


def test_it_runs_from_any_folder_whatever_cd_is_told(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "agent service").mkdir()  # where CDPATH would lead
    ran = clone.machine.run("agent service/start", "--once", cwd=clone.checkout.parent, CDPATH=str(tmp_path))
    assert (ran.returncode, ran.stderr) == (0, "")


def test_an_environment_that_is_current_costs_next_to_nothing(clone: Clone) -> None:
    script = ". ./.ci/environment.sh; make_environment --no-default-groups"
    took = []
    for _ in range(5):
        began = time.monotonic()
        ran = clone.machine.run("sh", "-euc", script, cwd=clone.checkout)
        took.append(time.monotonic() - began)
        assert (ran.returncode, ran.stderr) == (0, "")
    assert min(took) < 1.0  # 0.1 s on a quiet machine; looking at what is installed takes longer


def test_once_tells_scripts_that_a_job_did_not_make_it(clone: Clone) -> None:
    (clone.checkout / "priorities" / "red.md").write_text(NOTHING_DONE)
    assert clone.machine.run(clone.checkout / "start", "--once", cwd=clone.checkout).returncode == 4
    assert clone.machine.run(clone.checkout / "start", "--once", cwd=clone.checkout).returncode == 0


def test_ctrl_c_ends_it_at_once_and_in_good_order(clone: Clone) -> None:
    with subprocess.Popen(
        [clone.checkout / "start"],
        cwd=clone.checkout,
        env=clone.machine.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as service:
        assert service.stderr
        said = next(line for line in service.stderr if "is up" in line)
        assert "Ctrl-C stops it" in said
        assert "local Slack" in service.stderr.readline()  # the last word of the greeting
        began = time.monotonic()
        os.killpg(service.pid, signal.SIGINT)  # as a terminal does: the whole foreground group hears it
        rest = service.stderr.read()
        assert service.wait(timeout=10) == 0
        assert time.monotonic() - began < 6
        assert rest == ""
    with pytest.raises(ProcessLookupError):
        os.killpg(service.pid, 0)


def test_a_checkout_that_was_moved_still_starts(clone: Clone, tmp_path: Path) -> None:
    moved = tmp_path / "somewhere else"
    shutil.copytree(clone.checkout, moved, symlinks=True)
    ran = clone.machine.run(moved / "start", "--once", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    ran = clone.machine.run(
        moved / ".venv" / "bin" / "python", "-c", "import daemon; print(daemon.__file__)", cwd=tmp_path
    )
    assert ran.stdout.startswith(str(moved))


def test_a_set_up_that_was_cut_off_is_done_again(clone: Clone, tmp_path: Path) -> None:
    checkout = copy_checkout(tmp_path / "checkout")
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to(tmp_path / "gone")
    ran = clone.machine.run(checkout / "start", "--once", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr


def test_with_uv_on_the_machine_it_needs_no_pip_and_without_it_again_no_new_environment(
    tmp_path: Path,
) -> None:
    machine = BareMachine.make(tmp_path / "machine")
    machine.link("uv", find_uv())
    checkout = copy_checkout(tmp_path / "checkout")
    ran = machine.run(checkout / "start", "--once", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert not (checkout / ".venv" / "bin" / "uv").exists()
    (machine.bin / "uv").unlink()
    marker = checkout / ".venv" / "made-by-uv"
    marker.touch()
    ran = machine.run(checkout / "start", "--once", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert marker.exists()
