"""What lasts, what is told together and what is told once: the whole way from events to messages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import MINUTE, NOW, destination, directory, person, plan, step, target, team
from routing_builders import event, policy, resolved, rule
from tocsin.actions import paging
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert_policy import Lasting, RepeatSilence
from tocsin.core.because_paging import ToldAlready
from tocsin.core.escalation import AddressTarget, DestinationTarget, PageStatus
from tocsin.core.event import Severity
from tocsin.core.notification import NotificationKind

CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING
SECOND = timedelta(seconds=1)
ANA, BEN = person("Ana", "email"), person("Ben", "email")
OPS = team("Ops", ANA, BEN)
ROOM, HALL = destination("Room"), destination("Hall")
HERE = directory(ANA, BEN, OPS, ROOM, HALL)
EACH = RepeatSilence(after=None, each_severity=True)


def to(*places, after=0):
    """Make a plan that tells places, or people by e-mail."""
    targets = [
        DestinationTarget(destination=each.id) if each in (ROOM, HALL) else target(each, "email")
        for each in places
    ]
    return plan(step(*targets, after=after))


def lasting(minutes, *places, severities=()):
    return Lasting(severities=frozenset(severities), plan=to(*places, after=minutes))


def told(here, at):
    """Send what is due at *at*, and tell what went where."""
    here.turn(at)
    claimed = here.claim(at)
    here.record(claimed, at)
    return sorted((name(each.notification.address), each.notification.kind.value) for each in claimed)


def name(address):
    known = {ROOM.address: "room", HALL.address: "hall"}
    known |= {each.address: one.name for one in (ANA, BEN) for each in one.contact_methods}
    return known.get(address, address)


# --- a severity that lasts ------------------------------------------------------------------------------


def test_a_severity_that_lasts_is_told_once_though_the_source_says_it_only_once(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM), lasting=(lasting(10, HALL),)))])
    here.report(event(CRITICAL))

    assert told(here, NOW) == [("room", "page")]
    assert told(here, NOW + 10 * MINUTE - SECOND) == []
    assert told(here, NOW + 10 * MINUTE) == [("hall", "page")]
    assert told(here, NOW + 90 * MINUTE) == []


def test_repeats_that_are_kept_quiet_count_as_lasting_and_start_no_clock(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM), lasting=(lasting(10, HALL),)))])

    for minute in range(0, 30, 3):
        here.report(event(CRITICAL), at=NOW + minute * MINUTE)

    assert told(here, NOW + 30 * MINUTE) == [("hall", "page"), ("room", "page")]


@pytest.mark.parametrize("late", [0, 30])
def test_rules_whose_lasting_plans_come_due_for_a_place_at_the_same_moment_tell_it_once(desk, late):
    first = rule(to(ROOM), lasting=(lasting(10, HALL, ROOM), lasting(20, HALL)))
    second = rule(to(ROOM), lasting=(lasting(10, HALL), lasting(15, HALL)))
    here = desk(HERE, policies=[policy(first, second)])
    here.report(event(CRITICAL))

    assert told(here, NOW) == [("room", "page")]
    assert told(here, NOW + 10 * MINUTE) == [("hall", "page"), ("room", "page")]
    assert [type(each) for page in here.pages() for each in here.story(page.id)].count(ToldAlready) == 2
    assert told(here, NOW + (15 + late) * MINUTE) == [("hall", "page")]  # however late, of both at once
    assert told(here, NOW + (20 + late) * MINUTE) == ([] if late else [("hall", "page")])
    here.report(resolved(), at=NOW + 90 * MINUTE)
    assert told(here, NOW + 90 * MINUTE) == [("hall", "resolved"), ("room", "resolved")]


def test_rules_tell_it_once_also_where_each_is_acted_on_by_itself(desk):
    here = desk(HERE, policies=[policy(*(rule(to(ROOM), lasting=(lasting(10, HALL),)) for _ in range(3)))])
    here.report(event(CRITICAL))
    told(here, NOW)

    for _ in range(3):
        assert here.do(lambda tx: paging.turn(tx, now=NOW + 10 * MINUTE, limit=1)).acted == 1

    assert told(here, NOW + 10 * MINUTE) == [("hall", "page")]


def test_another_severity_stops_the_clock_and_coming_back_starts_it_anew(desk):
    ops = policy(rule(to(ROOM), lasting=(lasting(10, HALL, severities={CRITICAL}),)), repeat=EACH)
    here = desk(HERE, policies=[ops])
    here.report(event(CRITICAL))
    here.report(event(WARNING), at=NOW + 5 * MINUTE)
    told(here, NOW + 5 * MINUTE)

    assert told(here, NOW + 15 * MINUTE) == []

    here.report(event(CRITICAL), at=NOW + 20 * MINUTE)
    assert told(here, NOW + 30 * MINUTE - SECOND) == []
    assert told(here, NOW + 30 * MINUTE) == [("hall", "page")]

    here.report(event(WARNING), at=NOW + 31 * MINUTE)
    here.report(event(CRITICAL), at=NOW + 32 * MINUTE)
    assert told(here, NOW + 60 * MINUTE) == []  # once for each severity in the life of an alert


def test_each_severity_lasts_by_itself(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM), lasting=(lasting(10, HALL),)), repeat=EACH)])
    here.report(event(WARNING))
    told(here, NOW)

    assert told(here, NOW + 10 * MINUTE) == [("hall", "page")]

    here.report(event(CRITICAL), at=NOW + 11 * MINUTE)
    assert told(here, NOW + 11 * MINUTE) == [("room", "page")]
    assert told(here, NOW + 21 * MINUTE) == [("hall", "page")]


def test_two_plans_count_from_the_same_start(desk):
    ops = policy(rule(to(ROOM), lasting=(lasting(10, HALL), lasting(100, ANA))))
    here = desk(HERE, policies=[ops])
    here.report(event(CRITICAL))
    told(here, NOW)

    assert told(here, NOW + 10 * MINUTE) == [("hall", "page")]
    assert told(here, NOW + 100 * MINUTE - SECOND) == []
    assert told(here, NOW + 100 * MINUTE) == [("Ana", "page")]


def test_trouble_that_is_over_in_time_is_not_lasting(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM), lasting=(lasting(10, HALL),)))])
    here.report(event(CRITICAL))
    told(here, NOW)
    here.report(resolved(), at=NOW + 9 * MINUTE)

    assert told(here, NOW + 9 * MINUTE) == [("room", "resolved")]
    assert told(here, NOW + 10 * MINUTE) == []
    assert here.timers() == []


def test_what_somebody_has_is_not_taken_higher_until_they_let_go(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM), lasting=(lasting(10, HALL),)))])
    here.report(event(CRITICAL))
    told(here, NOW)
    here.acknowledge(NOW + MINUTE, until=NOW + 20 * MINUTE)

    assert told(here, NOW + 15 * MINUTE) == []
    assert told(here, NOW + 20 * MINUTE) == [("hall", "page"), ("room", "page")]


def test_good_news_goes_once_to_exactly_those_who_were_told(desk):
    rules = (
        rule(to(ROOM, ANA), lasting=(lasting(10, HALL, ROOM), lasting(60, BEN)), severities={CRITICAL}),
        rule(to(ROOM), severities={WARNING}),
    )
    here = desk(HERE, policies=[policy(*map(_frozen, rules), repeat=EACH)])
    here.report(event(WARNING))
    told(here, NOW)
    here.report(event(CRITICAL), at=NOW + MINUTE)
    assert told(here, NOW + MINUTE) == [("Ana", "page"), ("room", "page")]
    assert told(here, NOW + 11 * MINUTE) == [("hall", "page"), ("room", "page")]

    here.report(resolved(), at=NOW + 12 * MINUTE)

    assert told(here, NOW + 12 * MINUTE) == [("Ana", "resolved"), ("hall", "resolved"), ("room", "resolved")]


def _frozen(made):
    return replace(made, severities=frozenset(made.severities))


def test_good_news_can_be_left_out(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM)), notify_resolved=False)])
    here.report(event(CRITICAL))
    told(here, NOW)
    here.report(resolved(), at=NOW + MINUTE)

    assert told(here, NOW + MINUTE) == []


# --- once -----------------------------------------------------------------------------------------------


def test_two_rules_that_share_a_place_tell_it_once(desk):
    ops = policy(rule(to(ROOM, ANA)), rule(to(HALL, ROOM)), rule(to(OPS)))
    here = desk(HERE, policies=[ops])

    here.report(event(CRITICAL))

    expected = [("Ana", "page"), ("Ben", "page"), ("hall", "page"), ("room", "page")]
    assert told(here, NOW) == expected
    assert any(isinstance(each, ToldAlready) for page in here.pages() for each in here.story(page.id))


def test_two_policies_tell_a_place_each(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM))), policy(rule(to(ROOM)))])

    here.report(event(CRITICAL))

    assert told(here, NOW) == [("room", "page"), ("room", "page")]


def test_an_address_outside_is_told_and_hears_the_end(desk):
    outside = AddressTarget(channel="email", address="ext@example.net")
    here = desk(HERE, policies=[policy(rule(plan(step(outside, DestinationTarget(destination=ROOM.id)))))])
    here.report(event(CRITICAL))

    assert told(here, NOW) == [("ext@example.net", "page"), ("room", "page")]
    here.report(resolved(), at=NOW + MINUTE)
    assert told(here, NOW + MINUTE) == [("ext@example.net", "resolved"), ("room", "resolved")]


def test_an_address_outside_that_is_somebodys_here_gets_one_message(desk):
    (mine,) = (method.address for method in ANA.contact_methods)
    both = step(AddressTarget(channel="email", address=mine), target(ANA, "email"), target(BEN, "email"))
    here = desk(HERE, policies=[policy(rule(plan(both)))])
    here.report(event(CRITICAL))

    assert told(here, NOW) == [("Ana", "page"), ("Ben", "page")]


# --- digests --------------------------------------------------------------------------------------------


def gathered(**fields):
    values = {"by": GatherBy.FIELDS, "first_at_once": False, "digest": True, **fields}
    return Gathering(window=5 * MINUTE, **values)


def one(key):
    return event(CRITICAL, dedup_key=key, title=key)


def over(key):
    return resolved(dedup_key=key)


def alerts_of(here, at):
    """Tell what goes out at *at*: to whom, whether that it is over, and about which alerts."""
    here.turn(at)
    claimed = here.claim(at)
    here.record(claimed, at)
    return [
        (
            name(each.notification.address),
            each.notification.kind.value,
            sorted((alert.dedup_key, alert.status.value) for alert in each.alerts),
        )
        for each in claimed
    ]


def test_a_digest_tells_at_the_end_of_its_window_what_happened_in_it(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM)), gathering=gathered())])
    here.report(one("a"), one("b"))
    here.report(one("c"), at=NOW + 4 * MINUTE)

    assert alerts_of(here, NOW + 5 * MINUTE - SECOND) == []
    assert alerts_of(here, NOW + 5 * MINUTE) == [
        ("room", "page", [("a", "firing"), ("b", "firing"), ("c", "firing")])
    ]


def test_what_came_and_went_within_a_window_is_told_of_all_the_same(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM)), gathering=gathered())])
    here.report(one("a"))
    here.report(over("a"), at=NOW + MINUTE)

    assert alerts_of(here, NOW + 5 * MINUTE) == [("room", "resolved", [("a", "resolved")])]
    assert here.page().status is PageStatus.RESOLVED
    assert here.timers() == []


def test_an_alert_that_is_over_comes_with_the_next_window_while_others_fire(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM)), gathering=gathered())])
    here.report(one("a"), one("b"))
    alerts_of(here, NOW + 5 * MINUTE)
    here.report(over("a"), at=NOW + 7 * MINUTE)
    here.report(one("c"), at=NOW + 8 * MINUTE)

    assert alerts_of(here, NOW + 12 * MINUTE) == [("room", "page", [("a", "resolved"), ("c", "firing")])]

    here.report(over("b"), over("c"), at=NOW + 13 * MINUTE)

    assert alerts_of(here, NOW + 18 * MINUTE) == [
        ("room", "resolved", [("b", "resolved"), ("c", "resolved")])
    ]
    assert here.timers() == []
    assert {page.status for page in here.pages()} == {PageStatus.RESOLVED}


def test_a_repeat_that_is_let_through_comes_with_the_next_window(desk):
    ops = policy(rule(to(ROOM)), gathering=gathered(), repeat=RepeatSilence(after=10 * MINUTE))
    here = desk(HERE, policies=[ops])
    here.report(one("a"), one("b"))
    alerts_of(here, NOW + 5 * MINUTE)
    here.report(one("a"), at=NOW + 9 * MINUTE)
    here.report(one("b"), at=NOW + 11 * MINUTE)

    assert alerts_of(here, NOW + 15 * MINUTE) == []
    assert alerts_of(here, NOW + 16 * MINUTE) == [("room", "page", [("b", "firing")])]


def test_the_first_of_a_digest_can_go_at_once_and_the_rest_follow_at_the_end(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM)), gathering=gathered(first_at_once=True))])
    here.report(one("a"))
    assert alerts_of(here, NOW) == [("room", "page", [("a", "firing")])]
    here.report(one("b"), at=NOW + MINUTE)

    assert alerts_of(here, NOW + 5 * MINUTE) == [("room", "page", [("b", "firing")])]


def test_the_first_of_a_digest_that_stays_alone_is_told_once(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM)), gathering=gathered(first_at_once=True))])
    here.report(one("a"))
    alerts_of(here, NOW)

    assert alerts_of(here, NOW + 5 * MINUTE) == []


def test_the_end_of_what_was_told_at_once_follows_at_the_end_of_the_window(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM)), gathering=gathered(first_at_once=True))])
    here.report(one("a"))
    alerts_of(here, NOW)
    here.report(over("a"), at=NOW + MINUTE)

    assert alerts_of(here, NOW + MINUTE) == []
    assert alerts_of(here, NOW + 5 * MINUTE) == [("room", "resolved", [("a", "resolved")])]


def test_a_digest_says_nothing_of_the_end_where_that_is_not_wanted(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM)), gathering=gathered(), notify_resolved=False)])
    here.report(one("a"))
    alerts_of(here, NOW + 5 * MINUTE)
    here.report(over("a"), at=NOW + 6 * MINUTE)

    assert alerts_of(here, NOW + 11 * MINUTE) == []
    assert here.timers() == []


def test_what_lasts_is_not_gathered_and_hears_the_end_by_itself(desk):
    ops = policy(rule(to(ROOM), lasting=(lasting(10, HALL),)), gathering=gathered())
    here = desk(HERE, policies=[ops])
    here.report(one("a"), one("b"))
    alerts_of(here, NOW + 5 * MINUTE)

    assert alerts_of(here, NOW + 10 * MINUTE) == [
        ("hall", "page", [("a", "firing")]),
        ("hall", "page", [("b", "firing")]),
    ]
    here.report(over("a"), at=NOW + 11 * MINUTE)
    assert alerts_of(here, NOW + 11 * MINUTE) == [("hall", "resolved", [("a", "resolved")])]
    assert alerts_of(here, NOW + 16 * MINUTE) == [("room", "resolved", [("a", "resolved")])]


def test_a_digest_that_was_told_before_its_alerts_were_over_is_not_taken_back(desk):
    here = desk(HERE, policies=[policy(rule(to(ROOM)), gathering=gathered())])
    here.report(one("a"))
    here.turn(NOW + 5 * MINUTE)
    here.report(over("a"), at=NOW + 5 * MINUTE + SECOND)

    kinds = [each.kind for each in here.messages()]
    assert kinds == [NotificationKind.PAGE]
    assert len(alerts_of(here, NOW + 5 * MINUTE + SECOND)) == 1


@pytest.mark.parametrize("carried", [("b", "a"), ("a",), ("c",), ()])
def test_the_first_of_the_listed_labels_that_an_alert_carries_names_its_group(desk, carried):
    ways = gathered(fields=("monitor_labels",), first_labels=("a", "b"))
    here = desk(HERE, policies=[policy(rule(to(ROOM)), gathering=ways)])

    here.report(one("x"), replace(one("y"), monitor_labels=carried))

    same = len(here.pages()) == 1
    assert same == (not {"a", "b"} & set(carried))


def test_a_digest_is_over_when_newer_ones_tell_of_all_that_fires_in_it(desk):
    ops = policy(rule(to(ROOM)), gathering=gathered(), repeat=RepeatSilence(after=timedelta(0)))
    here = desk(HERE, policies=[ops])
    here.report(one("a"), one("b"))
    alerts_of(here, NOW + 5 * MINUTE)
    here.report(one("a"), at=NOW + 6 * MINUTE)
    alerts_of(here, NOW + 11 * MINUTE)
    assert [page.status.value for page in here.pages()] == ["triggered", "triggered"]

    here.report(one("b"), at=NOW + 12 * MINUTE)
    alerts_of(here, NOW + 17 * MINUTE)

    assert [page.status.value for page in here.pages()] == ["resolved", "triggered", "triggered"]
    here.report(over("a"), over("b"), at=NOW + 20 * MINUTE)
    both = [("a", "resolved"), ("b", "resolved")]
    assert alerts_of(here, NOW + 25 * MINUTE) == [("room", "resolved", both)]
