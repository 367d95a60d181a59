"""What forms say: what was typed and what is wrong with it, lists that grow, times, ids, and the way back.

A list in a form has parts, ``steps.0.after``; a button asks for one more, for less or for another order, and
the page comes again with all that was typed. A fault stands beside its field; nothing that was typed is lost.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, TypeVar

from tocsin.core.calendar import known_zone, to_instant
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.spelling import from_native
from tocsin.httpkit.bodies import read_form

LENGTH_MAX: Final = 65_536
LONG_MAX: Final = 1 << 22  # of a form with lists in it
FIELDS_MAX: Final = 50_000
PARTS_MAX: Final = 500
DIGITS_MAX: Final = 9  # of the number of a part
SHOWN_MAX: Final = 100

ADD, UP, DOWN, REMOVE = "add", "up", "down", "remove"
_OF_LIST: Final = re.compile(r"\[(\d+)\]")
_FORGED: Final = "must come from this page's own buttons"

T = TypeVar("T")
Values = Mapping[str, Sequence[str]]
"""The values of each field of a form; a box that is not ticked has none."""


class Faulty(Exception):
    """What was typed cannot be taken; *faults* has what is wrong, by the name of the field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Form:
    """What a form holds, and what is wrong with it, by the name of the field; "" is the form itself.

    A warning tells of what can be saved, and does not do what people might expect.
    """

    values: Values = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    warnings: Mapping[str, str] = field(default_factory=dict)
    _numbers: dict[str, set[int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __call__(self, name: str, otherwise: str = "") -> str:
        """Give what a field holds."""
        found = self.values.get(name)
        return found[0] if found else otherwise

    def all(self, name: str) -> Sequence[str]:
        """Give everything that a field of many values holds, but what is blank."""
        return [value for value in self.values.get(name, ()) if value]

    def ticked(self, name: str) -> bool:
        """Tell whether a box is ticked."""
        return bool(self(name))

    def parts(self, name: str) -> list[str]:
        """Give the parts of a list in order: ``steps.0``, ``steps.2``."""
        if not self._numbers:
            self._numbers.update(_numbers_of(self.values))
        return [f"{name}.{number}" for number in sorted(self._numbers.get(name, ()))]

    def fault(self, name: str) -> str:
        """Say what is wrong with a field, or nothing."""
        return self.faults.get(name, "")

    def troubled(self, *names: str) -> bool:
        """Tell whether anything is wrong with these, or to be known about them, or about what is in them."""
        starts = tuple(f"{name}." for name in names)
        return any(f"{each}.".startswith(starts) for each in (*self.faults, *self.warnings))

    def warning(self, name: str) -> str:
        """Say what to know about a field as things stand, or nothing."""
        return self.warnings.get(name, "")

    def with_warnings(self, warnings: Mapping[str, str]) -> "Form":
        """Let each warning stand at the field that is nearest to it."""
        found: dict[str, str] = {}
        for path, text in warnings.items():
            name = self._nearest(path)
            found[name] = f"{found[name]} {text}" if name in found else text
        return replace(self, warnings=found)

    def with_faults(self, faults: Mapping[str, str]) -> "Form":
        """Let each fault stand at the field that is nearest to it."""
        return replace(self, faults={self._nearest(name): text for name, text in faults.items()})

    def _nearest(self, path: str) -> str:
        """Find the field, or the part of a list, that a path of the core means: ``steps[1].after``."""
        name = _OF_LIST.sub(r".\1", path)
        while (
            name and name not in self.values and not any(each.startswith(f"{name}.") for each in self.values)
        ):
            name = name.rpartition(".")[0]
        return name


class Reader:
    """Reads fields, and remembers everything that is wrong, so that it can be said at once."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.faults: dict[str, str] = {}

    def take(self, name: str, read: Callable[[str], T], otherwise: T) -> T:
        """Read a field; what cannot be read is a fault, and *otherwise* stands for it until that is said."""
        try:
            return read(self.form(name))
        except (Invalid, NotFound) as error:
            self.refuse(name, said(error))
            return otherwise

    def take_text(self, name: str, text: str, read: Callable[[str], T | None]) -> T | None:
        """Read one of the values of a field that has many."""
        try:
            return read(text)
        except (Invalid, NotFound) as error:
            self.refuse(name, said(error))
            return None

    def refuse(self, name: str, text: str) -> None:
        """Remember what is wrong with a field."""
        self.faults.setdefault(name, text)

    def done(self) -> None:
        """Raise Faulty if anything was wrong."""
        if self.faults:
            raise Faulty(self.faults)


def said(error: Invalid | NotFound) -> str:
    """Say what is wrong with a field beside that field, which needs no name there."""
    if isinstance(error, NotFound):
        return f"There is no such {error.kind} any more."
    remedy = f"; it {error.remedy}" if error.remedy else ""
    text = f"{error.problem}{remedy}".rstrip(".")
    plain = re.match(
        r"(is|has|does|names|contains|holds|asks|may|must|needs|comes|would|nests|begins)\b", text
    )
    return f"This {text}." if plain else f"{text[:1].upper()}{text[1:]}."


def typed(body: bytes) -> Form:
    """Read a form; line ends are as everywhere else, and nothing stands around what was typed."""
    found = read_form(body, most=FIELDS_MAX)
    return Form({name: [_plain(value) for value in values] for name, values in found.items()})


def rearranged(form: Form, wanted: str, fresh: Mapping[str, Values]) -> Form:
    """Do what a button of a list asks for: ``add:steps``, ``up:steps.2``, ``down:…``, ``remove:…``.

    *fresh* has what a new part of each list holds, by the list's name, with ``*`` for the numbers in it.
    """
    what, _, name = wanted.partition(":")
    if what == ADD:
        return _with_part(form, name, fresh)
    listed, _, number = name.rpartition(".")
    parts = form.parts(listed)
    if what not in {UP, DOWN, REMOVE} or not number.isdecimal() or name not in parts:
        raise Invalid("do", f"is {wanted[:SHOWN_MAX]!r}", _FORGED)
    if what == REMOVE:
        return Form(dict(_without(form.values, listed, parts, name)))
    place = parts.index(name)
    other = place + (-1 if what == UP else 1)
    if not 0 <= other < len(parts):
        return form
    return Form(dict(_swapped(form.values, name, parts[other])))


def fields(body: bytes) -> dict[str, str]:
    """Read a form in which every field is there once."""
    return {name: values[0].strip() for name, values in read_form(body).items()}


def instant(text: str, zone: str, path: str) -> datetime | None:
    """Read a date and a time of day, in *zone* unless it has an offset of its own; empty is None."""
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(path, f"is {text[:SHOWN_MAX]!r}", "must be a date and a time of day") from None
    try:
        if local.tzinfo is not None:
            return local.astimezone(UTC)
        return to_instant(zone if known_zone(zone) else "UTC", local)
    except OverflowError:
        raise Invalid(path, f"is {text[:SHOWN_MAX]!r}", "must be within the years 1 to 9999") from None


def identifier(text: str, kind: str) -> int:
    """Read the id of a thing of *kind*; raise NotFound for what is none."""
    found = from_native(text, kind)
    if found is None:
        raise NotFound(kind.replace("_", " "), text[:SHOWN_MAX])
    return found


def back_to(path: str, otherwise: str) -> str:
    """Give where to go back to: a page of ours, never another site's."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if ours else otherwise


def _numbers_of(names: Iterable[str]) -> dict[str, set[int]]:
    """Find the numbers of the parts of each list that fields belong to; "" is none."""
    found: dict[str, set[int]] = {"": set()}
    for name in names:
        words = name.split(".")
        for place, word in enumerate(words[1:], 1):
            if word.isascii() and word.isdecimal() and len(word) <= DIGITS_MAX:
                found.setdefault(".".join(words[:place]), set()).add(int(word))
    return found


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _with_part(form: Form, name: str, fresh: Mapping[str, Values]) -> Form:
    new = fresh.get(re.sub(r"\.\d+", ".*", name))
    if new is None:
        raise Invalid("do", f"is {f'{ADD}:{name}'[:SHOWN_MAX]!r}", _FORGED)
    parts = form.parts(name)
    if len(parts) >= PARTS_MAX:
        raise Invalid(name, f"has {PARTS_MAX} parts already", "must have no more")
    number = int(parts[-1].rpartition(".")[2]) + 1 if parts else 0
    return Form({**form.values, **{f"{name}.{number}.{each}": values for each, values in new.items()}})


def _without(
    values: Values, listed: str, parts: Sequence[str], gone: str
) -> Iterator[tuple[str, Sequence[str]]]:
    """Take a part out of a list, and number the others anew."""
    left = [part for part in parts if part != gone]
    new = {part: f"{listed}.{number}" for number, part in enumerate(left)}
    for name, value in values.items():
        number, _, rest = name.removeprefix(f"{listed}.").partition(".")
        part = f"{listed}.{number}"
        if not name.startswith(f"{listed}.") or part not in parts:
            yield name, value
        elif part != gone:
            yield f"{new[part]}.{rest}", value


def _swapped(values: Values, one: str, other: str) -> Iterator[tuple[str, Sequence[str]]]:
    for name, value in values.items():
        if name.startswith(f"{one}."):
            yield other + name[len(one) :], value
        elif name.startswith(f"{other}."):
            yield one + name[len(other) :], value
        else:
            yield name, value
