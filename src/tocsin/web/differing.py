"""What differs between two descriptions, line by line, as people read it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

LINES_MAX: Final = 2_000  # of one part; beyond that it is told whole

Words = Mapping[str, Sequence[str]]
"""A thing in words: the lines of each part of it, by the part's name."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a part: *sign* is "-" for what goes, "+" for what comes, "" for what stays beside them."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a thing in which something differs."""

    name: str
    lines: tuple[Line, ...]


def differing(was: Words, new: Words) -> tuple[Part, ...]:
    """Tell in which parts *was* and *new* differ, in the order in which the parts are told."""
    names = dict.fromkeys((*new, *was))
    return tuple(
        Part(name, tuple(_lines(was.get(name, ()), new.get(name, ()))))
        for name in names
        if list(was.get(name, ())) != list(new.get(name, ()))
    )


def _lines(was: Sequence[str], new: Sequence[str]) -> list[Line]:
    if len(was) + len(new) > LINES_MAX:
        return [*(Line("-", text) for text in was), *(Line("+", text) for text in new)]
    told: list[Line] = []
    for what, start, end, begins, ends in SequenceMatcher(None, was, new, autojunk=False).get_opcodes():
        if what == "equal":
            told += [Line("", text) for text in was[start:end]]
        else:
            told += [Line("-", text) for text in was[start:end]]
            told += [Line("+", text) for text in new[begins:ends]]
    return told
