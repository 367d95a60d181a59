"""Everything that one database holds, in another: whatever the engines, in pieces, and compared."""

import pytest
from sqlalchemy import SmallInteger

from servers import Postgresql
from store.samples import NOW
from tocsin.actions import moves
from tocsin.core.errors import Conflict
from tocsin.store import moves as stored
from tocsin.store import schema
from tocsin.store.bulk import insert_many
from tocsin.store.database import open_database
from tocsin.store.statements import kind_of
from tocsin.store.tables import metadata, nodes
from tocsin.store.transaction import Tx

ROWS = 5  # of each table
AT_ONCE = 2
OLD, NEW = "sqlite:///old.db", "postgresql://db.example.org/new"


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(stored, "ROWS_AT_ONCE", AT_ONCE)


@pytest.fixture
def old(database):
    """A database with some rows in every table, on either engine."""
    database.transact(_fill)
    return database


@pytest.fixture(params=["sqlite", "postgresql"])
def new(request, tmp_path, vault, new_id):
    """An empty one, on either engine."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'new.db'}"
        schema.upgrade(url)
        opened = open_database(url, new_id=new_id, vault=vault)
        yield opened
        opened.close()
        return
    server: Postgresql = request.getfixturevalue("postgresql_server")
    with server.lent(request.getfixturevalue("_postgresql_template")) as url:
        opened = open_database(url, new_id=new_id, vault=vault)
        yield opened
        opened.close()


def _fill(tx: Tx) -> None:
    """Put rows into every table, each of which refers to rows that are there."""
    for table in (metadata.tables[name] for name in moves.TABLES):
        rows = [tuple(_value(column, number) for column in table.columns) for number in range(1, ROWS + 1)]
        tx.run_many(insert_many(table), rows)


def _value(column, number):
    if column.foreign_keys:
        return number
    if kind_of(column) == "text":
        return None if column.nullable and number == 1 else f"{column.name} Ω'\"\\ {number % 3}-{number}"
    if column.primary_key and column.name == "id":
        return number
    if isinstance(column.type, SmallInteger):
        return number % 2
    return None if column.nullable and number == 2 else (2**62 + number) * (-1) ** number


def _carry(old, new, *, pieces=None):
    """Carry *pieces* of what is old over, all of it by default; tell whether that was all."""
    move = new.transact(lambda tx: moves.arrive(tx, whence=OLD, now=NOW))
    old.transact(lambda tx: moves.leave(tx, where=NEW, now=NOW))
    carried = 0
    for table in moves.TABLES[moves.TABLES.index(move.table) if move.table else 0 :]:
        key = move.key if table == move.table else ()
        while True:
            rows, key = old.read_now(lambda tx, table=table, key=key: moves.read_on(tx, table, key))
            if not rows:
                break
            if carried == pieces:
                return False
            move = new.transact(
                lambda tx, move=move, table=table, rows=rows, key=key: moves.take_in(
                    tx, move, table, rows, key
                )
            )
            carried += 1
    return True


def _sums(database):
    return {
        table: database.read_now(lambda tx, table=table: moves.count_and_sum(tx, table))
        for table in moves.TABLES
    }


def test_every_row_of_every_table_arrives_as_it_was(old, new):
    assert _carry(old, new)

    assert _sums(new) == _sums(old)
    assert {count for count, _sum in _sums(new).values()} == {ROWS}


@pytest.mark.parametrize("pieces", [1, 37])
def test_a_move_that_was_interrupted_goes_on_where_it_was(old, new, pieces):
    assert not _carry(old, new, pieces=pieces)
    assert _carry(old, new)

    assert _sums(new) == _sums(old)


def test_one_changed_value_is_noticed(old, new):
    _carry(old, new)
    table = metadata.tables["alerts"]
    key = new.read_now(lambda tx: moves.read_on(tx, "alerts", ()))[0][0][0]

    new.transact(
        lambda tx: tx.run(stored.Statement(table.update().where(table.c.id == key).values(title="other")))
    )

    assert _sums(new)["alerts"] != _sums(old)["alerts"]
    assert _sums(new)["events"] == _sums(old)["events"]


def test_nobody_serves_what_has_left_or_has_not_arrived(old, new):
    assert old.read_now(moves.why_not_served) == ""

    _carry(old, new, pieces=3)

    assert old.read_now(moves.why_not_served) == f"names a database that is being moved to {NEW}"
    assert "not all has arrived" in new.read_now(moves.why_not_served)

    _carry(old, new)
    new.transact(moves.settle_in)
    old.transact(moves.close)

    assert old.read_now(moves.why_not_served) == f"names a database that was moved to {NEW}"
    assert new.read_now(moves.why_not_served) == ""


def test_who_comes_back_is_served_again(old, new):
    _carry(old, new, pieces=3)

    assert old.transact(moves.come_back).where == NEW

    assert old.read_now(moves.why_not_served) == ""
    assert old.transact(moves.come_back) is None


def test_a_database_that_holds_anything_takes_nothing_in(old, new):
    with pytest.raises(Conflict, match="must be empty"):
        old.transact(lambda tx: moves.arrive(tx, whence=OLD, now=NOW))

    new.transact(lambda tx: moves.arrive(tx, whence=OLD, now=NOW))
    with pytest.raises(Conflict, match="must be empty"):
        new.transact(lambda tx: moves.arrive(tx, whence="sqlite:///another.db", now=NOW))


def test_what_is_being_served_stays(old):
    alive = ("n1", 1, 1, "{}", 2**52)
    old.transact(lambda tx: tx.run_many(insert_many(nodes), [alive]))

    with pytest.raises(Conflict, match="which must be stopped first"):
        old.transact(lambda tx: moves.leave(tx, where=NEW, now=NOW))


def test_it_is_moved_to_one_place_at_a_time(old):
    old.transact(lambda tx: moves.leave(tx, where=NEW, now=NOW))

    with pytest.raises(Conflict, match="--back"):
        old.transact(lambda tx: moves.leave(tx, where="postgresql://elsewhere/new", now=NOW))
