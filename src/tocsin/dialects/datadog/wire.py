"""What requests and answers of several resources have in common."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tocsin.dialects.datadog.jsonapi import ToOne

NAME_LENGTH_MAX = 255
TEAMS_MAX = 50
TAGS_MAX = 50
PAGE_SIZE_MAX = 100

Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
ZoneName = Annotated[str, Meta(max_length=NAME_LENGTH_MAX, description="an IANA time zone")]
Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=255)]], Meta(max_length=TAGS_MAX)]
Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$", description="hh:mm:ss")]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
PageSize = Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX, description="how many on a page")]
PageNumber = Annotated[int, Meta(ge=0, le=1 << 31, description="which page, from 0")]


class TeamLink(msgspec.Struct, frozen=True):
    """Names a team."""

    id: str
    type: Literal["teams"]


class TeamLinks(msgspec.Struct, frozen=True):
    """Names teams; null is as good as none."""

    data: Annotated[list[TeamLink], Meta(max_length=TEAMS_MAX)] | None = None


class Relationships(msgspec.Struct, frozen=True):
    """What something belongs to."""

    teams: TeamLinks | None = None


class UserLink(msgspec.Struct, frozen=True):
    """Names a person."""

    id: str
    type: Literal["users"]


class UserLinkData(msgspec.Struct, frozen=True):
    """Names one person."""

    data: UserLink


class TimeRestriction(msgspec.Struct, frozen=True):
    """An unbroken span of the week; an end before the start wraps over the end of the week."""

    start_day: Weekday
    start_time: Clock
    end_day: Weekday
    end_time: Clock


class WhoseLinks(msgspec.Struct, frozen=True):
    """Who it is."""

    user: ToOne


class PagePlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where in a list a page of it stands; pages are counted from 0."""

    type: str = "number_size"
    number: int
    size: int
    total: int
    first_number: int = 0
    last_number: int
    prev_number: int | None
    next_number: int | None


class ListMeta(msgspec.Struct, frozen=True):
    """What there is to say about a list."""

    page: PagePlace


def place_of(*, number: int, size: int, total: int) -> ListMeta:
    """Say where page *number* of *size* stands in a list of *total*; it may lie behind the last one."""
    last = max(total - 1, 0) // size
    return ListMeta(
        PagePlace(
            number=number,
            size=size,
            total=total,
            last_number=last,
            prev_number=min(number - 1, last) if number else None,
            next_number=number + 1 if number < last else None,
        )
    )
