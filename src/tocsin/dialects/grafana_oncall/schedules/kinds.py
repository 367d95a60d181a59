"""Which of the three types a schedule has: as it was made here, or as what it is made of suggests."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tocsin.actions import extras
from tocsin.core.ids import ScheduleId
from tocsin.core.schedule import Schedule
from tocsin.dialects.grafana_oncall.handling import Ask

DIALECT: Final = "grafana_oncall"
SCHEDULE: Final = "schedule"
SHIFT: Final = "recurring shift"

WEB: Final = "web"
CALENDAR: Final = "calendar"
ICAL: Final = "ical"
TYPES: Final = (ICAL, CALENDAR, WEB)


def kept_of(ask: Ask, schedules: Sequence[ScheduleId]) -> Mapping[int, Mapping[str, Any]]:
    """Give what is kept beside each of *schedules*."""
    return extras.kept(ask.tx, ask.actor, schedules, dialect=DIALECT, kind=SCHEDULE)


def kinds_of(ask: Ask, schedules: Sequence[ScheduleId]) -> Mapping[ScheduleId, str]:
    """Tell the types of schedules that shifts are part of; one that was not made here is a web schedule."""
    kept = kept_of(ask, schedules)
    return {each: kept.get(each, {}).get("type", WEB) for each in schedules}


def kind_of(schedule: Schedule, kept: Mapping[str, Any]) -> str:
    """Tell the type of *schedule*."""
    known = kept.get("type")
    if known in TYPES:
        return str(known)
    own = any(not feed.overrides for feed in schedule.feeds)
    return ICAL if own and not schedule.shifts and not schedule.layers else WEB
