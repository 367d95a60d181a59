"""From an alert policy to rules by members: whom each way reaches, and whom notify objects name."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.escalation import (
    AddressTarget,
    DestinationTarget,
    NotifyTargets,
    Target,
    TeamTarget,
    UserTarget,
)
from tocsin.dialects.guance.spelled import spelled
from tocsin.dialects.guance.strategies.wire import UPGRADES_MAX

WAYS: Final = ("email", "sms")

Json = dict[str, Any]
Asked = Sequence[tuple[timedelta, str, Target]]
"""Targets, each with how long after the beginning, and of which levels, it is asked."""


def is_by_member(policy: AlertPolicy) -> bool:
    """Tell whether *policy* says what only rules by members can: texts to people, and whom places name."""
    targets = [
        target
        for rule in policy.rules
        for plan in rule.plans
        for step in plan.steps
        if isinstance(step.action, NotifyTargets)
        for target in step.action.targets
    ]
    if any(isinstance(target, AddressTarget) for target in targets):  # by members, nobody outside is told
        return False
    return any(
        bool(target.mentions) if isinstance(target, DestinationTarget) else "sms" in target.via
        for target in targets
        if isinstance(target, DestinationTarget | UserTarget | TeamTarget)
    )


def infos_of(asked: Asked, common: Json) -> list[Json]:
    """Write whom *asked* names, those together who are told by the same ways; *common* holds for them all."""
    now = _by_members(target for after, _, target in asked if not after)
    members_of = list((now or {(): ()}).items())
    targets: list[Json] = [{"to": list(ways), **common} for _, ways in members_of]
    later: dict[tuple[timedelta, str], list[Target]] = {}
    for after, levels, target in asked:
        if after:
            later.setdefault((after, levels), []).append(target)
    upgrades = [
        {"to": list(members), "duration": int(after.total_seconds()), "toWay": list(ways)}
        | ({"status": levels} if levels else {})
        for (after, levels), lasting in sorted(later.items(), key=lambda item: item[0])
        for members, ways in _by_members(lasting).items()
    ]
    if upgrades:
        targets[0]["upgradeTargets"] = upgrades[:UPGRADES_MAX]
    return [
        {"memberInfo": list(members), "targets": [target]}
        for (members, _), target in zip(members_of, targets, strict=True)
    ]


def _by_members(targets: Iterable[Target]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Find for each way and each place whose it is, and put together those that are the same people's."""
    members: dict[str, list[str]] = {}
    for target in targets:
        for way, who in _said(target):
            members.setdefault(way, []).extend(who)
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for way, whose in members.items():
        people = tuple(dict.fromkeys(whose))
        found[people] = (*found.get(people, ()), way)
    return found


def _said(target: Target) -> Iterator[tuple[str, list[str]]]:
    match target:
        case UserTarget(user=user, via=via):
            yield from ((way, [spelled("user", user)]) for way in _ways(via))
        case TeamTarget(team=team, via=via):
            yield from ((way, [spelled("team", team)]) for way in _ways(via))
        case DestinationTarget(destination=destination, mentions=mentions):
            named = [
                spelled("user", each.user) if isinstance(each, UserTarget) else spelled("team", each.team)
                for each in mentions
                if isinstance(each, UserTarget | TeamTarget)
            ]
            yield spelled("destination", destination), named
        case _:
            return


def _ways(via: Sequence[str]) -> Sequence[str]:
    return [way for way in WAYS if way in via] or WAYS[:1]
