"""What an action can rely on, the same on SQLite and on PostgreSQL."""

import asyncio
import threading

import pytest
from sqlalchemy import select

from tocsin.core.errors import Conflict, Invalid
from tocsin.store.bulk import insert_many, update_many
from tocsin.store.database import TryAgain, open_database
from tocsin.store.statements import Statement, among, words
from tocsin.store.tables import nodes, round_robins, teams, workspaces

ADD = insert_many(round_robins)
TURNS = Statement(select(round_robins).order_by(round_robins.c.step_id))
ADD_NODE = insert_many(nodes)
NAMES = Statement(select(nodes.c.name).order_by(nodes.c.name))
CHOSEN = Statement(
    select(nodes.c.started_at).where(among(nodes.c.name, "names")).order_by(nodes.c.started_at)
)
ADD_WORKSPACE = insert_many(workspaces)
ADD_TEAM = insert_many(teams)


def turns(database):
    return database.read_now(lambda tx: tx.rows(TURNS))


def adding(*rows):
    return lambda tx: tx.run_many(ADD, list(rows))


def test_what_an_action_wrote_is_there_for_whoever_reads_next(database):
    assert database.transact(adding((1, 10), (2, 20))) == 2

    assert turns(database) == [(1, 10), (2, 20)]


def test_an_action_that_raises_leaves_nothing(database):
    def fails(tx):
        adding((1, 10))(tx)
        raise Invalid("turn", "is wrong")

    with pytest.raises(Invalid):
        database.transact(fails)

    assert turns(database) == []


def test_a_savepoint_undoes_its_block_and_only_that(database):
    def part(tx):
        with tx.savepoint():
            adding((2, 20))(tx)
            tx.wake("outbox")
            with tx.savepoint():
                adding((3, 30))(tx)
            raise Invalid("turn", "is wrong")

    def action(tx):
        adding((1, 10))(tx)
        tx.wake("timers")
        with pytest.raises(Invalid):
            part(tx)
        with tx.savepoint():
            adding((4, 40))(tx)
        return tx.wakes

    assert database.transact(action) == {"timers"}
    assert turns(database) == [(1, 10), (4, 40)]


def test_a_statement_that_fails_in_a_savepoint_does_not_spoil_the_rest(database):
    def action(tx):
        adding((1, 10))(tx)
        with pytest.raises(Exception, match=r"(?i)unique"), tx.savepoint():
            adding((1, 11))(tx)
        adding((2, 20))(tx)

    database.transact(action)

    assert turns(database) == [(1, 10), (2, 20)]


def test_an_action_that_lost_a_race_runs_again_from_its_start(database):
    tries = []

    def action(tx):
        adding((len(tries), 0))(tx)
        tries.append(1)
        if len(tries) < 3:
            raise TryAgain
        return len(tries)

    assert database.transact(action) == 3
    assert turns(database) == [(2, 0)]


def test_an_action_that_keeps_losing_is_a_conflict(database):
    def action(_tx):
        raise TryAgain

    with pytest.raises(Conflict, match="kept changing"):
        database.transact(action)


def test_a_name_that_is_taken_is_a_conflict(database):
    database.transact(adding((1, 10)))

    with pytest.raises(Conflict, match="already"):
        database.transact(adding((1, 11)))

    assert turns(database) == [(1, 10)]


def test_a_reference_to_nothing_is_a_conflict(database):
    with pytest.raises(Conflict, match="refers to something that is gone"):
        database.transact(lambda tx: tx.run_many(ADD_TEAM, [(1, 404, "Ops", "ops", "")]))


def test_a_query_cannot_write(database):
    with pytest.raises(RuntimeError, match="must not write"):
        database.read_now(adding((1, 10)))

    assert turns(database) == []


def test_an_action_cannot_open_another_transaction(database):
    with pytest.raises(RuntimeError, match="another transaction"):
        database.transact(lambda _tx: database.transact(adding((1, 10))))


def test_a_query_sees_one_state_whatever_is_committed_meanwhile(database, open_another):
    other = open_another()

    def query(tx):
        before = tx.rows(TURNS)
        other.transact(adding((1, 10)))
        return before, tx.rows(TURNS)

    assert database.read_now(query) == ([], [])
    assert turns(database) == [(1, 10)]


@pytest.mark.parametrize("names", [[], ["b"], ["a", "b", "c"], ["missing"], ["Ω%_'\"\\"]])
def test_a_list_parameter_may_have_any_length_and_any_text(database, names):
    stored = ["a", "b", "c", "Ω%_'\"\\"]
    database.transact(
        lambda tx: tx.run_many(ADD_NODE, [(name, place, 0, "{}", None) for place, name in enumerate(stored)])
    )

    found = database.read_now(lambda tx: tx.rows(CHOSEN, names=names))

    assert [place for (place,) in found] == [stored.index(name) for name in names if name in stored]


def test_large_numbers_empty_texts_and_nulls_come_back_as_they_are(database):
    row = (1, "", 2**62, None, "{}", -(2**62), 2**53, None, 0)

    database.transact(lambda tx: tx.run_many(ADD_WORKSPACE, [row, (2, "x", 1, 5, "{}", 0, None, 7, None)]))

    assert database.read_now(lambda tx: tx.rows(Statement(select(workspaces).order_by(workspaces.c.id)))) == [
        row,
        (2, "x", 1, 5, "{}", 0, None, 7, None),
    ]


def test_updates_of_many_rows_can_be_guarded_by_what_is_stored(database):
    guarded = update_many(round_robins, columns=("turn",), keys=("step_id", "turn"))
    database.transact(adding((1, 10), (2, 20), (3, 30)))

    changed = database.transact(lambda tx: tx.run_many(guarded, [(11, 1, 10), (21, 2, 99), (31, 3, 30)]))

    assert changed == 2
    assert turns(database) == [(1, 11), (2, 20), (3, 31)]


def test_wakes_are_told_after_the_commit_and_only_then(database):
    told = []
    database.on_wake(lambda what: told.append((what, turns(database))))

    def fails(tx):
        tx.wake("outbox")
        raise Invalid("turn", "is wrong")

    def works(tx):
        adding((1, 10))(tx)
        tx.wake("timers")
        tx.wake("config", "timers")

    with pytest.raises(Invalid):
        database.transact(fails)
    database.transact(works)
    database.transact(adding((2, 20)))

    assert told == [({"timers", "config"}, [(1, 10)])]


def test_a_callback_that_was_taken_back_is_told_nothing(database):
    told = []
    database.on_wake(told.append)()

    database.transact(lambda tx: tx.wake("timers"))

    assert told == []


def test_a_callback_that_fails_stops_neither_the_others_nor_the_writers(started, caplog):
    told = []

    def fails(_what):
        raise ValueError("the loop is closed")

    started.on_wake(fails)
    started.on_wake(told.append)

    async def wake_twice():
        await started.write(lambda tx: tx.wake("timers"))
        await started.write(lambda tx: tx.wake("outbox"))

    asyncio.run(wake_twice())

    assert {"timers"} in told
    assert {"outbox"} in told
    assert "the loop is closed" in caplog.text


def test_an_event_loop_that_has_ended_does_not_stop_the_writers(started):
    begun, go_on = threading.Event(), threading.Event()

    def slow(_tx):
        begun.set()
        assert go_on.wait(10)

    async def leave():
        left = asyncio.ensure_future(started.write(slow))
        await asyncio.get_running_loop().run_in_executor(None, begun.wait)
        left.cancel()

    asyncio.run(leave())
    go_on.set()

    assert started.transact(adding((1, 10))) == 1


# --- started: threads write, callers wait together ----------------------------------------------------


@pytest.fixture
def started(database):
    database.start()
    return database


def test_many_writers_at_once_all_get_their_own_outcome(started):
    def fails(tx):
        adding((1000, 0))(tx)
        raise Invalid("turn", "is wrong")

    async def storm():
        writes = [started.write(adding((number, number))) for number in range(200)]
        return await asyncio.gather(*writes, started.write(fails), return_exceptions=True)

    outcomes = asyncio.run(storm())

    assert outcomes[:200] == [1] * 200
    assert isinstance(outcomes[200], Invalid)
    assert turns(started) == [(number, number) for number in range(200)]


def test_a_blocking_caller_and_an_event_loop_share_the_writers(started):
    thread = threading.Thread(target=lambda: [started.transact(adding((n, 0))) for n in range(50)])
    thread.start()

    async def storm():
        await asyncio.gather(*(started.write(adding((100 + n, 0))) for n in range(50)))

    asyncio.run(storm())
    thread.join()

    assert len(turns(started)) == 100


def test_reads_do_not_block_the_event_loop_and_see_what_was_committed(started):
    async def write_and_read():
        await started.write(adding((1, 10)))
        return (
            await started.read(lambda tx: tx.rows(TURNS)),
            await started.read(lambda tx: tx.rows(TURNS), short=True),
        )

    assert asyncio.run(write_and_read()) == ([(1, 10)], [(1, 10)])


def test_a_caller_that_went_away_does_not_stop_the_others(started):
    async def storm():
        gone = asyncio.ensure_future(started.write(adding((1, 10))))
        await asyncio.sleep(0)
        gone.cancel()
        return await started.write(adding((2, 20)))

    assert asyncio.run(storm()) == 1
    assert (2, 20) in turns(started)


def test_what_was_handed_in_before_the_end_is_written(database, open_another):
    database.start()

    async def storm():
        writes = [asyncio.ensure_future(database.write(adding((n, n)))) for n in range(50)]
        await asyncio.sleep(0)
        await asyncio.get_running_loop().run_in_executor(None, database.close)
        return await asyncio.gather(*writes)

    assert asyncio.run(storm()) == [1] * 50
    assert len(turns(open_another())) == 50


def test_an_unknown_kind_of_database_is_refused_with_what_would_be_right(vault, new_id):
    with pytest.raises(Invalid, match=r"mysql.*must be sqlite:///path or postgresql://"):
        open_database("mysql://tocsin@db.example.com/tocsin", new_id=new_id, vault=vault)


def test_a_parameter_that_is_missing_is_an_error(database):
    statement = Statement(select(nodes).where(nodes.c.name == words("name")))

    with pytest.raises(Exception, match="name"):
        database.read_now(lambda tx: tx.rows(statement))
