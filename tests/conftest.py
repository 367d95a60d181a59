"""Databases for the tests: a real SQLite and a real PostgreSQL, fresh and migrated for each test."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from servers import Postgresql, postgresql
from store.wire import Wire, wire_to
from tocsin.core.ids import compose
from tocsin.store import schema
from tocsin.store.database import Database, open_database
from tocsin.store.secrets import Vault, VaultKey

ENGINES = ("sqlite", "postgresql")
# A busy machine is no fault of the code: what must be fast is measured elsewhere.
# Continuous integration tries the same examples each time: what it says depends on the commit alone. New ones
# are tried wherever people run the tests.
settings.register_profile("tocsin", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("tocsin")

_FIRST_MS = 1_772_787_600_000  # 2026-03-06 09:00 UTC


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Postgresql]:
    """A PostgreSQL server of this session (with pytest-xdist: of this worker), started when first wanted."""
    with postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def _postgresql_template(postgresql_server: Postgresql) -> str:
    schema.upgrade(postgresql_server.create("tocsin_template"))
    return "tocsin_template"


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "tocsin.db"
    schema.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Which engine the test runs on: it runs on each."""
    return request.param


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, migrated database on *engine*."""
    if engine == "sqlite":
        template = request.getfixturevalue("_sqlite_template")
        shutil.copy(template, tmp_path / "tocsin.db")
        yield f"sqlite:///{tmp_path / 'tocsin.db'}"
        return
    server: Postgresql = request.getfixturevalue("postgresql_server")
    with server.lent(request.getfixturevalue("_postgresql_template")) as url:
        yield url


@pytest.fixture
def vault() -> Vault:
    """A vault with one key, always the same."""
    return Vault([VaultKey(name="test", secret=b"t" * 32)])


class NewIds:
    """Makes ids as a node would, one a millisecond, the same in every run; time passes when it is told to."""

    def __init__(self) -> None:
        self._milliseconds = itertools.count(_FIRST_MS)

    def __call__(self) -> int:
        return compose(next(self._milliseconds), 0)

    def pass_time(self, length: timedelta) -> None:
        """Make ids of so much later from now on."""
        self._milliseconds = itertools.count(next(self._milliseconds) + length // timedelta(milliseconds=1))


@pytest.fixture
def new_id() -> NewIds:
    """What makes the ids of a test."""
    return NewIds()


@pytest.fixture
def open_another(
    database_url: str, vault: Vault, new_id: Callable[[], int]
) -> Iterator[Callable[[], Database]]:
    """Open the test's database once more, as another node would."""
    with ExitStack() as opened:

        def open_one() -> Database:
            database = open_database(database_url, new_id=new_id, vault=vault)
            opened.callback(database.close)
            return database

        yield open_one


@pytest.fixture
def database(open_another: Callable[[], Database]) -> Database:
    """An empty, migrated database, open and not started: everything runs on the test's own thread."""
    return open_another()


@pytest.fixture
def on_a_wire(
    database_url: str, vault: Vault, new_id: Callable[[], int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Wire, Database]]:
    """The test's database over a wire that can be cut, and the wire."""
    with wire_to(database_url, tmp_path_factory.mktemp("w")) as (wire, url):
        database = open_database(url, new_id=new_id, vault=vault)
        yield wire, database
        database.close()
