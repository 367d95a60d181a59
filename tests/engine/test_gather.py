"""Gathering by meaning: a model merges groups while their windows are open, and nothing ever waits for it."""

import asyncio
import json
import sys
from dataclasses import replace
from ipaddress import ip_network

import pytest
from aiohttp import web

import small_model
import stored
from builders import MINUTE, NOW, destination, directory, plan, step
from desk import Desk
from front_builders import world_at
from message_builders import RecordingWire
from receivers import http_receiver
from routing_builders import event, policy, rule
from tocsin.actions.meaning import compared
from tocsin.channels.base import HttpResponse, Unsent
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.because_page import PagesMerged
from tocsin.core.escalation import DestinationTarget, PageStatus
from tocsin.core.meaning import merges
from tocsin.core.receipt import Outcome
from tocsin.engine.embedding import TEXTS_MAX, Endpoint, NoVectorsError
from tocsin.engine.gather import Gatherer
from tocsin.engine.local_model import Local
from tocsin.httpkit.outbound import OutboundWire
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


WORDS = [
    f"{first}{second}"
    for first in ("alpha", "bravo", "delta", "gamma", "kilo", "lima", "mike", "oscar", "papa")
    for second in ("bus", "car", "den", "fox", "gum", "hat", "ink", "jam")
]


class Failing:
    """A model to which everything means something else, and which fails *after* so many answers."""

    def __init__(self, after):
        self.after = after
        self.calls = 0

    async def vectors(self, texts):
        self.calls += 1
        if self.calls > self.after:
            raise NoVectorsError("no more")
        return [tuple(float(ord(letter)) for letter in text[:8]) for text in texts]


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
        HttpResponse(status=200, body=b'{"data": [{"index": 0, "embedding": [NaN]}]}'),
        HttpResponse(status=200, body=b'{"data": []}'),
        HttpResponse(status=200, body=b"{}"),
        Unsent(Outcome.NEVER, "it may not be called"),
    ],
)
def test_an_endpoint_that_makes_no_sense_gives_no_vectors(given):
    _, model = endpoint(given)

    with pytest.raises(NoVectorsError):
        asyncio.run(model.vectors(["a"]))


def vectors_of(body):
    texts = json.loads(body)["input"]
    return [{"index": place, "embedding": MEANT[text]} for place, text in enumerate(texts)]


async def _hang(_):
    await asyncio.Event().wait()


async def _fail(_):
    return web.Response(status=503, text="overloaded")


async def _talk_nonsense(_):
    return web.Response(text="<html>Welcome</html>", content_type="text/html")


async def _answer_for_others(_):
    return web.json_response({"data": [{"index": 0, "embedding": [1.0, 0.0]}]})


async def _hang_up(request):
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize("answer", [_hang, _fail, _talk_nonsense, _answer_for_others, _hang_up])
def test_an_endpoint_that_is_slow_fails_or_talks_nonsense_holds_nothing_up_and_nothing_is_lost(
    office, answer
):
    world, here, _ = office
    say(here, DISK, FULL, CERT)

    async def look_twice():
        async with http_receiver(answer) as receiver, OutboundWire(allow=[ip_network("127.0.0.0/8")]) as wire:
            model = Endpoint(wire, url=f"{receiver.url}/v1/embeddings", key="", model="small")
            gatherer = Gatherer(world, model, bound=0.8, patience_s=0.2)
            await gatherer.turn()
            await gatherer.turn()
            return len(receiver.requests)

    assert asyncio.run(look_twice()) == 1  # it is left alone for a while
    assert told(here, NOW + 5 * MINUTE) == [[CERT], [FULL], [DISK]]


class Silent:
    """A model that never answers."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def vectors(self, texts):
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError(f"nobody answers about {texts}")


def test_a_server_that_stops_waits_for_no_model(office):
    world, here, _ = office
    say(here, DISK, FULL, CERT)

    async def stop_while_it_is_asked():
        model = Silent()
        gatherer = Gatherer(world, model, bound=0.8, patience_s=3_600)
        looking = asyncio.create_task(gatherer.turn())
        await model.asked.wait()
        gatherer.stop()
        async with asyncio.timeout(60):
            await looking
            await gatherer.turn()  # nor does it ask again

    asyncio.run(stop_while_it_is_asked())

    assert told(here, NOW + 5 * MINUTE) == [[CERT], [FULL], [DISK]]


def test_whoever_ends_the_gathering_itself_is_obeyed(office):
    world, here, _ = office
    say(here, DISK, FULL)

    async def cancel():
        model = Silent()
        looking = asyncio.create_task(Gatherer(world, model, bound=0.8, patience_s=3_600).turn())
        await model.asked.wait()
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking

    asyncio.run(cancel())


def test_what_a_real_endpoint_finds_to_mean_the_same_is_told_together(office):
    world, here, _ = office
    say(here, DISK, FULL, CERT)

    async def answer(request):
        return web.json_response({"object": "list", "data": vectors_of(await request.read())[::-1]})

    async def look():
        async with http_receiver(answer) as receiver, OutboundWire(allow=[ip_network("127.0.0.0/8")]) as wire:
            model = Endpoint(wire, url=f"{receiver.url}/v1/embeddings", key="k", model="small")
            await Gatherer(world, model, bound=0.8).turn()

    asyncio.run(look())

    assert told(here, NOW + 5 * MINUTE) == [[CERT], sorted([DISK, FULL])]


# --- a model on this machine ------------------------------------------------------------------------------


def near(one, other, bound=0.9):
    return merges([(1, "one"), (2, "other")], {"one": one, "other": other}, bound) != []


@pytest.mark.parametrize(
    "layout",
    [{}, {"graph": "onnx/model.onnx"}, {"pools": True}],
    ids=["as it is", "as the hub lays it out", "it pools by itself"],
)
def test_a_model_in_a_folder_tells_what_texts_mean(tmp_path, layout):
    model = Local(small_model.write(tmp_path, **layout))
    texts = ["Disk is FULL", "no space left on device", "certificate expires", ""]

    full, space, expires, nothing = asyncio.run(model.vectors(texts))

    assert near(full, space)
    assert not near(full, expires)
    assert not near(full, nothing, 0.001), "no words, no direction"


def test_a_text_means_the_same_whatever_longer_ones_stand_beside_it(tmp_path):
    model = Local(small_model.write(tmp_path))

    (alone,) = asyncio.run(model.vectors(["disk full"]))
    beside, _ = asyncio.run(model.vectors(["disk full", "disk full " * 500]))

    assert alone == pytest.approx(beside)


def test_a_model_that_pools_by_its_first_token_does_so(tmp_path):
    model = Local(small_model.write(tmp_path, by_first=True))

    assert asyncio.run(model.vectors(["certificate disk disk"])) == [pytest.approx((0.0, 1.0, 0.0))]


def test_a_hundred_texts_go_through_the_model_in_order(tmp_path):
    model = Local(small_model.write(tmp_path))
    texts = ["disk", "certificate"] * 50

    assert asyncio.run(model.vectors(texts)) == [small_model.MEANS[text] for text in texts]


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("broken", [False, True])
def test_a_folder_without_a_whole_model_gives_no_vectors_and_says_what_is_missing(tmp_path, missing, broken):
    folder = small_model.write(tmp_path)
    (folder / missing).unlink()
    if broken:
        (folder / missing).write_bytes(b"\0no model")

    with pytest.raises(NoVectorsError, match=f"the model in {folder} gave nothing: .+"):
        asyncio.run(Local(folder).vectors(["a"]))


def test_without_its_libraries_it_says_which_extra_brings_them(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    with pytest.raises(NoVectorsError, match=r"pip install 'tocsin\[meaning\]'"):
        asyncio.run(Local(small_model.write(tmp_path)).vectors(["a"]))


def test_what_a_model_on_this_machine_finds_to_mean_the_same_is_told_together(office, tmp_path):
    world, here, _ = office
    say(here, DISK, FULL, CERT)

    turn(world, Local(small_model.write(tmp_path / "model")))

    assert told(here, NOW + 5 * MINUTE) == [[CERT], sorted([DISK, FULL])]


def test_what_came_before_a_model_failed_is_kept(office):
    world, here, _ = office
    say(here, *(f"{word} trouble" for word in WORDS))
    model = Failing(after=1)

    gatherer = turn(world, model)
    asyncio.run(gatherer.turn())

    assert model.calls == 2  # the second failed, and it is left alone for a while
    here.turn(NOW + 5 * MINUTE)
    asking = [page for page in here.pages() if page.status is PageStatus.TRIGGERED]
    assert len(asking) < len(WORDS)
    assert sum(page.alerts for page in asking) == len(WORDS)
