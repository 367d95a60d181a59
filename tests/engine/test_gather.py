"""Gathering by meaning: a model merges groups while their windows are open, and nothing ever waits for it."""

import asyncio
import json
from dataclasses import replace

import pytest

import stored
from builders import MINUTE, NOW, destination, directory, plan, step
from desk import Desk
from front_builders import world_at
from message_builders import RecordingWire
from routing_builders import event, policy, rule
from tocsin.actions.meaning import compared
from tocsin.channels.base import HttpResponse, Unsent
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.because_page import PagesMerged
from tocsin.core.escalation import DestinationTarget, PageStatus
from tocsin.core.receipt import Outcome
from tocsin.engine.embedding import TEXTS_MAX, Endpoint, Local, NoVectorsError
from tocsin.engine.gather import Gatherer
from tocsin.store.schema import upgrade

ROOM = destination("Room")
TO_ROOM = plan(step(DestinationTarget(destination=ROOM.id)))
WAYS = Gathering(by=GatherBy.MEANING, window=5 * MINUTE, first_at_once=False)

DISK, FULL, CERT = "No space left on device", "Disk is full", "Certificate expires in 3 days"
MEANT = {DISK: (1.0, 0.0), FULL: (0.95, 0.1), CERT: (0.0, 1.0)}


class Model:
    """A model that knows what a few texts mean."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.asked: list[str] = []
        self.fault = fault

    async def vectors(self, texts):
        self.asked += texts
        if self.fault is not None:
            raise self.fault
        return [MEANT[text] for text in texts]


class Running(Desk):
    """A desk at a database that runs on threads of its own."""

    def do(self, action):
        return asyncio.run(self.database.write(action))


@pytest.fixture
def office(tmp_path):
    """A running world with a policy that gathers by meaning, and its clock at NOW."""
    clock = [NOW]
    upgrade(f"sqlite:///{tmp_path / 'tocsin.db'}")
    world = replace(world_at(tmp_path, start=True), now=lambda: clock[0])
    whole = stored.furnished(directory(ROOM), policies=[policy(rule(TO_ROOM), gathering=WAYS)])
    here = Running(world.database, whole)
    here.do(lambda tx: stored.put(tx, whole, now=NOW))
    yield world, here, clock
    world.database.close()


def say(here, *titles, at=NOW):
    here.report(*[event(title=title, dedup_key=title) for title in titles], at=at)


def turn(world, model, **fields):
    gatherer = Gatherer(world, model, bound=0.8, **fields)
    asyncio.run(gatherer.turn())
    return gatherer


def told(here, at):
    here.turn(at)
    claimed = here.claim(at)
    here.record(claimed, at)
    return sorted(sorted(alert.title for alert in each.alerts) for each in claimed)


def test_what_means_the_same_is_told_together(office):
    world, here, _ = office
    say(here, DISK, FULL, CERT)
    model = Model()

    turn(world, model)

    assert sorted(model.asked) == sorted([DISK, FULL, CERT])
    assert told(here, NOW + 5 * MINUTE) == [[CERT], sorted([DISK, FULL])]
    merged = [page for page in here.pages() if page.status is PageStatus.RESOLVED]
    assert [type(each) for page in merged for each in here.story(page.id)][-1] is PagesMerged


@pytest.mark.parametrize("fault", [NoVectorsError("no"), TimeoutError()])
def test_a_model_that_fails_leaves_the_groups_as_they_are_and_loses_nothing(office, fault):
    world, here, _ = office
    say(here, DISK, FULL, CERT)
    model = Model(fault)

    gatherer = turn(world, model)
    asyncio.run(gatherer.turn())

    assert len(model.asked) == 3  # it is left alone for a while
    assert told(here, NOW + 5 * MINUTE) == [[CERT], [FULL], [DISK]]


def test_without_a_model_texts_are_compared_by_their_words(office):
    world, here, _ = office
    say(here, DISK, FULL)

    assert asyncio.run(Gatherer(world, None, bound=0.8).turn()) is None
    assert told(here, NOW + 5 * MINUTE) == [[FULL], [DISK]]


def test_a_group_that_has_been_told_is_not_touched(office):
    world, here, clock = office
    say(here, DISK)
    assert told(here, NOW + 5 * MINUTE) == [[DISK]]
    clock[0] = NOW + 6 * MINUTE
    say(here, FULL, CERT, at=clock[0])

    turn(world, Model())

    assert told(here, NOW + 11 * MINUTE) == [[CERT], [FULL]]


def test_texts_are_asked_about_once(office):
    world, here, _ = office
    say(here, DISK, CERT)
    model = Model()
    gatherer = turn(world, model)
    say(here, FULL)
    asyncio.run(gatherer.turn())

    assert sorted(model.asked) == sorted([DISK, FULL, CERT])
    assert told(here, NOW + 5 * MINUTE) == [[CERT], sorted([DISK, FULL])]


def test_a_group_alone_needs_no_model(office):
    world, here, _ = office
    say(here, DISK)
    model = Model()

    turn(world, model)

    assert model.asked == []
    assert asyncio.run(world.database.read(compared)) == ()


# --- the endpoint ---------------------------------------------------------------------------------------


def endpoint(*answers):
    wire = RecordingWire(*answers)
    return wire, Endpoint(wire, url="https://llm.example/v1/embeddings", key="k", model="small")


def answer(*vectors, status=200):
    data = [{"index": place, "embedding": vector} for place, vector in enumerate(vectors)]
    return HttpResponse(status=status, body=json.dumps({"data": data[::-1]}).encode())


def test_an_endpoint_is_asked_as_openai_is_and_its_answer_read_in_order():
    wire, model = endpoint(answer([1.0, 0.0], [0.0, 1.0]))

    assert asyncio.run(model.vectors(["a", "b"])) == [(1.0, 0.0), (0.0, 1.0)]
    (request,) = wire.requests
    assert json.loads(request.body) == {"model": "small", "input": ["a", "b"]}
    assert dict(request.headers)["authorization"] == "Bearer k"


def test_many_texts_are_asked_about_a_hundred_at_a_time():
    wire, model = endpoint(answer(*[[1.0]] * TEXTS_MAX), answer(*[[1.0]] * 20))

    assert len(asyncio.run(model.vectors(["x"] * (TEXTS_MAX + 20)))) == TEXTS_MAX + 20
    assert len(wire.requests) == 2


@pytest.mark.parametrize(
    "given",
    [
        answer([1.0], status=500),
        HttpResponse(status=200, body=b"no json"),
        HttpResponse(status=200, body=b"[" * 100_000),
        HttpResponse(status=200, body=b'{"data": [{"index": 0, "embedding": ["x"]}]}'),
        HttpResponse(status=200, body=b'{"data": [{"index": 0, "embedding": []}]}'),
        HttpResponse(status=200, body=b'{"data": []}'),
        HttpResponse(status=200, body=b"{}"),
        Unsent(Outcome.NEVER, "it may not be called"),
    ],
)
def test_an_endpoint_that_makes_no_sense_gives_no_vectors(given):
    _, model = endpoint(given)

    with pytest.raises(NoVectorsError):
        asyncio.run(model.vectors(["a"]))


def test_a_model_that_is_not_there_gives_no_vectors(tmp_path):
    with pytest.raises(NoVectorsError, match="gave nothing"):
        asyncio.run(Local(tmp_path / "none").vectors(["a"]))
