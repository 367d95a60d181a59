from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import (
    MINUTE,
    NOW,
    alert,
    at,
    destination,
    directory,
    person,
    plan,
    rules,
    schedule,
    step,
    target,
    team,
)
from routing_builders import policy, rule
from tocsin.core import escalation, paging
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.because_paging import (
    DeliveryFailed,
    NotAsked,
    PlanEnded,
    StepPassed,
    StepsRepeated,
    StepTaken,
    StepWaits,
    StillAsked,
    Unreachable,
    WindowClosed,
)
from tocsin.core.calendar import DatedWindow
from tocsin.core.effects import Notify, Record, Resolve, TakeTurn
from tocsin.core.escalation import (
    Assignment,
    DestinationTarget,
    MoreAlertsThan,
    NotifyTargets,
    Pause,
    RepeatSteps,
    ResolveAlerts,
    WithinWindow,
)
from tocsin.core.ids import PageId
from tocsin.core.notification import NotificationKind
from tocsin.core.people import Importance, Role, UserStatus

ANA, BEN, CEM = person("Ana", "email"), person("Ben", "email"), person("Cem", "email")
UNA = person("Una", unverified=["email"])
GIL = person("Gil", "email", status=UserStatus.DEACTIVATED)
OWNER = person("Olga", "sms", role=Role.OWNER)
HOOK, BOARD = destination("#ops"), destination("#board")
OPS, EMPTY = team("Ops", ANA, BEN), team("Empty")
HERE = directory(ANA, BEN, CEM, UNA, GIL, OWNER, HOOK, BOARD, OPS, EMPTY)
TO_HOOK, TO_BOARD = DestinationTarget(destination=HOOK.id), DestinationTarget(destination=BOARD.id)
NAMES = {ANA.id: "Ana", BEN.id: "Ben", CEM.id: "Cem", OWNER.id: "Olga", HOOK.id: "#ops", BOARD.id: "#board"}


def begin(*steps, here=HERE, now=NOW, **more):
    """Begin a page and do what is due on it."""
    page = escalation.begin(page_id=PageId(7), plan=plan(*steps), alert=alert(), now=now, **more)
    return proceed(page, now, here=here)


def proceed(page, now, *, here=HERE, turns=None, events=0):
    return paging.proceed(page, here, now, turns=turns or {}, recent_events=lambda _within: events)


def told(effects):
    """Who gets a page, by name, in order."""
    pages = [each for each in effects if isinstance(each, Notify) and each.kind is NotificationKind.PAGE]
    return [NAMES[each.user or each.destination] for each in pages]


def reasons(effects, kind):
    return [each.because for each in effects if isinstance(each, Record) and isinstance(each.because, kind)]


def run(page, effects, *, here=HERE, lateness=timedelta(0), most=100):
    """Let the page go on to its end; return [(minutes since NOW, who was told)]."""
    story = [(0, told(effects))] if told(effects) else []
    for _ in range(most):
        if page.wake_at is None:
            return story
        now = page.wake_at + lateness
        page, effects = proceed(page, now, here=here)
        if told(effects):
            story.append(((now - NOW) / MINUTE, told(effects)))
    raise AssertionError(f"a page that does not end: {story[:5]}")


# --- steps ------------------------------------------------------------------------------------------------


def test_steps_are_taken_one_after_the_other_while_nobody_answers():
    page, effects = begin(step(target(ANA)), step(target(BEN), after=5), step(target(CEM), TO_HOOK, after=10))

    assert run(page, effects) == [(0, ["Ana"]), (5, ["Ben"]), (15, ["#ops", "Cem"])]


def test_a_step_that_waits_for_nobody_is_taken_with_the_one_before():
    page, effects = begin(step(target(ANA)), step(target(BEN)), step(target(CEM), after=1))

    assert run(page, effects) == [(0, ["Ana", "Ben"]), (1, ["Cem"])]


def test_a_pause_asks_nobody_and_the_next_step_comes_in_its_time():
    page, effects = begin(step(action=Pause()), step(target(ANA), after=5), step(action=Pause(), after=5))

    assert run(page, effects) == [(5, ["Ana"])]


def test_a_pause_waits_for_its_condition():
    condition = MoreAlertsThan(count=2, within=5 * MINUTE)
    page, _ = begin(step(action=Pause(), condition=condition), step(target(ANA), after=5))

    assert page.due is None
    page, _ = proceed(escalation.look_again(page, NOW), NOW, events=3)
    assert page.due == NOW + 5 * MINUTE


def test_one_step_makes_one_entry_in_the_story_however_many_it_asks():
    _, effects = begin(step(target(OPS), target(CEM), TO_HOOK))

    assert [because.sentence() for because in reasons(effects, StepTaken)] == [
        "step 1 of 1 of Backend asks Ana (a member of Ops), Ben (a member of Ops), Cem and #ops"
    ]
    assert sorted(told(effects)) == ["#ops", "Ana", "Ben", "Cem"]


def test_somebody_named_twice_in_a_step_is_told_once():
    rota = schedule("Primary", ANA)
    here = directory(ANA, BEN, OPS, rota)
    page, effects = begin(step(target(rota), target(OPS), target(ANA)), here=here)

    assert told(effects) == ["Ana", "Ben"]
    assert len(page.responders) == 2


def test_somebody_named_by_a_second_step_while_being_asked_is_not_started_over():
    ana = replace(ANA, rules=rules(ANA.id, "email", 30, "email"))
    here = directory(ana, BEN)
    page, effects = begin(step(target(ana)), step(target(ana), target(BEN), after=5), here=here)

    assert run(page, effects, here=here) == [(0, ["Ana"]), (5, ["Ben"]), (30, ["Ana"])]
    _, effects = proceed(page, NOW + 5 * MINUTE, here=here)
    assert reasons(effects, StillAsked) == [StillAsked(name="Ana")]


def test_whoever_is_on_call_when_the_step_is_taken_is_asked_and_not_who_was_when_the_page_began():
    rota = schedule("Primary", ANA, BEN)
    here = directory(ANA, BEN, rota)
    page, effects = begin(step(target(rota)), step(target(rota), after=24 * 60), here=here)

    assert run(page, effects, here=here) == [(0, ["Ana"]), (24 * 60, ["Ben"])]


def test_a_step_has_an_importance_of_its_own_or_the_page_s():
    loud = NotifyTargets(targets=(target(ANA), TO_HOOK), importance=Importance.IMPORTANT)
    _, effects = begin(step(action=loud))
    assert {each.importance for each in effects if isinstance(each, Notify)} == {Importance.IMPORTANT}

    _, effects = begin(step(target(ANA), TO_HOOK), importance=Importance.IMPORTANT)
    assert {each.importance for each in effects if isinstance(each, Notify)} == {Importance.IMPORTANT}


def test_channels_named_by_the_step_replace_the_rules_of_whom_it_asks():
    ana = person("Ana", "email", "slack", ladder=["email"])
    _, effects = begin(step(target(ana, "slack")), here=directory(ana))

    assert [each.channel for each in effects if isinstance(each, Notify)] == ["slack"]


def test_every_message_says_why():
    rota = schedule("Primary", ANA)
    _, effects = begin(step(target(rota), TO_HOOK), here=directory(ANA, rota, HOOK))

    to_hook, to_ana = (each.because.sentence() for each in effects if isinstance(each, Notify))
    assert to_hook == "#ops is named (step 1 of Backend); told directly"
    assert to_ana.startswith("Ana is on call for Primary (step 1 of Backend); they have no rules, so every")


# --- steps that reach nobody ------------------------------------------------------------------------------


@pytest.mark.parametrize("nobody", [target(EMPTY), target(UNA), target(GIL)])
def test_a_step_that_reaches_nobody_is_passed_at_once_and_says_so(nobody):
    page, effects = begin(step(nobody), step(target(BEN), after=5), step(target(CEM), after=5))

    assert run(page, effects) == [(0, ["Ben"]), (5, ["Cem"])]
    assert [because.why for because in reasons(effects, StepPassed)] == ["it reaches nobody"]
    assert reasons(effects, (NotAsked, Unreachable))


def test_a_deactivated_person_on_call_holds_nobody_up():
    rota = schedule("Primary", GIL)
    here = directory(GIL, BEN, rota)

    assert run(*begin(step(target(rota)), step(target(BEN), after=30), here=here), here=here) == [
        (0, ["Ben"])
    ]


ROTA = schedule("Primary", ANA)


@pytest.mark.parametrize(
    ("named", "left"),
    [
        (target(ANA), (OPS, HOOK, ROTA)),
        (target(OPS), (ANA, HOOK, ROTA)),
        (target(OPS), (OPS, ROTA)),
        (target(ROTA), (ANA, OPS, HOOK)),
        (target(ROTA), (OPS, HOOK, ROTA)),
        (TO_HOOK, (ANA, OPS, ROTA)),
    ],
)
def test_whatever_a_step_names_may_be_deleted_while_the_page_waits_for_it(named, left):
    page, effects = begin(step(target(CEM)), step(named, after=5), step(TO_BOARD, after=5))

    assert run(page, effects, here=directory(CEM, BOARD, *left)) == [(0, ["Cem"]), (5, ["#board"])]


def test_somebody_deleted_or_deactivated_while_being_asked_is_asked_no_more_and_the_page_goes_on():
    ana = replace(ANA, rules=rules(ANA.id, "email", 5, "email"))
    page, _ = begin(step(target(ana)), step(target(BEN), after=10), here=directory(ana, BEN))

    for here in (directory(BEN), directory(BEN, replace(ana, status=UserStatus.DEACTIVATED))):
        moved, effects = proceed(page, NOW + 5 * MINUTE, here=here)
        assert told(effects) == []
        assert len(reasons(effects, NotAsked)) == 1
        assert run(moved, effects, here=here) == [(10, ["Ben"])]


def test_the_owner_is_told_of_somebody_who_cannot_be_reached():
    _, effects = begin(step(target(UNA), target(ANA)))

    word = [each for each in effects if isinstance(each, Notify) and each.kind is NotificationKind.OPERATOR]
    assert [(each.user, each.channel) for each in word] == [(OWNER.id, "sms")]
    assert word[0].because == Unreachable(name="Una")
    assert told(effects) == ["Ana"]


def test_the_owner_is_told_of_a_plan_that_reached_nobody_and_the_story_says_it():
    page, effects = begin(step(target(EMPTY)), step(target(GIL), after=5))

    assert page.wake_at is None
    assert reasons(effects, PlanEnded) == [PlanEnded(plan="Backend", reached=False)]
    assert [each.because for each in effects if isinstance(each, Notify)] == [
        PlanEnded(plan="Backend", reached=False)
    ]


def test_a_workspace_whose_owner_cannot_be_reached_still_pages():
    assert told(begin(step(target(UNA)), step(target(ANA)), here=directory(UNA, ANA))[1]) == ["Ana"]


def test_at_its_end_the_story_says_that_there_is_nobody_else_to_ask():
    page, effects = begin(step(target(ANA)), step(TO_HOOK, after=5))
    assert reasons(effects, PlanEnded) == []

    _, effects = proceed(page, NOW + 5 * MINUTE)
    assert reasons(effects, PlanEnded) == [PlanEnded(plan="Backend", reached=True)]


# --- round robin --------------------------------------------------------------------------------------------


def in_turn(*targets):
    return step(action=NotifyTargets(targets=targets, assignment=Assignment.ROUND_ROBIN))


def test_round_robin_asks_one_target_a_page_each_in_turn():
    taking = in_turn(target(ANA), target(BEN), TO_HOOK)
    turns, asked = {}, []
    for number in range(7):
        page = escalation.begin(page_id=PageId(number), plan=plan(taking), alert=alert(), now=NOW)
        _, effects = proceed(page, NOW, turns=turns)
        asked += told(effects)
        turns = {each.step: each.turn for each in effects if isinstance(each, TakeTurn)}

    assert asked == ["Ana", "Ben", "#ops", "Ana", "Ben", "#ops", "Ana"]


def test_round_robin_skips_whoever_cannot_be_reached_and_says_why():
    page = escalation.begin(
        page_id=PageId(7), plan=plan(in_turn(target(ANA), target(GIL), target(UNA))), alert=alert(), now=NOW
    )
    taking = page.plan.steps[0].id

    _, effects = proceed(page, NOW, turns={taking: 4})

    assert told(effects) == ["Ana"]
    assert [each for each in effects if isinstance(each, TakeTurn)] == [TakeTurn(step=taking, turn=7)]
    assert len(reasons(effects, (NotAsked, Unreachable))) == 2


def test_round_robin_among_nobody_is_passed():
    page, effects = begin(in_turn(target(GIL), target(EMPTY)), step(target(BEN), after=5))

    assert run(page, effects) == [(0, ["Ben"])]


def test_round_robin_goes_on_to_the_next_when_the_plan_repeats():
    turning = in_turn(target(ANA), target(BEN))
    page, effects = begin(turning, step(action=RepeatSteps(times=1), after=5))

    turns = {each.step: each.turn for each in effects if isinstance(each, TakeTurn)}
    _, again = proceed(page, NOW + 5 * MINUTE, turns=turns)

    assert (told(effects), told(again)) == (["Ana"], ["Ben"])


# --- repeats and resolves -----------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [0, 1, 3])
def test_a_plan_that_repeats_n_times_is_run_through_once_and_n_times_more(times):
    page, effects = begin(
        step(target(ANA)), step(target(BEN), after=5), step(action=RepeatSteps(times=times), after=10)
    )

    rounds = [[(15 * n, ["Ana"]), (15 * n + 5, ["Ben"])] for n in range(times + 1)]
    assert run(page, effects) == [entry for each in rounds for entry in each]


def test_after_the_last_repeat_the_steps_behind_it_are_taken_at_once():
    page, effects = begin(
        step(target(ANA)), step(action=RepeatSteps(times=1), after=10), step(target(BEN), after=30)
    )

    assert run(page, effects) == [(0, ["Ana"]), (10, ["Ana"]), (20, ["Ben"])]


def test_a_round_that_reaches_nobody_is_followed_by_the_next_after_a_while_until_somebody_is_there():
    rota = schedule("Primary", GIL)
    page, effects = begin(
        step(target(rota)), step(action=RepeatSteps(times=50), after=5), here=directory(GIL, rota)
    )
    assert [because.wait for because in reasons(effects, StepsRepeated)] == [5 * MINUTE]
    page, effects = proceed(page, NOW + 5 * MINUTE, here=directory(GIL, rota))
    assert page.wake_at == NOW + 10 * MINUTE

    back = replace(GIL, status=UserStatus.ACTIVE)
    _, effects = proceed(page, NOW + 10 * MINUTE, here=directory(back, rota))

    assert [each.user for each in effects if isinstance(each, Notify)] == [GIL.id]


def test_a_plan_that_waits_for_nobody_does_not_ask_everybody_a_thousand_times_at_once():
    page, effects = begin(step(target(ANA)), step(action=RepeatSteps(times=3)))

    assert run(page, effects) == [(0, ["Ana"]), (1, ["Ana"]), (2, ["Ana"]), (3, ["Ana"])]


def test_even_a_plan_longer_than_any_that_is_taken_goes_on_after_drawing_breath():
    page, effects = begin(*[step(target(EMPTY))] * 250, step(target(ANA)))
    assert len(reasons(effects, StepPassed)) == paging.STEPS_AT_ONCE_MAX

    assert run(page, effects) == [(2, ["Ana"])]


def test_the_owner_is_told_once_and_not_in_every_round():
    page, effects = begin(step(target(UNA)), step(action=RepeatSteps(times=5), after=1))
    words = [each for each in effects if isinstance(each, Notify)]
    while page.wake_at is not None:
        page, effects = proceed(page, page.wake_at)
        words += [each for each in effects if isinstance(each, Notify)]

    assert [type(each.because) for each in words] == [Unreachable, PlanEnded]


def test_a_repeat_with_nothing_before_it_is_passed():
    page, effects = begin(step(action=RepeatSteps(times=9), after=5), step(target(ANA)))
    assert effects == ()

    assert run(page, effects) == [(5, ["Ana"])]


def test_a_plan_may_resolve_the_alerts_and_nothing_comes_after_that():
    ana = replace(ANA, rules=rules(ANA.id, "email", 9, "email"))
    here = directory(ana, BEN)
    page, _ = begin(
        step(target(ana)), step(action=ResolveAlerts(), after=5), step(target(BEN), after=5), here=here
    )

    page, effects = proceed(page, NOW + 5 * MINUTE, here=here)

    assert [type(effect) for effect in effects] == [Resolve]
    assert effects[0].because.sentence() == "step 2 of Backend resolves the alerts of the page"
    assert page.wake_at is None
    assert not escalation.waits_for_events(page)


# --- conditions ---------------------------------------------------------------------------------------------

NOON = DatedWindow(
    dates=(date(2026, 3, 6), date(2026, 3, 7)), start=time(12), duration=60 * MINUTE, time_zone="UTC"
)
IN_AN_HOUR_OF_NOON = WithinWindow(window=NOON)


def test_a_step_with_hours_waits_for_them_and_is_taken_when_they_begin():
    page, effects = begin(step(target(ANA), condition=IN_AN_HOUR_OF_NOON), step(target(BEN), after=5))

    assert page.due == at("2026-03-06 12:00")
    assert reasons(effects, StepWaits)[0].sentence() == (
        "step 1 of Backend waits: these are not its hours, until 2026-03-06T12:00:00Z"
    )
    assert run(page, effects) == [(180, ["Ana"]), (185, ["Ben"])]


def test_a_step_inside_its_hours_is_taken_at_once():
    _, effects = begin(step(target(ANA), condition=IN_AN_HOUR_OF_NOON), now=at("2026-03-06 12:59"))

    assert told(effects) == ["Ana"]


def test_a_step_waiting_for_its_hours_is_taken_though_a_standstill_outlasted_them():
    page, _ = begin(step(target(ANA), condition=IN_AN_HOUR_OF_NOON))

    _, effects = proceed(page, at("2026-03-06 14:00"))

    assert told(effects) == ["Ana"]
    assert reasons(effects, StepTaken)[0].late == 120 * MINUTE


@pytest.mark.parametrize(
    ("condition", "now", "why"),
    [
        (WithinWindow(window=NOON, skip=True), NOW, "these are not its hours"),
        (IN_AN_HOUR_OF_NOON, at("2026-03-07 13:00"), "its hours are over for good"),
    ],
)
def test_a_step_outside_its_hours_is_passed_when_it_is_to_be_or_they_never_come_again(condition, now, why):
    _, effects = begin(step(target(ANA), condition=condition), step(target(BEN), after=5), now=now)

    assert told(effects) == ["Ben"]
    assert [because.why for because in reasons(effects, StepPassed)] == [why]


@pytest.mark.parametrize(("events", "who"), [(0, ["Ben"]), (3, ["Ben"]), (4, ["Ana"])])
def test_a_step_for_many_events_needs_more_than_their_number_or_is_passed(events, who):
    many = MoreAlertsThan(count=3, within=10 * MINUTE, skip=True)
    page = escalation.begin(
        page_id=PageId(7),
        plan=plan(step(target(ANA), condition=many), step(target(BEN), after=5)),
        alert=alert(),
        now=NOW,
    )
    _, effects = proceed(page, NOW, events=events)

    assert told(effects) == who


def test_a_step_for_many_events_counts_those_of_its_own_span():
    spans = []
    page = escalation.begin(
        page_id=PageId(7),
        plan=plan(step(target(ANA), condition=MoreAlertsThan(count=3, within=7 * MINUTE))),
        alert=alert(),
        now=NOW,
    )
    paging.proceed(page, HERE, NOW, turns={}, recent_events=lambda within: spans.append(within) or 0)

    assert spans == [7 * MINUTE]


def test_a_step_for_many_events_waits_and_is_taken_with_the_one_that_makes_them_enough():
    page, effects = begin(
        step(target(ANA), condition=MoreAlertsThan(count=3, within=10 * MINUTE)),
        gathering=Gathering(by=GatherBy.FIELDS, window=30 * MINUTE),
    )
    assert page.due is None
    assert reasons(effects, StepWaits)[0].sentence() == (
        "step 1 of Backend waits: 0 events in 10 minutes are not more than 3"
    )

    page, effects = proceed(escalation.join(page, alert(), NOW + MINUTE), NOW + MINUTE, events=3)
    assert told(effects) == []
    page, effects = proceed(escalation.look_again(page, NOW + 2 * MINUTE), NOW + 2 * MINUTE, events=4)
    assert told(effects) == ["Ana"]


# --- gathering ----------------------------------------------------------------------------------------------

FIRST = Gathering(by=GatherBy.FIELDS, window=5 * MINUTE)
ALL_AT_END = replace(FIRST, first_at_once=False)


def test_alerts_gathered_to_the_end_make_one_page_when_the_window_is_over():
    page, effects = begin(step(target(ANA), TO_HOOK), gathering=ALL_AT_END)
    assert effects == ()
    for minute in (1, 2, 4):
        page = escalation.join(page, alert(), NOW + minute * MINUTE)
        page, effects = proceed(page, NOW + minute * MINUTE)
        assert effects == ()

    page, effects = proceed(page, NOW + 5 * MINUTE)

    assert told(effects) == ["#ops", "Ana"]
    assert reasons(effects, WindowClosed) == [WindowClosed(joined=3)]
    assert page.gathers_until is None


def test_the_first_alert_goes_ahead_and_the_others_are_told_of_when_the_window_is_over():
    page, effects = begin(step(target(ANA), TO_HOOK), step(target(BEN), after=8), gathering=FIRST)
    assert told(effects) == ["#ops", "Ana"]
    page = escalation.join(page, alert(), NOW + MINUTE)
    assert proceed(page, NOW + MINUTE) == (page, ())

    page, effects = proceed(page, NOW + 5 * MINUTE)

    assert told(effects) == ["#ops", "Ana"]
    messages = [each.because.sentence() for each in effects if isinstance(each, Notify)]
    assert messages[0] == "#ops is told that 1 more alert joined; told directly"
    assert run(page, ()) == [(8, ["Ben"])], "and the next step comes no later for it"


def test_the_first_alert_alone_is_told_of_once():
    page, effects = begin(step(target(ANA)), gathering=FIRST)
    assert told(effects) == ["Ana"]

    page, effects = proceed(page, NOW + 5 * MINUTE)

    assert (told(effects), page.wake_at) == ([], None)


def test_whoever_was_deleted_before_the_window_was_over_is_told_nothing():
    page, _ = begin(step(target(ANA), target(BEN), TO_HOOK), gathering=FIRST)
    page = escalation.join(page, alert(), NOW + MINUTE)

    _, effects = proceed(page, NOW + 5 * MINUTE, here=directory(BEN))

    assert told(effects) == ["Ben"]


# --- acknowledging ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [escalation.rest, escalation.stop])
def test_an_acknowledged_or_resolved_page_asks_nobody_however_long_it_is_looked_at(end):
    ana = replace(ANA, rules=rules(ANA.id, "email", 1, "email"))
    here = directory(ana, BEN)
    page, _ = begin(step(target(ana)), step(target(BEN), after=5), gathering=FIRST, here=here)
    page = escalation.join(page, alert(), NOW + MINUTE)

    page = end(page)

    for minutes in (0, 1, 5, 6, 9999):
        assert proceed(page, NOW + minutes * MINUTE, here=here) == (page, ())


def test_an_acknowledgement_that_ends_starts_the_page_over_from_its_first_step():
    page, _ = begin(step(target(ANA)), step(target(BEN), after=5))
    page, _ = proceed(page, NOW + 5 * MINUTE)

    page, _ = escalation.restart(escalation.rest(page), NOW + 60 * MINUTE, WindowClosed(joined=0))

    page, effects = proceed(page, NOW + 60 * MINUTE)
    assert told(effects) == ["Ana"]
    assert run(page, ()) == [(65, ["Ben"])]


# --- failures of delivery -----------------------------------------------------------------------------------


def test_when_a_message_fails_for_good_the_person_s_next_rule_is_taken_at_once():
    ana = person("Ana", "email", "voice", ladder=["email", 10, "voice"])
    here = directory(ana)
    page, _ = begin(step(target(ana)), here=here)

    page, effects = paging.undelivered(page, here, ana.id, NOW + MINUTE, queued_at=NOW)
    assert len(reasons(effects, DeliveryFailed)) == 1
    assert page.wake_at == NOW + MINUTE
    _, effects = proceed(page, NOW + MINUTE, here=here)

    assert [each.channel for each in effects if isinstance(each, Notify)] == ["voice"]


def test_a_failure_wakes_nobody_once_the_page_is_acknowledged():
    page, _ = begin(step(target(ANA)))

    assert paging.undelivered(escalation.rest(page), HERE, ANA.id, NOW) == (escalation.rest(page), ())
    assert paging.undelivered(page, HERE, BEN.id, NOW) == (page, ())
    assert paging.undelivered(page, directory(BEN), ANA.id, NOW) == (page, ())


# --- standstills --------------------------------------------------------------------------------------------


def test_after_a_standstill_the_overdue_step_is_taken_once_says_how_late_and_the_next_counts_from_now():
    page, _ = begin(step(target(ANA)), step(target(BEN), after=5), step(target(CEM), after=5))

    page, effects = proceed(page, NOW + 46 * MINUTE)

    assert told(effects) == ["Ben"]
    assert reasons(effects, StepTaken)[0].sentence() == "step 2 of 3 of Backend asks Ben, 41 minutes late"
    message = next(each for each in effects if isinstance(each, Notify))
    assert message.because.sentence().endswith("41 minutes late")
    assert page.due == NOW + 51 * MINUTE


def test_a_minute_late_is_not_worth_a_word():
    page, _ = begin(step(target(ANA)), step(TO_HOOK, after=5))

    _, effects = proceed(page, NOW + 6 * MINUTE)

    assert all("late" not in effect.because.sentence() for effect in effects)


# --- laws ---------------------------------------------------------------------------------------------------

durations = st.timedeltas(timedelta(0), timedelta(days=3))
people = st.sampled_from([ANA, BEN, CEM])
fresh_steps = st.lists(
    st.builds(lambda who, after: step(target(who), after=after), people, st.integers(0, 60)),
    min_size=1,
    max_size=8,
)
anybody = st.sampled_from([target(each) for each in (ANA, BEN, UNA, GIL, OPS, EMPTY)] + [TO_HOOK])
notifying = st.builds(
    NotifyTargets,
    targets=st.lists(anybody, min_size=1, max_size=3).map(tuple),
    assignment=st.sampled_from(Assignment),
)
conditions = st.one_of(
    st.none(),
    st.builds(WithinWindow, window=st.just(NOON), skip=st.booleans()),
    st.builds(MoreAlertsThan, count=st.integers(0, 3), within=st.just(MINUTE), skip=st.booleans()),
)
actions = notifying | st.builds(RepeatSteps, times=st.integers(0, 4)) | st.just(ResolveAlerts())
any_steps = st.lists(
    st.builds(
        lambda action, after, condition: step(action=action, after=after, condition=condition),
        notifying | actions,
        st.sampled_from([0, 0, 1, 5, 60]),
        conditions,
    ),
    min_size=1,
    max_size=8,
)


@given(steps=fresh_steps, lateness=durations)
def test_however_late_we_are_everybody_is_asked_once_and_in_order(steps, lateness):
    page = escalation.begin(page_id=PageId(7), plan=plan(*steps), alert=alert(), now=NOW)
    asked = []
    while page.wake_at is not None:
        page, effects = proceed(page, page.wake_at + lateness)
        asked += [name for because in reasons(effects, StepTaken) for name in because.asked]

    assert asked == [NAMES[step.action.targets[0].user] for step in steps]


@given(steps=fresh_steps, lateness=durations)
def test_lateness_never_shortens_the_time_that_anybody_has_to_answer(steps, lateness):
    page = escalation.begin(page_id=PageId(7), plan=plan(*steps), alert=alert(), now=NOW)
    taken = []
    while page.wake_at is not None:
        now = page.wake_at + lateness
        page, effects = proceed(page, now)
        taken += [now] * len(reasons(effects, StepTaken))

    assert len(taken) == len(steps)
    for earlier, later, after in zip(taken, taken[1:], steps[1:], strict=False):
        assert later - earlier >= after.after


@settings(max_examples=300)
@given(
    steps=any_steps,
    lateness=st.lists(durations, min_size=1, max_size=5),
    events=st.lists(st.integers(0, 5), min_size=1, max_size=5),
    gathering=st.sampled_from([None, FIRST, ALL_AT_END]),
)
def test_no_plan_spins_and_looking_twice_does_nothing_twice(steps, lateness, events, gathering):
    page = escalation.begin(page_id=PageId(7), plan=plan(*steps), alert=alert(), now=NOW, gathering=gathering)
    looks, turns = 0, {}
    while page.wake_at is not None:
        now = page.wake_at + lateness[looks % len(lateness)]
        page, effects = proceed(page, now, turns=turns, events=events[looks % len(events)])
        turns |= {each.step: each.turn for each in effects if isinstance(each, TakeTurn)}

        assert page.wake_at is None or page.wake_at > now
        assert proceed(page, now, turns=turns, events=0) == (page, ())
        assert len(effects) <= 20 * paging.STEPS_AT_ONCE_MAX
        looks += 1
        assert looks <= 2 + 5 * len(steps) * (2 + len(steps)), "every look gets somewhere"


@given(steps=any_steps, early=st.timedeltas(timedelta(microseconds=1), timedelta(days=1)))
def test_early_is_harmless(steps, early):
    page = escalation.begin(page_id=PageId(7), plan=plan(*steps), alert=alert(), now=NOW)

    assert proceed(page, page.wake_at - early) == (page, ())


# --- the hours of the rule that paged -----------------------------------------------------------------------

TEN_O_CLOCK = DatedWindow(
    dates=(date(2026, 3, 6),), start=time(10), duration=timedelta(hours=1), time_zone="UTC"
)
TIMED = rule(hours=TEN_O_CLOCK)
WITH_HOURS = replace(HERE, alert_policies=(policy(TIMED),))


def test_a_page_waits_for_the_hours_of_its_rule_before_its_first_step():
    page, effects = begin(step(target(ANA)), step(target(BEN), after=90), here=WITH_HOURS, rule=TIMED.id)

    (waits,) = reasons(effects, StepWaits)
    assert (told(effects), waits.until) == ([], NOW + 60 * MINUTE)
    assert run(page, effects, here=WITH_HOURS) == [(60, ["Ana"]), (150, ["Ben"])]


def test_a_page_that_starts_over_waits_for_the_hours_again():
    page, _ = begin(step(target(ANA)), here=WITH_HOURS, rule=TIMED.id, now=NOW + 60 * MINUTE)
    rested = escalation.rest(page)

    again, _ = escalation.restart(rested, NOW + 30 * MINUTE, PlanEnded(plan="Backend", reached=True))
    later, effects = proceed(again, NOW + 30 * MINUTE, here=WITH_HOURS)

    assert (told(effects), later.due) == ([], NOW + 60 * MINUTE)


def test_hours_stand_beside_the_condition_of_the_first_step():
    waits = step(target(ANA), condition=MoreAlertsThan(count=1, within=MINUTE, skip=True))
    page, effects = begin(waits, step(target(BEN)), here=WITH_HOURS, rule=TIMED.id)

    page, effects = proceed(page, NOW + 60 * MINUTE, here=WITH_HOURS)

    assert told(effects) == ["Ben"]
    assert len(reasons(effects, StepPassed)) == 1


def test_a_rule_that_is_gone_has_no_hours():
    _, effects = begin(step(target(ANA)), rule=TIMED.id)

    assert told(effects) == ["Ana"]
