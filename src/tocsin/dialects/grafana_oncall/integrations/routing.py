"""The routes of an integration, changed: rules of its alert policy, the default one last."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from msgspec import UNSET, UnsetType

from tocsin.actions import alert_policies
from tocsin.channels.rich_filters import pattern_of
from tocsin.channels.rich_templates import read_rich
from tocsin.core.alert_policy import AlertPolicy, Mode, Rule, Scope
from tocsin.core.errors import Invalid
from tocsin.core.filters import EVERYTHING
from tocsin.core.ids import UNMADE, AlertPolicyId, EscalationPolicyId, RuleId, WorkspaceId
from tocsin.core.payload_test import Language, PayloadTest
from tocsin.dialects.grafana_oncall.errors import refused, wrong_fields
from tocsin.dialects.grafana_oncall.fields import Fields
from tocsin.dialects.grafana_oncall.handling import Ask
from tocsin.dialects.grafana_oncall.integrations.held import POSITIONS, WAYS, Held, keep_routing, one
from tocsin.dialects.grafana_oncall.integrations.show import WAYS as WAY_NAMES

ID_LENGTH_MAX: Final = 200
NOT_SLACK: Final = "Slack isn't connected to this workspace"
REGEX_LENGTH_MAX: Final = 1_024
_NAMED = re.compile(r"[^\x20-\x7e]+")

DEFAULT: Final = Rule(id=RuleId(UNMADE), name="default", filter=EVERYTHING, nobody=True)


def new_policy(held: Held, default: Rule = DEFAULT) -> AlertPolicy:
    """Make the policy of an integration that has none: everything goes to *default*."""
    integration = held.integration
    return AlertPolicy(
        id=AlertPolicyId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=integration.name,
        scope=Scope(integrations=frozenset({integration.id}), filter=EVERYTHING),
        mode=Mode.FIRST,
        rules=(default,),
    )


def with_policy(ask: Ask, held: Held) -> tuple[Held, AlertPolicy]:
    """Give *held* a policy with a default route, if it has none yet."""
    policy = held.policy
    if policy is None:
        policy = alert_policies.create(ask.tx, ask.actor, new_policy(held), now=ask.now)
    elif held.default is None:
        policy = set_rules(ask, policy, (*policy.rules, DEFAULT))
    else:
        return held, policy
    return one(ask, held.integration.id), policy


def set_rules(ask: Ask, policy: AlertPolicy, rules: tuple[Rule, ...]) -> AlertPolicy:
    """Let *policy* have these rules."""
    return alert_policies.change(
        ask.tx, ask.actor, policy.id, lambda was: replace(was, rules=rules), now=ask.now
    )


def with_chain(rule: Rule, chain: int | None) -> Rule:
    """Let *rule* lead to *chain*, or to nobody."""
    if chain is None:
        return replace(rule, escalation_policies=(), nobody=not rule.inline and rule.team is None)
    return replace(rule, escalation_policies=(EscalationPolicyId(chain),), nobody=False)


def test_of(language: Language, text: str) -> PayloadTest:
    """Make the test of a route; refuse what cannot be read."""
    if len(text) > REGEX_LENGTH_MAX:
        limit = f"at most {REGEX_LENGTH_MAX} characters"
        raise wrong_fields(f"The filtering term is {len(text)} characters long; it must have {limit}.")
    try:
        if language is Language.TEMPLATE:
            read_rich(text)
        else:
            pattern_of(text)
    except Invalid:
        raise wrong_fields("Jinja template is incorrect") from None
    except ValueError:
        raise wrong_fields("Regular expression is incorrect") from None
    return PayloadTest(language=language, text=text)


def language_of(name: object) -> Language:
    """Read the type of a route."""
    match name:
        case "regex":
            return Language.REGEX
        case "jinja2":
            return Language.TEMPLATE
        case _:
            raise refused("Invalid route type")


def ways_of(fields: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Read which messengers a route tells, over what is *kept* of that."""
    new = dict(kept)
    for name in ("slack", *WAY_NAMES):
        given = fields.get(name, UNSET)
        if given is UNSET or given is None:
            continue
        if not isinstance(given, dict):
            raise refused(f"Invalid {name} data")
        new[name] = {**new.get(name, {}), **_way(name, given)}
    return new


def _way(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    key = "channel_id" if name == "slack" else "id"
    place = given.get(key)
    if name == "slack" and place:
        raise refused(NOT_SLACK)
    if place is not None and (
        not isinstance(place, str) or len(place) > ID_LENGTH_MAX or _NAMED.search(place)
    ):
        raise refused(f"Invalid {name} data")
    way: dict[str, Any] = {} if key not in given else {key: place or None}
    if "enabled" in given:
        if not isinstance(given["enabled"], bool):
            raise refused(f"Invalid {name} data")
        way["enabled"] = given["enabled"]
    return way


def keep_ways(ask: Ask, held: Held, rule: RuleId, ways: Mapping[str, Any]) -> None:
    """Keep which messengers a route tells."""
    if held.policy is not None and dict(ways) != held.ways(rule):
        all_ways = {**held.routing.get(WAYS, {}), str(rule): dict(ways)}
        keep_routing(ask, held.policy.id, {**held.routing, WAYS: all_ways})


def keep_positions(ask: Ask, held: Held, numbers: Mapping[RuleId, int]) -> None:
    """Keep the numbers of routes."""
    if held.policy is not None:
        written = {str(rule): number for rule, number in numbers.items()}
        keep_routing(ask, held.policy.id, {**held.routing, POSITIONS: written})


def chain_field(ask: Ask, fields: Fields) -> int | UnsetType | None:
    """Read ``escalation_chain_id``."""
    return fields.reference("escalation_chain_id", "chain", ask.directory.escalation_policies)


def default_changed(ask: Ask, held: Held, given: Any) -> Held:
    """Apply what a body says of the default route to *held*."""
    if given is UNSET or given is None:
        return held
    if not isinstance(given, dict):
        raise refused("Invalid default_route data")
    fields = Fields(given)
    chain = chain_field(ask, fields)
    fields.must_be_right()
    held, policy = with_policy(ask, held)
    default = held.default
    if default is None:
        return held
    ways = ways_of(given, held.ways(default.id))
    keep_ways(ask, held, default.id, ways)
    if chain is not UNSET:
        set_rules(ask, policy, (*policy.rules[:-1], with_chain(policy.rules[-1], chain)))
    return one(ask, held.integration.id)
