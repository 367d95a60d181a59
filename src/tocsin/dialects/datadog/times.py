"""Times: RFC 3339 in, with any offset; in UTC out, or as the clocks of a zone show them."""

import re
from datetime import UTC, datetime, timedelta, timezone

from tocsin.core.calendar import in_zone
from tocsin.core.errors import Invalid
from tocsin.core.instants import EPOCH

# A day from either end of what a datetime can name: so that an instant has a wall clock in every zone.
FIRST = datetime(1, 1, 2, tzinfo=UTC)
LAST = datetime(9999, 12, 30, tzinfo=UTC)
LENGTH_MAX = 64

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII
)
_PLUS_LOST = re.compile(r"(.*\d) (\d\d:\d\d)", re.ASCII)
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)


def read_time(text: str, path: str) -> datetime:
    """Read an RFC 3339 time into an instant in UTC, what is finer than a microsecond cut off.

    Raise Invalid for *path* when it is none, has no offset, or lies outside the years 1 to 9999.
    """
    match = _TIME.fullmatch(text) if len(text) <= LENGTH_MAX else None
    if match is None:
        raise _no_time(text, path)
    year, month, day, hour, minute, second, fraction, _, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        wall = datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second),
            int((fraction or "")[:6].ljust(6, "0")),
            tzinfo=timezone(-offset if sign == "-" else offset),
        )
        at = wall.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _no_time(text, path) from None
    if int(minutes or 0) > 59 or not FIRST <= at <= LAST:
        raise _no_time(text, path)
    return at


def read_query_time(text: str, path: str) -> datetime:
    """Do the same for a time in a query, where a ``+`` that was not encoded has become a space."""
    return read_time(_PLUS_LOST.sub(r"\1+\2", text), path)


def show_utc(at: datetime) -> str:
    """Write an instant in UTC, ``2026-03-06T09:00:00.887Z``; a fraction of zeros is left out."""
    return _shown(at.astimezone(UTC))


def show_in(zone: str, at: datetime) -> str:
    """Write an instant with the offset that *zone* has then: ``2026-03-06T04:00:00-05:00``."""
    local = in_zone(zone, at)
    offset = local.utcoffset() or timedelta(0)
    # Offsets of before there were zones had seconds, which the format has not.
    return show_utc(at) if not offset or offset % _MINUTE else _shown(local)


def unix_seconds(at: datetime) -> int:
    """Count the whole seconds from 1970 to *at*."""
    return (at - EPOCH) // _SECOND


def _shown(at: datetime) -> str:
    text = at.replace(microsecond=0).isoformat()
    whole, offset = text[:19], text[19:]
    fraction = f".{at.microsecond:06d}".rstrip("0") if at.microsecond else ""
    return f"{whole}{fraction}{'Z' if offset == '+00:00' else offset}"


def _no_time(text: str, path: str) -> Invalid:
    shown = repr(text) if len(text) <= LENGTH_MAX else f"text of {len(text)} characters"
    return Invalid(path, f"is {shown}", "must be an RFC 3339 time with its offset, like 2026-03-01T12:00:00Z")
