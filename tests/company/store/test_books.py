"""Teams, repositories, schedules, pauses, questions and the marketing tables: found, changed, listed."""

import pytest

from company.errors import ConstraintViolated, NotFound
from company.store import marketing, pauses, questions, repositories, schedules, teams
from company.store.gate import Store
from tests.company.store.conftest import Rows
from tests.conftest import SettableClock


def test_people_call_a_team_by_id_short_id_name_or_domain(any_store: Store) -> None:
    with any_store.transaction() as tx:
        teams.insert_new(tx, {"id": "team-engineering", "name": "Builders", "domain": "software"})
        teams.insert_new(tx, {"id": "team-x", "name": "Engineering", "domain": "builders"})
        for words, team_id in (
            ("team-engineering", "team-engineering"),
            ("Engineering ", "team-engineering"),
            ("builders", "team-engineering"),
            ("software", "team-engineering"),
            ("X", "team-x"),
        ):
            found = teams.find(tx, words)
            assert found is not None
            assert found.id == team_id
        assert teams.find(tx, "nobody") is None
        assert [one.id for one in teams.list_teams(tx)] == ["team-x", "team-engineering"]
        with pytest.raises(NotFound):
            teams.get(tx, "team-9")


def test_a_target_is_a_repositorys_name_path_or_url(any_store: Store) -> None:
    with any_store.transaction() as tx:
        repositories.insert_new(tx, {"id": "repo-site", "name": "site", "path": "/code/site"})
        repositories.insert_new(tx, {"id": "repo-api", "name": "api", "github_url": "https://x/api"})
        assert not repositories.insert_new(tx, {"id": "repo-2", "name": "api"})
        for target, repository_id in (
            ("site", "repo-site"),
            ("/code/site", "repo-site"),
            ("https://x/api", "repo-api"),
        ):
            found = repositories.find(tx, target)
            assert found is not None
            assert found.id == repository_id
        repositories.mark_synced(tx, "/code/site")
        repositories.mark_synced(tx, None)
        repositories.mark_synced(tx, "/elsewhere")
        assert repositories.get(tx, "repo-site").last_synced_at == tx.now_iso
        assert repositories.edit(tx, "repo-site", is_active=False)
        assert repositories.find(tx, "site") is None
        assert [one.name for one in repositories.list_repositories(tx)] == ["api"]
        assert len(repositories.list_repositories(tx, include_inactive=True)) == 2
        with pytest.raises(NotFound):
            repositories.get(tx, "repo-9")


def test_a_slot_is_noted_once_and_never_an_older_one(any_store: Store) -> None:
    row = {"id": "sched-1", "name": "nightly", "action": "priority", "expression": "every day 02:00"}
    with any_store.transaction() as tx:
        assert schedules.insert_new(tx, {**row, "time_zone": "UTC", "created_by": "U1"})
        assert not schedules.insert_new(tx, {**row, "id": "sched-2", "time_zone": "UTC", "created_by": "U1"})
        assert schedules.mark_slot(tx, "sched-1", "2026-11-25T02:00:00.000Z")
        assert not schedules.mark_slot(tx, "sched-1", "2026-11-25T02:00:00.000Z")
        assert not schedules.mark_slot(tx, "sched-1", "2026-11-24T02:00:00.000Z")
        assert schedules.mark_slot(tx, "sched-1", "2026-11-26T02:00:00.000Z")
        assert schedules.get(tx, "sched-1").last_slot_at == "2026-11-26T02:00:00.000Z"


def test_a_schedule_is_paused_and_removed_once(store: Store) -> None:
    row = {"id": "sched-1", "name": "nightly", "action": "evaluation", "expression": "every day 02:00"}
    with store.transaction() as tx:
        schedules.insert_new(tx, {**row, "time_zone": "UTC", "created_by": "U1"})
        assert schedules.set_paused(tx, "sched-1", is_paused=True)
        assert not schedules.set_paused(tx, "sched-1", is_paused=True)
        assert schedules.set_paused(tx, "sched-1", is_paused=False)
        assert schedules.edit(tx, "sched-1", expression="every day 03:00")
        assert schedules.remove(tx, "sched-1")
        assert not schedules.remove(tx, "sched-1")
        assert not schedules.set_paused(tx, "sched-1", is_paused=True)
        assert schedules.list_schedules(tx) == []
        (kept,) = schedules.list_schedules(tx, include_removed=True)
        assert (kept.expression, kept.is_active) == ("every day 03:00", False)
        assert schedules.find(tx, "nightly") == schedules.find(tx, "sched-1") == kept
        with pytest.raises(NotFound):
            schedules.get(tx, "sched-9")


def test_a_pause_holds_until_it_is_lifted_or_its_time_is_over(any_store: Store, clock: SettableClock) -> None:
    with any_store.transaction() as tx:
        assert pauses.pause(tx, "all", by="U1", reason="lunch", until_at="2026-11-25T09:30:00.000Z")
        assert not pauses.pause(tx, "all", by="U2")
        assert pauses.pause(tx, "team:team-x", by="U1")
        assert [one.scope for one in pauses.list_pauses(tx)] == ["all", "team:team-x"]
        assert pauses.list_pauses(tx)[0].reason == "lunch"
    clock.advance(minutes=30)
    with any_store.transaction() as tx:
        assert [one.scope for one in pauses.list_pauses(tx)] == ["team:team-x"]
        assert not pauses.resume(tx, "all")
        assert pauses.resume(tx, "team:team-x")
        assert not pauses.resume(tx, "team:team-x")
        assert pauses.pause(tx, "all", by="U2", until_at="2026-11-25T10:00:00.000Z")
    clock.advance(minutes=30)
    with any_store.transaction() as tx:
        assert pauses.pause(tx, "all", by="U3")
        assert pauses.list_pauses(tx)[0].paused_by == "U3"


def test_a_question_is_answered_by_whoever_is_first(any_store: Store, rows: Rows) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)
        row = {"id": "q-1", "session_id": "job-1", "agent_id": "agent-a", "question": "Which colour?"}
        assert questions.ask(tx, {**row, "options": ["red", "blue"]})
        assert not questions.ask(tx, row)
        assert questions.open_of(tx, "job-1")[0].options == ("red", "blue")
        assert questions.answer(tx, "q-1", "red", "U1")
        assert not questions.answer(tx, "q-1", "blue", "U2")
        answered = questions.get(tx, "q-1")
        assert (answered.status, answered.answer, answered.answered_by) == ("answered", "red", "U1")
        assert questions.open_of(tx, "job-1") == []
        assert questions.of_session(tx, "job-1") == [answered]
        with pytest.raises(NotFound):
            questions.get(tx, "q-9")


def test_a_question_nobody_answers_expires_with_its_default(
    any_store: Store, rows: Rows, clock: SettableClock
) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)
        row = {
            "session_id": "job-1",
            "agent_id": "agent-a",
            "question": "Which colour?",
            "default_answer": "red",
        }
        questions.ask(tx, {**row, "id": "q-1", "expires_at": "2026-11-25T09:00:10.000Z"})
        questions.ask(tx, {**row, "id": "q-2"})
        assert questions.expire(tx) == 0
    clock.advance(seconds=10)
    with any_store.transaction() as tx:
        assert questions.expire(tx) == 1
        assert (questions.get(tx, "q-1").status, questions.get(tx, "q-1").answer) == ("expired", "red")
        assert questions.expire_of(tx, "job-1") == 1
        assert (questions.get(tx, "q-2").status, questions.get(tx, "q-2").answer) == ("expired", None)


def test_a_file_of_a_job_is_one_piece_of_content(any_store: Store, rows: Rows) -> None:
    piece = {
        "title": "T",
        "type": "blog",
        "author": "Loki",
        "file_path": "reports/a.md",
        "session_id": "job-1",
    }
    with any_store.transaction() as tx:
        rows.company(tx)
        assert marketing.insert_content(tx, {**piece, "word_count": 10})
        assert not marketing.insert_content(tx, {**piece, "word_count": 20})
        assert marketing.insert_content(tx, {**piece, "file_path": None, "type": "email"})
        (blog,) = marketing.list_content(tx, kind="blog")
        assert blog.word_count == 10
        assert blog.id.startswith("content-")
        assert marketing.edit_content(tx, blog.id, status="published")
        assert marketing.get_content(tx, blog.id).status == "published"
        assert len(marketing.list_content(tx)) == 2
        assert len(marketing.list_content(tx, limit=1, offset=1)) == 1
        assert not marketing.edit_content(tx, "content-9", status="published")


def test_leads_and_campaigns_are_kept_whole(any_store: Store) -> None:
    with any_store.transaction() as tx:
        assert marketing.insert_lead(tx, {"id": "lead-1", "source": "site", "email": "a@b", "score": 5})
        assert not marketing.insert_lead(tx, {"id": "lead-1", "source": "other"})
        assert marketing.edit_lead(tx, "lead-1", status="contacted")
        assert marketing.get_lead(tx, "lead-1").status == "contacted"
        assert [one.id for one in marketing.list_leads(tx)] == ["lead-1"]
        row = {
            "id": "campaign-1",
            "name": "Spring",
            "type": "email",
            "channels": ["mail"],
            "metrics": {"sent": 1},
        }
        assert marketing.insert_campaign(tx, row)
        assert marketing.edit_campaign(tx, "campaign-1", status="active")
        campaign = marketing.get_campaign(tx, "campaign-1")
        assert (campaign.channels, campaign.deliverables, campaign.metrics) == (("mail",), (), {"sent": 1})
        assert marketing.list_campaigns(tx) == [campaign]
        for get in (marketing.get_lead, marketing.get_campaign, marketing.get_content):
            with pytest.raises(NotFound):
                get(tx, "nothing")


def test_a_score_outside_its_bounds_is_refused(any_store: Store) -> None:
    with pytest.raises(ConstraintViolated), any_store.transaction() as tx:
        marketing.insert_lead(tx, {"source": "site", "score": 101})
