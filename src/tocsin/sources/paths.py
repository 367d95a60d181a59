"""A path to a value inside a JSON document: ``$.alerts[0].labels["team name"]``.

It is the part of JSONPath (RFC 9535) that only walks: from the document ``$`` or the present item ``@``,
member by member and place by place, and through all of a list or an object with ``[*]``. What would search
or compute (filters, slices, ``..``) is refused: a path finds its values in one walk, whatever it is given.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.core.errors import Invalid

PATH_LENGTH_MAX = 500
STEPS_MAX = 20

_REMEDY = 'must be like $.alerts[0].labels.host, with ["…"] around other names and [*] for all of a list'
_STEP = re.compile(
    r"""\.(?P<name>[^\W\d][\w-]*)
      | \[\s*"(?P<quoted>(?:[^"\\]|\\["\\])*)"\s*\]
      | \[\s*'(?P<single>(?:[^'\\]|\\['\\])*)'\s*\]
      | \[\s*(?P<index>-?\d{1,9})\s*\]
      | (?P<all>\[\s*\*\s*\]|\.\*)
    """,
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)")


class _All:
    """The step that goes to every member of a list or an object."""


_ALL = _All()


@dataclass(frozen=True, slots=True)
class Path:
    """A path as written, and the steps that it takes: a name, a place in a list, or all there is."""

    text: str
    root: str
    steps: tuple[str | int | _All, ...]

    def find(self, *, document: Any, item: Any) -> list[Any]:
        """List the values at this path: in *item* when it begins with ``@``, else in *document*."""
        found = [document if self.root == "$" else item]
        for step in self.steps:
            # Each value is found once, so that all that is found is at most the document.
            found = [below for value in found for below in _below(value, step)]
        return found


def is_path(text: str) -> bool:
    """Tell a path from other text: it begins with ``$`` or ``@`` and goes on with a step, or ends there."""
    return text[:1] in ("$", "@") and text[1:2] in ("", ".", "[")


def parse_path(text: str, *, where: str) -> Path:
    """Read a path; raises Invalid at *where* with the column at which it stops making sense."""
    if len(text) > PATH_LENGTH_MAX:
        raise Invalid(where, "is too long for a path", f"must be at most {PATH_LENGTH_MAX} characters")
    if not is_path(text):
        raise Invalid(where, f"is {text!r}, which is no path", _REMEDY)
    steps: list[str | int | _All] = []
    place = 1
    while place < len(text):
        match = _STEP.match(text, place)
        if match is None:
            raise Invalid(where, f"is {text!r}, which is no path from column {place + 1} on", _REMEDY)
        steps.append(_step(match))
        place = match.end()
    if len(steps) > STEPS_MAX:
        raise Invalid(where, f"has {len(steps)} steps", f"must have at most {STEPS_MAX}")
    return Path(text, text[0], tuple(steps))


def _step(match: re.Match[str]) -> str | int | _All:
    if match["all"] is not None:
        return _ALL
    if match["index"] is not None:
        return int(match["index"])
    if match["name"] is not None:
        return match["name"]
    return _ESCAPED.sub(r"\1", match["quoted"] if match["quoted"] is not None else match["single"])


def _below(value: Any, step: str | int | _All) -> Sequence[Any]:
    match step:
        case _All():
            if isinstance(value, Mapping):
                return list(value.values())
            return value if isinstance(value, list) else ()
        case int():
            within = isinstance(value, list) and -len(value) <= step < len(value)
            return (value[step],) if within else ()
        case str():
            return (value[step],) if isinstance(value, Mapping) and step in value else ()
