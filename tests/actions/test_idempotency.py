from datetime import timedelta

import pytest

from builders import NOW
from tocsin.actions.actor import EVERY_PERMISSION, Actor
from tocsin.actions.idempotency import KEPT, KeyReused, Reply, once
from tocsin.core.errors import Conflict
from tocsin.core.ids import KeyId, WorkspaceId
from tocsin.store import idempotency

ANA = Actor(workspace=WorkspaceId(1), name="Ana", permissions=EVERY_PERMISSION, key=KeyId(7))
BEN = Actor(workspace=WorkspaceId(1), name="Ben", permissions=EVERY_PERMISSION, key=KeyId(8))


class Maker:
    """Something that must be done once."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self) -> Reply:
        self.done += 1
        return Reply(
            status=201, headers={"location": f"/{self.done}"}, body=f'{{"token":"hunter{self.done}"}}'
        )


def _send(database, make, *, actor=ANA, request="a", now=NOW, key="key-1") -> Reply:
    return database.transact(lambda tx: once(tx, actor, key=key, request_hash=request, make=make, now=now))


def test_a_repeated_request_does_its_work_once_and_is_answered_alike(database):
    make = Maker()

    first = _send(database, make)
    second = _send(database, make, now=NOW + KEPT - timedelta(seconds=1))

    assert make.done == 1
    assert (second.status, second.headers, second.body) == (first.status, first.headers, first.body)
    assert (first.again, second.again) == (False, True)


def test_a_key_that_comes_with_another_request_is_refused(database):
    make = Maker()
    _send(database, make)

    with pytest.raises(KeyReused):
        _send(database, make, request="b")

    assert make.done == 1


def test_a_key_is_its_caller_s_own(database):
    make = Maker()

    _send(database, make)
    _send(database, make, actor=BEN, request="b")

    assert make.done == 2


def test_a_key_is_free_again_after_a_day(database):
    make = Maker()
    _send(database, make)

    again = _send(database, make, request="b", now=NOW + KEPT)

    assert (make.done, again.again) == (2, False)


def test_a_request_that_failed_may_be_sent_again(database):
    def fail() -> Reply:
        raise Conflict("the name is taken")

    with pytest.raises(Conflict):
        _send(database, fail)

    assert _send(database, Maker(), request="b").status == 201


def test_what_was_answered_is_not_readable_in_the_database(database):
    _send(database, Maker())

    kept = database.transact(lambda tx: idempotency.find(tx, WorkspaceId(1), "7:key-1"))

    assert "hunter" not in kept.body
