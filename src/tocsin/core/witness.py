"""Events that a filter takes, found from the filter itself: one for each way in which it can hold.

Each is a guess that the filter's own compiled test confirms. Comparisons, lists and negations are solved;
for a pattern there are only guesses, so that finding nothing then proves nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any, Final, NamedTuple

from tocsin.core.event import Event, Metric, Severity
from tocsin.core.filter_fields import (
    DIMENSIONS,
    LABELS,
    METRIC_VALUE,
    MONITOR_LABELS,
    TAGS,
    number,
    number_text,
)
from tocsin.core.filter_tree import And, Compare, Exists, In, Not, Operator, Or, Truth
from tocsin.core.filters import Expression, compile_expression
from tocsin.core.ids import ServiceId
from tocsin.core.spelling import from_native

WAYS_MAX: Final = 16  # ways in which one filter can hold that are looked at
OTHER: Final = "something-else"
_NOT_A_TEXT: Final = str.maketrans("", "", "^$()[]{}?+*\\")
_PLAIN: Final = (
    "title",
    "message",
    "source",
    "event_type",
    "host",
    "dedup_key",
    "monitor_id",
    "monitor_name",
)


class Literal(NamedTuple):
    """A test of one field, which is to hold or not to hold."""

    term: Compare | In | Exists
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """*events* that fit; *sure* tells whether there is none besides, should there be none."""

    events: tuple[Event, ...]
    sure: bool


def witnesses(expression: Expression, like: Event) -> Witnesses:
    """Find events that fit *expression* and are like *like* in all that it does not ask."""
    test, found, sure = compile_expression(expression), list[Event](), True
    clauses = list(islice(_clauses(expression, holds=True), WAYS_MAX + 1))
    for clause in clauses[:WAYS_MAX]:
        sure = sure and not any(_is_pattern(literal) for literal in clause)
        event = _solve(clause, like)
        if event is not None and test(event):
            found.append(event)
        elif event is not None:
            sure = False  # parts that get in each other's way
    return Witnesses(events=tuple(found), sure=sure and len(clauses) <= WAYS_MAX)


def _clauses(expression: Expression, *, holds: bool) -> Iterator[tuple[Literal, ...]]:
    """Give the ways in which *expression* holds, or does not: in each, all of some literals do."""
    match expression:
        case Truth(always):
            if always is holds:
                yield ()
        case Not(part):
            yield from _clauses(part, holds=not holds)
        case And(parts) | Or(parts):
            if isinstance(expression, And) is holds:
                ways = (list(islice(_clauses(part, holds=holds), WAYS_MAX)) for part in parts)
                yield from (tuple(each for way in chosen for each in way) for chosen in product(*ways))
            else:
                for part in parts:
                    yield from _clauses(part, holds=holds)
        case Compare() | In() | Exists():
            yield (Literal(expression, holds),)


def _solve(clause: Sequence[Literal], like: Event) -> Event | None:
    """Find an event in which all of *clause* hold, field by field; None when a field has no such value."""
    by_field: dict[str, list[Literal]] = {}
    for literal in clause:
        by_field.setdefault(literal.term.field, []).append(literal)
    event = like
    for field, literals in by_field.items():
        tests = [(compile_expression(literal.term), literal.holds) for literal in literals]
        tries = (_with(event, field, value) for value in _values(field, literals))
        fitting = (each for each in tries if all(test(each) is holds for test, holds in tests))
        found = next(fitting, None)
        if found is None:
            return None
        event = found
    return event


def _values(field: str, literals: Sequence[Literal]) -> Iterator[str | None]:
    """Give values of *field* that may fit: as it is, those that are named, those beside them, and none."""
    if field == "severity":
        yield from Severity
        return
    for literal in literals:
        match literal.term:
            case In(_, values):
                yield from values
            case Compare(_, Operator.LIKE, value):
                yield value.replace("*", "").replace("?", "x")
                yield value.replace("*", "x").replace("?", "x")
            case Compare(_, Operator.MATCHES, value):
                yield from (each.translate(_NOT_A_TEXT).replace(".", "x") for each in value.split("|"))
            case Compare(_, _, value):
                yield value
                measured = number(value)
                if measured is not None:
                    yield from (number_text(measured + step) for step in (1, -1))
            case Exists():
                pass
    yield OTHER
    yield None


def _with(event: Event, field: str, value: str | None) -> Event:
    """Give *event* with *value* in *field*, or without the field."""
    for prefix, name in ((LABELS, "labels"), (TAGS, "labels"), (DIMENSIONS, "dimensions")):
        if field.startswith(prefix):
            kept = {each: text for each, text in getattr(event, name).items() if each != field[len(prefix) :]}
            changed = kept if value is None else kept | {field[len(prefix) :]: value}
            return replace(event, **_named({name: changed}))
    if field in _PLAIN:
        return replace(event, **_named({field: value or ""}))
    if field == "severity":
        return replace(event, severity=Severity(value)) if value in tuple(Severity) else event
    if field == MONITOR_LABELS:
        return replace(event, monitor_labels=() if value is None else (value,))
    if field == "service":
        service = from_native(value, "service") if value else None
        return event if service is None else replace(event, service=ServiceId(service))
    return _measured(event, field, value)


def _measured(event: Event, field: str, value: str | None) -> Event:
    """Give *event* with a metric of that name or value; a field that cannot be chosen stays as it is."""
    was = event.metric
    if field == "metric.name":
        measured = was.value if was is not None else None
        return replace(event, metric=None if value is None else Metric(name=value, value=measured))
    if field == METRIC_VALUE:
        name = was.name if was is not None else "metric"
        return replace(event, metric=Metric(name=name, value=None if value is None else number(value)))
    return event


def _named(changes: Mapping[str, Any]) -> dict[str, Any]:
    return dict(changes)


def _is_pattern(literal: Literal) -> bool:
    term = literal.term
    return isinstance(term, Compare) and term.operator in {Operator.LIKE, Operator.MATCHES}
