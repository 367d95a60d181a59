"""The world outside fails, lies and is slow; somebody is told all the same, and nobody else suffers."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from builders import MINUTE, NOW, destination, directory, person, plan, step, target
from simulation.faults import Faults, fail_inside
from simulation.wire import CHANNELS, Phone, Weather
from stored import OTHER_SERVICE, furnished
from tocsin.actions import hand_paging
from tocsin.actions.actor import Actor
from tocsin.actions.delivery import LEASE
from tocsin.core.because_paging import DeliveryFailed
from tocsin.core.escalation import DestinationTarget
from tocsin.core.event import EventStatus, Severity
from tocsin.core.people import Role
from tocsin.core.spelling import native

ANA = person("ana", "sms", "voice", role=Role.OWNER, ladder=["sms", 3, "voice"])
BEN = person("ben", "sms")
HERE = directory(ANA, BEN)
SMS, VOICE = (method.address for method in ANA.contact_methods)
OPERATOR = Actor.of_server(HERE.workspace)
ONE = plan(step(target(ANA)))
SECOND = timedelta(seconds=1)


def arrivals(sim, address):
    return [each.at for each in sim.wire.deliveries if each.address == address]


@pytest.mark.parametrize(
    ("status", "arrives_by"),
    [
        # An answer may take half a minute to come.
        (402, 40 * SECOND),  # the next provider is asked at once
        (404, 40 * SECOND),  # nobody will take it: the next rule of theirs begins at once
        (429, 190 * SECOND),  # what it asks us to wait is waited for, or else the next provider asked
        (500, 190 * SECOND),  # a few tries, and meanwhile the next rule of theirs has its time
    ],
)
def test_somebody_is_told_in_time_whatever_the_first_provider_says(simulate, status, arrives_by):
    sim = simulate(furnished(HERE, ONE))
    sim.wire.answers = lambda host, _address: status if host == "sms-0.example" else None
    sim.report("db-1")

    sim.run(minutes=10)

    assert min(each.at for each in sim.wire.deliveries) < NOW + arrives_by
    sim.quiesce()


def test_when_every_provider_of_a_channel_is_out_the_next_rule_is_taken_in_its_time(simulate):
    sim = simulate(furnished(HERE, ONE))
    sim.wire.answers = lambda host, _address: 500 if host.startswith("sms") else None
    sim.report("db-1")

    sim.run(minutes=4)

    assert abs(arrivals(sim, VOICE)[0] - (NOW + 3 * MINUTE)) < 5 * SECOND


def test_a_provider_that_lies_costs_copies_under_one_key_and_never_a_page(simulate):
    sim = simulate(furnished(HERE, ONE), weather=Weather(lie=0.7), seed=3)
    sim.report("db-1")

    sim.run(minutes=30)
    sim.quiesce()

    assert sim.told() == {"ana"}
    assert len({each.key for each in sim.wire.deliveries}) == 2  # two rungs


@dataclass(frozen=True, slots=True)
class Bomb(Phone):
    """A channel with a fault of its own."""

    def render(self, _message, _options):
        raise ZeroDivisionError


def test_what_goes_wrong_inside_one_channel_stops_nobody_elses_message(simulate):
    shadow = person("shadow", "bomb")
    both = furnished(directory(ANA, shadow), plan(step(target(shadow), target(ANA))))
    sim = simulate(both, channels={**CHANNELS, "bomb": Bomb("bomb")})
    (node, *_) = sim.nodes
    node.take_in([sim.event("db-1")])
    sim.now += SECOND

    flights = [(each, node.deliverer.send(each)) for each in node.claim()]
    outcomes = {each.notification.channel: run(sending).receipt for each, sending in flights}

    assert outcomes["sms"].accepted
    assert outcomes["bomb"].error == "ZeroDivisionError"


def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError


def test_a_channel_that_is_there_no_more_fails_for_good_and_the_next_rule_is_taken(simulate):
    odd = person("odd", "pager", "sms", ladder=["pager", 30, "sms"])
    sim = simulate(furnished(directory(odd), plan(step(target(odd)))))
    sim.report("db-1")

    sim.run(minutes=1)

    assert len(arrivals(sim, odd.contact_methods[1].address)) == 1


def test_a_row_that_a_dead_node_left_behind_frees_itself_and_holds_nobody_up(simulate):
    sim = simulate(furnished(HERE, ONE))
    dead, *others = sim.nodes
    dead.take_in([sim.event("db-1")])
    sim.now += SECOND
    dead.claim()
    sim.report("db-2")
    dead.up = False  # for good

    sim.run(minutes=1)
    assert len(arrivals(sim, SMS)) == 1
    sim.run(minutes=2)

    assert len(arrivals(sim, SMS)) == 2
    assert arrivals(sim, SMS)[1] < NOW + LEASE + 10 * SECOND
    assert all(node.up for node in others)
    dead.up = True


def test_a_process_that_stood_still_does_not_send_what_another_has_taken_over(simulate):
    sim = simulate(furnished(HERE, ONE))
    (node, *_) = sim.nodes
    node.take_in([sim.event("db-1")])
    sim.now += SECOND
    (dispatch,) = node.claim()

    sim.now = dispatch.begin_by + SECOND

    assert run(node.deliverer.send(dispatch)) is None
    assert sim.wire.attempts == []


@pytest.mark.parametrize("seed", range(30))
def test_good_news_never_comes_before_bad_news_and_bad_news_never_after_good(simulate, seed):
    places = [destination("#ops", "webhook")]
    several = plan(step(target(ANA), target(BEN), DestinationTarget(destination=places[0].id)))
    sim = simulate(
        furnished(directory(ANA, BEN, *places), several),
        seed=seed,
        faults=Faults(slow=0.1),
        weather=Weather(fail=0.3, silent=0.2),
    )
    for number in range(4):
        sim.report(f"db-{number}")
        sim.soon(
            sim.chance.random() * 90, lambda key=f"db-{number}": sim.report(key, status=EventStatus.RESOLVED)
        )

    sim.run(minutes=30)
    sim.quiesce()

    over = set()
    for each in sim.wire.deliveries:
        place = (each.address, each.page)
        assert each.kind == "resolved" or place not in over
        if each.kind == "resolved":
            earlier = [
                one for one in sim.wire.deliveries if (one.address, one.page, one.kind) == (*place, "page")
            ]
            assert earlier or each.page in {page for one in sim.wire.deliveries for page in one.bundled or ()}
            over.add(place)


def test_a_storm_holds_up_neither_another_service_nor_another_person(simulate):
    here = furnished(HERE, plan(step(target(BEN))))
    sim = simulate(here)
    for number in range(300):
        sim.soon(number / 30, lambda key=f"storm-{number}": sim.report(key))
    sim.soon(12, lambda: sim.report("quiet", service=OTHER_SERVICE, severity=Severity.INFO))

    def page_ana(tx, now):
        hand_paging.page_by_hand(tx, OPERATOR, title="look", targets=(target(ANA),), service=2, now=now)

    sim.soon(12, lambda: sim.ask("page", page_ana))
    sim.run(minutes=5)

    quiet = next(row[0] for row in sim.observer.rows(PAGE_OF, "quiet"))
    (about_quiet,) = [each for each in sim.wire.deliveries if each.page == page_name(quiet)]
    assert about_quiet.at < NOW + 20 * SECOND
    assert arrivals(sim, SMS)[0] < NOW + 20 * SECOND
    sim.quiesce()
    assert sim.observer.one("SELECT count(*) FROM notifications WHERE state = 'sent'") > 300
    assert len(sim.wire.deliveries) < 60  # what is too much goes together


PAGE_OF = "SELECT l.page_id FROM page_alerts l JOIN alerts a ON a.id = l.alert_id WHERE a.dedup_key = ?"


def page_name(page):
    return native("page", page)


def test_a_second_provider_that_limits_the_rate_under_a_storm_is_heeded_and_everybody_is_told(simulate):
    people = [person(f"p{number}", "sms") for number in range(12)]
    everybody = plan(step(*(target(each) for each in people)))
    sim = simulate(furnished(directory(*people), everybody))
    took = []

    def answer(host, _address):
        if host == "sms-0.example":
            return 402
        recent = [at for at in took if sim.now - at < 10 * SECOND]
        if len(recent) >= 3:
            return 429
        took.append(sim.now)
        return None

    sim.wire.answers = answer
    for number in range(5):
        sim.soon(number, lambda key=f"db-{number}": sim.report(key))

    sim.run(hours=1)
    sim.quiesce()

    assert sim.told() == {each.name for each in people}
    given_up = sim.observer.one("SELECT count(*) FROM notifications WHERE state = 'failed'")
    stories = [each for story in sim.observer.stories().values() for each in story]
    assert given_up == sum(isinstance(each, DeliveryFailed) for each in stories)


def test_a_late_joiner_of_a_step_is_told_once_and_the_others_are_not_told_again(simulate):
    sim = simulate(furnished(HERE, plan(step(target(ANA)), step(target(ANA), target(BEN), after=1))))
    sim.report("db-1")

    sim.run(minutes=2)

    assert [len(arrivals(sim, each.contact_methods[0].address)) for each in (ANA, BEN)] == [1, 1]


def test_an_address_that_two_people_share_gets_each_message_of_either(simulate):
    shared = replace(BEN.contact_methods[0], address=SMS)
    twin = replace(BEN, contact_methods=(shared,))
    sim = simulate(furnished(directory(ANA, twin), plan(step(target(ANA), target(twin)))))
    sim.report("db-1")

    sim.run(minutes=1)

    assert len(arrivals(sim, SMS)) == 2


def test_a_receipt_that_cannot_be_written_down_at_once_is_written_down_soon(simulate):
    sim = simulate(furnished(HERE, ONE), nodes=1)
    (node,) = sim.nodes
    node.take_in([sim.event("db-1")])
    sim.now += SECOND

    async def engine():
        await node.deliverer.turn()
        node.trap.set(4, fail_inside)  # the next transaction is the receipt's
        await node.deliverer.drain(10)

    asyncio.run(engine())

    assert sim.observer.rows("SELECT state, attempts FROM notifications") == [("sent", 1)]
    assert len(sim.wire.deliveries) == 1
