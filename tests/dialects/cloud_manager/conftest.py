"""The API over a fresh database; what is about the API itself is tried on one engine."""

import pytest

from mongo_office import MongoOffice
from tocsin.store.database import Database


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture
def office(database: Database) -> MongoOffice:
    return MongoOffice(database)
