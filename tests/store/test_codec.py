"""The stored form of values: released forms are read for ever, so these examples must not change."""

from datetime import timedelta
from typing import Any

import pytest

from store import samples
from store.samples import CRON, DATED, MINUTE, NOW, WEEKLY
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.calendar import TimeWindow
from tocsin.core.escalation import Action, Condition, ResolveAlerts, Step
from tocsin.core.responder import Responder
from tocsin.store.codec import KINDS, dump, load, load_any

AT = 1_772_787_600_123_456

EXAMPLES = [
    (
        TimeWindow,
        WEEKLY,
        {
            "is": "weekly",
            "spans": [{"start_day": 0, "start_time": "09:00:00", "end_day": 4, "end_time": "17:30:15"}],
            "time_zone": "Europe/London",
        },
    ),
    (
        TimeWindow,
        CRON,
        {
            "is": "cron",
            "expression": "0 9 * * 1-5",
            "duration": 28_800_000_000,
            "time_zone": "Asia/Kolkata",
        },
    ),
    (
        TimeWindow,
        DATED,
        {
            "is": "dated",
            "dates": ["2026-03-06", "2026-03-29"],
            "start": "01:30:00",
            "duration": 10_800_000_000,
            "time_zone": "UTC",
        },
    ),
    (
        Action,
        samples.plan.steps[0].action,
        {
            "is": "notify",
            "targets": [
                {"is": "user", "user": 21, "via": ["sms", "voice"]},
                {"is": "team", "team": 51, "via": ["email"]},
                {"is": "schedule", "schedule": 111, "position": "next", "via": ["email"]},
                {"is": "destination", "destination": 71},
            ],
            "assignment": "round_robin",
            "importance": "important",
        },
    ),
    (Action, ResolveAlerts(), {"is": "resolve"}),
    (
        Condition,
        samples.plan.steps[1].condition,
        {"is": "more_alerts_than", "count": 3, "within": 600_000_000, "skip": True},
    ),
    (
        Step,
        samples.plan.steps[1],
        {
            "id": 102,
            "after": 90_000_000,
            "action": {"is": "repeat", "times": 3},
            "condition": {"is": "more_alerts_than", "count": 3, "within": 600_000_000, "skip": True},
        },
    ),
    (
        Responder,
        samples.page.responders[0],
        {
            "user": 21,
            "importance": "important",
            "asked_at": AT,
            "why": "on call for Primary",
            "via": ["sms"],
            "position": 5,
            "told_at": AT,
            "due": AT + 60_000_000,
        },
    ),
]


def _is_in(stored, written):
    """Tell whether all that is *stored* is *written* as well, at any depth."""
    if isinstance(stored, dict) and isinstance(written, dict):
        return all(name in written and _is_in(value, written[name]) for name, value in stored.items())
    if isinstance(stored, list) and isinstance(written, list):
        return len(stored) == len(written) and all(map(_is_in, stored, written))
    return stored == written


@pytest.mark.parametrize(
    ("kind", "value", "stored"), EXAMPLES, ids=[type(example[1]).__name__ for example in EXAMPLES]
)
def test_a_value_is_written_and_read_in_its_released_form(kind, value, stored):
    written = dump(kind, value)
    assert _is_in(stored, written), "fields may come to it, and none may change"
    assert load_any(kind, written) == value


def test_an_alert_policy_is_written_and_read_in_its_released_form():
    stored = dump(AlertPolicy, samples.alert_policy)

    scope = {
        "services": [11, 12],
        "integrations": [61],
        "monitors": ["m1", "m2"],
        "filter": 'labels.team in [db, "data platform"]',
    }
    assert {**stored["scope"], **scope} == stored["scope"]
    gathering = {
        "by": "fields",
        "fields": ["labels.cluster"],
        "window": 600_000_000,
        "first_at_once": False,
    }
    assert {**stored["gathering"], **gathering} == stored["gathering"]
    repeat = {
        "after": 3_600_000_000,
        "by_severity": [["critical", None], ["info", 86_400_000_000]],
    }
    assert {**stored["repeat"], **repeat} == stored["repeat"]
    assert (stored["mode"], stored["notify_resolved"]) == ("first", False)
    rule = stored["rules"][0]
    assert (rule["severities"], rule["escalation_policies"]) == (["critical", "error"], [81])
    assert rule["inline"][0]["steps"][2] == {
        "id": 103,
        "after": 60_000_000,
        "action": {"is": "resolve"},
        "condition": None,
    }
    assert load(AlertPolicy, stored) == samples.alert_policy


def test_a_field_that_was_added_later_reads_as_its_default_and_one_that_went_is_passed_over():
    stored = {"user": 21, "importance": "default", "asked_at": AT, "due": None, "gone": 1}

    assert load(Responder, stored) == Responder(user=21, importance="default", asked_at=NOW, due=None)


def test_every_kind_in_a_union_has_a_name_of_its_own():
    assert len(set(KINDS.values())) == len(KINDS)


def test_a_type_that_nobody_has_thought_of_is_refused_when_it_is_first_met():
    with pytest.raises(TypeError, match="no way is known to store"):
        dump(set[int], {1})


def test_spans_and_instants_keep_their_microseconds():
    odd = MINUTE + timedelta(microseconds=1)
    kind: Any = tuple[timedelta, ...]

    assert load_any(kind, dump(kind, (odd, -odd))) == (odd, -odd)
