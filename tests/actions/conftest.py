"""An office in each engine's database."""

import pytest

from configured import Office, open_office
from tocsin.store.database import Database


@pytest.fixture
def office(database: Database) -> Office:
    return open_office(database)
