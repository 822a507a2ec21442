"""Repositories by order, beside those of config.yaml."""

import pytest

from company.config import RepositoryConfig
from company.errors import NotPermitted, OrderRefused
from company.orders import jobs, repositories
from company.orders.jobs import StartRequest
from company.orders.office import Actor, Office
from company.orders.repositories import RepositoryRequest
from company.store import repositories as rows
from company.store import sessions
from company.store.seeding import seed


def test_an_added_repository_can_be_worked_on_by_name(office: Office, ana: Actor) -> None:
    added = repositories.add(office, ana, RepositoryRequest(name="site", path="work/site", team="marketing"))
    started = jobs.start(office, ana, StartRequest(content=b"Tidy up", repo="site"))
    with office.store.reading() as tx:
        row = rows.get(tx, added.repository_id)
        session = sessions.get(tx, started.job_id)
    assert row.path == str(office.config.root / "work/site")
    assert (session.target_repo, session.team_id) == (row.path, "team-marketing")


def test_a_name_is_taken_until_it_is_removed(office: Office, ana: Actor) -> None:
    request = RepositoryRequest(name="site", url="https://example.org/site.git")
    repositories.add(office, ana, request)
    with pytest.raises(OrderRefused) as refused:
        repositories.add(office, ana, request)
    assert refused.value.code == "name_taken"
    repositories.remove(office, ana, "site")
    with pytest.raises(OrderRefused):
        repositories.remove(office, ana, "site")
    assert repositories.add(office, ana, request).is_changed


@pytest.mark.parametrize(
    "request_",
    [
        RepositoryRequest(name="x"),
        RepositoryRequest(name="x", path="a", url="https://example.org/a.git"),
        RepositoryRequest(name="-x", path="a"),
        RepositoryRequest(name="x", url="ext::sh -c true"),
        RepositoryRequest(name="x", url="https://user:word@example.org/a.git"),
        RepositoryRequest(name="x", path="--upload-pack=x"),
        RepositoryRequest(name="x", path="a", default_branch="--force"),
    ],
)
def test_what_config_would_refuse_an_order_refuses_too(
    office: Office, ana: Actor, request_: RepositoryRequest
) -> None:
    with pytest.raises(OrderRefused) as refused:
        repositories.add(office, ana, request_)
    assert refused.value.code == "bad_repository"
    assert "\n" not in str(refused.value)


def test_one_of_config_is_taken_out_there(office: Office, ana: Actor) -> None:
    entry = RepositoryConfig(name="sample", path="repos/sample")
    changed = office.config.model_copy(update={"repositories": (entry,)})
    with office.store.transaction() as tx:
        seed(tx, changed)
    with pytest.raises(OrderRefused) as refused:
        repositories.remove(Office(office.store, changed, office.clock), ana, "sample")
    assert refused.value.code == "in_config"


def test_only_the_ceo_adds_repositories(office: Office, otto: Actor) -> None:
    with pytest.raises(NotPermitted):
        repositories.add(office, otto, RepositoryRequest(name="site", path="work/site"))
