from datetime import timedelta

import pytest
from sqlalchemy import select

from builders import MINUTE, NOW, directory, person, plan, step, target
from routing_builders import event, policy, rule, silence
from tocsin.actions import watching
from tocsin.core.filters import parse
from tocsin.core.people import Role
from tocsin.core.spelling import native
from tocsin.store.statements import Statement, two_forms
from tocsin.store.tables import pages

SECOND = timedelta(seconds=1)
ANA = person("Ana", "sms", role=Role.OWNER)
BEN = person("Ben", "sms")
HERE = directory(ANA, BEN)
LADDER = plan(step(target(ANA)), step(target(BEN), after=5))
LATER = NOW + MINUTE
RESPONDERS = Statement(select(pages.c.responders))


def look(here, at=LATER):
    return here.do(lambda tx: watching.look(tx, now=at))


def harm(here, sql):
    here.do(lambda tx: tx.run(two_forms(sqlite=sql, postgresql=sql)))


def test_all_is_well_while_somebody_is_being_asked(desk):
    here = desk(HERE, LADDER)
    here.report(event())
    here.deliver(NOW)

    found = look(here)

    assert (found.overdue_timer, found.overdue_notification, found.stranded) == (
        timedelta(0),
        timedelta(0),
        (),
    )
    assert (found.firing, found.unrouted, found.silenced, found.poisoned) == (1, 0, 0, 0)


def test_what_waits_too_long_is_measured(desk):
    here = desk(HERE, LADDER)
    here.report(event())

    found = look(here, NOW + 7 * MINUTE)

    assert (found.overdue_timer, found.overdue_notification) == (2 * MINUTE, 7 * MINUTE)


def test_a_message_whose_sender_is_gone_is_measured_from_the_end_of_its_lease(desk):
    here = desk(HERE, LADDER)
    here.report(event())
    here.claim(NOW)

    assert look(here, NOW + 4 * MINUTE).overdue_notification == timedelta(seconds=150)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM timers",
        "DELETE FROM page_alerts",
        "UPDATE pages SET status = 'acknowledged'",
    ],
)
def test_an_alert_that_nobody_is_going_to_be_asked_about_is_stranded(desk, damage):
    here = desk(HERE, LADDER)
    here.report(event())

    harm(here, damage)

    assert look(here).stranded == ((HERE.workspace, here.alert().id),)
    assert look(here, NOW + SECOND).stranded == ()  # it may be in the making


def test_an_acknowledgement_whose_end_has_passed_and_that_nothing_will_end_leaves_its_alert_stranded(desk):
    here = desk(HERE, LADDER)
    here.report(event())
    here.acknowledge(NOW + SECOND, until=NOW + 3 * MINUTE)
    assert look(here, NOW + 9 * MINUTE).stranded == ()  # the timer is late, which is told by itself

    harm(here, "DELETE FROM timers")

    assert look(here, NOW + 2 * MINUTE).stranded == ()
    assert look(here, NOW + 9 * MINUTE).stranded == ((HERE.workspace, here.alert().id),)


def test_what_is_acknowledged_silenced_or_at_its_plans_end_is_not_stranded(desk):
    here = desk(HERE, plan(step(target(ANA))), silences=[silence("title = quiet")])
    here.report(event(dedup_key="a"), event(dedup_key="b"), event(dedup_key="c", title="quiet"))
    here.acknowledge(NOW + SECOND, until=NOW + 9 * MINUTE, alert=here.alerts()[0].id)

    found = look(here)

    assert (found.stranded, found.silenced, found.firing) == ((), 1, 3)


def test_what_nobody_takes_is_counted_and_not_stranded(desk):
    here = desk(HERE, policies=[policy(rule(LADDER), scope=parse("title = nothing"))])
    here.report(event())

    found = look(here)

    assert (found.stranded, found.unrouted) == ((), 1)


def test_a_timer_that_has_failed_three_times_is_counted(desk):
    here = desk(HERE, LADDER)
    here.report(event())
    harm(here, "UPDATE pages SET responders = '[{}]'")

    at = NOW + 5 * MINUTE
    for _ in range(3):
        assert look(here, at).poisoned == 0
        here.turn(at)
        (timer,) = here.timers()
        at = timer.due

    assert look(here, at).poisoned == 1


def test_a_timer_that_fails_is_named_with_what_is_wrong_until_it_goes_through(desk):
    here = desk(HERE, LADDER)
    here.report(event())
    (page,) = here.pages()
    sound = here.do(lambda tx: tx.scalar(RESPONDERS))

    harm(here, "UPDATE pages SET responders = '[{}]'")
    for at in (5 * MINUTE, 6 * MINUTE):
        here.turn(NOW + at)
    (failure,) = here.do(watching.failures)
    harm(here, f"UPDATE pages SET responders = '{sound}'")
    here.turn(NOW + 7 * MINUTE)

    again = NOW + 6 * MINUTE + 5 * SECOND
    named, _, error = failure.partition(f" and is tried again at {again:%Y-%m-%d %H:%M:%S} UTC: ")
    assert named == f"page of {native('page', page.id)} has failed 2 times"
    assert "Error: " in error
    assert here.do(watching.failures) == ()
