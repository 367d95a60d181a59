"""Recurring shifts: duty that comes back by a rule of the calendar, of one group or several in turn.

A schedule names the shifts that it is made of; one shift may be part of many schedules. All its times are
what the clock on the wall shows in its zone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.core import recurrence
from tocsin.core.agenda import Series
from tocsin.core.errors import Invalid, check_text
from tocsin.core.ids import RecurringShiftId, TeamId, UserId, WorkspaceId
from tocsin.core.instants import DAY, FUTURE, PAST, micros
from tocsin.core.recurrence import DAYS, Frequency, Occurrences, Recurrence, wall_micros, weekday
from tocsin.core.zone import Zone, zone, zone_names

NAME_LENGTH_MAX = 255
GROUPS_MAX = 500
PEOPLE_MAX = 500  # in all groups together
LEVEL_MAX = 2_147_483_647
START_INDEX_MAX = 2_147_483_647
DURATION_MAX = timedelta(days=366)  # of what comes back
OVERLAPS_MAX = 50  # of occurrences of one shift
DURATION_ONCE_MAX = timedelta(days=36_525)

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringShift:
    """Duty from *start* for *duration* by the wall clock, coming back by *rule* if it has one.

    All people of a group are on call together, each once, and an empty group is nobody. *in_turn* the
    *groups* have the duty one after the other, each for one interval of the rule; of daily rules on chosen
    days, for as many of these days. Turn 0 is *first_group*'s; a number past the last means the first.
    Otherwise the first group always has it. There is no duty, and no turn, before the first occurrence to
    begin at or after *rotation_start*.

    *cut* lets the occurrence that runs at *rotation_start* count from then on, and cuts the last at the
    rule's end. *ends_at* is an instant at which all duty ends.

    Where shifts overlap the higher *level* decides and equal ones count together; one that is an *override*
    decides over them all. *time_zone* None means the schedule's.
    """

    id: RecurringShiftId
    workspace: WorkspaceId
    name: str = ""
    team: TeamId | None = None
    start: datetime
    duration: timedelta
    rule: Recurrence | None = None
    groups: tuple[tuple[UserId, ...], ...] = ()
    in_turn: bool = False
    first_group: int = 0
    rotation_start: datetime | None = None
    cut: bool = False
    ends_at: datetime | None = None
    level: int = 0
    override: bool = False
    time_zone: str | None = None

    @property
    def people(self) -> frozenset[UserId]:
        """Everybody in any of its groups."""
        return frozenset(user for group in self.groups for user in group)


def check(shift: RecurringShift, path: str = "") -> None:
    """Raise Invalid, naming the field under *path*, for a shift that cannot be kept."""
    under = f"{path}." if path else ""
    check_text(shift.name, f"{under}name", longest=NAME_LENGTH_MAX)
    if shift.rule is not None:
        recurrence.check(shift.rule, f"{under}rule")
        if _by_chosen_days(shift, shift.rule) and shift.rule.interval > len(set(shift.rule.by_day)):
            problem = f"is {shift.rule.interval}, more than there are days in by_day"
            raise Invalid(f"{under}rule.interval", problem, "must be at most their number")
    longest = DURATION_ONCE_MAX if shift.rule is None else longest_for(shift.rule)
    if not timedelta(0) < shift.duration <= longest:
        problem = f"is {shift.duration.total_seconds():.0f} s"
        remedy = f"must be 1 to {longest.total_seconds():.0f} seconds"
        raise Invalid(f"{under}duration", problem, remedy)
    if not -LEVEL_MAX <= shift.level <= LEVEL_MAX:
        raise Invalid(f"{under}level", f"is {shift.level}", f"must be {-LEVEL_MAX} to {LEVEL_MAX}")
    if not 0 <= shift.first_group <= START_INDEX_MAX:
        raise Invalid(f"{under}first_group", f"is {shift.first_group}", f"must be 0 to {START_INDEX_MAX}")
    if not shift.in_turn and len(shift.groups) > 1:
        raise Invalid(f"{under}groups", f"has {len(shift.groups)} entries", "must have one unless in turn")
    if len(shift.groups) > GROUPS_MAX:
        raise Invalid(f"{under}groups", f"has {len(shift.groups)} entries", f"must have at most {GROUPS_MAX}")
    if sum(map(len, shift.groups)) > PEOPLE_MAX:
        raise Invalid(f"{under}groups", f"names more than {PEOPLE_MAX} people", "must name fewer")
    if shift.time_zone is not None and shift.time_zone not in zone_names():
        problem = f"is {shift.time_zone[:NAME_LENGTH_MAX]!r}, which is no time zone"
        raise Invalid(f"{under}time_zone", problem, "must be an IANA name such as Europe/Berlin")


def longest_for(rule: Recurrence) -> timedelta:
    """Tell how long an occurrence may last by *rule*, so that not too many run at once."""
    periods = {Frequency.HOURLY: timedelta(hours=1), Frequency.DAILY: timedelta(days=1)}
    times = max(1, len(rule.by_hour)) * max(1, len(rule.by_minute))
    period = periods.get(rule.frequency, timedelta(days=7)) / times
    return min(DURATION_MAX, OVERLAPS_MAX * rule.interval * period)


def series_of(shift: RecurringShift, schedule_zone: str, place: int) -> Series | None:
    """Work *shift* out, as number *place* of a schedule; None when it never has anybody."""
    if not shift.people:
        return None
    where = zone(shift.time_zone or schedule_zone)
    each_once = tuple(tuple(dict.fromkeys(group)) for group in shift.groups)
    occurrences, begins, users = _turns(replace(shift, groups=each_once))
    since, until = PAST, FUTURE
    if shift.rotation_start is not None:
        since = where.instant(wall_micros(shift.rotation_start)) if shift.cut else begins - DAY
    if shift.cut and shift.rule is not None and shift.rule.until is not None:
        until = where.instant(wall_micros(shift.rule.until))
    if shift.ends_at is not None:
        until = min(until, micros(shift.ends_at))
    return Series(
        occurrences,
        where,
        duration=shift.duration // _MICROSECOND,
        users=users,
        place=place,
        since=since,
        until=until,
    )


def has_begun(shift: RecurringShift, schedule_zone: str, now: datetime) -> bool:
    """Tell whether duty of *shift* may have begun by *now*."""
    where: Zone = zone(shift.time_zone or schedule_zone)
    begins = shift.start if shift.rotation_start is None else max(shift.start, shift.rotation_start)
    return where.instant(wall_micros(begins)) <= micros(now)


def _turns(shift: RecurringShift) -> tuple[Occurrences, int, Callable[[int, int], tuple[UserId, ...]]]:
    """Give the occurrences, the wall-clock time of the first that counts, and whose one is."""
    start, rule, groups = wall_micros(shift.start), shift.rule, shift.groups
    first = shift.first_group if shift.in_turn and shift.first_group < len(groups) else 0
    if rule is None or not shift.in_turn:
        everybody = groups[first]
        occurrences = Occurrences(rule, start)
        begins = _first_to_count(shift, occurrences)
        low = FUTURE if begins is None else begins[0]
        return occurrences, low, lambda wall, _: everybody if wall >= low else ()
    if _by_chosen_days(shift, rule):
        return _days_in_turn(shift, rule, start)
    late = shift.rotation_start not in (None, shift.start)
    occurrences = Occurrences(rule, start if late else _aligned(rule, start))
    found = _first_to_count(shift, occurrences)
    begins_at, base = found if found is not None else (FUTURE, 0)

    def of_period(wall: int, period: int) -> tuple[UserId, ...]:
        return groups[(first + period - base) % len(groups)] if wall >= begins_at else ()

    return occurrences, begins_at, of_period


def _days_in_turn(
    shift: RecurringShift, rule: Recurrence, start: int
) -> tuple[Occurrences, int, Callable[[int, int], tuple[UserId, ...]]]:
    """Do the same for a daily rule on chosen days: a turn is so many of these days as the interval says."""
    groups, interval = shift.groups, rule.interval
    if shift.rotation_start in (None, shift.start):
        start = _aligned(rule, start)
    every_day = Recurrence(
        frequency=Frequency.DAILY,
        by_day=rule.by_day,
        by_month=rule.by_month,
        by_month_day=rule.by_month_day,
        until=rule.until,
    )
    occurrences = Occurrences(every_day, start)
    found = _first_to_count(shift, occurrences)
    begins_at = found[0] if found is not None else FUTURE
    chosen = sorted({DAYS.index(day[-2:]) for day in rule.by_day})
    before = [sum(day < each for day in chosen) for each in range(7)]

    def count(wall: int) -> int:
        """Count the chosen days up to that of *wall* from a Monday long ago."""
        return (wall // DAY + 3) // 7 * len(chosen) + before[weekday(wall)]

    base = count(begins_at) if found is not None else 0
    first = shift.first_group if shift.first_group < len(groups) else 0

    def of_day(wall: int, _: int) -> tuple[UserId, ...]:
        turn = (count(wall) - base) // interval
        return groups[(first + turn) % len(groups)] if wall >= begins_at else ()

    return occurrences, begins_at, of_day


def _first_to_count(shift: RecurringShift, occurrences: Occurrences) -> tuple[int, int] | None:
    """Find the occurrence with which turn 0 begins, and its period."""
    if shift.rotation_start is None:
        return occurrences.first(occurrences.start)
    low = wall_micros(shift.rotation_start)
    if shift.cut:
        low += 1 - shift.duration // _MICROSECOND
    return occurrences.first(low)


def _by_chosen_days(shift: RecurringShift, rule: Recurrence) -> bool:
    return shift.in_turn and rule.frequency is Frequency.DAILY and bool(rule.by_day)


def _aligned(rule: Recurrence, start: int) -> int:
    """Move *start* to the first chosen day of a week if it is on none of them."""
    chosen = {DAYS.index(day[-2:]) for day in rule.by_day}
    if not chosen or weekday(start) in chosen:
        return start
    first = min(chosen, key=lambda day: (day - rule.week_start) % 7)
    return start + (first - weekday(start)) % 7 * DAY
