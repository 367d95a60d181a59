"""The API over a fresh database; what is about the API itself is tried on one engine."""

import pytest

from grafana_office import Office
from tocsin.store.database import Database


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)
