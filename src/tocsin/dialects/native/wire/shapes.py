"""What all bodies and answers have in common, and the kinds of text and number in them.

A field of a body that is not given is UNSET where that differs from null: a PATCH changes what it names.
"""

from datetime import datetime, timedelta
from typing import Annotated, dataclass_transform

import msgspec
from msgspec import Meta

from tocsin.core.errors import Invalid
from tocsin.core.instants import EPOCH, utc

SPAN_MAX_S = 366 * 86_400
INSTANT_MAX = EPOCH.replace(year=2200)

Name = Annotated[str, Meta(min_length=1, max_length=255, description="a name for people")]
Description = Annotated[str, Meta(max_length=1_000, description="what it is for")]
Id = Annotated[str, Meta(max_length=100, description="an id, in any spelling")]
TimeZone = Annotated[str, Meta(max_length=64, description="an IANA time zone such as Europe/Berlin")]
FilterText = Annotated[str, Meta(max_length=131_072, description="a filter; empty takes everything")]
Instant = Annotated[datetime, Meta(tz=True, description="an RFC 3339 time with its offset")]
Seconds = Annotated[int, Meta(ge=0, le=SPAN_MAX_S, description="whole seconds")]


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request says; a field that is not known is refused."""


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class View(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says; further fields may come in later versions."""


def instant(at: datetime, path: str) -> datetime:
    """Return *at* in UTC; raise Invalid for *path* outside the years that schedules and ids know."""
    try:
        moment = utc(at)
    except OverflowError:
        moment = None
    if moment is None or not EPOCH <= moment < INSTANT_MAX:
        raise Invalid(path, f"is {at.isoformat()}", f"must lie between 1970 and {INSTANT_MAX.year}")
    return moment


def instant_or_none(at: datetime | None, path: str) -> datetime | None:
    """Do the same where there may be none."""
    return None if at is None else instant(at, path)


def span(seconds: int) -> timedelta:
    """Turn whole seconds into a duration."""
    return timedelta(seconds=seconds)


def seconds(length: timedelta) -> int:
    """Turn a duration into whole seconds; what is less than one is left out."""
    return int(length.total_seconds())
