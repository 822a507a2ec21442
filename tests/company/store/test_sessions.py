"""Jobs: started once, moved only where they may go."""

import pytest

from company.errors import NotFound
from company.store import sessions
from company.store.gate import Store, Transaction
from company.work.job import JobStatus
from tests.conftest import SettableClock


def add_team(tx: Transaction, team_id: str = "team-x", domain: str = "engineering") -> None:
    times = {"created_at": tx.now_iso, "updated_at": tx.now_iso}
    tx.insert("teams", {"id": team_id, "name": team_id, "domain": domain, **times})


def add_session(tx: Transaction, session_id: str, **columns: object) -> bool:
    row = {
        "id": session_id,
        "team_id": "team-x",
        "title": "a title",
        "priority_file": f"{session_id}.md",
        "priority_text": "# a title",
        "start_key": f"key:{session_id}",
        "requested_by": "U1",
    }
    return sessions.insert_pending(tx, {**row, **columns})


def test_one_start_key_is_one_job(store: Store) -> None:
    with store.transaction() as tx:
        add_team(tx)
        assert add_session(tx, "job-1", start_key="file:abc:0")
        assert not add_session(tx, "job-2", start_key="file:abc:0")
        found = sessions.find_by_start_key(tx, "file:abc:0")
        assert found is not None
        assert found.id == "job-1"
        with pytest.raises(NotFound):
            sessions.get(tx, "job-2")
