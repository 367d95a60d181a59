import shutil

import pytest

from front_builders import VIEWER, Thing, ThingView, ask, door_of, front_of, kit_of, world_at
from tocsin.actions.actor import Permission
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Routes

MADE: list[str] = []
ROUTES = Routes("/api/things/v1")


def _make(tx, actor, name, *, now):
    MADE.append(name)
    return f"t{len(MADE)}"


@ROUTES.post("/things", permission=Permission.READ, summary="Make", status=201, once=True)
async def make(call: Call, body: Thing) -> Answer[ThingView]:
    def show(identifier: str) -> Answer[ThingView]:
        view = ThingView(id=identifier, name=body.name)
        return Answer(value=view, headers={"location": f"/things/{identifier}"})

    return await call.once(show, _make, body.name, now=call.now)


@pytest.fixture
def front(tmp_path, _sqlite_template):
    shutil.copy(_sqlite_template, tmp_path / "tocsin.db")
    MADE.clear()
    world = world_at(tmp_path, start=True)
    kit = kit_of(world)
    yield front_of(kit, door_of(kit, routes=tuple(ROUTES)))
    world.database.close()


def _send(front, key, name="one", **options):
    headers = {} if key is None else {"idempotency-key": key}
    return ask(front, "POST", "/api/things/v1/things", json={"name": name}, headers=headers, **options)


def test_a_create_that_is_repeated_under_its_key_makes_one_thing(front):
    first, second = _send(front, "key-1"), _send(front, '"key-1"')

    assert MADE == ["one"]
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["location"] == first.headers["location"] == "/things/t1"
    assert ("idempotent-replayed" in first.headers, "idempotent-replayed" in second.headers) == (False, True)


def test_without_a_key_each_create_makes_a_thing(front):
    assert [_send(front, None).json()["id"] for _ in range(2)] == ["t1", "t2"]


def test_the_key_of_another_request_is_refused(front):
    _send(front, "key-1")

    refused = _send(front, "key-1", name="other")

    assert (refused.status_code, refused.json()["type"]) == (422, "urn:tocsin:problem:key-reused")
    assert MADE == ["one"]


def test_another_caller_may_use_the_same_key(front):
    _send(front, "key-1")
    _send(front, "key-1", name="other", token=VIEWER)

    assert MADE == ["one", "other"]


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "ä"])
def test_a_malformed_key_is_refused(front, key):
    refused = _send(front, key.encode())

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["path"] == "Idempotency-Key"
