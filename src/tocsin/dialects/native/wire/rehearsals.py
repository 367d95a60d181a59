"""Proofs, replays and drills as JSON has them."""

from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Annotated

from msgspec import Meta, field

from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.alert_policy_check import check
from tocsin.core.drilling import DrillReport
from tocsin.core.event import Severity
from tocsin.core.filters import parse
from tocsin.core.foretelling import proof_text, replay_text
from tocsin.core.ids import AlertPolicyId, EscalationPolicyId, PlanId, RuleId, WorkspaceId
from tocsin.core.notification import NotificationState
from tocsin.core.proving import DAYS_MAX, Proof, Spell
from tocsin.core.replaying import Replay, WhatIf
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.alert_policies import NewAlertPolicy, drafted
from tocsin.dialects.native.wire.events import EventBody
from tocsin.dialects.native.wire.shapes import Body, Id, View
from tocsin.dialects.native.wire.spelled import reference

Days = Annotated[int, Meta(ge=1, le=DAYS_MAX)]


class ProveBody(Body):
    """How far to look ahead."""

    days: Days = 14


class ReachedView(View):
    """Somebody, or some place, that is reached."""

    name: str
    after_s: int
    ways: list[str]
    person: bool


class SpellView(View):
    """A span of time in which whatever begins goes the same way; *why* says why nobody is reached."""

    starts_at: datetime
    ends_at: datetime
    reached: list[ReachedView]
    why: str


class ClassView(View):
    """A class of alerts that the configuration can tell apart, and what becomes of it over time."""

    name: str
    severities: list[Severity]
    rules: list[str]
    spells: list[SpellView]


class FindingView(View):
    """What stands in the way; *kind* is gap, dead end, clock change, one way, never or hole."""

    kind: str
    text: str


class ProofView(View):
    """Who is reached over the days to come. *text* says all of it in words."""

    starts_at: datetime
    ends_at: datetime
    classes: list[ClassView]
    findings: list[FindingView]
    whole: Annotated[bool, Meta(description="false when there was more than could be looked at")]
    text: str


class TriedPolicy(Body):
    """An alert policy to try, in place of the one of that *id*, or beside the others."""

    policy: NewAlertPolicy
    id: Id | None = None


class Instead(Body):
    """An escalation policy to run in place of another."""

    of: Annotated[Id, Meta(description="the escalation policy that runs now")]
    run: Annotated[Id, Meta(description="the one to run in its place")]


class ReplayBody(Body):
    """What to change, and how far back to look."""

    days: Annotated[int, Meta(ge=1, le=DAYS_MAX)] = 30
    without: Annotated[list[Id], Meta(max_length=100, description="alert policies to do without")] = field(
        default_factory=list
    )
    alert_policies: Annotated[list[TriedPolicy], Meta(max_length=20)] = field(default_factory=list)
    silence: Annotated[str, Meta(max_length=4_000, description="a filter of what to keep quiet")] | None = (
        None
    )
    instead: Annotated[list[Instead], Meta(max_length=20)] = field(default_factory=list)


class WokenView(View):
    """How many alerts reach somebody before and after the change."""

    name: str
    before: int
    after: int


class DifferenceView(View):
    """An alert about which others would have been told."""

    alert_id: str
    title: str
    severity: Severity
    opened_at: datetime
    no_more: list[str]
    newly: list[str]


class ReplayView(View):
    """What a change would have made of the past. *text* says it in words."""

    alerts: int
    changed: int
    nobody: Annotated[int, Meta(description="alerts that would have reached no person")]
    people: list[WokenView]
    differences: list[DifferenceView]
    whole: Annotated[bool, Meta(description="false when there were more alerts than are replayed")]
    text: str


class DrillBody(Body):
    """The trouble to play."""

    event: EventBody


class ArrivalView(View):
    """A message of a drill."""

    name: str
    channel: str
    state: NotificationState
    after_s: float | None
    error: str


class DrillView(View):
    """What arrived of a drill so far; *over* once nothing more is to come. *text* sums it up."""

    alert_id: str
    title: str
    began_at: datetime
    arrivals: list[ArrivalView]
    answered_by: str
    answered_after_s: float | None
    unreached: list[str]
    next_at: datetime | None
    over: bool
    text: str


def what_if(body: ReplayBody) -> WhatIf:
    """Read a change to try; raise Invalid for what cannot be."""
    numbers = count(1)
    return WhatIf(
        without=frozenset(
            AlertPolicyId(reference(each, "alert_policy", f"without[{place}]"))
            for place, each in enumerate(body.without)
        ),
        policies=tuple(_tried(each, numbers, place) for place, each in enumerate(body.alert_policies)),
        silence=parse(body.silence, "silence") if body.silence is not None else None,
        instead={
            _plan(each.of, f"instead[{place}].of"): _plan(each.run, f"instead[{place}].run")
            for place, each in enumerate(body.instead)
        },
    )


def _plan(text: str, path: str) -> EscalationPolicyId:
    return EscalationPolicyId(reference(text, "escalation_policy", path))


def _tried(given: TriedPolicy, numbers: "count[int]", place: int) -> AlertPolicy:
    """Read a policy to try: what has no id yet gets one that no stored thing has."""
    path = f"alert_policies[{place}]"
    draft = drafted(given.policy)
    number = reference(given.id, "alert_policy", f"{path}.id") if given.id is not None else -next(numbers)
    rules = [
        replace(
            rule,
            id=RuleId(-next(numbers)),
            inline=tuple(replace(plan, id=PlanId(-next(numbers))) for plan in rule.inline),
        )
        for rule in draft.rules
    ]
    policy = replace(draft, id=AlertPolicyId(number), workspace=WorkspaceId(1), rules=tuple(rules))
    check(policy)
    return policy


def show_proof(proof: Proof) -> ProofView:
    """Write a proof."""
    return ProofView(
        starts_at=proof.starts_at,
        ends_at=proof.ends_at,
        classes=[
            ClassView(
                name=each.name,
                severities=list(each.severities),
                rules=list(each.rules),
                spells=[_spell(spell) for spell in each.spells],
            )
            for each in proof.classes
        ],
        findings=[FindingView(kind=each.kind, text=each.text) for each in proof.findings],
        whole=proof.whole,
        text=proof_text(proof),
    )


def _spell(spell: Spell) -> SpellView:
    return SpellView(
        starts_at=spell.starts_at,
        ends_at=spell.ends_at,
        reached=[
            ReachedView(
                name=each.name,
                after_s=int(each.after.total_seconds()),
                ways=list(each.ways),
                person=each.person,
            )
            for each in spell.reached
        ],
        why=spell.why,
    )


def show_replay(replay: Replay) -> ReplayView:
    """Write a replay."""
    return ReplayView(
        alerts=replay.alerts,
        changed=replay.changed,
        nobody=replay.nobody,
        people=[WokenView(name=each.name, before=each.before, after=each.after) for each in replay.people],
        differences=[
            DifferenceView(
                alert_id=native("alert", each.alert),
                title=each.title,
                severity=each.severity,
                opened_at=each.opened_at,
                no_more=list(each.no_more),
                newly=list(each.newly),
            )
            for each in replay.differences
        ],
        whole=replay.whole,
        text=replay_text(replay),
    )


def show_drill(report: DrillReport) -> DrillView:
    """Write what arrived of a drill."""
    answered = report.answered_after
    return DrillView(
        alert_id=native("alert", report.alert),
        title=report.title,
        began_at=report.began_at,
        arrivals=[
            ArrivalView(
                name=each.name,
                channel=each.channel,
                state=each.state,
                after_s=each.after.total_seconds() if each.after is not None else None,
                error=each.error,
            )
            for each in report.arrivals
        ],
        answered_by=report.answered_by,
        answered_after_s=answered.total_seconds() if answered is not None else None,
        unreached=list(report.unreached),
        next_at=report.next_at,
        over=report.over,
        text=report.text,
    )
