"""Chains and their links, as this API shows them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from tocsin.core.escalation import EscalationPolicy
from tocsin.dialects.grafana_oncall.chains import links, wire
from tocsin.dialects.grafana_oncall.chains.links import Link, links_of, says_the_same, taken_apart
from tocsin.dialects.grafana_oncall.spelled import write

STEPS: Final = "steps"
PEOPLE: Final = {
    links.PERSONS: "persons_to_notify",
    links.NEXT_PERSON: "persons_to_notify_next_each_time",
}
IMPORTANT: Final = frozenset({*PEOPLE, links.ON_CALL, links.TEAM, links.GROUP})


def show_chain(policy: EscalationPolicy) -> wire.Chain:
    """Write a chain."""
    return wire.Chain(
        id=write("chain", policy.id),
        name=policy.name,
        team_id=write("team", policy.teams[0]) if policy.teams else None,
    )


def links_in(policy: EscalationPolicy, kept: Mapping[str, Any]) -> tuple[Link, ...]:
    """Give the links of a chain: as they were given here, unless the plan was changed since."""
    given = links_of(kept.get(STEPS, ()))
    return given if says_the_same(given, policy.plan.steps) else tuple(taken_apart(policy.plan.steps))


def show_link(link: Link, chain: int) -> wire.Step:
    """Write a link."""
    return wire.Step(
        id=write("step", link.id),
        escalation_chain_id=write("chain", chain),
        position=link.position,
        type=link.type,
        **_shown(link.type, link.values),
    )


def _shown(type_: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields that a type has."""
    shown = {
        name: None if values.get(key) is None else spell(values[key])
        for name, key, spell in _FIELDS.get(type_, ())
    }
    if type_ in PEOPLE:
        shown[PEOPLE[type_]] = [write("user", person) for person in values.get("persons", ())]
    if type_ in IMPORTANT:
        shown["important"] = bool(values.get("important"))
    return shown


def _spelled(kind: str) -> Callable[[int], str]:
    return partial(write, kind)


def _utc(text: str) -> str:
    return f"{text}Z"


def _same(value: Any) -> Any:
    return value


_FIELDS: Final[Mapping[str, tuple[tuple[str, str, Callable[[Any], Any]], ...]]] = {
    links.WAIT: (("duration", "duration", _same),),
    links.ON_CALL: (("notify_on_call_from_schedule", "schedule", _spelled("schedule")),),
    links.TEAM: (("team_to_notify", "team", _spelled("team")),),
    links.GROUP: (("group_to_notify", "group", _spelled("user_group")),),
    links.WEBHOOK: (("action_to_trigger", "webhook", _spelled("webhook")),),
    links.HOURS: (("notify_if_time_from", "from", _utc), ("notify_if_time_to", "to", _utc)),
    links.ALERTS: (
        ("num_alerts_in_window", "alerts", _same),
        ("num_minutes_in_window", "minutes", _same),
    ),
}
"""The fields of each type: their names, those of their values, and how these are written."""
