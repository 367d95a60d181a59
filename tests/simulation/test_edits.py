"""Whatever is changed or deleted while a page runs, the page goes on; silences and acknowledgements end."""

from dataclasses import replace

import pytest

from builders import MINUTE, NOW, destination, directory, person, plan, rules, schedule, step, target, team
from routing_builders import policy, rule, silence
from stored import furnished
from tocsin.actions import alerts as people_do
from tocsin.actions import hand_paging
from tocsin.actions import silences as quiet
from tocsin.actions.actor import Actor
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.escalation import DestinationTarget, EscalationPolicy, MoreAlertsThan
from tocsin.core.filters import parse
from tocsin.core.ids import EscalationPolicyId
from tocsin.core.people import Importance, Role, UserStatus
from tocsin.core.schedule import Override
from tocsin.store import (
    alert_policies,
    destinations,
    escalation_policies,
    people,
    schedules,
    services,
    teams,
)

ANA = person("ana", "sms", role=Role.OWNER)
BEN = person("ben", "sms")
DEE = person("dee", "sms", "voice", ladder=["sms", 8, "voice"])
OPS = team("Ops", DEE)
ROTA = schedule("Primary", DEE)
HOOK = destination("#ops")
OPERATOR = Actor.of_server(ANA.workspace)
BACKEND = EscalationPolicy(
    id=EscalationPolicyId(901),
    workspace=ANA.workspace,
    name="Backend",
    plan=replace(
        plan(
            step(target(ANA)),
            step(target(DEE), target(OPS), target(ROTA), DestinationTarget(destination=HOOK.id), after=5),
            step(target(BEN), after=5),
        ),
        policy=EscalationPolicyId(901),
    ),
)
POLICY = policy(rule(escalation_policies=(BACKEND.id,), inline=()))
HERE = furnished(
    replace(
        directory(ANA, BEN, DEE, OPS, ROTA, HOOK),
        escalation_policies={BACKEND.id: BACKEND},
        catch_all=BACKEND.id,
    ),
    policies=[POLICY],
)


def deleted(repository, value):
    return lambda tx: repository.delete(tx, repository.find(tx, value.workspace, value.id))


def changed(repository, value, **fields):
    def change(tx):
        was = repository.find(tx, value.workspace, value.id)
        repository.save(tx, replace(was, **fields), was)

    return change


ELSEWHERE = replace(BACKEND.plan, id=902, steps=(step(target(BEN)),))
EDITS = {
    "the user is deleted": deleted(people, DEE),
    "the user is deactivated": changed(people, DEE, status=UserStatus.DEACTIVATED),
    "the user has no address any more": changed(people, DEE, contact_methods=(), rules=()),
    "the user has no rules any more": changed(people, DEE, rules=()),
    "the user has other rules": changed(people, DEE, rules=rules(DEE.id, "voice", 1, "sms")),
    "the team is deleted": deleted(teams, OPS),
    "the team is empty": changed(teams, OPS, members=(), roles={}),
    "the schedule is deleted": deleted(schedules, ROTA),
    "the schedule has no layer": changed(schedules, ROTA, layers=()),
    "the destination is deleted": deleted(destinations, HOOK),
    "the escalation policy is deleted": deleted(escalation_policies, BACKEND),
    "the escalation policy has other steps": changed(escalation_policies, BACKEND, plan=ELSEWHERE),
    "the alert policy is deleted": deleted(alert_policies, POLICY),
    "the alert policy is off": changed(alert_policies, POLICY, enabled=False),
    "the service has another name": changed(services, HERE.services[2], name="Sold"),
    "everything is deleted": lambda tx: [
        deleted(repository, value)(tx)
        for repository, value in (
            (people, DEE),
            (teams, OPS),
            (schedules, ROTA),
            (destinations, HOOK),
            (alert_policies, POLICY),
            (escalation_policies, BACKEND),
        )
    ],
}


@pytest.mark.parametrize("minute", [1, 7])  # before the step that names it, and after
@pytest.mark.parametrize("edit", EDITS)
def test_the_next_step_is_taken_whatever_is_changed_or_deleted_before_it(simulate, edit, minute):
    sim = simulate(HERE)
    sim.report("db-1")
    sim.soon(60 * minute, lambda: sim.ask(edit, lambda tx, _now: EDITS[edit](tx)))

    sim.run(minutes=11)

    assert {"ana", "ben"} <= sim.told()
    sim.quiesce()


def test_whoever_took_over_since_the_page_began_is_asked(simulate):
    stand_in = Override(id=903, user=BEN.id, starts_at=NOW + MINUTE, ends_at=NOW + 60 * MINUTE)
    sim = simulate(furnished(HERE, plan(step(target(ANA)), step(target(ROTA), after=5))))
    sim.report("db-1")
    swap = changed(schedules, ROTA, overrides=(stand_in,))
    sim.soon(60, lambda: sim.ask("swap", lambda tx, _now: swap(tx)))

    sim.run(minutes=10)

    assert sim.told() == {"ana", "ben"}


def test_rules_may_change_while_somebody_goes_through_them(simulate):
    sim = simulate(furnished(HERE, plan(step(target(DEE)))))
    sim.report("db-1")
    longer = changed(people, DEE, rules=rules(DEE.id, "sms", 8, "voice", 2, "sms"))
    sim.soon(60, lambda: sim.ask("edit", lambda tx, _now: longer(tx)))

    sim.run(minutes=15)

    assert len(sim.wire.deliveries) == 3
    sim.quiesce()


# --- silences in every state of an alert ------------------------------------------------------------------

GATHERS = Gathering(by=GatherBy.FIELDS, window=4 * MINUTE)
WAITS = MoreAlertsThan(count=5, within=10 * MINUTE)
STATES = {
    "waits for its next step": furnished(HERE, plan(step(target(ANA)), step(target(BEN), after=60))),
    "gathers": furnished(HERE, plan(step(target(ANA)), step(target(BEN), after=60)), gathering=GATHERS),
    "waits for the end of its window": furnished(
        HERE, plan(step(target(ANA))), gathering=replace(GATHERS, first_at_once=False, window=60 * MINUTE)
    ),
    "waits for more alerts": furnished(HERE, plan(step(target(ANA)), step(target(BEN), condition=WAITS))),
    "is at its plan's end": furnished(HERE, plan(step(target(ANA)))),
    "is unrouted": replace(
        furnished(HERE, policies=[policy(rule(plan(step(target(ANA)))), scope=parse("title = nothing"))]),
        catch_all=None,
    ),
}


@pytest.mark.parametrize("how_it_ends", ["by itself", "by hand", "it is deleted"])
@pytest.mark.parametrize("acknowledged", [False, True])
@pytest.mark.parametrize("state", STATES)
def test_a_silence_over_an_alert_in_any_state_leaves_it_asking_once_it_is_over(
    simulate, state, acknowledged, how_it_ends
):
    sim = simulate(STATES[state])
    sim.report("db-1")
    sim.run(minutes=1)
    (alert,) = (row[0] for row in sim.observer.rows("SELECT id FROM alerts"))
    made = []

    def acknowledge(tx, now):
        people_do.acknowledge(tx, OPERATOR, [alert], until=NOW + 40 * MINUTE, now=now)

    def begin(tx, now):
        made.append(quiet.create(tx, OPERATOR, silence(starts_at=NOW, ends_at=NOW + 30 * MINUTE), now=now))

    if acknowledged:
        sim.ask("acknowledge", acknowledge)
    sim.ask("silence", begin)
    sim.run(minutes=1)
    assert sim.observer.one("SELECT routing FROM alerts") == "silenced"
    assert sim.observer.rows("SELECT 1 FROM pages WHERE status = 'triggered'") == []
    if how_it_ends == "by hand":
        sim.ask("end", lambda tx, now: quiet.end(tx, OPERATOR, made[-1].id, now=now))
    elif how_it_ends == "it is deleted":
        sim.ask("delete", lambda tx, now: quiet.delete(tx, OPERATOR, made[-1].id, now=now))
    before = len(sim.wire.deliveries)

    sim.run(minutes=50)

    asked = [each for each in sim.wire.deliveries[before:] if each.kind == "page"]
    first = asked[0].at if asked else None
    ends = 40 if acknowledged else 30 if how_it_ends == "by itself" else 2
    if state == "is unrouted":
        assert first is None
    elif (
        state != "waits for the end of its window"
    ):  # which has closed meanwhile, or not: it asks in its time
        assert abs(first - (NOW + ends * MINUTE)) < MINUTE
    sim.quiesce()
    assert state == "is unrouted" or sim.told() >= {"ana"}


def test_a_restart_does_not_open_the_gate_of_a_silence(simulate):
    long = silence(starts_at=NOW - MINUTE, ends_at=NOW + 30 * MINUTE)
    sim = simulate(furnished(HERE, plan(step(target(ANA))), silences=[long]))
    sim.ask("time it", lambda tx, now: quiet.time_silence(tx, long, now))
    sim.report("db-1")
    sim.soon(120, lambda: sim.crash_all(down=MINUTE))
    sim.soon(200, lambda: sim.report("db-1"))
    sim.soon(210, lambda: sim.report("db-2"))

    sim.run(minutes=29)
    assert sim.wire.deliveries == []
    sim.run(minutes=3)

    assert len(sim.wire.deliveries) == 2


def test_a_restart_does_not_forget_an_acknowledgement(simulate):
    sim = simulate(HERE)
    sim.report("db-1")
    sim.run(minutes=1)

    def acknowledge(tx, now):
        people_do.acknowledge_page(tx, OPERATOR, sim.pages()[0], now=now)

    sim.ask("acknowledge", acknowledge)
    sim.soon(5, lambda: sim.crash_all(down=30 * MINUTE))
    sim.run(minutes=90)

    assert [each.kind for each in sim.wire.deliveries] == ["page"]
    assert sim.timers_left() == 0


def test_an_acknowledgement_stops_whoever_was_paged_by_hand_as_well(simulate):
    sim = simulate(HERE)

    def by_hand(tx, now):
        hand_paging.page_by_hand(
            tx,
            OPERATOR,
            title="look",
            targets=(target(DEE),),
            importance=Importance.DEFAULT,
            service=2,
            now=now,
        )

    sim.ask("page", by_hand)
    sim.run(minutes=1)

    def acknowledge(tx, now):
        people_do.acknowledge_page(tx, Actor.of_user(ANA), sim.pages()[0], now=now)  # who joined late

    sim.ask("acknowledge", acknowledge)
    sim.run(minutes=30)

    assert len(sim.wire.deliveries) == 1
    sim.quiesce()
