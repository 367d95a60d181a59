"""What a configuration does over the days to come: for every class of alerts, and what stands in the way."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, SERVICE, WORKSPACE, directory, person, plan, schedule, step, target
from routing_builders import policy, rule, silence
from tocsin.core.alert_policy import Mode
from tocsin.core.calendar import Restriction, WeeklyWindow
from tocsin.core.classes import kinds_of
from tocsin.core.clock_changes import oddities
from tocsin.core.event import Event, Severity
from tocsin.core.filters import parse
from tocsin.core.ids import EventId
from tocsin.core.people import Role
from tocsin.core.proving import prove
from tocsin.core.witness import witnesses

ANA, BEN = person("Ana", "sms", role=Role.OWNER), person("Ben", "sms", "email")
LIKE = Event(id=EventId(1), workspace=WORKSPACE, service=SERVICE, title="t", occurred_at=NOW, received_at=NOW)
NIGHTS = WeeklyWindow(
    spans=tuple(
        Restriction(start_day=day, start_time=time(20), end_day=(day + 1) % 7, end_time=time(8))
        for day in range(7)
    ),
    time_zone="UTC",
)


def proof_of(*policies, having=(), silences=()):
    here = replace(directory(ANA, BEN, *having), alert_policies=tuple(policies), silences=silences)
    return prove(here, NOW, days=3)


def texts(proof, kind):
    return [each.text for each in proof.findings if each.kind == kind]


@pytest.mark.parametrize(
    "text",
    [
        "severity = critical",
        "labels.team in [db, web] and not labels.env = test",
        'severity >= error and title like "*disk*"',
        'title ~ "disk|memory"',
        "metric.value > 90 and metric.value <= 91",
        "not (labels.a = b or labels.c exists)",
        "tags.zone != eu and host = db-1",
        "monitor_labels = night",
    ],
)
def test_an_event_is_found_that_fits_a_filter(text):
    wanted = parse(text)

    found = witnesses(wanted.expression, LIKE).events

    assert found
    assert all(wanted.matches(event) for event in found)


@pytest.mark.parametrize(
    "text",
    [
        "labels.a = x and labels.a = y",
        "labels.a = x and not labels.a exists",
        "metric.value > 5 and metric.value < 3",
    ],
)
def test_what_contradicts_itself_has_none_for_sure(text):
    found = witnesses(parse(text).expression, LIKE)

    assert (found.events, found.sure) == ((), True)


@given(
    st.lists(
        st.sampled_from(["labels.a = x", "labels.b = y", "not labels.a = x", "severity = error"]), min_size=1
    )
)
def test_every_event_that_is_given_fits(parts):
    wanted = parse(" and ".join(parts))

    assert all(wanted.matches(event) for event in witnesses(wanted.expression, LIKE).events)


def test_classes_are_what_the_rules_can_tell_apart():
    here = replace(
        directory(ANA),
        alert_policies=(
            policy(rule(when="labels.env = prod"), rule(when="severity = info"), scope=parse("")),
        ),
    )

    kinds = kinds_of(here, NOW)

    assert sorted((len(kind.rules), kind.severities) for kind in kinds.kinds) == [
        (0, (Severity.CRITICAL, Severity.ERROR, Severity.NODATA)),
        (0, (Severity.WARNING,)),
        (1, (Severity.CRITICAL, Severity.ERROR, Severity.NODATA)),
        (1, (Severity.INFO,)),
        (1, (Severity.WARNING,)),
        (2, (Severity.INFO,)),
    ]


def test_it_tells_who_is_reached_when_and_by_how_many_ways():
    proof = proof_of(policy(rule(plan(step(target(ANA)), step(target(BEN), after=5)))))

    (spell,) = proof.classes[0].spells
    assert [(each.name, each.after, each.ways) for each in spell.reached] == [
        ("Ana", timedelta(0), ("sms",)),
        ("Ben", timedelta(minutes=5), ("sms", "email")),
    ]
    assert (spell.starts_at, spell.ends_at) == (NOW, NOW + timedelta(days=3))


def test_a_rota_gives_a_spell_for_each_turn_and_a_gap_is_found():
    rota = schedule("Primary", ANA, None)
    proof = proof_of(policy(rule(plan(step(target(rota))))), having=(rota,))

    spells = proof.classes[0].spells
    assert [[each.name for each in spell.reached] for spell in spells] == [["Ana"], [], ["Ana"]]
    assert "no person is reached" in texts(proof, "hole")[0]
    assert texts(proof, "gap")


def test_a_window_leaves_a_hole_and_says_when_and_why():
    proof = proof_of(policy(rule(plan(step(target(ANA))), window=NIGHTS, name="Nights")))

    (first, *_) = texts(proof, "hole")
    assert "no person is reached for 1 day 12 hours of these days" in first


def test_rules_that_can_never_match_are_named():
    proof = proof_of(
        policy(
            rule(plan(step(target(ANA))), when="labels.a = x and labels.a = y", name="Odd"),
            rule(plan(step(target(ANA))), name="All"),
            rule(plan(step(target(BEN))), when="labels.b = x", name="Late"),
            mode=Mode.FIRST,
        )
    )

    never = texts(proof, "never")
    assert any("rule Odd of Operations can never match" in each for each in never)
    assert any("rule Late of Operations takes nothing in these days" in each for each in never)
    assert not any(each.startswith("rule All") for each in never)


def test_a_silence_that_ends_meanwhile_makes_two_spells():
    proof = proof_of(policy(rule(plan(step(target(ANA))))), silences=(silence(hours=5),))

    quiet, loud = proof.classes[0].spells
    assert (quiet.reached[0].after, loud.reached[0].after) == (timedelta(hours=5), timedelta(0))
    assert loud.starts_at == NOW + timedelta(hours=5)


def test_somebody_with_one_way_alone_is_named():
    proof = proof_of(policy(rule(plan(step(target(ANA)), step(target(BEN))))))

    assert texts(proof, "one way") == ["Ana is reached in one way alone, sms: nothing is left if that fails"]


@pytest.mark.parametrize(
    ("start", "lost", "words"),
    [
        (datetime(2026, 3, 1, 1, 30, tzinfo=UTC), True, "2026-03-29 02:30 does not exist in Europe/Berlin"),
        (datetime(2026, 10, 1, 0, 30, tzinfo=UTC), False, "2026-10-25 02:30 comes twice in Europe/Berlin"),
    ],
)
def test_handovers_lost_or_doubled_at_a_clock_change_are_found(start, lost, words):
    rota = schedule("Primary", ANA, BEN)
    layer = replace(rota.layers[0], rotation_start=start, effective_date=start)
    rota = replace(rota, time_zone="Europe/Berlin", layers=(layer,))

    (odd,) = oddities(rota, start, start + timedelta(days=40))

    assert odd.lost is lost
    assert words in odd.text
