"""What people say is written down before it is understood."""

from concurrent.futures import ThreadPoolExecutor

from company.orders import commands, jobs
from company.orders.commands import Said
from company.orders.jobs import StartRequest
from company.orders.office import Actor, Office
from company.orders.permission import actor_for
from company.store import audit
from company.store import commands as rows
from tests.conftest import SettableClock


def test_a_command_is_recorded_as_it_came_whoever_gave_it(office: Office, vera: Actor) -> None:
    said = Said(text=" fire everybody ", channel_id="C1", thread_ts="1.2", delivery_id="Ev1")
    recorded = commands.record(office, vera, said)
    with office.store.reading() as tx:
        row = rows.get(tx, recorded.command_id)
        assert audit.newest(tx) == []
    assert (row.command_text, row.user_id, row.surface) == (" fire everybody ", "U-VERA", "slack")
    assert (row.channel_id, row.thread_ts, row.executed_at) == ("C1", "1.2", "2026-11-25T09:00:00.000Z")


def test_a_delivery_is_recorded_once_however_often_it_comes(office: Office, otto: Actor) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(
            pool.map(lambda _: commands.record(office, otto, Said(text="jobs", delivery_id="Ev1")), range(8))
        )
    assert sum(one.is_new for one in results) == 1
    assert len({one.command_id for one in results}) == 1


def test_the_same_words_without_a_delivery_id_are_two_commands(office: Office, otto: Actor) -> None:
    first, second = (commands.record(office, otto, Said(text="jobs")) for _ in range(2))
    assert first.command_id != second.command_id


def command_of(office: Office, command_id: int) -> rows.UserCommand:
    with office.store.reading() as tx:
        return rows.get(tx, command_id)


def test_a_command_that_was_recorded_knows_the_job_it_started(office: Office, otto: Actor) -> None:
    recorded = commands.record(office, otto, Said(text="/work tidy up", delivery_id="Ev1"))
    request = StartRequest(content=b"tidy up", command_id=recorded.command_id, delivery_id="Ev1")
    started = jobs.start(office, otto, request)
    row = command_of(office, recorded.command_id)
    assert (row.session_id, row.team, row.command_text) == (
        started.job_id,
        "team-engineering",
        "/work tidy up",
    )
    assert row.priority_file == started.priority_file


def test_a_start_that_nobody_recorded_is_recorded_with_its_words(office: Office, folder: Actor) -> None:
    started = jobs.start(office, folder, StartRequest(content=b"# Add login\n\nText.\n", name="add-login.md"))
    with office.store.reading() as tx:
        [row] = rows.newest(tx)
    assert (row.session_id, row.surface, row.user_id) == (started.job_id, "file", "priorities")
    assert row.command_text == "# Add login\n\nText.\n"


def test_the_same_start_again_is_no_second_command(office: Office, folder: Actor, otto: Actor) -> None:
    for _ in range(2):
        jobs.start(office, folder, StartRequest(content=b"# Add login", name="add-login.md"))
        jobs.start(office, otto, StartRequest(content=b"Tidy up", delivery_id="Ev1"))
    with office.store.reading() as tx:
        assert len(rows.newest(tx)) == 2


def test_what_starts_by_itself_is_nobodys_command(office: Office, clock: SettableClock) -> None:
    actor = actor_for(office.config, "sched-1", "schedule")
    jobs.start(office, actor, StartRequest(content=b"# News", schedule_id="sched-1", slot=clock.now()))
    with office.store.reading() as tx:
        assert rows.newest(tx) == []
