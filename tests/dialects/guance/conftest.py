"""The API over a fresh database; what is about the API itself is tried on one engine."""

import pytest

from guance_office import Office
from tocsin.store.database import Database


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


@pytest.fixture
def sqlite_slow(database: Database) -> Office:
    return Office(database, per_s=1)
