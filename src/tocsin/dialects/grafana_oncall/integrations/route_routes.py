"""``/routes``: where the alerts of an integration go."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from msgspec import UNSET, UnsetType

from tocsin.core.alert_policy import Rule
from tocsin.core.filters import EVERYTHING
from tocsin.core.ids import UNMADE, RuleId
from tocsin.core.payload_test import Language
from tocsin.dialects.grafana_oncall import numbers, spelled
from tocsin.dialects.grafana_oncall.errors import REQUIRED, not_found, refused, wrong_field
from tocsin.dialects.grafana_oncall.fields import Fields
from tocsin.dialects.grafana_oncall.handling import Ask, Resource
from tocsin.dialects.grafana_oncall.integrations import wire
from tocsin.dialects.grafana_oncall.integrations.held import Held, every, held, one
from tocsin.dialects.grafana_oncall.integrations.routing import (
    chain_field,
    default_changed,
    keep_positions,
    keep_ways,
    language_of,
    set_rules,
    test_of,
    ways_of,
    with_chain,
    with_policy,
)
from tocsin.dialects.grafana_oncall.integrations.show import (
    WAYS,
    default_id,
    positions,
    show_default,
    show_route,
)
from tocsin.dialects.grafana_oncall.team_filter import NO_CHOICE

SIZE: Final = 25
NO_DEFAULT: Final = "Unable to delete default filter"

RESOURCE = Resource("routes", "route", shown=wire.Route, noun="route", size=SIZE)
ROUTES = RESOURCE.routes


@dataclass(frozen=True, slots=True)
class _Place:
    """A route: its integration, and its rule; None for the default one."""

    held: Held
    rule: Rule | None


def _show(_ask: Ask, places: Sequence[_Place]) -> list[wire.Route]:
    return [
        show_default(place.held) if place.rule is None else show_route(place.held, place.rule)
        for place in places
    ]


@RESOURCE.lists(_show)
def list_routes(ask: Ask) -> Sequence[_Place]:
    """Find those of an integration, or with an expression, if that is asked for; defaults come last."""
    wanted, text = ask.query.one("integration_id"), ask.query.one("routing_regex")
    doors = every(ask)
    if wanted:
        identifier = spelled.read("integration", wanted)
        doors = [each for each in doors if each.id == identifier]
        if not doors:
            raise wrong_field("integration_id", NO_CHOICE)
    places: list[_Place] = []
    for found in held(ask, doors):
        places += [_Place(found, rule) for rule in found.routes]
        places.append(_Place(found, None))
    if text:
        places = [
            place
            for place in places
            if place.rule is not None and place.rule.payload is not None and place.rule.payload.text == text
        ]
    return places


@RESOURCE.reads
def read_route(ask: Ask, identifier: int) -> wire.Route:
    """Read one route."""
    return _show(ask, [_find(ask, identifier)])[0]


@RESOURCE.creates(wire.RouteBody)
def create_route(ask: Ask, fields: Fields) -> wire.Route:
    """Make a route at a position, or behind all but the default one."""
    doors = {each.id for each in every(ask)}
    door = fields.reference("integration_id", "integration", doors, required=True, null=False)
    text = fields.text("routing_regex", required=True, blank=True, trimmed=False)
    if "escalation_chain_id" not in fields:
        fields.wrong("escalation_chain_id", REQUIRED)
    chain = chain_field(ask, fields)
    position = fields.integer("position")
    manual = fields.boolean("manual_order")
    fields.must_be_right()
    language = language_of(
        "regex" if fields.raw("routing_type") in (UNSET, None) else fields.raw("routing_type")
    )
    if isinstance(position, int):
        numbers.check(position)
    if not isinstance(door, int) or not isinstance(text, str):
        raise not_found()
    test = test_of(language, text)
    found, policy = with_policy(ask, one(ask, door))
    ways = ways_of(_ways_in(fields), {})
    draft = Rule(id=RuleId(UNMADE), name=_name(text), filter=EVERYTHING, payload=test, nobody=True)
    draft = with_chain(draft, chain if isinstance(chain, int) else None)
    before = positions(found)
    saved = set_rules(ask, policy, (*policy.rules[:-1], draft, policy.rules[-1]))
    made = saved.rules[-2].id
    placed = {**before, made: numbers.appended(before)}
    if isinstance(position, int):
        placed = _moved(placed, made, position, manual=manual is True)
    _put_in_order(ask, door, placed)
    keep_ways(ask, one(ask, door), made, ways)
    return show_route(again := one(ask, door), _rule(again, made))


@RESOURCE.changes(wire.RouteBody)
def change_route(ask: Ask, identifier: int, fields: Fields) -> wire.Route:
    """Change what is named; the integration stays. Of the default route, only where it leads."""
    place = _find(ask, identifier)
    if place.rule is None:
        return _change_default(ask, place.held, fields)
    door, rule = place.held.integration.id, place.rule
    text = fields.text("routing_regex", blank=True, trimmed=False)
    chain = chain_field(ask, fields)
    position = fields.integer("position")
    manual = fields.boolean("manual_order")
    fields.must_be_right()
    if isinstance(position, int):
        numbers.check(position)
    ways = ways_of(_ways_in(fields), place.held.ways(rule.id))
    changed = _with_test(rule, fields, text)
    if chain is not UNSET:
        changed = with_chain(changed, chain)
    found, policy = with_policy(ask, place.held)
    set_rules(ask, policy, tuple(changed if each.id == rule.id else each for each in policy.rules))
    if isinstance(position, int):
        _put_in_order(ask, door, _moved(positions(found), rule.id, position, manual=manual is True))
    keep_ways(ask, one(ask, door), rule.id, ways)
    return show_route(again := one(ask, door), _rule(again, rule.id))


@RESOURCE.deletes
def delete_route(ask: Ask, identifier: int) -> None:
    """Take a route away; the others keep their positions."""
    place = _find(ask, identifier)
    if place.rule is None or place.held.policy is None:
        raise refused(NO_DEFAULT)
    policy, rule = place.held.policy, place.rule.id
    left = {key: number for key, number in positions(place.held).items() if key != rule}
    set_rules(ask, policy, tuple(each for each in policy.rules if each.id != rule))
    keep_positions(ask, one(ask, place.held.integration.id), left)


def _change_default(ask: Ask, found: Held, fields: Fields) -> wire.Route:
    given = {name: fields.raw(name) for name in ("escalation_chain_id", "slack", *WAYS) if name in fields}
    return show_default(default_changed(ask, found, given))


def _with_test(rule: Rule, fields: Fields, text: str | UnsetType | None) -> Rule:
    """Apply a new expression or type of route; an expression alone is checked as a regular one."""
    given = fields.raw("routing_type")
    own = rule.payload.language if rule.payload is not None else Language.REGEX
    language = own if given in (UNSET, None) else language_of(given)
    if not isinstance(text, str):
        if language is own:
            return rule
        kept = rule.payload.text if rule.payload is not None else ""
        return replace(rule, payload=test_of(language, kept))
    if given in (UNSET, None):
        payload = replace(test_of(Language.REGEX, text), language=own)
    else:
        payload = test_of(language, text)
    return replace(rule, payload=payload, name=_name(text))


def _moved(placed: dict[RuleId, int], which: RuleId, to: int, *, manual: bool) -> dict[RuleId, int]:
    return numbers.swapped(placed, which, to) if manual else numbers.moved(placed, which, to)


def _put_in_order(ask: Ask, door: int, placed: dict[RuleId, int]) -> None:
    """Let the rules stand in the order of their numbers, and keep those."""
    found = one(ask, door)
    policy = found.policy
    if policy is None:
        return
    ordered = sorted(found.routes, key=lambda rule: placed[rule.id])
    rules = (*ordered, *policy.rules[len(ordered) :])
    if rules != policy.rules:
        set_rules(ask, policy, rules)
    keep_positions(ask, one(ask, door), placed)


def _find(ask: Ask, identifier: int) -> _Place:
    """Find a route by its id, in whichever integration it is; refuse the request when there is none."""
    for found in held(ask, every(ask)):
        if identifier == default_id(found):
            return _Place(found, None)
        for rule in found.routes:
            if rule.id == identifier:
                return _Place(found, rule)
    raise not_found()


def _rule(found: Held, identifier: RuleId) -> Rule:
    return next(rule for rule in found.routes if rule.id == identifier)


def _ways_in(fields: Fields) -> dict[str, object]:
    return {name: fields.raw(name) for name in ("slack", *WAYS)}


def _name(text: str) -> str:
    """Call a rule by what it looks for."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:100]
