"""A configuration as an alert policy of one project, and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import msgspec

from tocsin.core.alert_policy import AlertPolicy, Rule, Scope
from tocsin.core.directory import Directory
from tocsin.core.escalation import (
    AddressTarget,
    DestinationTarget,
    EscalationPlan,
    NotifyTargets,
    RepeatSteps,
    Target,
    TeamTarget,
    UserTarget,
)
from tocsin.core.filters import EVERYTHING
from tocsin.core.ids import UNMADE, AlertPolicyId, DestinationId, RuleId, ServiceId, made_at
from tocsin.core.people_check import NAME_LENGTH_MAX
from tocsin.core.service import Service
from tocsin.core.spelling import to_hex_24
from tocsin.dialects.cloud_manager.configurations.endpoints import SECRETS, masked
from tocsin.dialects.cloud_manager.configurations.matching import filter_of
from tocsin.dialects.cloud_manager.configurations.notifying import Stored, Wanted, shape_of
from tocsin.dialects.cloud_manager.configurations.standing import Standing, standing
from tocsin.dialects.cloud_manager.configurations.wire import ConfigurationBody, ConfigurationDocument
from tocsin.dialects.cloud_manager.lists import Link
from tocsin.dialects.cloud_manager.spelled import implicit_id
from tocsin.dialects.cloud_manager.times import show_time
from tocsin.dialects.cloud_manager.words import type_name

DIALECT: Final = "cloud_manager"
KIND: Final = "alert policy"

_TYPES: Final = {"email": "EMAIL", "sms": "SMS", "slack": "SLACK", "teams": "MICROSOFT_TEAMS"}
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Made:
    """One notification with the targets that its plan asks."""

    wanted: Wanted
    targets: tuple[Target, ...]


def policy_of(body: ConfigurationBody, service: Service, made: Sequence[Made]) -> AlertPolicy:
    """Make the policy, which has no ids yet."""
    plans = tuple(each.wanted.plan(each.targets, place) for place, each in enumerate(made, 1))
    rule = Rule(id=RuleId(UNMADE), filter=EVERYTHING, importance=None, inline=plans)
    return AlertPolicy(
        id=AlertPolicyId(UNMADE),
        workspace=service.workspace,
        name=f"{body.event_type_name} of {service.name}"[:NAME_LENGTH_MAX],
        enabled=body.enabled,
        scope=Scope(services=frozenset({service.id}), filter=filter_of(body)),
        rules=(rule,),
    )


def put_in_place(was: AlertPolicy, new: AlertPolicy) -> AlertPolicy:
    """Let *was* ask for what *new* does, and keep what this API does not know."""
    rule = replace(new.rules[0], id=was.rules[0].id) if was.rules else new.rules[0]
    return replace(was, name=new.name, enabled=new.enabled, scope=new.scope, rules=(rule,))


def extras_of(body: ConfigurationBody, policy: AlertPolicy, made: Sequence[Made], now: datetime) -> Any:
    """Gather what is kept beside the policy: how things were said, and what they came to."""
    plans = policy.rules[0].inline
    return {
        "updated": show_time(now),
        "filter": policy.scope.filter.text,
        "matchers": msgspec.to_builtins(body.matchers or []),
        "metricThreshold": msgspec.to_builtins(body.metric_threshold),
        "threshold": msgspec.to_builtins(body.threshold),
        "notifications": [
            {
                "document": _said(each.wanted),
                "shape": shape_of(plan),
                "destination": _place_of(each.targets),
            }
            for each, plan in zip(made, plans, strict=True)
        ],
    }


def stored_of(extras: Mapping[str, Any]) -> list[Stored]:
    """Read the notifications that are kept."""
    return [
        Stored(
            document=each["document"],
            shape=each["shape"],
            destination=DestinationId(each["destination"]) if each["destination"] else None,
        )
        for each in extras.get("notifications", ())
    ]


def show(
    policy: AlertPolicy, found: Standing, extras: Mapping[str, Any], known: Directory
) -> ConfigurationDocument:
    """Write a configuration; what another API has changed is shown as far as this one can say it."""
    created = show_time(made_at(policy.id))
    document = ConfigurationDocument(
        id=to_hex_24(policy.id),
        group_id=to_hex_24(found.service),
        event_type_name=found.event_type,
        type_name=type_name(found.event_type),
        enabled=policy.enabled,
        created=created,
        updated=extras.get("updated", created),
        matchers=[],
        notifications=list(_notifications(policy, stored_of(extras), known)),
    )
    if extras.get("filter") == policy.scope.filter.text:
        document.matchers = extras["matchers"]
        document.metric_threshold = extras["metricThreshold"] or msgspec.UNSET
        document.threshold = extras["threshold"] or msgspec.UNSET
    return document


def implicit(group: ServiceId, event_type: str, since: datetime) -> ConfigurationDocument:
    """Write the configuration that stands for alerts of *event_type* which have none."""
    return ConfigurationDocument(
        id=implicit_id(group, event_type),
        group_id=to_hex_24(group),
        event_type_name=event_type,
        type_name=type_name(event_type),
        enabled=True,
        created=show_time(since),
        updated=show_time(since),
        matchers=[],
        notifications=[],
    )


def linked(document: ConfigurationDocument, address: str, *, alone: bool) -> ConfigurationDocument:
    """Link *document*, whose address begins with that of its list; *alone* also to its alerts."""
    own = f"{address}/{document.id}"
    document.links = [Link("self", own)]
    if alone:
        document.links.append(Link("http://mms.mongodb.com/alerts", f"{own}/alerts"))
    return document


def configurations(policies: Iterable[AlertPolicy], group: ServiceId) -> list[tuple[AlertPolicy, Standing]]:
    """Find the configurations of a project, enabled or not."""
    found = ((policy, standing(policy)) for policy in policies)
    return [(policy, each) for policy, each in found if each is not None and each.service == group]


def _said(wanted: Wanted) -> dict[str, Any]:
    """Write a notification as it is shown from now on: with an id, and with its secrets masked."""
    said = {name: value for name, value in msgspec.to_builtins(wanted.said).items() if value is not None}
    for name in SECRETS & said.keys():
        said[name] = wanted.shown.get(name, masked(""))
    said.pop("teamName", None)
    told = repr(sorted((name, str(value)) for name, value in said.items() if name != "notifierId"))
    said["notifierId"] = sha256(told.encode("utf-8", "replace")).hexdigest()[:24]
    return said


def _notifications(policy: AlertPolicy, stored: Sequence[Stored], known: Directory) -> Iterable[Any]:
    plans = [plan for rule in policy.rules for plan in rule.inline]
    as_said = len(plans) == len(stored) and all(
        each.shape == shape_of(plan) for each, plan in zip(stored, plans, strict=True)
    )
    if as_said:
        for each in stored:
            yield _with_team(dict(each.document), known)
        return
    for rule in policy.rules:
        named = (known.plans[each] for each in rule.escalation_policies if each in known.plans)
        for plan in (*rule.inline, *named):
            yield from _of_plan(plan, known)


def _of_plan(plan: EscalationPlan, known: Directory) -> Iterable[dict[str, Any]]:
    """Say what *plan* does as notifications, as far as that is possible."""
    after = timedelta(0)
    again = [step.after for step in plan.steps if isinstance(step.action, RepeatSteps)]
    for step in plan.steps:
        after += step.after
        if not isinstance(step.action, NotifyTargets):
            continue
        for target in step.action.targets:
            said = _of_target(target, known)
            if said is not None:
                said |= {"delayMin": after // _MINUTE}
                if again and again[0] >= 5 * _MINUTE:
                    said |= {"intervalMin": again[0] // _MINUTE}
                told = repr((plan.id, step.id, target))
                yield said | {"notifierId": sha256(told.encode("utf-8", "replace")).hexdigest()[:24]}


def _of_target(  # noqa: PLR0911 - one for each kind
    target: Target, known: Directory
) -> dict[str, Any] | None:
    match target:
        case UserTarget(user=user) if user in known.users:
            return {"typeName": "USER", "username": known.users[user].email}
        case TeamTarget(team=team):
            return _with_team({"typeName": "TEAM", "teamId": to_hex_24(team)}, known)
        case AddressTarget(channel="email", address=address):
            return {"typeName": "EMAIL", "emailAddress": address}
        case AddressTarget(channel="sms", address=address):
            return {"typeName": "SMS", "mobileNumber": address}
        case DestinationTarget(destination=number) if number in known.destinations:
            place = known.destinations[number]
            if place.channel == "email":
                return {"typeName": "EMAIL", "emailAddress": place.address}
            kind = _TYPES.get(place.channel, "WEBHOOK")
            field = {"SLACK": "channelName", "MICROSOFT_TEAMS": "microsoftTeamsWebhookUrl"}.get(kind)
            return {"typeName": kind, field or "webhookUrl": masked(place.address)}
        case _:
            return None


def _with_team(said: dict[str, Any], known: Directory) -> dict[str, Any]:
    spelled = said.get("teamId")
    team = next((each for each in known.teams.values() if to_hex_24(each.id) == spelled), None)
    return said if team is None else said | {"teamName": team.name}


def _place_of(targets: Sequence[Target]) -> DestinationId | None:
    return next((one.destination for one in targets if isinstance(one, DestinationTarget)), None)
