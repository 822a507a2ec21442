"""The wheel, installed where nothing may be written: a company is made and its first job runs to the end."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import CHECKOUT, MACHINE, BareMachine, find_uv

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only]


def uv(*argv: str | Path) -> str:
    """Call uv as whoever runs the suite would, with their cache."""
    ran = subprocess.run(
        [find_uv(), *argv], cwd=CHECKOUT, env=dict(MACHINE), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


class Installed:
    """A virtual environment with the wheel, read-only as a whole."""

    def __init__(self, folder: Path) -> None:
        self.machine = BareMachine.make(folder / "machine")
        self.environment = folder / "venv"
        self.company = folder / "my company"
        uv("build", "--quiet", "--out-dir", folder / "dist")
        # What the lock says, as an upper word on versions: the wheel's own metadata asks for what is installed.
        constraints = folder / "constraints.txt"
        constraints.write_text(uv("export", "--frozen", "--no-dev", "--no-emit-project", "--no-hashes"))
        uv("venv", "--quiet", "--python", sys.executable, self.environment)
        [wheel] = (folder / "dist").glob("*.whl")
        uv(
            "pip", "install", "--quiet", "--compile-bytecode", "--python", self.environment / "bin" / "python",
            "--constraint", constraints, wheel,
        )  # fmt: skip
        subprocess.run(["chmod", "-R", "a-w", self.environment], check=True)
        self.as_installed = self.look()

    def look(self) -> dict[str, tuple[int, int]]:
        """Return size and time of change of every file: root may write anywhere, but not unseen."""
        return {
            str(path.relative_to(self.environment)): (path.lstat().st_size, path.lstat().st_mtime_ns)
            for path in sorted(self.environment.rglob("*"))
        }

    def run(self, *argv: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run the installed command."""
        return self.machine.run(self.environment / "bin" / "agent-service", *argv, cwd=cwd)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    made = Installed(tmp_path_factory.mktemp("installed"))
    yield made
    subprocess.run(["chmod", "-R", "u+w", made.environment], check=True)  # or nobody could remove it


def test_an_installed_wheel_makes_a_company_and_finishes_its_sample_job(installed: Installed) -> None:
    made = installed.run("init", str(installed.company), "--json", cwd=installed.company.parent)
    assert made.returncode == 0, made.stderr
    assert (Path(json.loads(made.stdout)["docs"]) / "priority-files.md").is_file()

    ran = installed.run("once", cwd=installed.company)
    assert ran.returncode == 0, ran.stderr
    [done] = (installed.company / "priorities" / "done").glob("exact-prices.*.md")
    assert ran.stdout.splitlines()[-1].endswith(done.name.removeprefix("exact-prices.").removesuffix(".md"))

    again = installed.run("once", cwd=installed.company)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    jobs = json.loads(installed.run("jobs", "--json", cwd=installed.company).stdout)
    assert [job["status"] for job in jobs["jobs"]] == ["completed"]
    assert installed.run("doctor", cwd=installed.company).returncode == 0

    assert installed.look() == installed.as_installed
