"""What is known to stand is what the database would say, or nothing."""

import pytest

import stored
from builders import NOW, directory, person
from tocsin.core.directory import Directory
from tocsin.core.ids import WorkspaceId
from tocsin.store import directories, workspaces
from tocsin.store.database import Database
from tocsin.store.standing import STANDS_FOR_S, Standing

HERE = WorkspaceId(1)


@pytest.fixture
def known(database: Database) -> Database:
    """A database with a workspace in it."""
    database.transact(lambda tx: stored.put(tx, directory(person("Ana")), now=NOW))
    return database


def read(database: Database) -> Directory:
    return database.read_now(lambda tx: directories.current(tx, HERE))


def change(database: Database) -> None:
    database.transact(lambda tx: workspaces.changed(tx, HERE))


def test_what_was_found_to_be_the_latest_stands_until_something_changes(known):
    assert known.standing(HERE) is None

    first = read(known)
    assert known.standing(HERE) is first

    change(known)
    assert known.standing(HERE) is None
    second = read(known)
    assert known.standing(HERE) is second
    assert second.version == first.version + 1


def test_what_another_workspace_changes_takes_nothing_but_a_look(known):
    first = read(known)

    known.transact(
        lambda tx: stored.put(tx, Directory(workspace=WorkspaceId(9), name="Next door", version=1), now=NOW)
    )

    assert known.standing(HERE) is None
    assert read(known) is first
    assert known.standing(HERE) is first


def test_whoever_began_before_a_change_does_not_let_stand_what_they_see(known):
    def look(tx) -> Directory:
        before = workspaces.version(tx, HERE)
        change(known)
        seen = directories.current(tx, HERE)
        assert seen.version == before
        return seen

    known.read_now(look)

    assert known.standing(HERE) is None


def test_a_change_that_is_not_committed_stands_for_nobody(known):
    first = read(known)

    def give_up(tx) -> None:
        workspaces.changed(tx, HERE)
        assert directories.current(tx, HERE).version == first.version + 1
        raise LookupError

    with pytest.raises(LookupError):
        known.transact(give_up)

    assert known.standing(HERE) is first


def test_nothing_stands_for_long_without_another_look():
    now = 100.0
    standing = Standing(clock=lambda: now)
    here = directory(person("Ana"))

    standing.found.stands(here)
    assert standing.found.of(here.workspace) is here

    now += STANDS_FOR_S
    assert standing.found.of(here.workspace) is None


def test_only_a_change_of_configuration_makes_anything_fall():
    standing = Standing(clock=lambda: 0.0)
    here = directory(person("Ana"))
    standing.found.stands(here)

    standing.woken(frozenset({"timers", "outbox"}))
    assert standing.found.of(here.workspace) is here

    standing.woken(frozenset({"timers", "config"}))
    assert standing.found.of(here.workspace) is None
