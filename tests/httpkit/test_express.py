import asyncio

import msgspec
import pytest

from front_builders import ADMIN, VIEWER, ask, kit_of, world_at
from tocsin.actions.actor import Permission
from tocsin.core.errors import Invalid, Overloaded
from tocsin.httpkit.errors import problem
from tocsin.httpkit.express import Express

PATH = "/api/tocsin/v1/events"


@pytest.fixture
def kit(tmp_path):
    world = world_at(tmp_path)
    yield kit_of(world, most=4)
    world.database.close()


def _express(kit, handle) -> Express:
    return Express(
        kit=kit,
        door="native",
        method="POST",
        path=PATH,
        permission=Permission.INGEST,
        handle=handle,
        dress=problem,
        status=202,
    )


async def _echo(actor, body):
    if body == b"broken":
        raise RuntimeError("a fault of ours that speaks of hunter2")
    if body == b"wrong":
        raise Invalid("events[3].severity", "is unknown")
    if body == b"full":
        raise Overloaded("too much", retry_after_s=7)
    return msgspec.json.encode({"by": actor.name, "came": len(body)})


def test_what_comes_is_handed_over_and_answered(kit):
    answer = ask(_express(kit, _echo), "POST", PATH, content=b"12345")

    assert (answer.status_code, answer.json()) == (202, {"by": "admin", "came": 5})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        ({"token": None}, 401, "there is no bearer token"),
        ({"token": "tocsin_wrong"}, 401, "the token is wrong"),
        ({"token": VIEWER}, 403, "viewer may not send events"),
        ({"content": b"x" * 2_001}, 413, "larger than 2000 bytes"),
        ({"content": b"wrong"}, 400, "events[3].severity is unknown"),
        ({"content": b"full"}, 503, "too much"),
        ({"content": b"broken"}, 500, "something went wrong in the server"),
        ({"headers": {"content-encoding": "gzip"}, "content": b"x"}, 415, "compressed"),
    ],
)
def test_it_refuses_as_every_other_route_does(kit, options, status, said, capsys):
    answer = ask(_express(kit, _echo), "POST", PATH, **options)

    assert answer.status_code == status
    assert said in answer.json()["detail"]
    assert "hunter2" not in answer.text
    assert (kit.gate.under_way, kit.gate._each) == (0, {})


def test_an_overload_says_when_to_come_back(kit):
    assert ask(_express(kit, _echo), "POST", PATH, content=b"full").headers["retry-after"] == "7"


def test_one_key_has_half_of_the_places(kit):
    gate = asyncio.Event()

    async def wait(actor, body):
        await gate.wait()
        return b"{}"

    async def story() -> list[int]:
        express = _express(kit, wait)
        statuses: list[int] = []
        calls = [asyncio.create_task(_post(express, ADMIN, statuses)) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*calls)
        return statuses

    assert sorted(asyncio.run(story())) == [202, 202, 429]


async def _post(express, token, statuses):
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [(b"authorization", f"Bearer {token}".encode())]
    await express({"type": "http", "method": "POST", "path": PATH, "headers": headers}, receive, send)


def test_it_is_counted_like_every_other_route(kit):
    express = _express(kit, _echo)

    ask(express, "POST", PATH, content=b"1")
    ask(express, "POST", PATH, content=b"wrong")

    assert kit.metrics.requests._counts == {
        ("native", PATH, "POST", 202): 1,
        ("native", PATH, "POST", 400): 1,
    }
