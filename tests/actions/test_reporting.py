"""What reports are made of, on either engine."""

from datetime import timedelta

import pytest

from builders import MINUTE, NOW, directory, person, plan, step, target
from desk import OPERATOR
from routing_builders import event, resolved
from tocsin.actions import alerts as people_do
from tocsin.actions.reporting import past
from tocsin.core.people import Role

ANA = person("Ana", "sms", role=Role.OWNER)
SINCE = NOW - timedelta(days=1)


@pytest.fixture
def here(desk):
    opened = desk(directory(ANA), plan(step(target(ANA))))
    opened.report(event())
    return opened


def read(here):
    return here.do(lambda tx: past(tx, OPERATOR, since=SINCE))


def test_the_first_acknowledgement_counts_whatever_came_of_it(here):
    alert = here.alert().id
    for minute in (3, 9):
        here.do(lambda tx, at=NOW + minute * MINUTE: people_do.acknowledge(tx, OPERATOR, [alert], now=at))
    here.do(lambda tx: people_do.unacknowledge(tx, OPERATOR, [alert], now=NOW + 10 * MINUTE))

    ((found,), _) = read(here)

    assert found.taken_at == NOW + 3 * MINUTE


def test_messages_that_went_out_are_told_and_others_are_not(here):
    assert read(here)[1] == []

    here.deliver(NOW + MINUTE)

    ((message),) = read(here)[1]
    assert (message.user, message.at, message.channel) == (ANA.id, NOW + MINUTE, "sms")


def test_what_is_over_says_when_and_drills_are_left_out(here):
    here.report(resolved(), at=NOW + 5 * MINUTE)
    here.report(event(dedup_key="drill", drill=True))

    ((found,), _) = read(here)

    assert (found.resolved_at, found.resolved_by, found.taken_at) == (NOW + 5 * MINUTE, None, None)
