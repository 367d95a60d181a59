"""What a ladder of this API means: run by the one engine, minute by minute."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import MINUTE, NOW, alert, directory, person, schedule, team
from tocsin.core import escalation, paging
from tocsin.core.because_paging import PlanEnded
from tocsin.core.effects import Notify, Record, Resolve, TakeTurn
from tocsin.core.escalation import EscalationPlan, NotifyTargets, RepeatSteps, ResolveAlerts, Step
from tocsin.core.ids import UNMADE, PageId, PlanId, StepId
from tocsin.core.people import UserStatus
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.policies.steps import shown, steps_of
from tocsin.dialects.datadog.policies.wire import PolicyBody

ANA, BEN, CEM = person("Ana", "email"), person("Ben", "email"), person("Cem", "email")
GIL = person("Gil", "email", status=UserStatus.DEACTIVATED)
OPS, EMPTY = team("Ops", BEN, CEM), team("Empty")
PRIMARY = schedule("Primary", ANA, BEN, CEM)  # a day each, Ana from NOW on
HERE = directory(ANA, BEN, CEM, GIL, OPS, EMPTY, PRIMARY)
NAMES = {ANA.id: "Ana", BEN.id: "Ben", CEM.id: "Cem"}
KINDS = {
    ANA.id: "users",
    BEN.id: "users",
    CEM.id: "users",
    GIL.id: "users",
    OPS.id: "teams",
    EMPTY.id: "teams",
}


def to(who, position=None):
    config = {} if position is None else {"config": {"schedule": {"position": position}}}
    return {"type": KINDS.get(who.id, "schedules"), "id": to_uuid(who.id)} | config


def step(*who, after=300, assignment="default"):
    targets = [each if isinstance(each, dict) else to(each) for each in who]
    return {"targets": targets, "escalate_after_seconds": after, "assignment": assignment}


def plan(*steps, **more):
    body = msgspec.convert({"name": "Backend", "steps": steps, **more}, PolicyBody)
    numbered = [replace(each, id=StepId(place)) for place, each in enumerate(steps_of(body), 1)]
    escalation.check(numbered)
    return EscalationPlan(id=PlanId(1), name="Backend", steps=tuple(numbered))


def run(ladder, *, turns=None, until=timedelta(days=2)):
    """Run a page to its end; return who was told in which minute, and when it was resolved or ended."""
    page = escalation.begin(page_id=PageId(7), plan=ladder, alert=alert(), now=NOW)
    story, now, taken = [], NOW, dict(turns or {})
    while page.wake_at is not None and page.wake_at < NOW + until:
        now = page.wake_at
        page, effects = paging.proceed(page, HERE, now, turns=taken, recent_events=lambda _within: 0)
        taken |= {each.step: each.turn for each in effects if isinstance(each, TakeTurn)}
        minute = (now - NOW) / MINUTE
        names = sorted(
            NAMES[each.user] for each in effects if isinstance(each, Notify) and each.user in NAMES
        )
        story += [(minute, names)] if names else []
        story += [(minute, "resolved") for each in effects if isinstance(each, Resolve)]
        ends = [each for each in effects if isinstance(each, Record) and isinstance(each.because, PlanEnded)]
        story += [(minute, "ended") for each in ends]
    return story


TWO = (step(ANA, after=600), step(BEN, after=300))

LADDERS = [
    ("each step waits for an answer before the next", TWO, {}, [(0, ["Ana"]), (10, ["Ben"]), (15, "ended")]),
    (
        "all steps run again, and nobody is told any more after that",
        TWO,
        {"retries": 2},
        [
            (0, ["Ana"]),
            (10, ["Ben"]),
            (15, ["Ana"]),
            (25, ["Ben"]),
            (30, ["Ana"]),
            (40, ["Ben"]),
            (45, "ended"),
        ],
    ),
    (
        "the page is resolved when the last step has timed out",
        TWO,
        {"resolve_page_on_policy_end": True},
        [(0, ["Ana"]), (10, ["Ben"]), (15, "resolved")],
    ),
    (
        "but not before the steps have run as often as they are to",
        (step(ANA, after=60),),
        {"retries": 1, "resolve_page_on_policy_end": True},
        [(0, ["Ana"]), (1, ["Ana"]), (2, "resolved")],
    ),
    (
        "a schedule is whoever holds the position, a team all of its members",
        (step(to(PRIMARY), to(PRIMARY, "next")), step(OPS)),
        {},
        [(0, ["Ana", "Ben"]), (5, ["Ben", "Cem"]), (10, "ended")],
    ),
    (
        "whoever is named twice is told once",
        (step(ANA, to(PRIMARY), ANA),),
        {},
        [(0, ["Ana"]), (5, "ended")],
    ),
    (
        "a step that reaches nobody is skipped at once",
        (step(EMPTY, after=3600), step(GIL, after=3600), step(to(PRIMARY, "previous")), step(CEM)),
        {},
        [(0, ["Cem"]), (5, "ended")],
    ),
    (
        "one of the targets is told in turn, and then it is the next step's turn",
        (step(ANA, BEN, CEM, assignment="round-robin"), step(CEM)),
        {"retries": 1},
        [(0, ["Ana"]), (5, ["Cem"]), (10, ["Ben"]), (15, ["Cem"]), (20, "ended")],
    ),
    (
        "targets that reach nobody are passed over in turn",
        (step(GIL, EMPTY, BEN, assignment="round-robin"),),
        {},
        [(0, ["Ben"]), (5, "ended")],
    ),
]


@pytest.mark.parametrize(("law", "steps", "more", "story"), LADDERS, ids=[each[0] for each in LADDERS])
def test_a_ladder_means_what_the_api_says(law, steps, more, story):
    assert run(plan(*steps, **more)) == story, law


def test_turns_are_counted_over_pages():
    ladder = plan(step(ANA, BEN, CEM, assignment="round-robin"))

    told = [run(ladder, turns={ladder.steps[0].id: turn})[0][1] for turn in range(4)]

    assert told == [["Ana"], ["Ben"], ["Cem"], ["Ana"]]


def test_a_plan_is_what_the_domain_calls_it():
    ladder = plan(*TWO, retries=2, resolve_page_on_policy_end=True)

    assert [type(each.action) for each in ladder.steps] == [
        NotifyTargets,
        NotifyTargets,
        RepeatSteps,
        ResolveAlerts,
    ]
    assert [each.after.total_seconds() for each in ladder.steps] == [0, 600, 300, 0]


SECONDS = st.integers(60, 36_000)
BODIES = st.fixed_dictionaries(
    {
        "name": st.just("Backend"),
        "retries": st.integers(0, 10),
        "resolve_page_on_policy_end": st.booleans(),
        "steps": st.lists(
            st.builds(
                lambda who, after, assignment: step(*who, after=after, assignment=assignment),
                st.lists(st.sampled_from([ANA, BEN, OPS, PRIMARY]), min_size=1, max_size=10),
                SECONDS,
                st.sampled_from(["default", "round-robin"]),
            ),
            min_size=1,
            max_size=10,
        ),
    }
)


@given(body=BODIES)
def test_what_is_read_into_steps_is_shown_out_of_them(body):
    given = msgspec.convert(body, PolicyBody)

    told = shown(steps_of(given))

    assert [each.escalate_after_s for each in told.steps] == [
        each.escalate_after_seconds for each in given.steps
    ]
    assert [len(each.targets) for each in told.steps] == [len(each.targets) for each in given.steps]
    assert (told.retries, told.resolves) == (given.retries, given.resolve_page_on_policy_end)


@given(body=BODIES, kept=st.data())
def test_steps_that_are_written_again_as_they_are_shown_stay_the_very_same(body, kept):
    was = tuple(
        replace(each, id=StepId(place))
        for place, each in enumerate(steps_of(msgspec.convert(body, PolicyBody)), 1)
    )
    again = body | {"steps": [each | {"id": to_uuid(place)} for place, each in enumerate(body["steps"], 1)]}
    assert (
        steps_of(msgspec.convert(again, PolicyBody), was) is was
        or steps_of(msgspec.convert(again, PolicyBody), was) == was
    )

    order = kept.draw(st.permutations(again["steps"]))
    moved = steps_of(msgspec.convert(again | {"steps": order}, PolicyBody), was)

    assert [each.id for each in moved][: len(order)] == [
        next(number for number in range(1, 11) if to_uuid(number) == each["id"]) for each in order
    ]
    assert {each.id for each in moved} == {each.id for each in was}


def test_without_a_name_a_step_is_still_to_be_given_one():
    (asked, repeated) = steps_of(msgspec.convert({"name": "x", "steps": [step(ANA)]}, PolicyBody))

    assert (asked.id, repeated.id) == (UNMADE, UNMADE)
    assert isinstance(asked, Step)


def test_the_story_says_that_a_ladder_without_retries_does_not_start_over():
    page = escalation.begin(page_id=PageId(7), plan=plan(step(ANA)), alert=alert(), now=NOW)
    page, _ = paging.proceed(page, HERE, NOW, turns={}, recent_events=lambda _within: 0)

    _, effects = paging.proceed(page, HERE, page.due, turns={}, recent_events=lambda _within: 0)

    told = [each.because.sentence() for each in effects if isinstance(each, Record)]
    assert any("the plan does not start over" in sentence for sentence in told), told
