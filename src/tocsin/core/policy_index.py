"""Which policies may have to do with an alert, without asking each of them.

Most policies are tied to certain monitors, services or label values: by their scopes, or by what every one of
their rules asks for. A policy is filed under all such values, at least one of which an alert must have to be
taken; those without any are always asked. What is left out would have passed the alert by.
"""

from collections.abc import Iterable, Iterator, Sequence

from tocsin.core.alert import Alert
from tocsin.core.alert_policy import AlertPolicy, Rule
from tocsin.core.filter_fields import METRIC_VALUE, MONITOR_LABELS, TextReader, text_reader
from tocsin.core.filter_tree import And, Compare, Expression, In, Operator, Or, Truth

ASK_ALL_UP_TO = 3  # so few are asked sooner than they are looked up
VALUES_MAX = 2_000  # of one policy; one that is tied to more is always asked

Key = tuple[str, object]
_SERVICE, _INTEGRATION, _MONITOR = "service", "integration", "monitor_id"


class PolicyIndex:
    """The policies, filed under the values that tie them to alerts."""

    def __init__(self, policies: Sequence[AlertPolicy]) -> None:
        self._policies = policies
        self._always: list[int] = []
        self._readers: dict[str, TextReader] = {}
        self._places: dict[str, dict[object, list[int]]] = {}
        if len(policies) > ASK_ALL_UP_TO:
            for place, policy in enumerate(policies):
                self._file(place, policy)

    def among(self, alert: Alert) -> Sequence[AlertPolicy] | None:
        """Give the policies that may have to do with *alert*, in their order; None means all.

        Those that remember it are among them, for they have something to say of a repeat.
        """
        if not self._places:
            return None
        found = set(self._always)
        for field, places in self._places.items():
            for value in self._values(field, alert):
                found.update(places.get(value, ()))
        chosen = [self._policies[place] for place in sorted(found)]
        remembering = {each.policy for each in alert.memory}
        if remembering.difference(policy.id for policy in chosen):
            return [
                policy
                for place, policy in enumerate(self._policies)
                if place in found or policy.id in remembering
            ]
        return chosen

    def _values(self, field: str, alert: Alert) -> Iterable[object]:
        if field == _SERVICE:
            return (alert.service,)
        if field == _INTEGRATION:
            return (alert.integration,)
        if field == MONITOR_LABELS:
            return alert.monitor_labels
        return (self._readers[field](alert),)

    def _file(self, place: int, policy: AlertPolicy) -> None:
        keys = keys_of(policy)
        if keys is None or len(keys) > VALUES_MAX:
            self._always.append(place)
            return
        for field, value in keys:
            if field not in {_SERVICE, _INTEGRATION, MONITOR_LABELS} and field not in self._readers:
                self._readers[field] = text_reader(field)
            self._places.setdefault(field, {}).setdefault(value, []).append(place)


def keys_of(policy: AlertPolicy) -> frozenset[Key] | None:
    """Find values of which an alert has at least one if *policy* takes it; None when nothing ties it.

    Without rules it takes nothing, and says so only to whoever asks every policy.
    """
    scope = policy.scope
    own: list[frozenset[Key]] = [
        frozenset((field, each) for each in values)
        for field, values in (
            (_MONITOR, scope.monitors),
            (_SERVICE, scope.services),
            (_INTEGRATION, scope.integrations),
        )
        if values
    ]
    asked = _keys(scope.filter.expression)
    if asked is not None:
        own.append(asked)
    rules = _of_rules(policy.rules)
    if rules is not None:
        own.append(rules)
    return min(own, key=_breadth, default=None)


def _of_rules(rules: Sequence[Rule]) -> frozenset[Key] | None:
    """Find values of which an alert has one if any of *rules* takes it."""
    found: set[Key] = set()
    for rule in rules:
        keys = _keys(rule.filter.expression)
        if keys is None:
            return None
        found |= keys
    return frozenset(found) if rules else None


def _keys(expression: Expression) -> frozenset[Key] | None:
    match expression:
        case Truth(holds=False):
            return frozenset()
        case Compare(field, Operator.EQUAL, value) if _fits(field):
            return frozenset({(field, value)})
        case In(field, values) if _fits(field):
            return frozenset((field, value) for value in values)
        case And(parts):
            known = [keys for keys in map(_keys, parts) if keys is not None]
            return min(known, key=_breadth, default=None)
        case Or(parts):
            return _any(map(_keys, parts))
        case _:
            return None


def _any(parts: Iterator[frozenset[Key] | None]) -> frozenset[Key] | None:
    found: set[Key] = set()
    for keys in parts:
        if keys is None:
            return None
        found |= keys
    return frozenset(found)


def _fits(field: str) -> bool:
    """Tell whether equality of *field* is equality of texts, and says much: all have a severity."""
    return field not in {METRIC_VALUE, "severity", _SERVICE}


def _breadth(keys: frozenset[Key]) -> tuple[int, int]:
    """Order ways of filing: the one with the fewest values first, services last among equals."""
    coarse = sum(field in {_SERVICE, _INTEGRATION} for field, _ in keys)
    return (coarse, len(keys))
