"""Units: their text, and what systemd itself says of them."""

import dataclasses
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.service import systemd
from daemon.service.record import Scope, Seal, ServiceRecord, seal_of
from tests.daemon.service.conftest import MakeRecord

GOLDEN = Path(__file__).with_name("golden")

#: how exposed a unit may be by systemd's own measure (0 to 10, lower is better); the docstring of systemd.py says why
#: it is not less
EXPOSURE_MAX = {"system": 5.5, "agent-user": 7.6, "user": 8.8}

SERVICES: dict[str, dict[str, Any]] = {
    "user": {"scope": Scope.USER},
    "system": {"scope": Scope.SYSTEM, "user": "shop"},
    "agent-user": {"scope": Scope.SYSTEM, "user": "root", "changes_user": True},
}

each_service = pytest.mark.parametrize("kind", SERVICES)


def analyze(*arguments: str, runtime: Path) -> subprocess.CompletedProcess[str]:
    """Let systemd-analyze look at a file. It needs no running systemd."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed (Debian, Ubuntu: apt-get install systemd)")
    return subprocess.run(
        [program, *arguments],
        env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(runtime), "HOME": str(runtime), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def written(record: ServiceRecord, folder: Path, *, systemd_version: int = 252) -> Path:
    path = folder / systemd.unit_name(record.name)
    path.write_text(systemd.render(record, systemd_version=systemd_version), encoding="utf-8")
    return path


@each_service
def test_a_unit_is_this_text(kind: str, make_record: MakeRecord) -> None:
    text = systemd.render(make_record(**SERVICES[kind]), systemd_version=256)
    assert text == (GOLDEN / f"{kind}.service").read_text(encoding="utf-8")
    assert seal_of(text) is Seal.OURS


def test_an_older_systemd_is_not_told_what_it_does_not_know(make_record: MakeRecord) -> None:
    old, new = (systemd.render(make_record(), systemd_version=version) for version in (253, 254))
    assert "RestartSec=10\n" in old
    assert "RestartSteps" not in old
    assert "RestartMaxDelaySec=300\n" in new


@each_service
def test_systemd_finds_nothing_wrong_with_a_unit(kind: str, real_record: MakeRecord, tmp_path: Path) -> None:
    unit = written(real_record(**SERVICES[kind]), tmp_path)
    manager = ["--user"] if kind == "user" else []
    looked = analyze(*manager, "verify", "--man=no", str(unit), runtime=tmp_path)
    assert (looked.returncode, looked.stdout + looked.stderr) == (0, "")


def test_systemd_would_find_a_fault(real_record: MakeRecord, tmp_path: Path) -> None:
    unit = written(real_record(argv=("/nowhere/python",)), tmp_path)
    looked = analyze("--user", "verify", "--man=no", str(unit), runtime=tmp_path)
    assert looked.returncode != 0
    assert "/nowhere/python is not executable" in looked.stderr


@pytest.mark.parametrize("folder", ["my company", "100%n", "Zürich;", "#1"])
def test_systemd_finds_the_program_in_an_odd_folder(
    folder: str, real_record: MakeRecord, tmp_path: Path
) -> None:
    record = real_record(folder, scope=Scope.SYSTEM, user="shop")
    looked = analyze("verify", "--man=no", str(written(record, tmp_path)), runtime=tmp_path)
    assert (looked.returncode, looked.stdout + looked.stderr) == (0, "")


@pytest.mark.parametrize("folder", ["a$HOME", 'quo"te', "it's", "back\\slash x", "-x", "@x", "~"])
def test_a_company_may_be_in_an_odder_folder_than_its_python(
    folder: str, real_record: MakeRecord, tmp_path: Path
) -> None:
    python = real_record("plain").argv[0]
    record = real_record(folder, scope=Scope.SYSTEM, user="shop")
    record = dataclasses.replace(record, argv=(python, *record.argv[1:]))
    looked = analyze("verify", "--man=no", str(written(record, tmp_path)), runtime=tmp_path)
    assert (looked.returncode, looked.stdout + looked.stderr) == (0, "")


@pytest.mark.parametrize(
    "python", ["/it's/python", '/quo"te/python', "/back\\slash/python", "/a$HOME/python"]
)
def test_a_program_that_systemd_would_not_start_is_refused(python: str, make_record: MakeRecord) -> None:
    with pytest.raises(ValueError, match="systemd starts no program"):
        systemd.render(make_record(argv=(python,)), systemd_version=252)


@each_service
def test_a_unit_is_no_more_exposed_than_agents_need(
    kind: str, real_record: MakeRecord, tmp_path: Path
) -> None:
    unit = written(real_record(**SERVICES[kind]), tmp_path)
    looked = analyze("security", "--offline=yes", str(unit), runtime=tmp_path)
    exposure = re.search(r"Overall exposure level for .*: ([0-9.]+)", looked.stdout)
    assert exposure, looked.stderr
    assert float(exposure[1]) <= EXPOSURE_MAX[kind]


@pytest.mark.parametrize("root", ["/srv/a\nUser=root", "/srv/a\\", "/srv/a ", "/srv/\udcff"])
def test_a_folder_that_a_unit_cannot_hold_is_refused(root: str, make_record: MakeRecord) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        systemd.render(make_record(root=Path(root)), systemd_version=252)


def test_a_company_cannot_name_itself_into_a_setting(make_record: MakeRecord) -> None:
    text = systemd.render(make_record(company="Shop\nUser=root\\"), systemd_version=252)
    assert "Description=Agent Service: daemon of Shop User=root\n" in text
    assert "\nUser=" not in text


settings = st.dictionaries(
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True),
    st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60),
    max_size=5,
)


@given(environment=settings)
def test_what_a_unit_sets_can_be_read_back(environment: dict[str, str]) -> None:
    record = ServiceRecord(
        program="daemon",
        company="Shop",
        root=Path("/srv/shop"),
        argv=("/usr/bin/true",),
        environment=tuple(environment.items()),
        scope=Scope.USER,
        errors_path=Path("/srv/shop/errors"),
    )
    assert systemd.environment_of(systemd.render(record, systemd_version=252)) == environment


def test_what_a_person_wrote_is_read_as_far_as_it_can_be() -> None:
    text = (
        'Environment=A=1 "B=2 3"\nEnvironment="C=open\nEnvironment=\nEnvironmentFile=/x\nEnvironment=D=50%%\n'
    )
    assert systemd.environment_of(text) == {"A": "1", "B": "2 3", "D": "50%"}


def test_a_dollar_in_the_command_is_a_dollar(make_record: MakeRecord) -> None:
    text = systemd.render(make_record(argv=("/bin/echo", "$HOME", "a b")), systemd_version=252)
    [line] = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    assert shlex.split(line.removeprefix("ExecStart=")) == ["/bin/echo", "$$HOME", "a b"]
