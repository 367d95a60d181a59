"""What a user's template can do to a value, and the meter that every step of it runs under."""

import html
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from jinja2 import Undefined, filters, pass_context
from jinja2.runtime import Context

STEPS_MAX = 100_000
VALUE_LENGTH_MAX = 65_536  # characters of a text, members of a list
CHARACTERS_PER_STEP = 16
CHARACTERS_PER_MEMBER = 4  # what a member of a list weighs
RANGE_MAX = 1_000
ROUND_DIGITS_MAX = 10
NUMBER_MAX = 10**18
METER = "\0meter"  # no template can name it


class TemplateLimit(Exception):
    """A template asked for more than it may have."""


class Meter:
    """Counts the steps of one rendering and stops it at STEPS_MAX, which is some tens of milliseconds.

    *now* is the present as the template sees it, where it may look.
    """

    def __init__(self, now: datetime | None = None, *, steps: int = STEPS_MAX) -> None:
        self.left = steps
        self.now = now

    def charge(self, steps: int) -> None:
        """Take *steps* off what is left; raise TemplateLimit when that was too much."""
        self.left -= steps
        if self.left < 0:
            raise TemplateLimit("does too much work: it must use fewer or shorter loops")

    def weigh(self, value: object) -> object:
        """Charge for handling *value*, and return it; what is lazy comes back as a list."""
        if isinstance(value, Iterator):
            value = [self._counted(member) for member in value]
        length = len(value) if isinstance(value, str | Sequence | Mapping) else 0
        if isinstance(value, str):
            check_length(length)
        self.charge(1 + length // CHARACTERS_PER_STEP)
        return value

    def weigh_whole(self, value: object) -> object:
        """Charge for *value* with everything in it, where something looks at all of that."""
        value = self.weigh(value)
        if isinstance(value, list | tuple | Mapping):
            self.charge(self._size(value) // CHARACTERS_PER_STEP)
        return value

    def weigh_made(self, value: object) -> object:
        """Charge for a *value* that the template has put together, and keep it from growing too large."""
        check_length(self._size(value))
        return self.weigh_whole(value)

    def _size(self, value: object) -> int:
        """Count members and characters of *value*; stop where the count alone is more than is left."""
        waiting = [value]
        total = 0
        while waiting and total <= self.left * CHARACTERS_PER_STEP:
            member = waiting.pop()
            total += CHARACTERS_PER_MEMBER + (len(member) if isinstance(member, str) else 0)
            if isinstance(member, Mapping):
                waiting.extend(member.values())
                waiting.extend(member.keys())
            elif isinstance(member, list | tuple):
                waiting.extend(member)
        return total

    def _counted(self, member: object) -> object:
        self.charge(1)
        return member


def check_length(length: int) -> None:
    """Raise TemplateLimit when *length* is more than a value may have."""
    if length > VALUE_LENGTH_MAX:
        raise TemplateLimit(f"makes a value longer than {VALUE_LENGTH_MAX}")


def meter_of(context: Context) -> Meter:
    """Return the meter that this rendering runs under."""
    meter = context.get(METER)
    if not isinstance(meter, Meter):
        raise TemplateLimit("runs without a meter")
    return meter


@pass_context
def weighed(context: Context, value: object) -> object:
    """Charge for *value* where it is used."""
    return meter_of(context).weigh(value)


@pass_context
def weighed_whole(context: Context, value: object) -> object:
    """Charge for *value* where all that is in it is looked at."""
    return meter_of(context).weigh_whole(value)


@pass_context
def weighed_made(context: Context, value: object) -> object:
    """Charge for a *value* that the template has put together."""
    return meter_of(context).weigh_made(value)


@pass_context
def metered(context: Context, value: object, weight: int) -> Iterator[object]:
    """Go through *value* for a loop, at *weight* steps each time round."""
    meter = meter_of(context)
    if not isinstance(value, Iterable):
        raise TypeError("a loop needs a list")
    for member in value:
        meter.charge(weight)
        yield member


@pass_context
def printed(context: Context, value: object) -> str:
    """Write *value* into the output: texts as they are, nothing for none, all else as JSON."""
    meter = meter_of(context)
    text = value if isinstance(value, str) else "" if _absent(value) else to_json(value)
    meter.weigh(text)
    return text


def to_json(value: object) -> str:
    """Write *value* as JSON, on one line, without an escape that JSON does not need."""
    return json.dumps(value, ensure_ascii=False, default=_plain, separators=(", ", ": "))


def bounded_range(*arguments: int) -> range:
    """Count, as Python does, up to RANGE_MAX members."""
    numbers = range(*arguments)
    if len(numbers) > RANGE_MAX:
        raise TemplateLimit(f"counts further than {RANGE_MAX}")
    return numbers


def _absent(value: object) -> bool:
    return value is None or isinstance(value, Undefined)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if _absent(value):
        return None
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"cannot write a {type(value).__name__} as JSON")


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if _absent(value) else to_json(value)


def _replace(value: object, old: str, new: str, count: int = -1) -> str:
    text = _text(value)
    found = text.count(old) if count < 0 else min(count, text.count(old))
    check_length(len(text) + found * max(0, len(new) - len(old)))
    return text.replace(old, new, count)


def _join(value: Iterable[object], separator: str = "") -> str:
    members = [_text(member) for member in value]
    check_length(sum(map(len, members)) + len(separator) * len(members))
    return separator.join(members)


def _round(value: float, digits: int = 0) -> float:
    if abs(digits) > ROUND_DIGITS_MAX:
        raise TemplateLimit(f"rounds to more than {ROUND_DIGITS_MAX} digits")
    return round(value, digits)


def _sum(value: Iterable[float]) -> float:
    members = list(value)
    if not all(isinstance(member, int | float) for member in members):
        raise TypeError("sum needs numbers")
    return sum(members)


def _of_text(change: Callable[[str], str]) -> Callable[[object], str]:
    return lambda value: change(_text(value))


def _pluck(context: Context, value: Iterable[object], *, attribute: str) -> Iterator[object]:
    for member in value:
        found: object = member
        for name in attribute.split("."):
            found = context.environment.getitem(found, name)
        yield found


FILTERS: Mapping[str, Callable[..., object]] = {
    "abs": abs,
    "capitalize": _of_text(str.capitalize),
    "count": len,
    "d": filters.do_default,
    "default": filters.do_default,
    "dictsort": filters.do_dictsort,
    "e": _of_text(html.escape),
    "escape": _of_text(html.escape),
    "first": filters.sync_do_first,
    "float": filters.do_float,
    "int": filters.do_int,
    "items": filters.do_items,
    "join": _join,
    "last": filters.do_last,
    "length": len,
    "list": list,
    "lower": _of_text(str.lower),
    "map": pass_context(_pluck),
    "max": filters.do_max,
    "min": filters.do_min,
    "reject": filters.sync_do_reject,
    "rejectattr": filters.sync_do_rejectattr,
    "replace": _replace,
    "reverse": filters.do_reverse,
    "round": _round,
    "select": filters.sync_do_select,
    "selectattr": filters.sync_do_selectattr,
    "sort": filters.do_sort,
    "string": _text,
    "sum": _sum,
    "title": _of_text(str.title),
    "tojson": to_json,
    "trim": _of_text(str.strip),
    "truncate": filters.do_truncate,
    "unique": filters.do_unique,
    "upper": _of_text(str.upper),
    "urlencode": filters.do_urlencode,
}

DEEP_FILTERS = frozenset({"dictsort", "max", "min", "sort", "unique"})

TESTS = frozenset(
    {
        *("boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "gt", "in"),
        *("integer", "iterable", "le", "lt", "mapping", "ne", "none", "number", "odd", "sequence"),
        *("string", "true", "undefined"),
    }
)
