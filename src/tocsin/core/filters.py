"""Filters: a small language shared by alert policies, rules and silences, compiled to a function.

severity = critical and labels.team in [db, "data platform"] and not title ~ "drill|test"

``filter_language`` describes the language, ``filter_tree`` what it is read into, ``filter_fields`` what it
can look at; this module is their door.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tocsin.core.errors import Invalid
from tocsin.core.filter_fields import Subject, known_field, value_of
from tocsin.core.filter_language import DEPTH_MAX, parse_expression, to_text
from tocsin.core.filter_tree import And, Expression, Not, Or, Truth, all_of, any_of, compile_expression

__all__ = [
    "EVERYTHING",
    "Expression",
    "Filter",
    "Subject",
    "all_of",
    "any_of",
    "compile_expression",
    "from_expression",
    "known_field",
    "parse",
    "to_text",
    "value_of",
]


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter: its *text* as written, and *matches*, compiled from it once. Equal when the texts are.

    *expression* is what the text was read into. Text that is blank takes everything.
    """

    text: str
    matches: Callable[[Subject], bool] = field(compare=False, repr=False)
    expression: Expression = field(default=Truth(holds=True), compare=False, repr=False)


EVERYTHING = Filter("", lambda _subject: True)


def parse(text: str, path: str = "filter") -> Filter:
    """Read *text* and compile it; *path* names it in errors. Raises Invalid, which names the column."""
    stripped = text.strip()
    if not stripped:
        return EVERYTHING
    expression = parse_expression(text, path)
    return Filter(stripped, compile_expression(expression), expression)


def from_expression(expression: Expression, path: str = "filter") -> Filter:
    """Write *expression* out and parse that, so that a tree keeps to the same bounds as a text."""
    if _deeper_than(expression, 2 * DEPTH_MAX):  # brackets and alternatives take turns at most
        raise Invalid(path, "nests too deep", f"must nest at most {DEPTH_MAX} deep")
    return parse(to_text(expression), path)


def _deeper_than(expression: Expression, levels: int) -> bool:
    """Tell whether *expression* has more than *levels* levels, without following it any further."""
    match expression:
        case Not(part):
            return levels == 0 or _deeper_than(part, levels - 1)
        case And(parts) | Or(parts):
            return levels == 0 or any(_deeper_than(part, levels - 1) for part in parts)
        case _:
            return False
