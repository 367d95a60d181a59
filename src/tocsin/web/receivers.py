"""Whom alerts can be handed over to, as a form offers it, and what was chosen. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.core.directory import Directory, can_be_asked
from tocsin.core.errors import Invalid
from tocsin.core.escalation import ScheduleTarget, Target, TeamTarget, UserTarget
from tocsin.core.ids import EscalationPolicyId, ScheduleId, TeamId, UserId
from tocsin.core.spelling import from_native, native

_KINDS = ("user", "team", "schedule", "escalation_policy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Somebody to hand over to; *id* says of which kind it is."""

    id: str
    name: str


def receivers_of(directory: Directory) -> Mapping[str, Sequence[Receiver]]:
    """List whom alerts can be handed over to, by what they are, in the order of their names."""
    people = {each.id: each.display_name for each in directory.users.values() if can_be_asked(each)}
    teams = {each.id: each.name for each in directory.teams.values() if each.members}
    schedules = {each.id: each.name for each in directory.schedules.values()}
    policies = {each.id: each.name for each in directory.escalation_policies.values()}
    offered = {
        "On call for": _listed("schedule", schedules),
        "Escalation policies": _listed("escalation_policy", policies),
        "Teams": _listed("team", teams),
        "People": _listed("user", people),
    }
    return {title: found for title, found in offered.items() if found}


def chosen(text: str) -> tuple[tuple[Target, ...], EscalationPolicyId | None]:
    """Read who was chosen: people, or an escalation policy. Raise Invalid for what is neither."""
    found = {kind: number for kind in _KINDS if (number := from_native(text, kind)) is not None}
    match found:
        case {"user": number}:
            return (UserTarget(user=UserId(number)),), None
        case {"team": number}:
            return (TeamTarget(team=TeamId(number)),), None
        case {"schedule": number}:
            return (ScheduleTarget(schedule=ScheduleId(number)),), None
        case {"escalation_policy": number}:
            return (), EscalationPolicyId(number)
        case _:
            raise Invalid("to", "names nobody", "must be somebody of the list")


def _listed(kind: str, names: Mapping[Any, str]) -> list[Receiver]:
    ordered = sorted(names.items(), key=lambda each: (each[1].casefold(), each[0]))
    return [Receiver(id=native(kind, number), name=name) for number, name in ordered]
