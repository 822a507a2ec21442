"""The seeded company and the people of the orders' tests, in a time zone that is not this machine's."""

import pytest

from company.clock import Clock
from company.config import Config
from company.config.records import Company
from company.orders.office import Office
from company.store.gate import Store
from company.store.seeding import seed
from tests.company.orders.conftest import ana, config, otto, vera

__all__ = ["ana", "config", "otto", "vera"]


@pytest.fixture
def office(store: Store, config: Config, clock: Clock) -> Office:
    in_lisbon = config.model_copy(update={"company": Company(time_zone="Europe/Lisbon")})
    with store.transaction() as tx:
        seed(tx, in_lisbon)
    return Office(store, in_lisbon, clock)
