"""Who is on call, over the wire: now, and over time."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from tocsin.core.ids import ScheduleId, UserId
from tocsin.core.instants import Window
from tocsin.core.people import User
from tocsin.core.schedule import Shift
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.shapes import View
from tocsin.dialects.native.wire.spelled import spelled
from tocsin.dialects.native.wire.users import PersonView, show_person

WORDS: Words = ((re.compile(r"^starts_at$"), "from"), (re.compile(r"^ends_at$"), "to"))

Users = Mapping[UserId, User]


class ShiftView(View):
    """A stretch in which somebody is on call, and by what.

    It is a turn of a layer, a recurring shift or a feed, an override, or an override or a swap within these.
    """

    user: PersonView
    starts_at: datetime | None
    ends_at: datetime | None
    layer_id: str | None
    override_id: str | None
    recurring_shift_id: str | None
    feed_id: str | None
    shift_swap_id: str | None


class GapView(View):
    """A stretch in which nobody is on call."""

    starts_at: datetime
    ends_at: datetime


class OnCallView(View):
    """Who is on call for a schedule at an instant, who was before, and who is next."""

    schedule_id: str
    at: datetime
    on_call: list[ShiftView]
    next: list[ShiftView]
    previous: list[ShiftView]


class TimelineView(View):
    """The shifts of a schedule in a span of time, and the gaps between them."""

    schedule_id: str
    shifts: list[ShiftView]
    gaps: list[GapView]


def show_on_call(
    schedule: ScheduleId,
    at: datetime,
    *,
    current: Sequence[Shift],
    following: Sequence[Shift],
    previous: Sequence[Shift],
    users: Users,
) -> OnCallView:
    """Write who is on call."""
    return OnCallView(
        schedule_id=native("schedule", schedule),
        at=at,
        on_call=_shifts(current, users),
        next=_shifts(following, users),
        previous=_shifts(previous, users),
    )


def show_timeline(
    schedule: ScheduleId, shifts: Sequence[Shift], gaps: Sequence[Window], users: Users
) -> TimelineView:
    """Write the shifts and gaps of a span of time."""
    return TimelineView(
        schedule_id=native("schedule", schedule),
        shifts=_shifts(shifts, users),
        gaps=[GapView(starts_at=each.starts_at, ends_at=each.ends_at) for each in gaps],
    )


def _shifts(shifts: Sequence[Shift], users: Users) -> list[ShiftView]:
    return [
        ShiftView(
            user=show_person(shift.user, users.get(shift.user)),
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            layer_id=spelled("layer", shift.layer),
            override_id=spelled("override", shift.override),
            recurring_shift_id=spelled("recurring_shift", shift.recurring_shift),
            feed_id=spelled("feed", shift.feed),
            shift_swap_id=spelled("shift_swap", shift.swap),
        )
        for shift in shifts
    ]
