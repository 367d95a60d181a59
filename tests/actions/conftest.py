"""An office to configure and a desk at which alerts come in, in each engine's database."""

from collections.abc import Callable
from functools import partial

import pytest

from configured import Office, open_office
from desk import Desk, open_desk
from tocsin.store.database import Database


@pytest.fixture
def office(database: Database) -> Office:
    return open_office(database)


@pytest.fixture
def desk(database: Database) -> Callable[..., Desk]:
    """Open a desk: ``desk(directory(ANA), plan(step(target(ANA))))``."""
    return partial(open_desk, database)
