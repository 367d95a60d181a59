"""Times: any ISO 8601 in, UTC and whole seconds out."""

import re
from datetime import UTC, datetime

from tocsin.core.errors import Invalid

LENGTH_MAX = 64
FIRST = datetime(1, 1, 1, tzinfo=UTC)

_FORM = re.compile(
    r"[0-9][0-9W-]{6,9}(?:[T ][0-9]{2}[0-9:]*(?:[.,][0-9]+)?(?:Z|[+-][0-9:]{2,5})?)?",
    re.ASCII | re.IGNORECASE,
)
_FRACTION = re.compile(r"[.,][0-9]+")
_PLUS_LOST = re.compile(r"(T.*[0-9]) ([0-9]{2}:?[0-9]{2})", re.ASCII | re.IGNORECASE)


def read_time(text: str, path: str) -> datetime:
    """Read *text* into an instant, its fraction of a second cut off; without a zone it is UTC.

    A date alone is its midnight. Raise Invalid for *path* when it is none, or in no year from 1 to 9999.
    """
    if len(text) > LENGTH_MAX or _FORM.fullmatch(text) is None:
        raise _no_time(text, path)
    try:
        at = datetime.fromisoformat(_FRACTION.sub("", text).upper().replace(" ", "T"))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _no_time(text, path) from None


def read_query_time(text: str, path: str) -> datetime:
    """Do the same for a time in a query, where a ``+`` that was not encoded has become a space."""
    return read_time(_PLUS_LOST.sub(r"\1+\2", text), path)


def show_time(at: datetime) -> str:
    """Write an instant, ``2014-04-15T04:00:00Z``."""
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _no_time(text: str, path: str) -> Invalid:
    shown = repr(text) if len(text) <= LENGTH_MAX else f"text of {len(text)} characters"
    return Invalid(path, f"is {shown}", "must be an ISO 8601 time, like 2014-04-15T04:00:00Z")
