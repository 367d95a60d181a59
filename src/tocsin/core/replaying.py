"""Alerts that have been, under a configuration that has not: who would have been woken, and who not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from tocsin.core.alert import Alert
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.directory import Directory
from tocsin.core.event import Severity
from tocsin.core.filters import Filter
from tocsin.core.foresight import event_of, explain
from tocsin.core.ids import UNMADE, AlertId, AlertPolicyId, EscalationPolicyId, SilenceId
from tocsin.core.proving import Reached, reached_by
from tocsin.core.silence import Silence

ALERTS_MAX: Final = 1_000  # of the newest; each is asked about twice
DIFFERENCES_MAX: Final = 200  # that are told; all of them are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """A change to try: do *without* policies, have others, a *silence*, or plans run *instead* of others."""

    without: frozenset[AlertPolicyId] = frozenset()
    policies: tuple[AlertPolicy, ...] = ()
    silence: Filter | None = None
    instead: Mapping[EscalationPolicyId, EscalationPolicyId] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.without or self.policies or self.silence is not None or self.instead)


@dataclass(frozen=True, slots=True, kw_only=True)
class Woken:
    """Somebody, and how many alerts reach them *before* and *after* the change."""

    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An alert about which others are told: those who hear *no_more*, and who *newly*."""

    alert: AlertId
    title: str
    severity: Severity
    opened_at: datetime
    no_more: tuple[str, ...]
    newly: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a change would have made of *alerts* of the past: for how many of them others would be told.

    *nobody* of them would have reached no person at all. *whole* tells whether every alert was replayed.
    """

    alerts: int
    changed: int
    nobody: int
    people: tuple[Woken, ...]
    differences: tuple[Difference, ...]
    whole: bool


def changed_by(directory: Directory, change: WhatIf, since: datetime) -> Directory:
    """Give *directory* with *change*, whose silence holds from *since* on."""
    given = {each.id: each for each in change.policies}
    kept = [given.pop(each.id, each) for each in directory.alert_policies if each.id not in change.without]
    silences = directory.silences
    if change.silence is not None:
        tried = Silence(
            id=SilenceId(UNMADE),
            workspace=directory.workspace,
            name="the silence that is tried",
            filter=change.silence,
            starts_at=since,
        )
        silences = (*silences, tried)
    policies = dict(directory.escalation_policies)
    for old, new in change.instead.items():
        if old in policies and new in directory.escalation_policies:
            plan = directory.escalation_policies[new].plan
            policies[old] = replace(policies[old], plan=replace(plan, policy=old))
    enabled = [each for each in (*kept, *given.values()) if each.enabled]
    return replace(
        directory,
        alert_policies=tuple(sorted(enabled, key=lambda each: each.id)),
        silences=silences,
        escalation_policies=policies,
    )


def replay(before: Directory, after: Directory, past: Sequence[Alert], *, whole: bool) -> Replay:
    """Compare who hears of the alerts of the *past* by the one configuration and by the other.

    Each is asked about as if it were new when it was opened, and answered when it really was: what would have
    gone out later counts for neither. What alerts do to each other (gathering, repeats) is left out.
    """
    woken: dict[str, Counter[str]] = {"before": Counter(), "after": Counter()}
    differences: list[Difference] = []
    nobody = 0
    for alert in past:
        was, now = _reached(before, alert), _reached(after, alert)
        woken["before"].update(each.name for each in was if each.person)
        woken["after"].update(each.name for each in now if each.person)
        nobody += not any(each.person for each in now)
        no_more, newly = _less(was, now), _less(now, was)
        if no_more or newly:
            differences.append(
                Difference(
                    alert=alert.id,
                    title=alert.title,
                    severity=alert.severity,
                    opened_at=alert.opened_at,
                    no_more=no_more,
                    newly=newly,
                )
            )
    names = sorted(woken["before"].keys() | woken["after"].keys(), key=str.casefold)
    people = [Woken(name=each, before=woken["before"][each], after=woken["after"][each]) for each in names]
    return Replay(
        alerts=len(past),
        changed=len(differences),
        nobody=nobody,
        people=tuple(sorted(people, key=lambda each: each.before - each.after, reverse=True)),
        differences=tuple(differences[:DIFFERENCES_MAX]),
        whole=whole,
    )


def _reached(directory: Directory, alert: Alert) -> tuple[Reached, ...]:
    at = alert.opened_at
    event = replace(event_of(alert, at), severity=alert.worst_severity, dedup_key=alert.dedup_key or "(none)")
    held = alert.acknowledgement
    ends = [each for each in (held.at if held is not None else None, alert.resolved_at) if each is not None]
    return reached_by(explain(directory, event, at), directory, until=min(ends, default=None))


def _less(these: Sequence[Reached], those: Sequence[Reached]) -> tuple[str, ...]:
    names = {each.name for each in those}
    return tuple(each.name for each in these if each.name not in names)
