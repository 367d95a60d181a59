"""Alerts: what events make of them, and what people do about them."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing_builders import HOUR, MINUTE, NOW, SECOND, event, opened, resolved, severities
from tocsin.core.alert import (
    COMMENT_LENGTH_MAX,
    AlertStatus,
    Change,
    PolicyMemory,
    Routing,
    acknowledge,
    expire,
    fold,
    is_acknowledged,
    resolve,
    unacknowledge,
)
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.event import EventStatus, Severity
from tocsin.core.ids import AlertId, AlertPolicyId, UserId

ANA = UserId(7)
ACK = EventStatus.ACKNOWLEDGED
SECOND_ALERT = AlertId(99)


def fold_at(alert, said, after=None):
    when = said.received_at if after is None else NOW + after
    return fold(alert, said, when, alert_id=SECOND_ALERT)


def acknowledged(alert, *, until=None, now=NOW, by=ANA):
    return acknowledge(alert, by=by, by_name="Ana", until=until, comment="", how="api", now=now)[0]


# --- opening and repeating ------------------------------------------------------------------------------


def test_a_firing_event_opens_an_alert_that_says_what_it_said():
    said = event(Severity.WARNING, title="disk full", labels={"team": "db"}, host="db-1", after=-MINUTE)

    folded = fold_at(None, said, after=0 * SECOND)

    alert = folded.alert
    assert folded.change is Change.OPENED
    assert (alert.id, alert.status, alert.events, alert.version) == (SECOND_ALERT, AlertStatus.FIRING, 1, 1)
    assert (alert.title, alert.labels, alert.host) == ("disk full", {"team": "db"}, "db-1")
    assert (alert.severity, alert.worst_severity) == (Severity.WARNING, Severity.WARNING)
    assert (alert.opened_at, alert.severity_since, alert.last_seen_at) == (NOW, NOW, NOW - MINUTE)


def test_a_repeat_counts_and_brings_the_newest_words():
    alert = opened(title="disk 90 %")

    folded = fold_at(alert, event(title="disk 95 %", labels={"n": "2"}, after=MINUTE))

    again = folded.alert
    assert (folded.change, folded.because) == (Change.REPEATED, ())
    assert (again.id, again.events, again.title, again.labels) == (alert.id, 2, "disk 95 %", {"n": "2"})
    assert (again.opened_at, again.last_seen_at, again.severity_since) == (NOW, NOW + MINUTE, NOW)


@pytest.mark.parametrize(
    ("before", "after", "change", "worst"),
    [
        (Severity.WARNING, Severity.CRITICAL, Change.RISEN, Severity.CRITICAL),
        (Severity.CRITICAL, Severity.WARNING, Change.FALLEN, Severity.CRITICAL),
        (Severity.INFO, Severity.NODATA, Change.RISEN, Severity.NODATA),
        (Severity.ERROR, Severity.ERROR, Change.REPEATED, Severity.ERROR),
    ],
)
def test_a_change_of_severity_is_told_and_the_worst_is_kept(before, after, change, worst):
    folded = fold_at(opened(before), event(after, after=MINUTE))

    assert (folded.change, folded.alert.severity, folded.alert.worst_severity) == (change, after, worst)
    assert folded.alert.severity_since == (NOW if change is Change.REPEATED else NOW + MINUTE)


def test_events_without_a_dedup_key_are_alerts_of_their_own_and_never_merge():
    stranger = opened(dedup_key="")

    folded = fold_at(stranger, event(dedup_key=""))

    assert (folded.change, folded.alert.id) == (Change.OPENED, SECOND_ALERT)


@pytest.mark.parametrize("status", [EventStatus.RESOLVED, EventStatus.ACKNOWLEDGED])
def test_an_empty_dedup_key_never_closes_or_takes_a_strangers_alert(status):
    stranger = opened(dedup_key="")

    folded = fold_at(stranger, event(dedup_key="", status=status))

    assert (folded.change, folded.alert) == (Change.IGNORED, stranger)
    assert "no dedup key" in folded.because[0].sentence()


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"message": "  pool exhausted\nat line 3"}, "pool exhausted"),
        ({"monitor_name": "Disk space"}, "Disk space"),
        ({"dedup_key": "db-1/disk"}, "db-1/disk"),
        ({"dedup_key": ""}, "Untitled alert"),
    ],
)
def test_an_alert_without_a_title_is_called_by_the_next_best_thing(fields, title):
    assert opened(title="", **fields).title == title


# --- late and out of order ------------------------------------------------------------------------------


def test_a_late_event_counts_but_does_not_bring_old_words_back():
    alert = opened(title="disk 95 %", after=MINUTE, now=NOW + MINUTE)

    folded = fold_at(alert, event(Severity.WARNING, title="disk 90 %"), after=2 * MINUTE)

    assert (folded.change, folded.alert.title, folded.alert.events) == (Change.REPEATED, "disk 95 %", 2)
    assert (folded.alert.severity, folded.alert.last_seen_at) == (Severity.ERROR, NOW + MINUTE)


def test_a_late_event_that_is_worse_still_raises_the_severity_and_says_why():
    alert = opened(Severity.WARNING, after=MINUTE, now=NOW + MINUTE)

    folded = fold_at(alert, event(Severity.CRITICAL, title="disk full"), after=2 * MINUTE)

    assert (folded.change, folded.alert.title) == (Change.RISEN, "disk full")
    assert folded.alert.last_seen_at == NOW + MINUTE


def test_a_source_whose_clock_is_ahead_cannot_stop_later_events_from_counting():
    alert = opened(after=1_000 * HOUR)

    again = fold_at(alert, event(title="newer", after=MINUTE))
    over = fold_at(alert, resolved(after=MINUTE))

    assert (again.alert.title, over.change) == ("newer", Change.RESOLVED)


def test_a_resolve_that_is_older_than_the_newest_firing_event_does_not_close_the_alert():
    again = fold_at(opened(), event(after=2 * MINUTE)).alert

    folded = fold_at(again, resolved(after=MINUTE), after=3 * MINUTE)

    assert (folded.change, folded.alert) == (Change.IGNORED, again)
    assert "2026-03-06T09:02:00Z" in folded.because[0].sentence()


def test_a_resolve_of_the_same_instant_as_the_last_firing_event_closes_the_alert():
    assert fold_at(opened(), resolved(), after=SECOND).change is Change.RESOLVED


# --- resolving ------------------------------------------------------------------------------------------


def test_a_resolve_goes_by_the_dedup_key_whatever_else_it_says():
    alert = opened(title="disk full", labels={"a": "1", "b": "2"})

    over = fold_at(alert, resolved(title="ok", labels={"b": "2", "a": "1", "c": "3"}, after=MINUTE))

    assert (over.change, over.alert.status) == (Change.RESOLVED, AlertStatus.RESOLVED)
    assert (over.alert.title, over.alert.resolved_at, over.alert.resolved_by) == (
        "disk full",
        NOW + MINUTE,
        None,
    )


def test_a_firing_event_after_a_resolve_opens_a_new_alert_with_no_memory_of_the_old_one():
    memory = (PolicyMemory(policy=AlertPolicyId(1), severity=Severity.ERROR, routed_at=NOW),)
    old = replace(opened(), memory=memory, routing=Routing.ROUTED)
    over = fold_at(old, resolved(after=MINUTE)).alert

    folded = fold_at(over, event(after=2 * MINUTE))

    new = folded.alert
    assert (folded.change, new.id) == (Change.OPENED, SECOND_ALERT)
    assert (new.memory, new.routing, new.acknowledgement, new.events) == ((), None, None, 1)


def test_even_a_late_firing_event_after_a_resolve_opens_a_new_alert_because_losing_a_page_is_worse():
    over = fold_at(opened(after=2 * MINUTE), resolved(after=3 * MINUTE)).alert

    assert fold_at(over, event(after=MINUTE), after=4 * MINUTE).change is Change.OPENED


@pytest.mark.parametrize("status", [EventStatus.RESOLVED, EventStatus.ACKNOWLEDGED])
def test_what_speaks_of_trouble_that_is_not_open_is_ignored_and_says_so(status):
    folded = fold_at(None, event(status=status))

    assert (folded.change, folded.alert) == (Change.IGNORED, None)
    assert "db-1/disk" in folded.because[0].sentence()


def test_resolving_keeps_who_had_it_and_resolving_again_is_harmless():
    held = acknowledged(opened())

    over, because = resolve(held, by=ANA, by_name="Ana", now=NOW + MINUTE)

    assert (over.resolved_by, over.acknowledgement) == (ANA, held.acknowledgement)
    assert [reason.sentence() for reason in because] == ["Ana resolved the alert"]
    assert resolve(over, by=None, by_name="", now=NOW + HOUR) == (over, ())


# --- acknowledging --------------------------------------------------------------------------------------


def test_an_acknowledgement_says_by_whom_until_when_with_what_words_and_how():
    until = NOW + HOUR

    held, because = acknowledge(
        opened(), by=ANA, by_name="Ana", until=until, comment="on it", how="email link", now=NOW
    )

    kept = held.acknowledgement
    assert (kept.by, kept.by_name, kept.at, kept.until) == (ANA, "Ana", NOW, until)
    assert (kept.comment, kept.how, held.status) == ("on it", "email link", AlertStatus.FIRING)
    sentence = because[0].sentence()
    assert all(word in sentence for word in ("Ana", "email link", "2026-03-06T10:00:00Z", "on it"))


def test_the_newest_acknowledgement_counts():
    first = acknowledged(opened(), until=NOW + HOUR)

    second = acknowledged(first, until=NOW + 2 * HOUR, now=NOW + MINUTE)

    assert second.acknowledgement.until == NOW + 2 * HOUR


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"until": NOW}, "until"),
        ({"until": NOW - SECOND}, "until"),
        ({"comment": "x" * (COMMENT_LENGTH_MAX + 1)}, "comment"),
        ({"comment": "a\0b"}, "comment"),
        ({"comment": "\ud800"}, "comment"),
    ],
)
def test_an_acknowledgement_that_cannot_be_is_refused_by_field(fields, path):
    values = {"until": None, "comment": "", **fields}

    with pytest.raises(Invalid) as fault:
        acknowledge(opened(), by=ANA, by_name="Ana", how="api", now=NOW, **values)

    assert fault.value.path == path


def test_a_resolved_alert_cannot_be_acknowledged_or_unacknowledged():
    over, _ = resolve(acknowledged(opened()), by=ANA, by_name="Ana", now=NOW)

    with pytest.raises(Conflict):
        acknowledged(over)
    with pytest.raises(Conflict):
        unacknowledge(over, by=ANA, by_name="Ana", now=NOW)


def test_taking_an_acknowledgement_back_says_whose_it_was_and_is_harmless_without_one():
    alert = opened()

    free, because = unacknowledge(acknowledged(alert), by=UserId(8), by_name="Ben", now=NOW)

    assert free.acknowledgement is None
    assert because[0].sentence() == "Ben took back the acknowledgement by Ana"
    assert unacknowledge(alert, by=ANA, by_name="Ana", now=NOW) == (alert, ())


def test_a_source_can_acknowledge_in_nobodys_name_until_resolved():
    folded = fold_at(opened(), event(status=ACK, after=MINUTE, source="Grafana"))

    held = folded.alert.acknowledgement
    assert folded.change is Change.ACKNOWLEDGED
    assert (held.by, held.by_name, held.how, held.until) == (None, "Grafana", "event", None)


def test_a_source_does_not_take_an_acknowledgement_from_a_person():
    held = acknowledged(opened(), until=NOW + HOUR)

    folded = fold_at(held, event(status=ACK, after=MINUTE))

    assert (folded.change, folded.alert) == (Change.IGNORED, held)


def test_a_source_can_acknowledge_once_a_persons_acknowledgement_is_over():
    held = acknowledged(opened(), until=NOW + MINUTE)

    assert fold_at(held, event(status=ACK, after=HOUR)).change is Change.ACKNOWLEDGED


def test_an_acknowledgement_said_before_the_newest_firing_event_is_ignored():
    again = fold_at(opened(), event(after=2 * MINUTE)).alert

    assert fold_at(again, event(status=ACK, after=MINUTE), after=3 * MINUTE).change is Change.IGNORED


@pytest.mark.parametrize(
    ("until", "now", "ends"),
    [
        (HOUR, HOUR - SECOND, False),
        (HOUR, HOUR, True),
        (HOUR, 100 * HOUR, True),
        (None, 100 * HOUR, False),
    ],
)
def test_an_acknowledgement_ends_at_its_moment_and_not_before(until, now, ends):
    held = acknowledged(opened(), until=until and NOW + until)

    after, because = expire(held, NOW + now)

    assert is_acknowledged(held, NOW + now) is not ends
    assert (after.acknowledgement is None, len(because)) == (ends, int(ends))
    assert expire(after, NOW + now) == (after, ())


def test_an_acknowledgement_never_ends_on_a_resolved_alert_so_that_its_story_stays():
    over, _ = resolve(acknowledged(opened(), until=NOW + HOUR), by=ANA, by_name="Ana", now=NOW)

    assert expire(over, NOW + 2 * HOUR) == (over, ())


def test_a_repeat_or_a_rise_keeps_the_acknowledgement():
    held = acknowledged(opened(Severity.WARNING))

    risen = fold_at(held, event(Severity.CRITICAL, after=MINUTE)).alert

    assert risen.acknowledgement == held.acknowledgement


# --- drills ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(EventStatus))
def test_a_drill_never_touches_a_real_alert_of_the_same_key(status):
    alert = opened()

    folded = fold_at(alert, event(status=status, drill=True, after=MINUTE))

    assert (folded.change, folded.alert) == (Change.IGNORED, alert)


def test_real_trouble_on_a_drills_key_is_routed_as_if_nobody_had_been_told():
    memory = (PolicyMemory(policy=AlertPolicyId(1), severity=Severity.ERROR, routed_at=NOW),)
    drill = replace(acknowledged(opened(drill=True)), memory=memory)

    real = fold_at(drill, event(after=MINUTE))

    assert (real.alert.drill, real.alert.memory, real.alert.acknowledgement) == (False, (), None)
    assert "for real" in real.because[0].sentence()


# --- laws -----------------------------------------------------------------------------------------------

KINDS = st.tuples(
    st.sampled_from(EventStatus), severities, st.integers(-100, 100), st.sampled_from(["a", "b", ""])
)


@given(story=st.lists(KINDS, max_size=40))
def test_no_firing_event_is_lost_and_the_worst_severity_is_that_of_all(story):
    alerts, by_key = {}, {}
    fired = Counter()
    worst = {}
    for place, (status, severity, shift, key) in enumerate(story):
        said = event(severity, status=status, dedup_key=key, after=shift * SECOND)
        before = by_key.get(key)
        folded = fold(before, said, NOW + place * SECOND, alert_id=AlertId(place))
        if status is EventStatus.FIRING:
            alert = folded.alert
            assert alert is not None
            fired[alert.id] += 1
            worst[alert.id] = max(worst.get(alert.id, severity), severity, key=lambda item: item.rank)
            assert alert.status is AlertStatus.FIRING
        if folded.alert is not None:
            alerts[folded.alert.id] = folded.alert
            by_key[key] = folded.alert
            assert folded.alert.last_seen_at <= NOW + place * SECOND
        assert all(reason.sentence() for reason in folded.because)

    assert {number: alert.events for number, alert in alerts.items()} == dict(fired)
    assert {number: alert.worst_severity for number, alert in alerts.items()} == worst


@given(first=severities, second=severities, lateness=st.integers(-5, 5))
def test_a_severity_only_falls_by_an_event_that_is_not_late(first, second, lateness):
    alert = opened(first)

    folded = fold_at(alert, event(second, after=lateness * SECOND), after=MINUTE)

    if folded.change is Change.FALLEN:
        assert lateness >= 0
    if second.rank > first.rank:
        assert folded.change is Change.RISEN


@given(story=st.lists(KINDS, max_size=20))
def test_every_change_raises_the_version_and_nothing_else_does(story):
    alert = opened(dedup_key="a")
    for status, severity, shift, _ in story:
        said = event(severity, status=status, dedup_key="a", after=shift * SECOND)
        folded = fold_at(alert, said, after=100 * SECOND)
        if folded.change is Change.OPENED:
            assert folded.alert.version == 1
        else:
            assert folded.alert.version == alert.version + (folded.change is not Change.IGNORED)
        alert = folded.alert
