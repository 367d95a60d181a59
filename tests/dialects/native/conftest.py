"""The API over a fresh database; what is about the API itself is tried on one engine."""

import pytest

from api_world import Api
from tocsin.store.database import Database


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture
def api(database: Database) -> Api:
    return Api(database)
