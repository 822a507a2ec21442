"""What a new company begins with, and that the database wins afterwards."""

from pathlib import Path

import pytest

from company.config import Config, RepositoryConfig, ScheduleConfig, load_config, shipped
from company.errors import ConfigError
from company.store import agents, repositories, schedules, teams
from company.store.gate import Store
from company.store.seeding import seed, seed_if_new

TABLES = ("teams", "agents", "repositories", "schedules")


@pytest.fixture
def config() -> Config:
    return load_config(shipped("config.yaml"), {})


def everything(store: Store) -> dict[str, list[dict[str, object]]]:
    with store.reading() as tx:
        return {table: tx.all(f"SELECT * FROM {table} ORDER BY id") for table in TABLES}


def test_a_new_company_has_the_contracts_teams_and_agents(any_store: Store, config: Config) -> None:
    with any_store.transaction() as tx:
        added = seed(tx, config)
    with any_store.reading() as tx:
        assert [team.id for team in teams.list_teams(tx)] == ["team-engineering", "team-marketing"]
        staff = agents.list_agents(tx)
        assert len([one for one in staff if one.team_id == "team-engineering"]) == 6
        assert len([one for one in staff if one.team_id == "team-marketing"]) == 10
        assert all(one.emoji and one.role and one.llm_preference for one in staff)
    assert {one.id for one in staff} <= set(added)


def test_seeding_twice_is_seeding_once(any_store: Store, config: Config) -> None:
    with any_store.transaction() as tx:
        assert seed(tx, config)
    before = everything(any_store)
    with any_store.transaction() as tx:
        assert seed(tx, config) == ()
        assert tx.changed_rows == 0
    assert everything(any_store) == before


def test_a_database_with_a_team_is_not_seeded_by_whoever_only_looks(store: Store, config: Config) -> None:
    assert seed_if_new(store, config)
    with store.transaction() as tx:
        tx.execute("DELETE FROM agents WHERE id = 'agent-wong'")
    assert seed_if_new(store, config) == ()
    with store.reading() as tx:
        assert agents.find(tx, "wong") is None


def test_people_and_the_database_win_over_config(store: Store, config: Config) -> None:
    with store.transaction() as tx:
        seed(tx, config)
        assert agents.fire(tx, "agent-loki", "U1")
        agents.edit(tx, "agent-shuri", prompt="my own", name="Shu")
        tx.update("teams", {"name": "Builders"}, {"id": "team-engineering"})
    with store.transaction() as tx:
        seed(tx, config)
    with store.reading() as tx:
        loki, shuri = agents.get(tx, "agent-loki"), agents.get(tx, "agent-shuri")
        assert (loki.is_active, loki.fired_by) == (False, "U1")
        assert (shuri.prompt, shuri.name) == ("my own", "Shu")
        assert teams.get(tx, "team-engineering").name == "Builders"


def test_config_adds_what_is_new(store: Store, config: Config) -> None:
    with store.transaction() as tx:
        seed(tx, config.model_copy(update={"agents": config.agents[1:]}))
        assert agents.find(tx, config.agents[0].id) is None
        assert seed(tx, config) == (config.agents[0].id,)
        assert agents.get(tx, config.agents[0].id).keywords == config.agents[0].keywords


def test_where_a_repository_is_follows_config(store: Store, config: Config, tmp_path: Path) -> None:
    def with_repository(**place: str) -> Config:
        return config.model_copy(update={"repositories": (RepositoryConfig(name="site", **place),)})  # type: ignore[arg-type] # strings to fields of several types

    with store.transaction() as tx:
        assert "repo-site" in seed(tx, with_repository(path="code/site"))
        assert repositories.get(tx, "repo-site").path == str(config.root / "code" / "site")
        tx.update("repositories", {"last_synced_at": "t"}, {"id": "repo-site"})
        seed(tx, with_repository(url="https://example.com/site.git", default_branch="trunk"))
        moved = repositories.get(tx, "repo-site")
    assert (moved.path, moved.github_url, moved.default_branch) == (
        None,
        "https://example.com/site.git",
        "trunk",
    )
    assert moved.last_synced_at == "t"


def test_schedules_come_from_texts_files_and_the_evaluation(
    store: Store, config: Config, tmp_path: Path
) -> None:
    (tmp_path / "review.md").write_text("# Review the week", encoding="utf-8")
    planned = config.model_copy(
        update={
            "root": tmp_path,
            "schedules": (
                ScheduleConfig(name="nightly", when="every day 02:00", text="# Tidy up"),
                ScheduleConfig(name="review", when="every Friday 16:00", file="review.md"),
            ),
        }
    )
    with store.transaction() as tx:
        seed(tx, planned)
        rows = {row.id: row for row in schedules.list_schedules(tx)}
        assert rows["sched-nightly"].priority_text == "# Tidy up"
        assert rows["sched-review"].priority_text == "# Review the week"
        assert rows["sched-evaluation"].action == "evaluation"
        assert rows["sched-evaluation"].expression == config.evaluation.schedule
        assert all(row.time_zone for row in rows.values())

        assert schedules.remove(tx, "sched-nightly")
        assert schedules.set_paused(tx, "sched-review", is_paused=True)
        (tmp_path / "review.md").unlink()  # what was taken once is not read again
        assert seed(tx, planned) == ()
        assert not schedules.get(tx, "sched-nightly").is_active
        assert schedules.get(tx, "sched-review").is_paused


def test_a_schedules_file_that_is_not_there_is_named(store: Store, config: Config, tmp_path: Path) -> None:
    missing = ScheduleConfig(name="x", when="every day 02:00", file="nowhere.md")
    planned = config.model_copy(update={"root": tmp_path, "schedules": (missing,)})
    with store.transaction() as tx, pytest.raises(ConfigError, match=r"cannot read .*nowhere\.md"):
        seed(tx, planned)
