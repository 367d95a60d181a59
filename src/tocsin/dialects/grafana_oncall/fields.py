"""Reading the fields of a body: lenient about types as the vendor's framework is, all faults together.

A reader gives a field's value, None where null is allowed and was given, or UNSET where the field is absent
or wrong. Wrong fields are collected, and `must_be_right` refuses them all.
"""

import re
from collections.abc import Callable, Collection, Container, Mapping
from typing import Any, Final, TypeVar

from msgspec import UNSET, UnsetType

from tocsin.dialects.grafana_oncall import spelled
from tocsin.dialects.grafana_oncall.errors import (
    NO_OBJECT,
    NOT_A_BOOLEAN,
    NOT_A_STRING,
    NOT_AN_INTEGER,
    NOT_BLANK,
    NOT_NULL,
    REQUIRED,
    SHOWN_MAX,
    Refused,
)

T = TypeVar("T")

_TRUE: Final = frozenset({"t", "y", "yes", "true", "on", "1"})
_FALSE: Final = frozenset({"f", "n", "no", "false", "off", "0"})
_NO_FRACTION = re.compile(r"\.0*\s*$")
_WHOLE = re.compile(r"\s*[+-]?[0-9]+(?:_[0-9]+)*\s*", re.ASCII)
_DIGITS_MAX: Final = 1_000
_SURROGATE = re.compile("[\ud800-\udfff]")


class Fields:
    """The fields of one body, and what is wrong with them: *errors*. *form* bodies hold lists of texts."""

    def __init__(self, data: Mapping[str, Any], *, form: bool = False) -> None:
        self._data = data
        self.form = form
        self.errors: dict[str, Any] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._data

    def raw(self, name: str) -> Any:
        """Give a field as it came, UNSET if it did not; the last one that a form has of it."""
        value = self._data.get(name, UNSET)
        return value[-1] if self.form and isinstance(value, list) and value else value

    def every(self, name: str) -> Any:
        """Give a field that is a list as it came: all that a form has of it."""
        return self._data.get(name, UNSET)

    def wrong(self, name: str, sentence: Any) -> UnsetType:
        """Note that a field is wrong."""
        self.errors.setdefault(name, sentence if isinstance(sentence, dict) else [sentence])
        return UNSET

    def must_be_right(self) -> None:
        """Refuse the body if anything in it is wrong."""
        if self.errors:
            raise Refused(self.errors)

    def _given(self, name: str, *, required: bool, null: bool, every: bool = False) -> Any:
        """Give the raw value of a field; UNSET if there is nothing to read, None if it is null and may be."""
        value = self.every(name) if every else self.raw(name)
        if value is UNSET and required:
            return self.wrong(name, REQUIRED)
        if value is None and not null:
            return self.wrong(name, NOT_NULL)
        return value

    def text(
        self,
        name: str,
        *,
        required: bool = False,
        null: bool = False,
        blank: bool = False,
        longest: int | None = None,
        trimmed: bool = True,
    ) -> str | UnsetType | None:
        """Read a text; numbers are taken for one."""
        value = self._given(name, required=required, null=null)
        if value is UNSET or value is None:
            return UNSET if value is UNSET else None
        text = as_text(value)
        if text is None:
            return self.wrong(name, NOT_A_STRING)
        text = text.strip() if trimmed else text
        fault = text_fault(text, blank=blank, longest=longest)
        return text if fault is None else self.wrong(name, fault)

    def integer(
        self,
        name: str,
        *,
        required: bool = False,
        null: bool = False,
        least: int | None = None,
        most: int | None = None,
    ) -> int | UnsetType | None:
        """Read an integer; "1" and 1.0 are taken for one."""
        value = self._given(name, required=required, null=null)
        if value is UNSET or value is None:
            return UNSET if value is UNSET else None
        number = as_integer(value)
        if number is None:
            return self.wrong(name, NOT_AN_INTEGER)
        if least is not None and number < least:
            return self.wrong(name, f"Ensure this value is greater than or equal to {least}.")
        if most is not None and number > most:
            return self.wrong(name, f"Ensure this value is less than or equal to {most}.")
        return number

    def boolean(self, name: str, *, required: bool = False, null: bool = False) -> bool | UnsetType | None:
        """Read a boolean; 1, "yes" and the like are taken for one."""
        value = self._given(name, required=required, null=null)
        if value is UNSET or value is None:
            return UNSET if value is UNSET else None
        if null and value in ("", "null"):
            return None
        truth = as_boolean(value)
        return truth if truth is not None else self.wrong(name, NOT_A_BOOLEAN)

    def choice(
        self, name: str, choices: Collection[str], *, required: bool = False, null: bool = False
    ) -> str | UnsetType | None:
        """Read one of *choices*."""
        value = self._given(name, required=required, null=null)
        if value is UNSET or value is None:
            return UNSET if value is UNSET else None
        if isinstance(value, str) and value in choices:
            return value
        return self.wrong(name, f'"{str(value)[:SHOWN_MAX]}" is not a valid choice.')

    def reference(
        self,
        name: str,
        kind: str,
        known: Container[int] | Callable[[int], bool],
        *,
        required: bool = False,
        null: bool = True,
    ) -> int | UnsetType | None:
        """Read the id of a thing of *kind*, which must be *known*; an empty text is null."""
        value = self.raw(name)
        if value == "" and null:
            return None
        value = self._given(name, required=required, null=null)
        if value is UNSET or value is None:
            return UNSET if value is UNSET else None
        found = spelled.read(kind, value)
        if found is None or not (known(found) if callable(known) else found in known):
            return self.wrong(name, NO_OBJECT)
        return found

    def listed(
        self,
        name: str,
        item: Callable[[Any], T | None] = lambda value: value,
        *,
        required: bool = False,
        null: bool = True,
        sentence: str = NOT_A_STRING,
    ) -> list[T] | UnsetType | None:
        """Read a list of what *item* makes of each value; what it makes None of is wrong."""
        value = self._given(name, required=required, null=null, every=True)
        if value is UNSET or value is None:
            return UNSET if value is UNSET else None
        if not isinstance(value, list):
            return self.wrong(name, f'Expected a list of items but got type "{type_name(value)}".')
        read = [item(each) for each in value]
        faults = {str(place): [sentence] for place, each in enumerate(read) if each is None}
        return self.wrong(name, faults) if faults else [each for each in read if each is not None]

    def references(
        self, name: str, kind: str, known: Container[int], *, required: bool = False, null: bool = True
    ) -> list[int] | UnsetType | None:
        """Read a list of ids of things of *kind*; those that are not *known* vanish, as do second ones."""
        value = self._given(name, required=required, null=null, every=True)
        if value is UNSET or value is None:
            return UNSET if value is UNSET else None
        if not isinstance(value, list):
            return self.wrong(name, f'Expected a list of items but got type "{type_name(value)}".')
        read = (spelled.read(kind, each) for each in value)
        return list(dict.fromkeys(each for each in read if each is not None and each in known))


def given(value: T | UnsetType | None, otherwise: T) -> T:
    """Give *value*, or what stands *otherwise* where there is none."""
    return otherwise if value is UNSET or value is None else value


def as_text(value: object) -> str | None:
    """Take a text, or a number for one; None for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def text_fault(text: str, *, blank: bool = False, longest: int | None = None) -> str | None:
    """Say what is wrong with a text, or None."""
    if not text and not blank:
        return NOT_BLANK
    if longest is not None and len(text) > longest:
        return f"Ensure this field has no more than {longest} characters."
    if "\0" in text:
        return "Null characters are not allowed."
    if (half := _SURROGATE.search(text)) is not None:
        return f"Surrogate characters are not allowed: U+{ord(half[0]):X}."
    return None


def as_integer(value: object) -> int | None:
    """Take an integer, a float without a fraction or digits; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, int):
        return value
    text = _NO_FRACTION.sub("", str(value))
    return int(text) if len(text) <= _DIGITS_MAX and _WHOLE.fullmatch(text) else None


def as_boolean(value: object) -> bool | None:
    """Take a boolean, or what is usually meant by one; None for anything else."""
    if not isinstance(value, bool | int | float | str):
        return None
    if isinstance(value, str):
        word = value if value in (value.lower(), value.upper(), value.capitalize()) else ""
        return True if word.lower() in _TRUE else False if word.lower() in _FALSE else None
    return True if value == 1 else False if value == 0 else None


def type_name(value: object) -> str:
    """Name the type of a JSON value as the vendor's sentences do."""
    return type(value).__name__
