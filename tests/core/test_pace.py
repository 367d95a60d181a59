from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW, alert, directory, person, plan, step, target, team
from routing_builders import event, policy, rule
from tocsin.core import escalation, paging, reminding, responder
from tocsin.core.because_paging import StepTaken, Told
from tocsin.core.effects import Notify
from tocsin.core.errors import Invalid
from tocsin.core.escalation import Pause, RepeatSteps
from tocsin.core.event import Severity
from tocsin.core.foresight import explain
from tocsin.core.ids import PageId
from tocsin.core.notification import NotificationKind
from tocsin.core.pace import PACE_MAX, check
from tocsin.core.people import Importance

FIVE = timedelta(seconds=5)
ANA = person("Ana", "email", "sms", "voice", ladder=["email", "sms", 1, "voice"])
BEN, CEM = person("Ben", "email"), person("Cem", "email")
UNA = person("Una", unverified=["email"])
EMPTY = team("Nobody")
HERE = replace(directory(ANA, BEN, CEM, UNA, EMPTY), pace=FIVE)


def live(*steps, here=HERE, most=200, **more):
    """Let a page go to its end; return [(seconds since NOW, who was told, by which channel)], and why."""
    page = escalation.begin(page_id=PageId(7), plan=plan(*steps), alert=alert(), now=NOW, **more)
    told, why = [], []
    for _ in range(most):
        if page.wake_at is None:
            return told, why
        now = page.wake_at
        page, effects = paging.proceed(page, here, now, turns={}, recent_events=lambda _within: 0)
        for each in effects:
            if isinstance(each, Notify) and each.kind is NotificationKind.PAGE:
                told.append(((now - NOW).total_seconds(), here.users[each.user].display_name, each.channel))
            why.append(each.because)
    raise AssertionError(f"a page that does not end: {told[:5]}")


def test_the_pace_passes_after_each_rule_of_a_person_and_is_added_to_waits():
    told, _ = live(step(target(ANA)))

    assert told == [(0, "Ana", "email"), (5, "Ana", "sms"), (75, "Ana", "voice")]


def test_without_a_pace_what_has_no_wait_before_it_goes_out_at_once():
    told, why = live(step(target(ANA)), step(target(BEN)), here=replace(HERE, pace=timedelta(0)))

    assert [seconds for seconds, *_ in told] == [0, 0, 0, 60]
    assert not any("pace" in because.text for because in why)


def test_the_pace_passes_between_two_steps_beside_the_wait_that_is_written_there():
    told, _ = live(step(target(BEN)), step(target(CEM)), step(target(BEN), after=2))

    assert told == [(0, "Ben", "email"), (5, "Cem", "email"), (130, "Ben", "email")]


def test_a_rule_and_a_step_that_reach_nobody_are_passed_at_once():
    lame = person("Dee", "sms", unverified=["email"], ladder=["email", "sms"])
    here = replace(directory(lame, UNA, EMPTY), pace=FIVE)

    told, _ = live(
        step(target(EMPTY)), step(target(UNA)), step(action=Pause()), step(target(lame)), here=here
    )

    assert told == [(0, "Dee", "sms")]


def test_what_comes_next_is_told_with_its_pause_and_nothing_is_said_at_the_end():
    _, why = live(step(target(ANA)), step(target(BEN)))

    pause = "; 5 seconds pass before the next, by the workspace's pace"
    assert [because.sentence() for because in why if isinstance(because, StepTaken | Told)] == [
        f"step 1 of 2 of Backend asks Ana{pause}",
        f"Ana is named (step 1 of Backend); rule 1 of 4 of their rules, email{pause}",
        "step 2 of 2 of Backend asks Ben",
        f"Ana is named (step 1 of Backend); rule 2 of 4 of their rules, sms{pause}",
        "Ben is named (step 2 of Backend); they have no rules, so every verified contact method is used",
        "Ana is named (step 1 of Backend); rule 4 of 4 of their rules, voice",
    ]


@pytest.mark.parametrize("pace", [FIVE, PACE_MAX])
def test_a_plan_that_waits_for_nobody_but_by_the_pace_starts_over_after_a_minute_as_without_one(pace):
    steps = (step(target(BEN)), step(target(CEM)), step(action=RepeatSteps(times=2)))

    told, _ = live(*steps, here=replace(HERE, pace=pace))

    rounds = [seconds for seconds, name, _ in told if name == "Ben"]
    assert len(rounds) == 3
    assert all(later - earlier == 60 + 2 * pace.seconds for earlier, later in pairwise(rounds))


def test_a_plan_with_a_wait_of_its_own_starts_over_when_that_and_the_pace_have_passed():
    told, _ = live(step(target(BEN)), step(action=RepeatSteps(times=1), after=3))

    assert told == [(0, "Ben", "email"), (185, "Ben", "email")]


def test_what_goes_by_how_long_a_severity_lasts_has_its_steps_when_that_says():
    told, _ = live(step(target(BEN)), step(target(CEM), after=2), level=Severity.ERROR)

    assert told == [(0, "Ben", "email"), (120, "Cem", "email")]


def test_when_a_message_fails_the_next_rule_begins_at_once():
    asked, _ = responder.advance(responder.ask(ANA, Importance.DEFAULT, NOW), ANA, NOW, pace=FIVE)
    assert asked.due == NOW + FIVE
    later = NOW + timedelta(seconds=2)

    hurried, _ = responder.undelivered(asked, ANA, later, queued_at=NOW)
    _, effects = responder.advance(hurried, ANA, later, pace=FIVE)

    assert [each.channel for each in effects if isinstance(each, Notify)] == ["sms"]


def test_who_is_reminded_of_an_acknowledgement_is_asked_by_every_rule_up_to_the_first_wait():
    effects = reminding.ask(ANA, "Ana", (), NOW)

    assert [each.channel for each in effects if isinstance(each, Notify)] == ["email", "sms"]


def test_explain_tells_when_each_rule_comes_and_by_whose_wish():
    here = replace(HERE, alert_policies=(policy(rule(plan(step(target(ANA))))),))

    (run,) = explain(here, event(), NOW).runs

    assert [((each.at - NOW).total_seconds(), len(each.messages)) for each in run.moments] == [
        (0, 1),
        (5, 1),
        (75, 1),
    ]
    assert "by the workspace's pace" in run.moments[0].messages[0].because.text


@pytest.mark.parametrize("pace", [timedelta(seconds=-1), timedelta(seconds=61)])
def test_a_pace_out_of_bounds_is_refused_with_its_bounds(pace):
    with pytest.raises(Invalid, match="must be 0 to 60 seconds"):
        check(pace, "pace")


CHANNELS = st.sampled_from(["email", "sms", "voice", 1, 5])


@settings(max_examples=60)
@given(
    ladder=st.lists(CHANNELS, max_size=6),
    waits=st.lists(st.integers(0, 3), min_size=1, max_size=4),
    pace=st.integers(1, 60),
)
def test_the_pace_changes_when_people_are_told_and_never_who_is_told_by_which_ways(ladder, waits, pace):
    eva = person("Eva", "email", "sms", ladder=ladder)
    here = directory(eva, BEN)
    steps = [step(target((eva, BEN)[place % 2]), after=wait) for place, wait in enumerate(waits)]
    first, _ = live(*steps, here=here)
    paced, _ = live(*steps, here=replace(here, pace=timedelta(seconds=pace)))

    assert {(name, channel) for _, name, channel in paced} == {(name, channel) for _, name, channel in first}
    last = max(seconds for seconds, *_ in first)
    assert max(seconds for seconds, *_ in paced) <= last + pace * (len(ladder) + len(waits)) + 60 * 10
    for key in {(name, channel) for _, name, channel in first}:
        soonest = min(seconds for seconds, *rest in first if tuple(rest) == key)
        assert min(seconds for seconds, *rest in paced if tuple(rest) == key) >= soonest
