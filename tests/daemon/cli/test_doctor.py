"""doctor and init: what can be wrong is named with its mend, and a company is made once."""

import os
import sqlite3
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from company.clock import to_iso
from company.config import load_config
from company.config.records import GithubConfig, RepositoryConfig
from company.orders import jobs
from company.orders.jobs import StartRequest
from company.orders.office import Actor, Office
from daemon.cli import diagnosis
from daemon.cli.diagnosis import Finding
from daemon.cli.repository_diagnosis import repository_findings
from daemon.git import login
from daemon.service.record import seal_line
from daemon.service.systemd import without_environment
from tests.daemon.cli.conftest import Run, Systemd
from tests.daemon.git.smart_http import TOKEN, smart_http
from tests.whole_company import git


def findings(run: Run) -> dict[str, dict[str, str]]:
    return {one["name"]: one for one in run("doctor", "--json").facts["findings"]}


def configure(company: Path, text: str) -> None:
    """Put sections in place of those of the shipped config.yaml that have the same name."""
    path = company / "config.yaml"
    kept, skipping = [], False
    names = [line.split(":")[0] for line in text.splitlines() if line and not line.startswith(" ")]
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#", "-")):
            skipping = line.split(":")[0] in names
        if not skipping:
            kept.append(line)
    path.write_text("\n".join([*kept, text]) + "\n", encoding="utf-8")


def test_a_fresh_company_is_well(run: Run) -> None:
    ran = run("doctor")
    assert ran.code == 0, ran.out
    assert "✗" not in ran.out
    found = findings(run)
    for name in ("python", "git", "clock", "configuration", "folder priorities", "disk", "time zone", "database",
                 "unfinished jobs", "agents", "runner command", "repository sample"):  # fmt: skip
        assert name in found
    assert found["repository sample"]["state"] == "note"
    assert found["time zone"]["text"] == "Europe/Berlin, from config.yaml"


def test_looking_leaves_nothing_behind(run: Run, company: Path) -> None:
    before = sorted(company.rglob("*"))
    run("doctor")
    assert sorted(company.rglob("*")) == before


def test_a_broken_configuration_is_named_with_its_line(run: Run, company: Path) -> None:
    path = company / "config.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("jobs_at_once: 4", "jobs_at_onec: 4"), encoding="utf-8"
    )
    ran = run("doctor")
    assert ran.code == 1
    assert "config.yaml:" in ran.out
    assert "jobs_at_onec" in ran.out


def test_a_folder_in_the_place_of_a_file_is_named(run: Run, company: Path) -> None:
    (company / "file").write_text("x", encoding="utf-8")
    configure(company, "folders:\n  reports: file/reports\n")
    found = findings(run)["folder reports"]
    assert found["state"] == "broken"
    assert "writable" in found["mend"]


def test_drift_and_damage_of_the_database_are_named(run: Run, company: Path) -> None:
    run("agents")
    path = company / ".compound-state" / "agent-service.db"
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE leads ADD COLUMN nickname TEXT")
    connection.close()
    found = findings(run)["database"]
    assert found["state"] == "broken"
    assert "nickname" in found["text"]


def test_a_row_that_refers_to_none_is_found(run: Run, company: Path) -> None:
    run("agents")
    path = company / ".compound-state" / "agent-service.db"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE agents SET team_id = 'team-gone' WHERE id = 'agent-wong'")
    connection.close()
    found = findings(run)["database"]
    assert (found["state"], "refers to a row of teams" in found["text"]) == ("broken", True)


def test_a_clock_behind_the_books_is_found(run: Run, office: Office) -> None:
    ahead = to_iso(datetime.now(UTC) + timedelta(days=2))
    run("pause")
    with office.store.transaction() as tx:
        tx.execute("UPDATE audit SET ordered_at = :ahead", ahead=ahead)
    assert run("doctor").code == 1
    assert "behind the newest row" in run("doctor").out


def test_unfinished_jobs_are_a_note(run: Run, office: Office, folder_actor: Actor) -> None:
    jobs.start(office, folder_actor, StartRequest(content=b"# X", name="x.md"))
    found = findings(run)["unfinished jobs"]
    assert (found["state"], found["text"]) == ("note", "0 under way, 1 waiting")


def test_a_running_service_is_seen_and_its_jobs_are_well(
    run: Run, company: Path, office: Office, folder_actor: Actor
) -> None:
    assert findings(run)["service"]["mend"] == "agent-service up"
    jobs.start(office, folder_actor, StartRequest(content=b"# X", name="x.md"))
    (company / ".compound-state" / "daemon.lock").write_text(f"{os.getpid()}\n", encoding="ascii")
    found = findings(run)
    assert found["service"]["text"] == f"running, process {os.getpid()}"
    assert found["unfinished jobs"]["state"] == "ok"


def test_a_runner_that_is_not_there_is_broken(run: Run, company: Path) -> None:
    configure(company, "work:\n  runner: nosuch\n")
    assert findings(run)["runner nosuch"]["state"] == "broken"


def test_repositories_are_reached_or_named_with_what_mends_them(run: Run, company: Path) -> None:
    repository = company / "site"
    git = ["git", "-c", "user.name=p", "-c", "user.email=p@example.org"]
    subprocess.run([*git, "init", "-q", "-b", "main", repository], check=True)
    configure(
        company,
        "repositories:\n  - {name: site, path: site}\n  - {name: gone, path: nowhere}\n"
        "  - {name: other, path: site, default_branch: trunk}\n",
    )
    found = findings(run)
    assert found["repository site"]["text"].endswith("has no branch")
    assert found["repository gone"]["state"] == "broken"
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], cwd=repository, check=True)
    found = findings(run)
    assert (found["repository site"]["state"], found["repository site"]["text"]) == (
        "ok",
        f"{repository}: 1 branch",
    )
    assert found["repository other"]["mend"] == "correct default_branch in config.yaml"


def test_small_watch_limits_are_a_note(tmp_path: Path) -> None:
    (tmp_path / "max_user_watches").write_text("100\n")
    (tmp_path / "max_user_instances").write_text("128\n")
    [finding] = diagnosis.watch_limits(tmp_path)
    assert (finding.state, "sysctl" in finding.mend) == ("note", True)
    assert list(diagnosis.watch_limits(tmp_path / "nowhere")) == []


def test_init_makes_a_company_that_can_be_loaded_and_seeded(run: Run, tmp_path: Path) -> None:
    ran = run("init", tmp_path / "new")
    assert ran.code == 0
    config = load_config(tmp_path / "new" / "config.yaml", {})
    for folder in (
        config.folders.priorities,
        config.folders.state,
        config.folders.logs,
        config.folders.reports,
    ):
        assert (folder / "README.md").is_file()
    assert run("--config", tmp_path / "new", "agents").code == 0


def test_init_says_what_to_type_next_and_where_the_docs_are(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "a new one"
    first, second = run("init", folder).out.splitlines()
    assert first.endswith(f"cd '{folder}' && agent-service up")
    docs = Path(second.rpartition(": ")[2])
    assert (docs / "priority-files.md").is_file()
    assert Path(run("init", tmp_path / "other", "--json").facts["docs"]) == docs


def test_init_leaves_a_company_alone(run: Run, company: Path) -> None:
    before = (company / "config.yaml").read_bytes()
    ran = run("init", company)
    assert (ran.code, "is a company already" in ran.err) == (1, True)
    assert (company / "config.yaml").read_bytes() == before


def test_init_keeps_what_stands_in_the_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "new" / "priorities").mkdir(parents=True)
    (tmp_path / "new" / "priorities" / "README.md").write_text("mine", encoding="utf-8")
    assert run("init", tmp_path / "new", "--json").facts["config"] == str(tmp_path / "new" / "config.yaml")
    assert (tmp_path / "new" / "priorities" / "README.md").read_text(encoding="utf-8") == "mine"


AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run agents as another user")


@AS_ROOT
def test_an_agent_user_that_is_none_is_broken_with_its_mend(run: Run, company: Path) -> None:
    configure(company, "work:\n  agent_user: no-such-user\n")
    found = findings(run)["agent user"]
    assert (found["state"], found["mend"]) == (
        "broken",
        "make the user: useradd --system --create-home no-such-user",
    )


@AS_ROOT
def test_an_agent_user_that_cannot_get_to_its_work_is_broken_with_its_mend(run: Run, company: Path) -> None:
    company.chmod(0o700)
    configure(company, "work:\n  agent_user: nobody\n")
    found = findings(run)["agent user"]
    assert found["state"] == "broken"
    assert found["mend"].startswith("chmod o+x ")


def test_a_service_that_cannot_become_the_agent_user_is_told_so(
    run: Run, company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    configure(company, "work:\n  agent_user: nobody\n")
    found = findings(run)["agent user"]
    assert (found["state"], "run the service as root" in found["mend"]) == ("broken", True)


def test_without_an_agent_user_doctor_says_nothing_of_it(run: Run) -> None:
    assert "agent user" not in findings(run)


def test_a_remote_that_would_take_no_branch_is_broken_before_any_job_finds_out(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(company / "config.yaml", {})
    with smart_http(tmp_path) as server:
        server.is_open_to_readers = True
        # config.yaml takes https alone: this server speaks http
        shop = RepositoryConfig.model_construct(
            name="shop", url=f"{server.origin}/shop.git", github="robot/shop"
        )
        config = config.model_copy(
            update={"github": GithubConfig(api_url=server.origin), "repositories": (shop,)}
        )

        def look() -> dict[str, Finding]:
            return {one.name: one for one in repository_findings(config, shop)}

        found = look()
        assert found["repository shop"].state == "ok"
        assert found["repository shop, push"].state == "broken"
        assert found["repository shop, push"].mend
        assert "GITHUB_TOKEN" in found["pull requests of shop"].mend

        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        found = look()
        login.offer(server.origin, None)
        assert found["repository shop, push"].state == "ok", found
        assert found["pull requests of shop"].state == "ok"
        assert git(server.root / "shop.git", "branch", "--format=%(refname:short)") == "main"


def test_a_service_that_cannot_find_its_programs_or_was_edited_is_told_so(
    run: Run, company: Path, systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = systemd.folder / "bin"
    text = (company / "config.yaml").read_text()
    (company / "config.yaml").write_text(text.replace('run: ["{python}", -m', "run: [no-such-program, -m"))
    unit = run("install", "--user", "--dry-run", "--json").facts["services"][0]
    Path(unit["path"]).parent.mkdir(parents=True)
    Path(unit["path"]).write_text(unit["text"] + "# mine\n")

    found = findings(run)
    assert found["service daemon"]["state"] == "broken"
    assert "edited" in found["service daemon, its file"]["text"]
    assert "no-such-program" in found["service daemon, its PATH"]["text"]

    Path(unit["path"]).write_text(unit["text"])
    found = findings(run)
    assert found["service daemon, its file"]["state"] == "ok"
    assert found["service daemon, agent CLIs"]["state"] == "ok"
    assert "service daemon, its secrets" not in found
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_0")
    assert "GITHUB_TOKEN: set in this terminal" in findings(run)["service daemon, its secrets"]["text"]
    (programs / "codex").write_text("#!/bin/sh\n")
    (programs / "codex").chmod(0o755)
    earlier = without_environment(unit["text"]).replace("KillMode=process\n", "")
    body = earlier.partition("\n")[2]
    Path(unit["path"]).write_text(
        f"# {seal_line(body)}\n{body}"
    )  # as an earlier version would have written it
    found = findings(run)
    assert (found["service daemon, its file"]["state"], found["service daemon, its file"]["mend"]) == (
        "note",
        "agent-service install",
    )
    assert (
        found["service daemon, agent CLIs"]["state"],
        "codex" in found["service daemon, agent CLIs"]["text"],
    ) == (
        "note",
        True,
    )
