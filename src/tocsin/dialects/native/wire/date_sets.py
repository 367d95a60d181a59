"""Sets of dates over the wire."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from tocsin.core.date_set import DATES_MAX, NAME_LENGTH_MAX, DateSet
from tocsin.core.ids import UNMADE, DateSetId, WorkspaceId, made_at
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.shapes import Body, View

SetName = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX, description="a name for people")]
SomeDates = Annotated[list[date], Meta(min_length=1, max_length=DATES_MAX)]


class NewDateSet(Body):
    """A new set of dates."""

    name: SetName
    dates: SomeDates


class DateSetChanges(Body):
    """What to change about a set of dates."""

    name: SetName | UnsetType = UNSET
    dates: SomeDates | UnsetType = UNSET


class DateSetView(View):
    """Dates that have a name."""

    id: str
    name: str
    dates: list[date]
    created_at: datetime


class DateSetList(View):
    """Some of the sets of dates."""

    date_sets: list[DateSetView]
    next: str | None
    total: int


def drafted(body: NewDateSet) -> DateSet:
    """Read a new set of dates."""
    return DateSet(
        id=DateSetId(UNMADE), workspace=WorkspaceId(UNMADE), name=body.name, dates=tuple(body.dates)
    )


def edited(was: DateSet, body: DateSetChanges) -> DateSet:
    """Apply changes to a set of dates."""
    return replace(
        was,
        name=was.name if body.name is UNSET else body.name,
        dates=was.dates if body.dates is UNSET else tuple(body.dates),
    )


def show_date_set(dates: DateSet) -> DateSetView:
    """Write a set of dates."""
    return DateSetView(
        id=native("date_set", dates.id),
        name=dates.name,
        dates=list(dates.dates),
        created_at=made_at(dates.id),
    )
