"""Notification dates over the wire: days as text, with one of three separators."""

import re
from datetime import date
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from tocsin.core.errors import Invalid

DATES_MAX: Final = 365

_DAY = re.compile(r"([0-9]{4})([/.-])([0-9]{1,2})\2([0-9]{1,2})")

Name = Annotated[str, Meta(min_length=1, max_length=256)]
Days = Annotated[
    list[Annotated[str, Meta(max_length=20, description="YYYY/MM/DD")]],
    Meta(min_length=1, max_length=DATES_MAX),
]


class DatesBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Dates under a name."""

    name: Name
    notice_dates: Days


class DeletedDates(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Dates to delete; they may be named by strategies when *skip_ref_check* is true."""

    notice_dates_uuids: Annotated[list[str], Meta(min_length=1, max_length=1_000)] = msgspec.field(
        name="noticeDatesUUIDs"
    )
    skip_ref_check: bool = False


def days(texts: list[str], path: str = "noticeDates") -> tuple[date, ...]:
    """Read days; raise Invalid for one that no calendar has."""
    return tuple(_day(text, f"{path}[{place}]") for place, text in enumerate(texts))


def show_days(found: tuple[date, ...], kept: Any) -> list[str]:
    """Write days: as they came, if these are still the same."""
    if isinstance(kept, list):
        try:
            if tuple(dict.fromkeys(days(kept))) == found:
                return kept
        except Invalid:
            pass
    return [each.strftime("%Y/%m/%d") for each in found]


def _day(text: str, path: str) -> date:
    match = _DAY.fullmatch(text)
    try:
        if match is not None:
            return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        pass
    raise Invalid(path, f"is {text!r}, which is no day", "must be a day like 2024/01/02")
