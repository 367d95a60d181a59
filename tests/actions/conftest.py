"""An office in each engine's database."""

from collections.abc import Callable
from functools import partial

import pytest

from configured import Office, begin
from desk import Desk, open_desk
from tocsin.store.database import Database


@pytest.fixture
def office(database: Database) -> Office:
    return begin(database)


@pytest.fixture
def desk(database: Database) -> Callable[..., Desk]:
    """Open a desk at which alerts come in: ``desk(directory(ANA), plan(step(target(ANA))))``."""
    return partial(open_desk, database)
