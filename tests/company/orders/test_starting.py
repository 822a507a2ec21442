"""Work starts once, whichever door it comes through."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.clock import to_iso
from company.errors import NotPermitted, OrderRefused, PriorityFileError
from company.orders import jobs
from company.orders.jobs import Started, StartRequest
from company.orders.office import Actor, Office
from company.orders.permission import actor_for
from company.orders.starting import NAME_MAX_BYTES, file_name_for
from company.store import audit, outbox, sessions
from company.store.sessions import Session
from company.work.job import JobStatus
from company.work.priority import parse_priority
from tests.conftest import SettableClock

FILE = b"# Add login\n\nPeople should be able to log in.\n"


def session_of(office: Office, job_id: str) -> Session:
    with office.store.reading() as tx:
        return sessions.get(tx, job_id)


def start_file(office: Office, actor: Actor, content: bytes = FILE, name: str = "add-login.md") -> Started:
    return jobs.start(office, actor, StartRequest(content=content, name=name))


def test_a_dropped_file_becomes_a_pending_session(office: Office, folder: Actor) -> None:
    started = start_file(office, folder)
    session = session_of(office, started.job_id)
    assert started.is_new
    assert session.status is JobStatus.PENDING
    assert session.title == "Add login"
    assert session.priority_text == FILE.decode()
    assert session.priority_file == f"add-login.{started.job_id}.md"
    assert session.team_id == "team-engineering"
    assert (session.surface, session.requested_by) == ("file", "priorities")


def test_a_start_is_audited_and_told_in_its_transaction(office: Office, folder: Actor) -> None:
    started = start_file(office, folder)
    with office.store.reading() as tx:
        [entry] = audit.of_entity(tx, "session", started.job_id)
        [word] = outbox.of_subject(tx, started.job_id)
    assert (entry.action, entry.outcome, entry.actor_id) == ("job.start", "done", "priorities")
    assert (word.kind, word.payload["status"]) == ("job", "pending")


def test_the_same_file_dropped_twice_is_one_job(office: Office, folder: Actor, clock: SettableClock) -> None:
    first = start_file(office, folder)
    clock.advance(seconds=59)
    again = start_file(office, folder, name="copy.md")
    assert again.job_id == first.job_id
    assert not again.is_new
    with office.store.reading() as tx:
        assert [one.outcome for one in audit.of_entity(tx, "session", first.job_id)] == [
            "done",
            "nothing_to_do",
        ]


def test_the_same_file_dropped_tomorrow_is_a_new_job(
    office: Office, folder: Actor, clock: SettableClock
) -> None:
    first = start_file(office, folder)
    clock.advance(days=1)
    second = start_file(office, folder)
    clock.advance(days=1)
    third = start_file(office, folder)
    assert len({first.job_id, second.job_id, third.job_id}) == 3
    assert second.is_new
    assert third.is_new


def test_a_file_found_again_after_a_crash_is_the_job_it_made_before(
    office: Office, folder: Actor, clock: SettableClock
) -> None:
    arrived_at = clock.now()
    first = jobs.start(office, folder, StartRequest(content=FILE, name="a.md", arrived_at=arrived_at))
    clock.advance(hours=8)
    again = jobs.start(office, folder, StartRequest(content=FILE, name="a.md", arrived_at=arrived_at))
    assert (again.job_id, again.is_new) == (first.job_id, False)


def test_a_file_that_comes_from_the_future_is_judged_by_the_present(
    office: Office, folder: Actor, clock: SettableClock
) -> None:
    first = start_file(office, folder)
    ahead = clock.now() + timedelta(days=30)
    again = jobs.start(office, folder, StartRequest(content=FILE, name="a.md", arrived_at=ahead))
    assert again.job_id == first.job_id


def test_a_redelivered_command_is_one_job_and_the_same_words_later_are_another(
    office: Office, otto: Actor
) -> None:
    words = b"Write a blog post about scheduling"
    first = jobs.start(office, otto, StartRequest(content=words, delivery_id="Ev1"))
    again = jobs.start(office, otto, StartRequest(content=words, delivery_id="Ev1"))
    later = jobs.start(office, otto, StartRequest(content=words, delivery_id="Ev2"))
    assert again.job_id == first.job_id
    assert later.job_id != first.job_id
    assert first.title == "Write a blog post about scheduling"
    assert first.priority_file == f"write-a-blog-post-about-scheduling.{first.job_id}.md"


def test_without_a_delivery_id_each_command_is_a_job_of_its_own(office: Office, otto: Actor) -> None:
    request = StartRequest(content=b"Tidy up")
    assert jobs.start(office, otto, request).job_id != jobs.start(office, otto, request).job_id


def test_a_slot_is_started_once(office: Office, clock: SettableClock) -> None:
    actor = actor_for(office.config, "schedule:nightly", "schedule")
    slot = clock.now()
    request = StartRequest(content=FILE, schedule_id="sched-1", slot=slot)
    first = jobs.start(office, actor, request)
    assert jobs.start(office, actor, request).job_id == first.job_id
    assert session_of(office, first.job_id).start_key == f"schedule:sched-1:{to_iso(slot)}"


def test_eight_doors_at_once_make_one_job(office: Office, otto: Actor, folder: Actor) -> None:
    started: list[Started] = []
    barrier = threading.Barrier(8)

    def drop() -> None:
        barrier.wait()
        started.append(start_file(office, folder))

    threads = [threading.Thread(target=drop) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.job_id for one in started}) == 1
    assert sum(one.is_new for one in started) == 1


def test_what_the_file_says_is_in_the_row(office: Office, folder: Actor) -> None:
    content = (
        b"---\nteam: marketing\nbranch: feature/x\nbase: main\nmodel: sonnet\nmax_iterations: 2\n"
        b"budget_usd: 1.5\npriority: urgent\n---\n# Announce it\n\nText.\n"
    )
    session = session_of(office, start_file(office, folder, content).job_id)
    assert (session.team_id, session.branch_name, session.base_branch) == (
        "team-marketing",
        "feature/x",
        "main",
    )
    assert (session.model, session.max_iterations, session.budget_usd, session.priority) == (
        "sonnet",
        2,
        1.5,
        0,
    )


def test_what_is_said_beside_the_file_wins_and_is_written_into_its_text(office: Office, otto: Actor) -> None:
    content = b"---\nteam: engineering\nmodel: opus\n---\n# Announce it\n\nText.\n"
    started = jobs.start(
        office, otto, StartRequest(content=content, team="Marketing", model="haiku", agents=("quill",))
    )
    session = session_of(office, started.job_id)
    written = parse_priority(session.priority_text.encode(), session.priority_file)
    assert (session.team_id, session.model) == ("team-marketing", "haiku")
    assert (written.team, written.model, written.agents) == ("Marketing", "haiku", ("quill",))
    assert written.title == "Announce it"


def test_the_file_is_blamed_for_what_it_says_and_the_order_for_what_is_said_beside(
    office: Office, otto: Actor
) -> None:
    wrong = b"---\nteam: nosuch\n---\n# X\n\nText.\n"
    with pytest.raises(PriorityFileError, match="no team is called 'nosuch'"):
        jobs.start(office, otto, StartRequest(content=wrong, name="x.md"))
    with pytest.raises(OrderRefused) as refused:
        jobs.start(office, otto, StartRequest(content=FILE, team="nosuch"))
    assert refused.value.code == "unknown_team"
    assert "engineering" in refused.value.mend


@pytest.mark.parametrize(
    ("beside", "code"),
    [({"model": "gpt-0"}, "unknown_model"), ({"repo": "nosuch"}, "unknown_repository")],
)
def test_models_and_repositories_nobody_knows_are_refused(
    office: Office, otto: Actor, beside: dict[str, Any], code: str
) -> None:
    with pytest.raises(OrderRefused) as refused:
        jobs.start(office, otto, StartRequest(content=FILE, **beside))
    assert refused.value.code == code
    with office.store.reading() as tx:
        assert sessions.list_sessions(tx) == []
        [entry] = audit.newest(tx)
    assert (entry.outcome, entry.detail["code"]) == ("refused", code)


def test_a_path_is_written_out_and_an_address_is_kept(office: Office, otto: Actor, tmp_path: Path) -> None:
    one = jobs.start(office, otto, StartRequest(content=FILE, repo="./work/site"))
    other = jobs.start(office, otto, StartRequest(content=FILE, repo="https://example.org/team/site.git"))
    assert session_of(office, one.job_id).target_repo == str(office.config.root / "work/site")
    assert session_of(office, other.job_id).target_repo == "https://example.org/team/site.git"


def test_a_file_that_cannot_be_read_is_refused_and_audited(office: Office, folder: Actor) -> None:
    with pytest.raises(PriorityFileError):
        start_file(office, folder, b"\xff\xfe")
    with office.store.reading() as tx:
        [entry] = audit.newest(tx)
    assert (entry.outcome, entry.entity_id) == ("refused", "add-login.md")


def test_who_only_looks_starts_nothing_and_the_audit_knows(office: Office, vera: Actor) -> None:
    with pytest.raises(NotPermitted):
        jobs.start(office, vera, StartRequest(content=FILE))
    with office.store.reading() as tx:
        [entry] = audit.newest(tx)
        assert sessions.list_sessions(tx) == []
    assert (entry.actor_id, entry.actor_role, entry.outcome) == ("U-VERA", "viewer", "refused")


def test_what_has_a_schedule_starts_at_its_slots_and_not_now(office: Office, folder: Actor) -> None:
    content = b"---\nschedule: every weekday 09:00\n---\n# Write the news\n\nText.\n"
    with pytest.raises(OrderRefused) as refused:
        start_file(office, folder, content)
    assert refused.value.code == "has_schedule"
    slot = StartRequest(content=content, schedule_id="sched-1", slot=office.clock.now())
    assert jobs.start(office, actor_for(office.config, "clock", "schedule"), slot).is_new


JOB = "job-1764061200000-abcdefg"


@given(st.text(max_size=300), st.text(max_size=80))
def test_any_name_becomes_one_that_a_file_system_takes(name: str, title: str) -> None:
    made = file_name_for(name, title, JOB)
    assert len(made.encode()) <= NAME_MAX_BYTES
    assert made.endswith(f".{JOB}.md")
    assert not set(made) & set('/\\\0\n\r\t*?"<>|:')
    assert not made.startswith((".", "-"))


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("add-login.md", f"add-login.{JOB}.md"),
        ("", f"the-title.{JOB}.md"),
        ("../../etc/passwd.md", f"passwd.{JOB}.md"),
        ("two\nlines.md", f"two-lines.{JOB}.md"),
        ("Größe.md", f"Größe.{JOB}.md"),
        ("\udcff.md", f"�.{JOB}.md"),
        (".md", f"the-title.{JOB}.md"),
    ],
)
def test_names_stay_readable(name: str, made: str) -> None:
    assert file_name_for(name, "The title", JOB) == made
