"""On-call shifts, schedules and shift swaps as JSON has them."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """Duty that comes once or comes back; which fields are there depends on its type."""

    id: str
    team_id: str | None
    schedule: str | None
    name: str | None
    type: str
    time_zone: str | None
    level: int | UnsetType = UNSET
    start: str
    duration: int
    rotation_start: str
    frequency: str | UnsetType = UNSET
    interval: int | UnsetType | None = UNSET
    until: str | UnsetType | None = UNSET
    week_start: str | UnsetType = UNSET
    by_day: list[str] | UnsetType | None = UNSET
    by_month: list[int] | UnsetType | None = UNSET
    by_monthday: list[int] | UnsetType | None = UNSET
    users: list[str] | UnsetType = UNSET
    rolling_users: list[list[str]] | UnsetType | None = UNSET
    start_rotation_from_user_index: int | UnsetType | None = UNSET


class ShiftBody(msgspec.Struct, kw_only=True):
    """What to make, or to change, of an on-call shift."""

    name: str | None = None
    type: str | None = None
    team_id: str | None = None
    time_zone: str | None = None
    level: int | None = None
    start: str | None = None
    duration: int | None = None
    rotation_start: str | None = None
    frequency: str | None = None
    interval: int | None = None
    until: str | None = None
    week_start: str | None = None
    by_day: list[str] | None = None
    by_month: list[int] | None = None
    by_monthday: list[int] | None = None
    users: list[str] | None = None
    rolling_users: list[list[str]] | None = None
    start_rotation_from_user_index: int | None = None
    source: int | None = None


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on call over time; which fields are there depends on its type."""

    id: str
    type: str
    team_id: str | None
    name: str
    time_zone: str | UnsetType = UNSET
    on_call_now: list[str]
    shifts: list[str] | UnsetType = UNSET
    ical_url_primary: str | UnsetType | None = UNSET
    ical_url_overrides: str | UnsetType | None = UNSET
    enable_web_overrides: bool | UnsetType = UNSET
    slack: Any


class ScheduleBody(msgspec.Struct, kw_only=True):
    """What to make, or to change, of a schedule."""

    name: str | None = None
    type: str | None = None
    team_id: str | None = None
    time_zone: str | None = None
    shifts: list[str] | None = None
    ical_url_primary: str | None = None
    ical_url_overrides: str | None = None
    enable_web_overrides: bool | None = None
    slack: Any = None


class FinalShift(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of duty of one user, when all is said."""

    user_pk: str
    user_email: str
    user_username: str
    shift_start: str
    shift_end: str


class Swap(msgspec.Struct, frozen=True, kw_only=True):
    """A request that somebody take over duty."""

    id: str
    created_at: str
    updated_at: str
    status: str
    schedule: str
    swap_start: str
    swap_end: str
    description: str | None
    beneficiary: Any
    benefactor: Any
    shifts: list[Any] | UnsetType = UNSET


class SwapBody(msgspec.Struct, kw_only=True):
    """What to ask for."""

    schedule: str | None = None
    swap_start: str | None = None
    swap_end: str | None = None
    beneficiary: str | None = None
    description: str | None = None


class TakeBody(msgspec.Struct, kw_only=True):
    """Who takes it over."""

    benefactor: str | None = None
