"""A browser over a fresh database; what is about pages is tried on one engine."""

import pytest

from tocsin.store.database import Database
from web_office import Browser


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture
def browser(database: Database) -> Browser:
    return Browser(database)
