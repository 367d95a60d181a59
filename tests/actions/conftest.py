"""An office in each engine's database."""

import pytest

from configured import Office, begin
from tocsin.store.database import Database


@pytest.fixture
def office(database: Database) -> Office:
    return begin(database)
