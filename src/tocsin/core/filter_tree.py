"""A filter as a tree of values, and the function that it compiles to.

A dialect with a filter syntax of its own builds the same tree. Negation is always Not: a missing value equals
nothing, so every test of it is false, and every negated one true.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

import re2

from tocsin.core.errors import Invalid
from tocsin.core.event import Severity
from tocsin.core.filter_fields import (
    FIELDS,
    METRIC_VALUE,
    MONITOR_LABELS,
    SEVERITY,
    Subject,
    known_field,
    number,
    number_reader,
    text_reader,
)

REGEX_LENGTH_MAX: Final = 1_000
REGEX_PROGRAM_MAX: Final = 2_000  # instructions of RE2, in all patterns of a filter together
REGEX_MEMORY_MAX: Final = 2 << 20  # bytes, each

Test = Callable[[Subject], bool]
TextTest = Callable[[str], bool]


class Operator(StrEnum):
    """How a field is compared with one value."""

    EQUAL = "="
    LIKE = "like"
    MATCHES = "~"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="

    @property
    def orders(self) -> bool:
        """Whether it compares sizes: numbers, or the ranks of severities."""
        return self in _ORDERING


_ORDERING = frozenset({Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST})


@dataclass(frozen=True, slots=True)
class Truth:
    """Holds always, or never."""

    holds: bool


@dataclass(frozen=True, slots=True)
class Compare:
    """Compares *field* with *value*. LIKE takes ``*`` for any text; MATCHES is an unanchored RE2 pattern."""

    field: str
    operator: Operator
    value: str


@dataclass(frozen=True, slots=True)
class In:
    """Holds when *field* equals one of *values*, of which there is at least one."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """Holds when *field* is not missing."""

    field: str


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when *part* does not."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class And:
    """Holds when all *parts* do, of which there are at least two; see all_of."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Holds when any of *parts* does, of which there are at least two; see any_of."""

    parts: tuple["Expression", ...]


Term = Compare | In | Exists
Expression = Truth | Term | Not | And | Or


def all_of(*parts: Expression) -> Expression:
    """Join *parts* with And, however many there are: none of them holds always."""
    if len(parts) > 1:
        return And(parts)
    return parts[0] if parts else Truth(holds=True)


def any_of(*parts: Expression) -> Expression:
    """Join *parts* with Or, however many there are: none of them never holds."""
    if len(parts) > 1:
        return Or(parts)
    return parts[0] if parts else Truth(holds=False)


def check_term(term: Term) -> None:
    """Raise Invalid, without a path, when *term* can not be tested; the remedy says what would be right."""
    if not known_field(term.field):
        known = f"{', '.join(FIELDS)}, labels.<name>, dimensions.<name>, tags.<name>"
        raise Invalid("", f'there is no field "{term.field}"', f"must be one of {known}")
    match term:
        case Compare(_, Operator.LIKE | Operator.MATCHES):
            pass
        case Compare(field, operator, value):
            _check_value(field, value, orders=operator.orders)
        case In(field, values):
            if not values:
                raise Invalid("", "the list is empty", "must hold at least one value")
            for value in values:
                _check_value(field, value, orders=False)
        case Exists():
            pass
        case _:
            assert_never(term)


def regex_cost(term: Term) -> int:
    """Count the RE2 instructions of *term*, 0 without a pattern; raise Invalid when RE2 refuses it."""
    if not isinstance(term, Compare) or term.operator is not Operator.MATCHES:
        return 0
    if len(term.value) > REGEX_LENGTH_MAX:
        found = f"the pattern is {len(term.value)} characters long"
        raise Invalid("", found, f"must be at most {REGEX_LENGTH_MAX}")
    cost: int = _compile_regex(term.value).programsize
    return cost


def compile_expression(expression: Expression) -> Test:  # noqa: PLR0911 - one for each kind of it
    """Turn *expression* into one function that tells whether a subject matches; it cannot hang or raise.

    The tree must be one that ``filters.from_expression`` takes: that is where bounds are checked.
    """
    match expression:
        case Truth(holds):
            return lambda _subject: holds
        case Not(part):
            denied = compile_expression(part)
            return lambda subject: not denied(subject)
        case And(parts):
            return _all_hold(tuple(compile_expression(part) for part in parts))
        case Or(parts):
            return _any_holds(tuple(compile_expression(part) for part in parts))
        case Exists(field):
            return _exists(field)
        case In(field, values):
            return _in(field, values)
        case Compare(field, operator, value):
            return _compare(field, operator, value)
        case _:
            assert_never(expression)


def _all_hold(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 2:
        one, other = tests
        return lambda subject: one(subject) and other(subject)

    def all_hold(subject: Subject) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would cost more than the tests
            if not test(subject):
                return False
        return True

    return all_hold


def _any_holds(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 2:
        one, other = tests
        return lambda subject: one(subject) or other(subject)

    def any_holds(subject: Subject) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would cost more than the tests
            if test(subject):
                return True
        return False

    return any_holds


def _exists(field: str) -> Test:
    if field == MONITOR_LABELS:
        return lambda subject: bool(subject.monitor_labels)
    read = text_reader(field)
    return lambda subject: read(subject) is not None


def _in(field: str, values: tuple[str, ...]) -> Test:
    if field == METRIC_VALUE:
        numbers = frozenset(number(value) for value in values) - {None}
        read_number = number_reader(field)
        return lambda subject: read_number(subject) in numbers
    among = frozenset(values)
    if field == MONITOR_LABELS:
        return lambda subject: not among.isdisjoint(subject.monitor_labels)
    read = text_reader(field)
    return lambda subject: read(subject) in among


def _compare(field: str, operator: Operator, value: str) -> Test:
    if operator.orders:
        return _compare_sizes(field, operator, value)
    if operator is Operator.EQUAL:
        return _equal(field, value)
    test = _like(value) if operator is Operator.LIKE else _matches(value)
    if field == MONITOR_LABELS:
        return lambda subject: any(map(test, subject.monitor_labels))
    read = text_reader(field)
    return lambda subject: (text := read(subject)) is not None and test(text)


def _equal(field: str, value: str) -> Test:
    if field == METRIC_VALUE:
        wanted = number(value)
        read_number = number_reader(field)
        return lambda subject: (found := read_number(subject)) is not None and found == wanted
    if field == MONITOR_LABELS:
        return lambda subject: value in subject.monitor_labels
    read = text_reader(field)
    return lambda subject: read(subject) == value


def _compare_sizes(field: str, operator: Operator, value: str) -> Test:
    if field == SEVERITY:
        fits = _size_test(operator, Severity(value).rank)
        return lambda subject: fits(subject.severity.rank)
    bound = number(value)
    fits = _size_test(operator, math.nan if bound is None else bound)
    if field == MONITOR_LABELS:
        return lambda subject: any(fits(number(label)) for label in subject.monitor_labels)
    read_number = number_reader(field)
    return lambda subject: fits(read_number(subject))


def _size_test(operator: Operator, bound: float) -> Callable[[float | None], bool]:
    match operator:
        case Operator.LESS:
            return lambda found: found is not None and found < bound
        case Operator.AT_MOST:
            return lambda found: found is not None and found <= bound
        case Operator.MORE:
            return lambda found: found is not None and found > bound
        case _:
            return lambda found: found is not None and found >= bound


def _like(pattern: str) -> TextTest:
    first, *rest = pattern.split("*")
    if not rest:
        return lambda text: text == pattern
    *middle, last = rest
    shortest = len(first) + len(last)

    def like(text: str) -> bool:
        if len(text) < shortest or not (text.startswith(first) and text.endswith(last)):
            return False
        at, end = len(first), len(text) - len(last)
        for part in middle:  # the leftmost place for each is as good as any
            at = text.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True

    return like


def _matches(pattern: str) -> TextTest:
    search = _compile_regex(pattern).search
    # Bytes, because RE2 then has no offsets to translate back; a lone surrogate must not stop an event.
    return lambda text: search(text.encode("utf-8", "replace")) is not None


def _compile_regex(pattern: str) -> re2._Regexp:
    options = re2.Options()
    options.max_mem = REGEX_MEMORY_MAX
    options.never_capture = True
    options.log_errors = False
    try:
        return re2.compile(pattern.encode("utf-8", "replace"), options)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace") if error.args else "it is not a regular expression"
        raise Invalid("", f"RE2 cannot take the pattern: {reason}", "must be in RE2's syntax") from error


def _check_value(field: str, value: str, *, orders: bool) -> None:
    if field == SEVERITY:
        if value not in _SEVERITIES:
            raise Invalid("", f'"{value}" is no severity', f"must be one of {', '.join(_SEVERITIES)}")
    elif (orders or field == METRIC_VALUE) and number(value) is None:
        raise Invalid("", f'"{value}" is no number', f"must be a number, because {field} is compared with it")


_SEVERITIES = tuple(str(severity) for severity in Severity)
