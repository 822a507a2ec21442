"""The PATH of a service: what lasts of a terminal's, and where agent CLIs are that it does not name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from company.config import Config, load_config
from daemon.service.search_path import (
    find,
    is_passing,
    programs_looked_for,
    programs_of,
    runners_in_use,
    service_path,
)

SHORT = "/usr/local/bin:/usr/bin:/bin"


def program(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def config_of(folder: Path, **sections: Any) -> Config:
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({"company": {"name": "Shop"}, **sections}), encoding="utf-8")
    return load_config(path, {})


def test_what_lasts_of_a_terminals_path_is_written_down_in_its_order(tmp_path: Path) -> None:
    first, second = program(tmp_path / "b", "x").parent, program(tmp_path / "a", "y").parent
    made = service_path(f"{first}:{second}:{first}::/nowhere", home=tmp_path, wanted=(), passing=())
    assert made.folders[:2] == (str(first), str(second))
    assert set(SHORT.split(":")) >= set(made.folders[2:]) >= {"/usr/bin"}
    assert made.notes == ()


def test_what_does_not_last_is_left_out_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program(tmp_path / "here", "x")
    session, everybodys = tmp_path / "session", tmp_path / "everybodys"
    program(session, "x")
    program(everybodys, "x")
    everybodys.chmod(0o777)
    made = service_path(f"here:{session}:{everybodys}", home=tmp_path, wanted=(), passing=(str(session),))
    assert not {"here", str(session), str(everybodys)} & set(made.folders)
    words = dict(note.split(" is left out of PATH: ") for note in made.notes)
    assert set(words) == {"here", str(session), str(everybodys)}
    assert words[str(session)] == "it will not last"


def test_a_link_of_one_shell_is_replaced_by_what_it_stands_for(tmp_path: Path) -> None:
    real = program(tmp_path / "node-versions" / "v22.1.0" / "bin", "node").parent
    link = tmp_path / "fnm_multishells" / "1234_567"
    link.parent.mkdir()
    link.symlink_to(real)
    made = service_path(str(link), home=tmp_path, wanted=(), passing=())
    assert made.folders[0] == str(real)
    assert made.notes == (f"{link} will not last; PATH has {real} in its place",)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (".local/bin", "claude"),
        (".npm-global/bin", "codex"),
        (".nvm/versions/node/v22.3.0/bin", "gemini"),
        (".local/share/fnm/node-versions/v20.1.0/installation/bin", "pi"),
        (".opencode/bin", "opencode"),
    ],
)
def test_an_agent_cli_is_found_where_installers_put_it_though_the_path_is_short(
    tmp_path: Path, place: str, name: str
) -> None:
    where = program(tmp_path / place, name)
    made = service_path(SHORT, home=tmp_path, wanted=(name,), passing=())
    assert find([name], made.value) == {name: str(where)}
    assert made.notes == (f"{name} was found in {where.parent}, which is not in this terminal's PATH",)


def test_of_several_versions_the_newest_is_taken_by_number(tmp_path: Path) -> None:
    for version in ("v9.11.2", "v22.3.0", "v20.19.1"):
        program(tmp_path / ".nvm/versions/node" / version / "bin", "claude")
    made = service_path(SHORT, home=tmp_path, wanted=("claude",), passing=())
    assert "/v22.3.0/" in find(["claude"], made.value)["claude"]


def test_what_the_terminal_finds_comes_first(tmp_path: Path) -> None:
    mine = program(tmp_path / "mine", "claude")
    program(tmp_path / ".local/bin", "claude")
    made = service_path(f"{mine.parent}:{SHORT}", home=tmp_path, wanted=("claude",), passing=())
    assert find(["claude"], made.value) == {"claude": str(mine)}
    assert str(tmp_path / ".local/bin") not in made.folders


@pytest.mark.parametrize(
    "path", ["/tmp/x", "/private/tmp/x", "/run/user/1000/fnm_multishells/1_2/bin", "/home/k/.npm/_npx/ab/bin",
             "/home/k/.cache/uv/environments-v2/x/bin", "/home/k/uv/archive-v0/abc/bin"],
)  # fmt: skip
def test_folders_of_a_session_are_known(path: str) -> None:
    assert is_passing(path)
    assert not is_passing("/home/k/.local/bin")


@pytest.mark.parametrize(
    ("sections", "used", "called"),
    [
        ({}, (), ()),
        ({"work": {"runner": "claude"}}, ("claude",), ("claude",)),
        ({"work": {"runner": "codex"}, "runners": {"codex": {"program": "codex-next"}}}, ("codex",), ("codex-next",)),
        ({"work": {"runner": "codex"}, "runners": {"codex": {"program": "/opt/codex"}}}, ("codex",), ()),
        ({"work": {"runner": "auto"}, "runners": {"order": ["pi", "codex"]}}, ("pi", "codex"), ()),
    ],
)  # fmt: skip
def test_what_a_company_calls_is_its_runners_too(
    tmp_path: Path, sections: Mapping[str, Any], used: tuple[str, ...], called: tuple[str, ...]
) -> None:
    config = config_of(tmp_path, **sections)
    assert runners_in_use(config) == used
    assert programs_of(config) == called
    assert set(programs_looked_for(config)) >= {*called, "git", "claude"}


def test_what_checks_and_commands_call_is_called(tmp_path: Path) -> None:
    repository = {
        "name": "shop", "path": "shop",
        "commands": {"backend": ["formatter", "--all"], "frontend": ["{python}", "x.py"]},
        "checks": [{"name": "tests", "run": ["make", "test"]}, {"name": "own", "run": ["./check"]}],
        "setup": [["npm", "ci"]],
    }  # fmt: skip
    who = {"team": "team-engineering", "role": "Someone"}
    agents = [{"id": f"agent-{name}", "name": name, **who} for name in ("backend", "frontend")]
    teams = [{"id": "team-engineering", "name": "Engineering", "domain": "engineering"}]
    config = config_of(tmp_path, repositories=[repository], agents=agents, teams=teams)
    assert set(programs_of(config)) == {"formatter", "make", "npm"}
