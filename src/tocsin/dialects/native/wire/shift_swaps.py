"""Shift swaps over the wire."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from tocsin.core.ids import UNMADE, ScheduleId, ShiftSwapId, UserId, WorkspaceId, made_at
from tocsin.core.shift_swap import DESCRIPTION_LENGTH_MAX, ShiftSwap
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.shapes import Body, Id, Instant, View, instant
from tocsin.dialects.native.wire.spelled import reference, spelled

WORDS: Words = (
    (re.compile(r"^schedule$"), "schedule_id"),
    (re.compile(r"^beneficiary$"), "beneficiary_id"),
    (re.compile(r"^benefactor$"), "benefactor_id"),
)

About = Annotated[str, Meta(max_length=DESCRIPTION_LENGTH_MAX, description="what it is about")]


class NewShiftSwap(Body):
    """A wish that somebody take over *beneficiary_id*'s duty."""

    schedule_id: Id
    starts_at: Instant
    ends_at: Instant
    beneficiary_id: Id
    description: About = ""


class ShiftSwapChanges(Body):
    """What to change about a shift swap."""

    starts_at: Instant | UnsetType = UNSET
    ends_at: Instant | UnsetType = UNSET
    description: About | UnsetType = UNSET


class TakeSwap(Body):
    """Who takes it over."""

    benefactor_id: Id


class ShiftSwapView(View):
    """A wish that somebody take over, and who did."""

    id: str
    schedule_id: str
    starts_at: datetime
    ends_at: datetime
    beneficiary_id: str
    benefactor_id: str | None
    description: str
    status: Literal["open", "taken", "past_due"]
    created_at: datetime
    updated_at: datetime


class ShiftSwapList(View):
    """Some of the shift swaps."""

    shift_swaps: list[ShiftSwapView]
    next: str | None
    total: int


def drafted(body: NewShiftSwap, now: datetime) -> ShiftSwap:
    """Read a new shift swap."""
    return ShiftSwap(
        id=ShiftSwapId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        schedule=ScheduleId(reference(body.schedule_id, "schedule", "schedule_id")),
        starts_at=instant(body.starts_at, "starts_at"),
        ends_at=instant(body.ends_at, "ends_at"),
        beneficiary=UserId(reference(body.beneficiary_id, "user", "beneficiary_id")),
        description=body.description,
        updated_at=now,
    )


def edited(was: ShiftSwap, body: ShiftSwapChanges) -> ShiftSwap:
    """Apply changes to a shift swap."""
    return replace(
        was,
        starts_at=was.starts_at if body.starts_at is UNSET else instant(body.starts_at, "starts_at"),
        ends_at=was.ends_at if body.ends_at is UNSET else instant(body.ends_at, "ends_at"),
        description=was.description if body.description is UNSET else body.description,
    )


def benefactor(body: TakeSwap) -> UserId:
    """Read who takes over."""
    return UserId(reference(body.benefactor_id, "user", "benefactor_id"))


def show_shift_swap(swap: ShiftSwap, now: datetime) -> ShiftSwapView:
    """Write a shift swap as it stands at *now*."""
    return ShiftSwapView(
        id=native("shift_swap", swap.id),
        schedule_id=native("schedule", swap.schedule),
        starts_at=swap.starts_at,
        ends_at=swap.ends_at,
        beneficiary_id=native("user", swap.beneficiary),
        benefactor_id=spelled("user", swap.benefactor),
        description=swap.description,
        status=swap.status(now).value,
        created_at=made_at(swap.id),
        updated_at=swap.updated_at,
    )
