"""On-call shifts to and fro: what the vendor's fields mean for a recurring shift, and back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from msgspec import UNSET

from tocsin.core.ids import UNMADE, RecurringShiftId, ScheduleId, TeamId, UserId, WorkspaceId
from tocsin.core.recurrence import DAYS, Frequency, Recurrence
from tocsin.core.recurring_shift import RecurringShift
from tocsin.dialects.grafana_oncall.schedules.shift_fields import (
    OVERRIDE,
    RECURRENT,
    ROLLING,
    SINGLE,
    WEB_SOURCE,
    Values,
    show_time,
)
from tocsin.dialects.grafana_oncall.schedules.wire import Shift
from tocsin.dialects.grafana_oncall.spelled import write, write_or_none

ROTATION_START: Final = "rotation_start"  # kept beside the shift where it means nothing to it


def type_of(shift: RecurringShift) -> str:
    """Name the type of *shift*."""
    if shift.override:
        return OVERRIDE
    if shift.rule is None:
        return SINGLE
    return ROLLING if shift.in_turn else RECURRENT


def values_of(shift: RecurringShift) -> Values:
    """Tell what the fields of *shift* are, as a body would say it."""
    rule = shift.rule
    return {
        "type": type_of(shift),
        "name": shift.name,
        "team_id": shift.team,
        "time_zone": shift.time_zone,
        "level": shift.level,
        "start": shift.start,
        "duration": shift.duration,
        "rotation_start": shift.rotation_start,
        "frequency": None if rule is None else rule.frequency,
        "interval": None if rule is None else rule.interval,
        "until": None if rule is None else rule.until,
        "week_start": None if rule is None else DAYS[rule.week_start],
        "by_day": None if rule is None else list(rule.by_day),
        "by_month": None if rule is None else list(rule.by_month),
        "by_monthday": None if rule is None else list(rule.by_month_day),
        "users": list(dict.fromkeys(user for group in shift.groups[:1] for user in group)),
        "rolling_users": [list(group) for group in shift.groups],
        "start_rotation_from_user_index": shift.first_group if shift.in_turn else None,
        "source": WEB_SOURCE if shift.cut else 1,
    }


def shift_of(values: Values, was: RecurringShift | None) -> RecurringShift:
    """Make a shift of what its fields say."""
    kind = values["type"]
    blank = RecurringShift(
        id=RecurringShiftId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        start=values["start"],
        duration=timedelta(seconds=1),
    )
    team = values.get("team_id")
    rolling = kind == ROLLING
    cut = values.get("source") == WEB_SOURCE
    rotation_start = values.get("rotation_start")
    people = values.get("rolling_users") if rolling else [values.get("users") or []]
    return replace(
        was or blank,
        name=values.get("name") or "",
        team=None if team is None else TeamId(team),
        start=values["start"],
        duration=values["duration"],
        rule=_rule(values, (was.rule if was is not None else None)) if kind in (RECURRENT, ROLLING) else None,
        groups=tuple(tuple(UserId(user) for user in group) for group in people or ()),
        in_turn=rolling,
        first_group=(values.get("start_rotation_from_user_index") or 0) if rolling else 0,
        rotation_start=rotation_start if (rolling or (cut and kind == RECURRENT)) else None,
        cut=cut and kind in (RECURRENT, ROLLING),
        level=0 if kind == OVERRIDE else values.get("level") or 0,
        override=kind == OVERRIDE,
        time_zone=values.get("time_zone"),
    )


def beside(values: Values, shift: RecurringShift) -> dict[str, Any]:
    """Tell what of the fields means nothing to *shift*, and is given back as it came."""
    given = values.get("rotation_start")
    return {} if given is None or shift.rotation_start is not None else {ROTATION_START: show_time(given)}


def show_shift(shift: RecurringShift, schedule: ScheduleId | None, kept: Mapping[str, Any]) -> Shift:
    """Write a shift with the fields of its type."""
    kind, rule = type_of(shift), shift.rule
    rotation_start = show_time(shift.rotation_start or shift.start)
    if shift.rotation_start is None:
        rotation_start = kept.get(ROTATION_START, rotation_start)
    people = [[write("user", user) for user in group] for group in shift.groups]
    comes_back = rule is not None and not shift.override
    weekly = rule is not None and rule.frequency is Frequency.WEEKLY
    return Shift(
        id=write("shift", shift.id),
        team_id=write_or_none("team", shift.team),
        schedule=write_or_none("schedule", schedule),
        name=shift.name or None,
        type=kind,
        time_zone=shift.time_zone,
        level=UNSET if shift.override else shift.level,
        start=show_time(shift.start),
        duration=int(shift.duration.total_seconds()),
        rotation_start=rotation_start,
        frequency=rule.frequency.value if rule is not None and comes_back else UNSET,
        interval=rule.interval if rule is not None and comes_back else UNSET,
        until=_until(rule) if rule is not None and comes_back else UNSET,
        week_start=DAYS[rule.week_start] if rule is not None and comes_back and weekly else UNSET,
        by_day=list(rule.by_day) or None if rule is not None and comes_back else UNSET,
        by_month=list(rule.by_month) or None if rule is not None and comes_back else UNSET,
        by_monthday=list(rule.by_month_day) or None if rule is not None and comes_back else UNSET,
        users=UNSET if kind == ROLLING else (people[0] if people else []),
        rolling_users=people or None if kind == ROLLING else UNSET,
        start_rotation_from_user_index=shift.first_group if kind == ROLLING else UNSET,
    )


def _rule(values: Values, was: Recurrence | None) -> Recurrence:
    """Make the rule; what this API has no field for stays as it was."""
    week_start = values.get("week_start")
    rule = Recurrence(
        frequency=values["frequency"],
        interval=values.get("interval") or 1,
        by_day=tuple(values.get("by_day") or ()),
        by_month=tuple(values.get("by_month") or ()),
        by_month_day=tuple(values.get("by_monthday") or ()),
        week_start=0 if week_start is None else DAYS.index(week_start),
        until=values.get("until"),
    )
    if was is None:
        return rule
    return replace(
        rule,
        by_year_day=was.by_year_day,
        by_hour=was.by_hour,
        by_minute=was.by_minute,
        by_position=was.by_position,
    )


def _until(rule: Recurrence) -> str | None:
    return None if rule.until is None else show_time(rule.until)
