"""Handing alerts over: nobody else is woken meanwhile, and nothing is lost between two people."""

from datetime import timedelta

import pytest

from builders import MINUTE, NOW, directory, person, plan, step, target
from desk import OPERATOR
from routing_builders import event
from tocsin.actions import alerts as people_do
from tocsin.actions.actor import Actor
from tocsin.actions.handing_over import HELD_FOR, hand_over
from tocsin.core.because_page import HandedOver
from tocsin.core.errors import Conflict, Invalid, NotFound
from tocsin.core.escalation import PageStatus, UserTarget
from tocsin.core.ids import EscalationPolicyId, UserId
from tocsin.core.people import Role

SECOND = timedelta(seconds=1)
ANA = person("Ana", "sms", role=Role.OWNER)
BEN = person("Ben", "sms", role=Role.RESPONDER)
CEM = person("Cem", "sms", role=Role.RESPONDER)
HERE = directory(ANA, BEN, CEM)
LADDER = plan(step(target(ANA)), step(target(CEM), after=5))
BY_ANA = Actor.of_user(ANA, how="web")
BY_BEN = Actor.of_user(BEN, how="web")
LATER = NOW + SECOND


@pytest.fixture
def here(desk):
    opened = desk(HERE, LADDER)
    opened.report(event())
    return opened


def hand(here, *alerts, by=BY_ANA, to=BEN, **more):
    whom = {"targets": (target(to),)} | more
    ids = [each.id for each in alerts] or [here.alert().id]
    return here.do(lambda tx: hand_over(tx, by, ids, now=LATER, **whom))


def asked(here):
    return {responder.user for page in here.pages() for responder in page.responders}


def test_whoever_takes_over_is_asked_and_nobody_else_is_woken_meanwhile(here):
    hand(here, comment="the failover is half done")

    first, second = here.pages()
    here.turn(NOW + 10 * MINUTE)

    assert first.status is PageStatus.ACKNOWLEDGED
    assert [each.user for each in second.responders] == [BEN.id]
    assert CEM.id not in asked(here)
    assert here.alert().acknowledgement.by_name == "Ana"
    told = [each for each in here.story(second.id) if isinstance(each, HandedOver)]
    assert told == [
        HandedOver(by_name="Ana", to=("Ben",), until=LATER + HELD_FOR, comment="the failover is half done")
    ]


def test_once_somebody_takes_it_everything_rests(here):
    hand(here)

    alert = here.alert().id
    here.do(lambda tx: people_do.acknowledge(tx, BY_BEN, [alert], now=NOW + 2 * MINUTE))
    here.turn(NOW + 120 * MINUTE)

    assert {page.status for page in here.pages()} == {PageStatus.ACKNOWLEDGED}
    assert here.alert().acknowledgement.by_name == "Ben"
    assert asked(here) == {ANA.id, BEN.id}


def test_what_nobody_takes_pages_again_from_the_first_step(here):
    hand(here)

    here.turn(LATER + HELD_FOR)
    here.turn(LATER + HELD_FOR + 10 * MINUTE)

    assert here.alert().acknowledgement is None
    assert here.pages()[0].status is PageStatus.TRIGGERED
    assert CEM.id in asked(here)


def test_what_nobody_takes_comes_back_to_whoever_handed_it_over(here):
    hand(here, by=BY_BEN, to=CEM)

    here.turn(LATER + HELD_FOR)

    assert [each.user for each in here.pages()[-1].responders] == [CEM.id, BEN.id]


def test_many_alerts_are_one_page_and_each_of_them_is_held(here):
    here.report(event(dedup_key="second"), event(dedup_key="third"), at=LATER)

    held = hand(here, *here.alerts())

    page = here.pages()[-1]
    assert page.alerts == len(held) == 3
    assert {each.acknowledgement.by_name for each in here.alerts()} == {"Ana"}
    here.do(lambda tx: people_do.resolve(tx, OPERATOR, [each.id for each in held], now=NOW + MINUTE))
    assert here.pages()[-1].status is PageStatus.RESOLVED


@pytest.mark.parametrize(
    ("whom", "error"),
    [
        ({"targets": ()}, Invalid),
        ({"targets": (UserTarget(user=UserId(5)),)}, Invalid),
        ({"targets": (), "policy": EscalationPolicyId(5)}, NotFound),
        ({"policy": EscalationPolicyId(5)}, Invalid),
    ],
)
def test_handing_over_to_nobody_is_refused_and_changes_nothing(here, whom, error):
    with pytest.raises(error):
        hand(here, **whom)

    assert here.alert().acknowledgement is None


def test_what_is_resolved_cannot_be_handed_over(here):
    alert = here.alert().id
    here.do(lambda tx: people_do.resolve(tx, OPERATOR, [alert], now=NOW))

    with pytest.raises(Conflict):
        hand(here)
