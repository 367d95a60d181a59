"""Silences over the wire."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from tocsin.core.filters import parse
from tocsin.core.ids import UNMADE, ServiceId, SilenceId, WorkspaceId, made_at
from tocsin.core.silence import Silence
from tocsin.core.spelling import native
from tocsin.dialects.native.wire import windows
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.shapes import (
    Body,
    FilterText,
    Id,
    Instant,
    Name,
    View,
    instant,
    instant_or_none,
)
from tocsin.dialects.native.wire.spelled import all_spelled, references, spelled
from tocsin.dialects.native.wire.windows import Window, show_window_or_none, window_or_none

WORDS: Words = ((re.compile(r"^services\b"), "service_ids"), *windows.WORDS)

Comment = Annotated[str, Meta(max_length=1_000, description="why")]
ServiceIds = Annotated[list[Id], Meta(max_length=1_000, description="none of them means every service")]


class NewSilence(Body):
    """A new silence; it begins at once if *starts_at* is not given, and ends when it is ended."""

    name: Name
    comment: Comment = ""
    filter: FilterText = ""
    service_ids: ServiceIds = field(default_factory=list)
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    recurring: Annotated[Window | None, Meta(description="only at these times")] = None


class SilenceChanges(Body):
    """What to change about a silence."""

    name: Name | UnsetType = UNSET
    comment: Comment | UnsetType = UNSET
    filter: FilterText | UnsetType = UNSET
    service_ids: ServiceIds | UnsetType = UNSET
    starts_at: Instant | UnsetType = UNSET
    ends_at: Instant | UnsetType | None = UNSET
    recurring: Window | UnsetType | None = UNSET


class SilenceView(View):
    """When matching alerts open, are seen, and page nobody; *created_by* is null for the server itself."""

    id: str
    name: str
    comment: str
    filter: str
    service_ids: list[str]
    starts_at: datetime
    ends_at: datetime | None
    recurring: Window | None
    created_by: str | None
    created_at: datetime


class SilenceList(View):
    """Some of the silences."""

    silences: list[SilenceView]
    next: str | None
    total: int


def drafted(body: NewSilence, now: datetime) -> Silence:
    """Read a new silence; raise Invalid for a filter, an id or a time that is none."""
    return Silence(
        id=SilenceId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=body.name,
        comment=body.comment,
        filter=parse(body.filter),
        services=_services(body.service_ids),
        starts_at=instant_or_none(body.starts_at, "starts_at") or now,
        ends_at=instant_or_none(body.ends_at, "ends_at"),
        recurring=window_or_none(body.recurring),
    )


def edited(was: Silence, body: SilenceChanges) -> Silence:
    """Apply changes to a silence; raise Invalid for a filter, an id or a time that is none."""
    ends_at, recurring = body.ends_at, body.recurring
    return replace(
        was,
        name=was.name if body.name is UNSET else body.name,
        comment=was.comment if body.comment is UNSET else body.comment,
        filter=was.filter if body.filter is UNSET else parse(body.filter),
        services=was.services if body.service_ids is UNSET else _services(body.service_ids),
        starts_at=was.starts_at if body.starts_at is UNSET else instant(body.starts_at, "starts_at"),
        ends_at=was.ends_at if ends_at is UNSET else instant_or_none(ends_at, "ends_at"),
        recurring=was.recurring if recurring is UNSET else window_or_none(recurring),
    )


def show_silence(silence: Silence) -> SilenceView:
    """Write a silence."""
    return SilenceView(
        id=native("silence", silence.id),
        name=silence.name,
        comment=silence.comment,
        filter=silence.filter.text,
        service_ids=all_spelled("service", sorted(silence.services)),
        starts_at=silence.starts_at,
        ends_at=silence.ends_at,
        recurring=show_window_or_none(silence.recurring),
        created_by=spelled("user", silence.created_by),
        created_at=made_at(silence.id),
    )


def _services(given: list[str]) -> frozenset[ServiceId]:
    return frozenset(map(ServiceId, references(given, "service", "service_ids")))
