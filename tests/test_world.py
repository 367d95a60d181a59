import re
import shutil
import stat
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from tocsin.core.errors import Invalid
from tocsin.core.ids import COUNTER_MAX, ID_MAX, WorkspaceId, made_at
from tocsin.core.workspace import Workspace
from tocsin.opening import migrate, must_be_home, must_be_migrated, prepare
from tocsin.settings import Settings, load
from tocsin.store import schema, workspaces
from tocsin.store.database import open_database
from tocsin.store.secrets import Vault, new_key
from tocsin.store.statements import Statement
from tocsin.world import IdMaker, World, vault_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class NoWire:
    async def http(self, request):
        raise AssertionError(request)

    async def mail(self, mail):
        raise AssertionError(mail)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return load({"TOCSIN_DATA_DIR": str(tmp_path / "data")})


@given(
    steps_ms=st.lists(st.integers(-5_000, 5_000), min_size=1, max_size=50),
    chances=st.sampled_from([0.0, 0.5, 0.999999]),
)
def test_ids_only_grow_whatever_the_clock_does(steps_ms, chances):
    moments = [NOON]
    for step in steps_ms:
        moments.append(moments[-1] + timedelta(milliseconds=step))
    clock = iter([moment for moment in moments for _ in range(3)])
    new_id = IdMaker(lambda: next(clock), lambda: chances)

    ids = [new_id() for _ in range(3 * len(moments))]

    assert ids == sorted(set(ids))
    assert all(0 <= identifier <= ID_MAX for identifier in ids)


def test_an_id_tells_when_it_was_made():
    assert made_at(IdMaker(lambda: NOON, lambda: 0.999)()) == NOON


def test_a_millisecond_that_is_full_borrows_from_the_next():
    new_id = IdMaker(lambda: NOON, lambda: 0.999999)

    ids = [new_id() for _ in range(COUNTER_MAX)]

    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)
    assert made_at(ids[-1]) == NOON + timedelta(milliseconds=1)


def test_threads_never_share_an_id():
    new_id = IdMaker(lambda: NOON, lambda: 0.0)
    made: list[list[int]] = [[] for _ in range(4)]

    def work(mine: list[int]) -> None:
        mine += [new_id() for _ in range(5_000)]

    threads = [threading.Thread(target=work, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({identifier for mine in made for identifier in mine}) == 20_000


def test_two_nodes_that_share_nothing_make_different_ids():
    one, other = IdMaker(lambda: NOON, lambda: 0.25), IdMaker(lambda: NOON, lambda: 0.75)

    assert not {one() for _ in range(1000)} & {other() for _ in range(1000)}


def test_the_folder_and_the_key_are_for_their_owner_alone(settings):
    prepare(settings)

    assert stat.S_IMODE(settings.data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(settings.secret_key_file.stat().st_mode) == 0o600


def test_a_key_that_is_there_is_never_made_anew(settings):
    prepare(settings)
    sealed = vault_of(settings).seal("hunter2", "a place")

    prepare(settings)

    assert vault_of(settings).open(sealed, "a place") == "hunter2"


def test_a_server_whose_key_is_elsewhere_makes_none(tmp_path, settings):
    prepare(settings)
    key = settings.secret_key_file.read_text().strip()
    other = load({"TOCSIN_DATA_DIR": str(tmp_path / "other"), "TOCSIN_SECRET_KEY": key})

    prepare(other)

    assert not other.secret_key_file.exists()
    assert vault_of(other).open(vault_of(settings).seal("a", "b"), "b") == "a"


def test_a_missing_key_is_named_with_what_to_do(settings):
    with pytest.raises(Invalid, match="tocsin init"):
        vault_of(settings)


def test_a_key_that_everybody_can_read_is_refused(settings):
    prepare(settings)
    settings.secret_key_file.chmod(0o644)

    with pytest.raises(Invalid, match="mode 0600"):
        vault_of(settings)


@pytest.mark.parametrize("key", ["hunter2", "k1:!!", "k1:aGk="])
def test_a_malformed_key_is_refused_without_being_shown(tmp_path, key):
    with pytest.raises(Invalid) as caught:
        vault_of(load({"TOCSIN_DATA_DIR": str(tmp_path), "TOCSIN_SECRET_KEY": key}))

    assert key not in str(caught.value)


def test_the_real_world_has_a_clock_in_utc_chance_and_a_database(settings):
    prepare(settings)
    world = World.real(settings, NoWire())

    try:
        assert world.now().utcoffset() == timedelta(0)
        assert 0 <= world.chance() < 1
        assert world.database.transact(lambda tx: tx.new_id()) < world.new_id()
        assert world.entropy(32) != world.entropy(32)
    finally:
        world.database.close()


def test_a_commit_that_wakes_is_heard_until_one_stops_listening(settings):
    prepare(settings)
    world = World.real(settings, NoWire())
    heard: list[frozenset[str]] = []

    try:
        stop = world.wake(heard.append)
        world.database.transact(lambda tx: tx.wake("config"))
        stop()
        world.database.transact(lambda tx: tx.wake("timers"))
    finally:
        world.database.close()

    assert heard == [frozenset({"config"})]


def test_a_server_does_not_start_on_a_schema_that_is_too_old_for_it(database_url):
    settings = load({"TOCSIN_DATA_DIR": "/nowhere", "TOCSIN_DATABASE_URL": database_url})

    must_be_migrated(settings)
    _at_revision(database_url, _revisions()[0])

    with pytest.raises(Invalid, match="tocsin migrate"):
        must_be_migrated(settings)


def test_a_server_starts_on_a_schema_that_is_newer_than_its_own(database_url):
    _at_revision(database_url, "9999")

    must_be_migrated(load({"TOCSIN_DATA_DIR": "/nowhere", "TOCSIN_DATABASE_URL": database_url}))


def test_an_empty_database_is_told_with_what_fills_it(settings):
    with pytest.raises(Invalid, match="tocsin init"):
        must_be_migrated(settings)


def test_looking_whether_it_may_be_served_leaves_the_log_of_a_server_that_was_killed_as_it_is(tmp_path):
    env = {"TOCSIN_DATA_DIR": str(tmp_path / "served")}
    migrate(load(env))
    world = World.real(load(env), NoWire())
    seven, eight = (Workspace(id=WorkspaceId(n), name=f"No. {n}", created_at=NOON) for n in (7, 8))
    world.database.transact(lambda tx: workspaces.add(tx, seven))
    left = load({"TOCSIN_DATA_DIR": str(shutil.copytree(tmp_path / "served", tmp_path / "left"))})
    world.database.close()
    log = tmp_path / "left" / "tocsin.db-wal"
    before = log.read_bytes()

    must_be_migrated(left)
    must_be_home(left)
    unchanged = log.read_bytes() == before
    again = World.real(left, NoWire())
    found = again.database.read_now(lambda tx: workspaces.get(tx, seven.id))
    again.database.transact(lambda tx: workspaces.add(tx, eight))
    again.database.close()

    assert (len(before) > 0, unchanged, found) == (True, True, seven)
    assert not log.exists(), "who has written leaves one file"


def _revisions() -> list[str]:
    files = sorted((schema.MIGRATIONS / "versions").glob("[0-9]*.py"))
    found = [re.search(r'^revision(?:: str)? = "(.+)"', file.read_text(), re.MULTILINE) for file in files]
    return [match[1] for match in found if match]


def _at_revision(url: str, revision: str) -> None:
    database = open_database(url, new_id=lambda: 1, vault=Vault.from_text(new_key("k1")))
    statement = Statement(text("UPDATE alembic_version SET version_num = :revision"))
    try:
        database.transact(lambda tx: tx.run(statement, revision=revision))
    finally:
        database.close()
