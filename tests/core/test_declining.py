"""People who want no more messages about one page."""

from dataclasses import replace
from datetime import timedelta

from builders import MINUTE, NOW, alert, destination, directory, person, plan, rules, step, target, team
from tocsin.core import escalation, paging
from tocsin.core.because_page import PageStartedOver
from tocsin.core.because_paging import LeftOut, NobodyLeft, NotAsked, PlanEnded, StepPassed
from tocsin.core.effects import Notify, Record
from tocsin.core.escalation import DestinationTarget
from tocsin.core.ids import PageId
from tocsin.core.notification import NotificationKind
from tocsin.core.people import Role

ANA, BEN = person("Ana", "email"), person("Ben", "email")
PATIENT = replace(ANA, rules=rules(ANA.id, "email", 10, "email"))
OWNER = person("Olga", "email", role=Role.OWNER)
HOOK = destination("#ops")
OPS = team("Ops", ANA, BEN)
HERE = directory(ANA, BEN, OWNER, HOOK, OPS)
TO_HOOK = DestinationTarget(destination=HOOK.id)
NAMES = {ANA.id: "Ana", BEN.id: "Ben", HOOK.id: "#ops"}


def begin(*steps, here=HERE):
    page = escalation.begin(page_id=PageId(7), plan=plan(*steps), alert=alert(), now=NOW)
    return proceed(page, NOW, here=here)[0]


def proceed(page, now, *, here=HERE):
    return paging.proceed(page, here, now, turns={}, recent_events=lambda _within: 1)


def decline(page, user, *, at=NOW, here=HERE):
    return paging.decline(page, here, user.id, at)


def run(page, *, here=HERE):
    """Let the page go on to its end; return [(minutes since NOW, who was told)] and the reasons given."""
    story, because = [], []
    while page.wake_at is not None:
        now = page.wake_at
        page, effects = proceed(page, now, here=here)
        because += reasons(effects)
        if told(effects):
            story.append(((now - NOW) / MINUTE, told(effects)))
    return story, because


def told(effects):
    pages = [each for each in effects if isinstance(each, Notify) and each.kind is NotificationKind.PAGE]
    return [NAMES[each.user or each.destination] for each in pages]


def owner_told(effects):
    return any(isinstance(each, Notify) and each.kind is NotificationKind.OPERATOR for each in effects)


def reasons(effects):
    return [each.because for each in effects if isinstance(each, Record)]


def test_whoever_declines_is_not_asked_further_and_the_others_are_as_planned():
    here = directory(PATIENT, BEN, OWNER)
    page = begin(step(target(PATIENT)), step(target(BEN), after=5), here=here)

    page, effects = decline(page, PATIENT, here=here)

    assert reasons(effects) == [LeftOut(name="Ana")]
    assert not owner_told(effects)
    assert run(page, here=here)[0] == [(5, ["Ben"])]


def test_a_later_step_that_names_them_leaves_them_out_and_says_why():
    page, _ = decline(begin(step(target(ANA)), step(target(OPS), after=5)), ANA)

    story, because = run(page)

    assert story == [(5, ["Ben"])]
    assert NotAsked(name="Ana", why="they want to be left out of this page") in because


def test_a_step_that_names_only_them_is_passed_at_once():
    page, _ = decline(begin(step(target(ANA)), step(target(ANA), after=5), step(target(BEN), after=30)), ANA)

    story, because = run(page)

    assert story == [(5, ["Ben"])]
    assert [each.why for each in because if isinstance(each, StepPassed)] == ["it reaches nobody"]


def test_when_nobody_is_left_and_no_step_follows_the_story_and_the_owner_are_told():
    page = begin(step(target(ANA)))

    page, effects = decline(page, ANA, at=NOW + MINUTE)

    assert page.wake_at is None
    assert reasons(effects) == [LeftOut(name="Ana"), NobodyLeft(plan="Backend")]
    assert owner_told(effects)


def test_when_somebody_else_was_asked_the_owner_is_left_in_peace():
    page, effects = decline(begin(step(target(ANA), target(BEN))), ANA)

    assert reasons(effects) == [LeftOut(name="Ana")]
    assert not owner_told(effects)
    assert page.left_out == {ANA.id}


def test_a_place_that_was_told_counts_as_somebody():
    _, effects = decline(begin(step(target(ANA), TO_HOOK)), ANA)

    assert not owner_told(effects)


def test_when_the_plan_ends_with_nobody_left_the_owner_is_told_then():
    page, effects = decline(begin(step(target(ANA)), step(target(ANA), after=5)), ANA)
    assert not owner_told(effects)

    page, effects = proceed(page, NOW + 5 * MINUTE)

    assert reasons(effects)[-2:] == [PlanEnded(plan="Backend", reached=True), NobodyLeft(plan="Backend")]
    assert owner_told(effects)


def test_declining_outlives_a_page_that_starts_over():
    page, _ = decline(begin(step(target(OPS))), ANA)

    page, _ = escalation.restart(escalation.rest(page), NOW + MINUTE, PageStartedOver(why="it still fires"))

    assert run(page)[0] == [(1, ["Ben"])]


def test_somebody_whom_the_page_has_not_asked_yet_can_decline_too():
    page, _ = decline(begin(step(target(ANA)), step(target(BEN), after=5)), BEN)

    assert run(page)[0] == []


def test_declining_twice_or_when_all_is_over_changes_nothing():
    page, _ = decline(begin(step(target(ANA)), step(target(BEN), after=5)), ANA)
    over = escalation.stop(begin(step(target(ANA))))

    assert decline(page, ANA) == (page, ())
    assert decline(over, ANA) == (over, ())


def test_a_message_that_fails_after_they_declined_asks_them_by_no_other_way():
    here = directory(PATIENT, BEN, OWNER)
    page, _ = decline(begin(step(target(PATIENT)), here=here), PATIENT, here=here)

    after, effects = paging.undelivered(page, here, PATIENT.id, NOW + timedelta(seconds=5))

    assert (after.wake_at, effects) == (None, ())
