"""What people say is written down before it is understood."""

from concurrent.futures import ThreadPoolExecutor

from company.orders import commands, jobs
from company.orders.commands import Said
from company.orders.jobs import StartRequest
from company.orders.office import Actor, Office
from company.store import audit
from company.store import commands as rows


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


def test_a_command_knows_the_job_it_started(office: Office, otto: Actor) -> None:
    recorded = commands.record(office, otto, Said(text="tidy up"))
    started = jobs.start(office, otto, StartRequest(content=b"tidy up"))
    commands.note_job(office, recorded.command_id, started.job_id)
    with office.store.reading() as tx:
        row = rows.get(tx, recorded.command_id)
    assert (row.session_id, row.team, row.priority_file) == (
        started.job_id,
        "team-engineering",
        started.priority_file,
    )
