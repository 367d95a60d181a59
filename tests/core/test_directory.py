from dataclasses import replace
from datetime import time, timedelta

import pytest

from builders import (
    MINUTE,
    NOW,
    WORKSPACE,
    destination,
    directory,
    person,
    plan,
    schedule,
    step,
    target,
    team,
)
from routing_builders import opened, policy, rule
from tocsin.core.alert_policy import Scope
from tocsin.core.because_paging import NotAsked, Unreachable
from tocsin.core.calendar import DateSetWindow, WeeklyWindow
from tocsin.core.date_set import DateSet
from tocsin.core.directory import Directory
from tocsin.core.escalation import (
    Assignment,
    DestinationTarget,
    EscalationPolicy,
    MoreAlertsThan,
    NotifyTargets,
    ScheduleTarget,
    TeamTarget,
    UserTarget,
)
from tocsin.core.event import Severity
from tocsin.core.filters import EVERYTHING, parse
from tocsin.core.ids import (
    DateSetId,
    DestinationId,
    EscalationPolicyId,
    ScheduleId,
    ServiceId,
    TeamId,
    UserId,
)
from tocsin.core.judging import judge
from tocsin.core.people import Role, UserStatus
from tocsin.core.schedule import Position
from tocsin.core.service import Service
from tocsin.core.verdict import Routed

ANA = person("Ana", "email")
BEN = person("Ben", "email", status=UserStatus.DEACTIVATED)
CEM = person("Cem", unverified=["email"])
DEE = person("Dee", "sms", role=Role.VIEWER, status=UserStatus.PENDING)
OPS = team("Ops", ANA, BEN, CEM, DEE)
EMPTY = team("Empty")
ROTA = schedule("Primary", ANA, DEE, None)
HOOK = destination("#ops")
HERE = directory(ANA, BEN, CEM, DEE, OPS, EMPTY, ROTA, HOOK)


def names(found):
    return [recipient.name for recipient in found.recipients]


def test_a_team_means_all_its_members_who_can_be_told_something_and_says_who_cannot():
    found = HERE.find(target(OPS), NOW)

    assert names(found) == ["Ana", "Dee"]
    assert [recipient.why for recipient in found.recipients] == ["a member of Ops", "a member of Ops"]
    assert found.missing == (NotAsked(name="Ben", why="they are deactivated"), Unreachable(name="Cem"))


@pytest.mark.parametrize(
    ("position", "days_later", "who", "why"),
    [
        (Position.CURRENT, 0, ["Ana"], "on call for Primary"),
        (Position.NEXT, 0, ["Dee"], "next on call for Primary"),
        (Position.PREVIOUS, 1, ["Ana"], "previously on call for Primary"),
        (Position.CURRENT, 1, ["Dee"], "on call for Primary"),
        (Position.CURRENT, 2, [], None),
    ],
)
def test_a_schedule_means_whoever_holds_the_position_at_that_instant(position, days_later, who, why):
    found = HERE.find(target(ROTA, position=position), NOW + days_later * 24 * 60 * MINUTE)

    assert names(found) == who
    assert all(recipient.why == why for recipient in found.recipients)
    if not who:
        assert found.missing[0].sentence() == "schedule Primary is not asked: nobody is on call for it"


@pytest.mark.parametrize(
    ("gone", "sentence"),
    [
        (UserTarget(user=UserId(1)), "a deleted user is not asked: it is not here any more"),
        (TeamTarget(team=TeamId(1)), "a deleted team is not asked: it is not here any more"),
        (ScheduleTarget(schedule=ScheduleId(1)), "a deleted schedule is not asked: it is not here any more"),
        (
            DestinationTarget(destination=DestinationId(1)),
            "a deleted destination is not asked: it is not here any more",
        ),
        (TeamTarget(team=EMPTY.id), "team Empty is not asked: it has no members"),
        (UserTarget(user=BEN.id), "Ben is not asked: they are deactivated"),
        (
            UserTarget(user=CEM.id),
            "Cem cannot be reached: none of their contact methods is verified",
        ),
    ],
)
def test_a_target_that_is_deleted_empty_or_cannot_be_reached_gives_nobody_and_says_why(gone, sentence):
    found = HERE.find(gone, NOW)

    assert found.recipients == HERE.recipients(gone, NOW) == ()
    assert [because.sentence() for because in found.missing] == [sentence]


def test_somebody_deactivated_keeps_their_turn_and_is_not_asked():
    rota = schedule("Night", BEN)
    found = directory(BEN, rota).find(target(rota), NOW)

    assert found.recipients == ()
    assert found.missing == (NotAsked(name="Ben", why="they are deactivated"),)


@pytest.mark.parametrize(
    ("named", "name"),
    [
        (target(ANA), "Ana"),
        (target(OPS), "team Ops"),
        (target(ROTA), "schedule Primary"),
        (target(ROTA, position=Position.NEXT), "schedule Primary (next on call)"),
        (DestinationTarget(destination=HOOK.id), "#ops"),
    ],
)
def test_every_target_has_a_name_for_sentences(named, name):
    assert HERE.describe(named) == name


def test_the_owner_is_the_first_active_one_who_can_be_reached():
    unreachable = person("Una", role=Role.OWNER)
    gone = person("Gil", "email", role=Role.OWNER, status=UserStatus.DEACTIVATED)
    first, second = person("Fay", "email", role=Role.OWNER), person("Sam", "sms", role=Role.OWNER)

    assert directory(second, first, gone, unreachable, ANA).owner == first
    assert directory(ANA, unreachable).owner is None


def test_the_directory_knows_the_plans_of_its_policies_and_whether_any_counts_events():
    def with_policy(*steps):
        number = EscalationPolicyId(9)
        policy = EscalationPolicy(id=number, workspace=HERE.workspace, name="x", plan=plan(*steps))
        return Directory(
            workspace=HERE.workspace,
            name="Example",
            version=2,
            escalation_policies={number: policy},
            catch_all=number,
        )

    plain = with_policy(step(target(ANA)))
    counting = with_policy(step(target(ANA), condition=MoreAlertsThan(count=1, within=MINUTE)))

    assert plain.catch_all_plan == plain.plans[EscalationPolicyId(9)]
    assert HERE.catch_all_plan is None
    assert (plain.counts_events, counting.counts_events) == (False, True)


def test_a_catch_all_that_was_deleted_is_no_catch_all():
    assert replace(HERE, catch_all=EscalationPolicyId(5)).catch_all_plan is None


# --- policies for a team's alerts, and rules' hours -------------------------------------------------------


def test_a_policy_for_a_team_takes_what_names_it_and_what_its_services_say():
    shop, bar = (
        Service(id=ServiceId(number), workspace=WORKSPACE, name=name, slug=name, team=owner)
        for number, name, owner in ((5, "shop", OPS.id), (6, "bar", None))
    )
    mine = policy(rule(), scope=Scope(team=OPS.id, filter=parse("severity = error")), name="Ops")
    here = replace(HERE, services={5: shop, 6: bar}, alert_policies=(mine,))

    def taken(**fields):
        judgement = judge(here.asking, (), {}, opened(**fields), NOW, catch_all=None)
        return judgement.verdicts[0].because

    assert taken(service=shop.id).code == "rule_matched"
    assert taken(service=bar.id, labels={"team": "ops"}).code == "rule_matched"
    assert taken(service=bar.id, labels={"team": "Ops"}).code == "out_of_scope"
    assert taken(service=shop.id, severity=Severity.INFO).sentence() == (
        "alert policy Ops takes only alerts that match its scope: team Ops and severity = error"
    )


def test_a_policy_for_a_team_that_is_gone_takes_nothing():
    gone = policy(rule(), scope=Scope(team=TeamId(99), filter=EVERYTHING))
    here = replace(HERE, alert_policies=(gone,))

    judgement = judge(here.asking, (), {}, opened(), NOW, catch_all=None)

    assert [each.because.code for each in judgement.verdicts] == ["out_of_scope", "nobody_took_it"]


def test_rules_with_hours_or_a_limit_are_found_by_their_id():
    office = WeeklyWindow(spans=(), time_zone="UTC")
    plain, timed = rule(), rule(hours=office, held_for=30 * MINUTE)
    here = replace(HERE, alert_policies=(policy(plain, timed),))

    assert (here.hours, here.held_for) == ({timed.id: office}, {timed.id: 30 * MINUTE})


@pytest.mark.parametrize(("turn", "who"), [(0, ["Ana"]), (1, ["Dee"]), (2, ["Ana"]), (5, ["Ana"])])
def test_whom_a_step_in_turn_asks_depends_on_the_turn_and_on_who_can_be_reached(turn, who):
    targets = tuple(map(target, (ANA, DEE, BEN)))
    in_turn = NotifyTargets(targets=targets, assignment=Assignment.ROUND_ROBIN)

    assert [each.name for each in HERE.asked(in_turn, NOW, turn=turn)] == who
    assert [each.name for each in HERE.asked(NotifyTargets(targets=targets), NOW, turn=turn)] == [
        "Ana",
        "Dee",
    ]


def test_windows_that_name_sets_of_dates_open_on_those_that_are_there():
    holidays = DateSet(id=DateSetId(7), workspace=WORKSPACE, name="Holidays", dates=(NOW.date(),))
    window = DateSetWindow(
        sets=(DateSetId(7), DateSetId(8)), start=time(8), duration=timedelta(hours=2), time_zone="UTC"
    )
    ops = policy(rule(window=window))
    there = replace(directory(), alert_policies=(ops,), date_sets={holidays.id: holidays})
    gone = replace(there, date_sets={})

    def taken(where, now):
        return any(
            isinstance(verdict, Routed)
            for verdict in judge(where.asking, (), {}, opened(), now, catch_all=None).verdicts
        )

    assert taken(there, NOW)
    assert not taken(there, NOW + timedelta(hours=1))
    assert not taken(there, NOW + timedelta(days=1))
    assert not taken(gone, NOW)
