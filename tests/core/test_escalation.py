from dataclasses import replace
from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import MINUTE, NOW, alert, person, plan, step, target
from tocsin.core import escalation
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.because_paging import WindowClosed
from tocsin.core.calendar import Restriction, WeeklyWindow
from tocsin.core.effects import Record
from tocsin.core.errors import Invalid
from tocsin.core.escalation import (
    MoreAlertsThan,
    PageStatus,
    RepeatSteps,
    ResolveAlerts,
    WithinWindow,
)
from tocsin.core.event import Severity
from tocsin.core.ids import PageId
from tocsin.core.people import Importance
from tocsin.core.responder import Responder

ANA = person("Ana", "email")
TO_ANA = target(ANA)
ONE_STEP = plan(step(TO_ANA, after=3))
WINDOW = Gathering(by=GatherBy.FIELDS, window=5 * MINUTE)
SPANS = (Restriction(start_day=0, start_time=time(9), end_day=4, end_time=time(17)),)


def begin(with_plan=ONE_STEP, **more):
    return escalation.begin(page_id=PageId(7), plan=with_plan, alert=alert(), now=NOW, **more)


# --- what a plan may be --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps",
    [
        [step(TO_ANA)],
        [step(TO_ANA, after=30 * 24 * 60)] * 50,
        [step(*[TO_ANA] * 50)],
        [step(TO_ANA), step(action=RepeatSteps(times=10_000)), step(action=ResolveAlerts())],
        [step(TO_ANA, condition=MoreAlertsThan(count=0, within=MINUTE))],
        [step(TO_ANA, condition=WithinWindow(window=WeeklyWindow(spans=SPANS, time_zone="Asia/Kolkata")))],
    ],
)
def test_a_plan_within_the_limits_is_taken(steps):
    escalation.check(steps)


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        ([], "steps"),
        ([step(TO_ANA)] * 51, "steps"),
        ([step(action=ResolveAlerts())], "steps"),
        ([step(action=RepeatSteps(times=1))], "steps"),
        ([step(TO_ANA), step()], "steps[1].targets"),
        ([step(*[TO_ANA] * 51)], "steps[0].targets"),
        ([step(TO_ANA, after=-1)], "steps[0].after"),
        ([step(TO_ANA, after=30 * 24 * 60 + 1)], "steps[0].after"),
        ([step(TO_ANA), step(action=RepeatSteps(times=-1))], "steps[1].times"),
        ([step(TO_ANA), step(action=RepeatSteps(times=10_001))], "steps[1].times"),
        ([step(TO_ANA, condition=MoreAlertsThan(count=-1, within=MINUTE))], "steps[0].condition.count"),
        ([step(TO_ANA, condition=MoreAlertsThan(count=1, within=0 * MINUTE))], "steps[0].condition.within"),
        ([step(TO_ANA, condition=MoreAlertsThan(count=1, within=-MINUTE))], "steps[0].condition.within"),
    ],
)
def test_a_plan_beyond_the_limits_is_refused_with_the_place_and_the_remedy(steps, path):
    with pytest.raises(Invalid) as refused:
        escalation.check(steps)

    assert refused.value.path == path
    assert refused.value.remedy


def test_hours_of_a_step_that_cannot_be_are_refused_with_their_place():
    window = WeeklyWindow(spans=SPANS, time_zone="Mars/Olympus")

    with pytest.raises(Invalid) as refused:
        escalation.check(
            [step(TO_ANA), step(TO_ANA, condition=WithinWindow(window=window))], path="plan.steps"
        )

    assert refused.value.path.startswith("plan.steps[1].condition.window")


# --- the life of a page ---------------------------------------------------------------------------------


def test_the_first_step_is_due_so_long_after_the_page_began():
    page = begin()

    assert (page.began_at, page.due, page.wake_at) == (NOW, NOW + 3 * MINUTE, NOW + 3 * MINUTE)
    assert page.gathers_until is None


def test_a_page_that_gathers_and_lets_the_first_go_ahead_takes_its_first_step_as_if_it_did_not():
    page = begin(gathering=WINDOW, group_key="db")

    assert (page.due, page.gathers_until, page.group_key) == (NOW + 3 * MINUTE, NOW + 5 * MINUTE, "db")


def test_a_page_whose_alerts_all_wait_takes_its_first_step_after_the_window_s_end():
    page = begin(gathering=replace(WINDOW, first_at_once=False), group_key="db")

    assert (page.due, page.gathers_until) == (NOW + 8 * MINUTE, NOW + 5 * MINUTE)


@pytest.mark.parametrize("gathering", [Gathering(), Gathering(window=MINUTE), Gathering(by=GatherBy.FIELDS)])
def test_without_a_window_nothing_is_gathered(gathering):
    assert begin(gathering=gathering).gathers_until is None


def test_a_page_says_and_weighs_what_its_worst_alert_does():
    page = begin(gathering=WINDOW)
    page = escalation.join(page, alert("worse", Severity.CRITICAL), NOW)
    page = escalation.join(page, alert("better", Severity.INFO), NOW)

    assert (page.severity, page.alerts, page.joined) == (Severity.CRITICAL, 3, 2)
    assert page.title == "disk full"


def test_joining_puts_nothing_off():
    page = begin(gathering=WINDOW)

    assert escalation.join(page, alert(), NOW + MINUTE).wake_at == page.wake_at


def asked(page, due=NOW + 9 * MINUTE):
    person_ = Responder(user=ANA.id, importance=page.importance, asked_at=NOW, due=due)
    return replace(page, next_step=1, due=due, rounds=2, responders=(person_,))


def test_acknowledging_a_page_stops_its_steps_and_everybody_it_asks():
    page = escalation.rest(asked(begin()))

    assert page.status is PageStatus.ACKNOWLEDGED
    assert (page.due, page.responders[0].due, page.wake_at) == (None, None, None)


def test_a_resolved_page_stops_for_good_and_takes_no_more_alerts():
    page = escalation.stop(asked(begin(gathering=WINDOW)))

    assert page.status is PageStatus.RESOLVED
    assert (page.wake_at, page.gathers_until) == (None, None)
    assert escalation.restart(page, NOW, WindowClosed(joined=0)) == (page, ())


def test_a_page_starts_over_from_its_first_step_and_asks_everybody_anew():
    page, effects = escalation.restart(escalation.rest(asked(begin())), NOW + MINUTE, WindowClosed(joined=0))

    assert page.status is PageStatus.TRIGGERED
    assert (page.next_step, page.rounds, page.responders, page.due) == (0, 0, (), NOW + MINUTE)
    assert effects == (Record(because=WindowClosed(joined=0)),)


def test_an_acknowledged_page_that_still_gathers_starts_over_for_an_alert_that_nobody_has():
    page = escalation.rest(asked(begin(gathering=WINDOW)))

    joined = escalation.join(page, alert("another"), NOW + MINUTE)

    assert joined.status is PageStatus.TRIGGERED
    assert (joined.next_step, joined.due) == (0, NOW + 5 * MINUTE)


def test_a_page_at_rest_whose_window_is_over_wakes_nobody():
    page = escalation.rest(begin(gathering=WINDOW))

    assert page.gathers_until is not None
    assert page.wake_at is None


@given(firing=st.integers(0, 20), acknowledged=st.integers(0, 20))
def test_a_page_is_resolved_when_all_alerts_are_and_acknowledged_when_every_firing_one_is(
    firing, acknowledged
):
    status = escalation.status(firing=firing, acknowledged=min(acknowledged, firing))

    assert (status is PageStatus.RESOLVED) == (firing == 0)
    assert (status is PageStatus.ACKNOWLEDGED) == (0 < firing <= acknowledged)


# --- waiting for more events ----------------------------------------------------------------------------

COUNTING = plan(step(TO_ANA, condition=MoreAlertsThan(count=3, within=10 * MINUTE)), step(TO_ANA, after=5))


def test_a_step_that_waits_for_events_looks_again_when_an_alert_joins():
    page = replace(begin(COUNTING, gathering=WINDOW), due=None)

    assert escalation.waits_for_events(page)
    assert escalation.join(page, alert(), NOW + MINUTE).due == NOW + MINUTE


@pytest.mark.parametrize(("events", "due"), [(3, None), (4, NOW + MINUTE)])
def test_a_step_that_waits_for_events_looks_again_once_there_are_enough(events, due):
    page = replace(begin(COUNTING), due=None)

    assert escalation.look_again(page, NOW + MINUTE, lambda _within: events).due == due
    assert escalation.look_again(page, NOW + MINUTE).due == NOW + MINUTE


@pytest.mark.parametrize(
    "page",
    [
        begin(COUNTING),
        replace(begin(COUNTING), due=None, next_step=1),
        replace(begin(COUNTING), due=None, next_step=2),
        escalation.rest(begin(COUNTING)),
        replace(begin(), due=None),
    ],
)
def test_a_page_that_waits_for_no_events_is_left_alone(page):
    assert not escalation.waits_for_events(page)
    assert escalation.look_again(page, NOW + timedelta(days=1), lambda _within: 99) is page


def test_a_page_asks_more_loudly_when_it_must_and_never_less():
    page = begin()

    louder = escalation.at_least(page, Importance.IMPORTANT)

    assert (page.importance, louder.importance) == (Importance.DEFAULT, Importance.IMPORTANT)
    assert escalation.at_least(louder, Importance.DEFAULT) is louder
