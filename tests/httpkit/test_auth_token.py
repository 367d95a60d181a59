import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from front_builders import ADMIN, NOON, VIEWER, Keyring, world_at
from tocsin.core.errors import Unauthorized
from tocsin.httpkit.auth_token import Tokens, bearer_token
from tocsin.httpkit.remembered import REMEMBER, REMEMBERED_MAX


@pytest.fixture
def world(tmp_path):
    world = world_at(tmp_path)
    yield world
    world.database.close()


def _who(tokens: Tokens, token: str) -> str:
    return asyncio.run(tokens.of_token(token.encode())).name


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (b"Bearer abc", b"abc"),
        (b"bearer   abc ", b"abc"),
        (b"BEARER a.b-c_d~e+f/g=", b"a.b-c_d~e+f/g="),
    ],
)
def test_a_bearer_token_is_taken_out_of_its_header(header, token):
    assert bearer_token(header) == token


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"abc",
        b"Bearer",
        b"Bearer ",
        b"Basic abc",
        b"Bearer a b",
        b"Bearer \xff",
        b"Bearer " + b"x" * 501,
    ],
)
def test_what_is_no_bearer_token_is_nobody_s(header):
    with pytest.raises(Unauthorized):
        bearer_token(header)


def test_a_token_is_looked_up_once_and_then_remembered(world):
    keyring = Keyring()
    tokens = keyring.tokens(world)

    names = {_who(tokens, ADMIN) for _ in range(10)}

    assert (names, keyring.asked) == ({"admin"}, 1)


def test_a_revoked_token_is_refused_as_soon_as_the_change_is_committed(world):
    keyring = Keyring()
    tokens = keyring.tokens(world)
    _who(tokens, ADMIN)

    del keyring.actors[ADMIN]
    world.database.transact(lambda tx: tx.wake("config"))

    with pytest.raises(Unauthorized):
        _who(tokens, ADMIN)


def test_other_wake_ups_forget_nothing(world):
    keyring = Keyring()
    tokens = keyring.tokens(world)
    _who(tokens, ADMIN)

    world.database.transact(lambda tx: tx.wake("timers", "outbox"))
    _who(tokens, ADMIN)

    assert keyring.asked == 1


def test_where_the_word_does_not_get_through_a_token_is_asked_after_again_in_time(world):
    keyring, clock = Keyring(), [NOON]
    tokens = keyring.tokens(replace(world, now=lambda: clock[0]))
    _who(tokens, ADMIN)
    del keyring.actors[ADMIN]

    clock[0] += REMEMBER - timedelta(seconds=1)
    assert _who(tokens, ADMIN) == "admin"
    clock[0] += timedelta(seconds=1)

    with pytest.raises(Unauthorized):
        _who(tokens, ADMIN)


def test_a_change_that_comes_during_a_look_up_is_not_overlooked(world):
    keyring = Keyring()

    def find(tx, digest):
        found = keyring.find(tx, digest)
        if keyring.asked == 1:  # it is revoked just after it was read
            del keyring.actors[ADMIN]
            world.database.transact(lambda other: other.wake("config"))
        return found

    tokens = Tokens(world, find, used=lambda *_: None)
    _who(tokens, ADMIN)

    with pytest.raises(Unauthorized):
        _who(tokens, ADMIN)


def test_a_new_token_works_at_once(world):
    keyring = Keyring()
    tokens = keyring.tokens(world)
    with pytest.raises(Unauthorized):
        _who(tokens, "tocsin_new")

    keyring.actors["tocsin_new"] = keyring.actors[VIEWER]

    assert _who(tokens, "tocsin_new") == "viewer"


def test_the_memory_of_tokens_is_bounded(world):
    keyring = Keyring()
    viewer = keyring.actors[VIEWER]
    tokens = Tokens(world, lambda _tx, _digest: viewer, used=lambda *_: None)

    async def all_of_them() -> None:
        for number in range(REMEMBERED_MAX + 1):
            await tokens.of_token(b"%d" % number)

    asyncio.run(all_of_them())

    assert len(tokens._known) == 1


def test_the_last_use_of_a_key_is_noted_now_and_then(world):
    keyring, clock = Keyring(), [NOON]
    tokens = keyring.tokens(replace(world, now=lambda: clock[0]))

    async def use() -> None:
        await tokens.of_token(ADMIN.encode())
        await asyncio.gather(*tokens.uses.under_way)

    for _ in range(100):
        asyncio.run(use())
        clock[0] += timedelta(minutes=1)

    assert [at - NOON for _, at in keyring.used] == [timedelta(minutes=10 * number) for number in range(10)]
