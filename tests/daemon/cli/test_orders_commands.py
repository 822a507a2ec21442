"""The commands that give orders about agents, schedules, pauses, experiments and proposals."""

from pathlib import Path

import pytest

from company.orders import jobs
from company.orders.jobs import StartRequest
from company.orders.office import Actor, Office
from company.store import agents, candidates, sessions
from company.work.job import JobStatus
from tests.daemon.cli.conftest import Run

TEXT = "# Write the news\n\nText.\n"


@pytest.fixture
def finished(office: Office, folder_actor: Actor) -> str:
    """A completed job."""
    job_id = jobs.start(office, folder_actor, StartRequest(content=TEXT.encode(), name="news.md")).job_id
    for status in (JobStatus.IN_PROGRESS, JobStatus.COMPLETED):
        with office.store.transaction() as tx:
            sessions.move(tx, job_id, status)
    return job_id


@pytest.fixture
def candidate(office: Office) -> str:
    """An open proposal."""
    with office.store.transaction() as tx:
        candidates.propose(
            tx,
            {
                "normalized_intent": "write blog-post",
                "pattern_description": "asked 3 times",
                "occurrence_count": 3,
                "sample_commands": ["write a blog post about rotas"],
                "confidence_score": 0.8,
                "proposed_agent_name": "Blog Writer",
                "proposed_role": "Writes posts",
            },
        )
        found = candidates.find_by_intent(tx, "write blog-post")
    assert found is not None
    return found.id


class TestAgents:
    def test_all_sixteen_are_listed_with_advice(self, run: Run) -> None:
        facts = run("agents", "--json").facts["agents"]
        assert len(facts) == 16
        assert {one["recommendation"] for one in facts} == {"Monitor"}
        lines = run("agents").out.splitlines()
        assert len(lines) == 17
        assert lines[0].split()[0] == "AGENT"

    def test_those_of_a_team(self, run: Run) -> None:
        assert {one["team"] for one in run("agents", "-t", "marketing", "--json").facts["agents"]} == {
            "team-marketing"
        }
        assert run("agents", "-t", "nosuch").code == 1

    def test_hire_with_everything(self, run: Run, office: Office, tmp_path: Path) -> None:
        prompt = tmp_path / "prompt.md"
        prompt.write_text("You format.\n", encoding="utf-8")
        ran = run(
            "hire", "Formatter", "--role", "Formats", "-k", "format", "-k", "style", "--after", "backend",
            "--command", "ruff format {worktree}", "--prompt-file", prompt, "--emoji", "🧹",
        )  # fmt: skip
        assert (ran.code, ran.out) == (0, "hired Formatter (formatter)\n")
        with office.store.reading() as tx:
            row = agents.get(tx, "agent-formatter")
        assert row.command == ("ruff", "format", "{worktree}")
        assert (row.keywords, row.works_after, row.prompt) == (
            ("format", "style"),
            ("agent-backend",),
            "You format.\n",
        )

    def test_a_command_that_needs_a_shell_is_wrong_usage(self, run: Run) -> None:
        ran = run("hire", "X", "--role", "Y", "--command", "make && make test")
        assert ran.code == 2
        assert "--command" in ran.err

    def test_fire_warns_of_the_gap_and_rehire_fills_it(self, run: Run) -> None:
        for name in ("backend", "frontend"):
            assert run("fire", name).err == ""
        ran = run("fire", "infra")
        assert (ran.code, ran.out) == (0, "fired Infrastructure (infrastructure)\n")
        assert ran.err == "note: nobody in engineering does the work now\n"
        assert "was fired before" in run("fire", "infra").out
        assert len(run("agents", "--json").facts["agents"]) == 13
        assert "fired" in run("agents", "--all").out
        facts = run("rehire", "infra", "--json").facts
        assert (facts["agent"], facts["is_changed"]) == ("agent-infrastructure", True)

    def test_edit_changes_what_is_named(self, run: Run, office: Office) -> None:
        assert run("edit", "backend", "--model", "opus").out == "changed Backend (backend)\n"
        assert run("edit", "backend").code == 1
        with office.store.reading() as tx:
            assert agents.get(tx, "agent-backend").llm_preference == "opus"


class TestSchedules:
    def test_one_is_added_paused_resumed_and_removed(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "news.md"
        file.write_text(TEXT, encoding="utf-8")
        added = run("schedules", "add", "news", "every weekday 09:00", file)
        assert (added.code, added.out) == (0, "added news\n")
        assert added.err.startswith("every weekday 09:00; next: ")
        assert "Write the news" in run("schedules").out
        assert run("schedules", "pause", "news").out == "paused news\n"
        assert run("schedules", "pause", "news").out == "news: nothing to do\n"
        [facts] = [one for one in run("schedules", "--json").facts["schedules"] if one["name"] == "news"]
        assert (facts["state"], facts["next_at"], facts["time_zone"]) == ("paused", None, "Europe/Berlin")
        assert run("schedules", "resume", "news", "--json").facts["next_at"]
        assert run("schedules", "remove", "news").out == "removed news\n"
        assert "news" not in run("schedules", "list").out
        assert "removed" in run("schedules", "list", "--all").out

    def test_the_evaluation_stands_there_from_the_beginning(self, run: Run) -> None:
        assert "the evaluation" in run("schedules").out

    def test_words_that_are_no_time_are_refused_with_what_would_be(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "news.md"
        file.write_text(TEXT, encoding="utf-8")
        ran = run("schedules", "add", "news", "at dawn", file)
        assert ran.code == 1
        assert "every weekday 09:00" in ran.err

    def test_a_file_or_the_evaluation_must_be_named(self, run: Run) -> None:
        assert run("schedules", "add", "news", "every day 9:00").code == 2


class TestPauses:
    def test_everything_is_paused_and_resumed(self, run: Run) -> None:
        assert run("pause").out == "paused all\n"
        assert "is paused already, by " in run("pause").out
        assert run("resume").out == "resumed all\n"
        assert run("resume").out == "all was not paused\n"

    def test_a_team_for_a_while_with_a_reason(self, run: Run) -> None:
        ran = run("pause", "marketing", "--for", "30", "--reason", "holidays", "--json")
        assert ran.facts["scope"] == "team:team-marketing"
        assert ran.facts["until_at"] is not None
        assert "holidays" in run("pause", "--list").out
        assert run("pause", "--list", "--json").facts["pauses"][0]["reason"] == "holidays"
        run("resume", "marketing")
        assert run("pause", "--list").out == "nothing is paused\n"

    def test_an_unknown_scope_is_refused(self, run: Run) -> None:
        assert "neither 'all' nor a team nor a repository" in run("pause", "nosuch").err


class TestJudgement:
    def test_a_word_on_a_job_counts_once(self, run: Run, finished: str) -> None:
        assert run("praise", "last", "well done").out == f"+100 for Write the news ({finished})\n"
        assert "you have said it before" in run("reject", finished, "not at all").out
        assert run("praise", finished, "--json").facts["is_changed"] is False

    def test_a_rejection_needs_its_reason(self, run: Run, finished: str) -> None:
        assert run("reject", finished).code == 2
        assert run("reject", finished, " ").code == 1
        assert run("reject", finished, "wrong table").out.startswith("-100 for")

    def test_a_proposal_is_approved_once_and_hires(self, run: Run, office: Office, candidate: str) -> None:
        assert "write a blog post about rotas" in run("proposals").out
        ran = run("approve", "blog writer")
        assert (ran.code, ran.out, ran.err) == (0, "approved: write blog-post\n", "hired: blog-writer\n")
        assert run("approve", candidate[:12]).out.startswith("was approved: write blog-post before, by ")
        assert run("dismiss", candidate, "--json").facts["decision"] == "approved"
        assert run("proposals").out.startswith("nothing is proposed")
        assert run("proposals", "--all", "--json").facts["proposals"][0]["agent"] == "agent-blog-writer"
        with office.store.reading() as tx:
            assert agents.get(tx, "agent-blog-writer").is_active

    def test_a_dismissed_proposal_stays_dismissed(self, run: Run, candidate: str) -> None:
        assert run("dismiss", candidate).out == "dismissed: write blog-post\n"
        assert "was dismissed" in run("approve", candidate).out
        assert run("approve", "nosuch").code == 1

    def test_evaluating_writes_the_report_and_may_be_repeated(
        self, run: Run, company: Path, finished: str
    ) -> None:
        facts = run("evaluate", "--json").facts
        assert Path(facts["report"]).is_relative_to(company / "reports")
        assert len(facts["agents"]) == 16
        assert run("evaluate").out.startswith("the last 24 hours: ")


class TestExperiments:
    def test_one_begins_ends_and_begins_again(self, run: Run) -> None:
        assert run("experiments").out.startswith("nothing is tried")
        ran = run(
            "experiments", "create", "Opus", "model", "opus", "sonnet", "--share", "0.3", "--days", "14"
        )
        assert (ran.code, ran.out) == (0, "began Opus\n")
        [facts] = run("experiments", "--json").facts["experiments"]
        assert [arm["share"] for arm in facts["arms"]] == [0.3, 0.7]
        assert facts["ends_at"] is not None
        assert run("experiments", "evaluate").out == "Opus: keep (0 attempts)\n"
        ended = run("experiments", "end", "Opus", "too dear")
        assert ended.out == "ended Opus\n"
        assert "too dear" in ended.err
        assert "Opus is failed: nothing to do" in run("experiments", "end", "Opus", "again").out
        assert run("experiments", "reopen", "Opus").out == "reopened Opus\n"
        assert "model opus" in run("experiments", "list").out

    def test_what_is_not_there_cannot_be_tried(self, run: Run) -> None:
        assert run("experiments", "create", "X", "model", "gpt-0", "sonnet").code == 1
        assert run("experiments", "create", "X", "mood", "a", "b").code == 2
        assert run("experiments", "evaluate").out == "no experiment is active\n"


def test_the_audit_shows_orders_and_refusals_newest_first(run: Run) -> None:
    run("pause")
    run("stop", "nosuch")
    facts = run("audit", "log", "--json").facts["orders"]
    assert [(one["action"], one["outcome"]) for one in facts] == [("job.stop", "refused"), ("pause", "done")]
    assert {one["surface"] for one in facts} == {"terminal"}
    assert run("audit", "log", "--before", facts[0]["id"], "--json").facts["orders"] == facts[1:]
    assert "refused" in run("audit", "log").out
    assert run("audit").out == run("audit", "log").out
    assert run("audit", "-n", "1", "--json").facts["orders"] == facts[:1]


def test_a_terminal_without_the_right_is_refused_in_one_line(run: Run, company: Path) -> None:
    config = company / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("terminal_role: ceo", "terminal_role: viewer"), encoding="utf-8")
    ran = run("fire", "backend", "--json")
    assert ran.code == 1
    assert '"kind": "not_permitted"' in ran.err
    assert "ask a ceo to do it" in run("fire", "backend").err
    assert run("agents").code == 0
