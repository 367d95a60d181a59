"""Recurring shifts around clock changes, and a plain second opinion: every occurrence since the beginning."""

from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from dateutil import rrule
from hypothesis import strategies as st

from schedule_worlds import CLOCK_CHANGES
from tocsin.core.ids import RecurringShiftId, ScheduleId, UserId, WorkspaceId
from tocsin.core.recurrence import DAYS, Frequency, Recurrence
from tocsin.core.recurring_shift import RecurringShift
from tocsin.core.schedule import Schedule

ANA, BEN, CLEO = UserId(1), UserId(2), UserId(3)
PEOPLE = (ANA, BEN, CLEO)
FREQUENCIES = {
    Frequency.HOURLY: rrule.HOURLY,
    Frequency.DAILY: rrule.DAILY,
    Frequency.WEEKLY: rrule.WEEKLY,
    Frequency.MONTHLY: rrule.MONTHLY,
}
ZONES = tuple(CLOCK_CHANGES)


def wall(text):
    """Read what a clock shows."""
    return datetime.fromisoformat(text)


def shift(start, hours, *groups, number=1, rule=None, **rest):
    """Make a recurring shift of *groups*, in turn when there are several."""
    rest.setdefault("in_turn", len(groups) > 1)
    return RecurringShift(
        id=RecurringShiftId(number),
        workspace=WorkspaceId(1),
        name=f"shift {number}",
        start=wall(start),
        duration=timedelta(hours=hours),
        rule=rule,
        groups=tuple(group if isinstance(group, tuple) else (group,) for group in groups),
        **rest,
    )


def every(frequency, interval=1, **rest):
    """Make a rule."""
    return Recurrence(frequency=Frequency(frequency), interval=interval, **rest)


def of_shifts(*shifts, zone="UTC", **rest):
    """Make a schedule of recurring shifts."""
    return Schedule(
        id=ScheduleId(1), workspace=WorkspaceId(1), name="primary", time_zone=zone, shifts=shifts, **rest
    )


def instant_of(wall_time, zone_name):
    """Find the instant of a wall-clock time: in a gap as much later, of a repeated hour the first."""
    return wall_time.replace(tzinfo=ZoneInfo(zone_name)).astimezone(UTC)


def occurrences(shift, zone_name, until):
    """List (begins, ends, people) of every occurrence of *shift* that begins before *until*, plainly."""
    zone_name = shift.time_zone or zone_name
    rule, groups = shift.rule, shift.groups
    if rule is None:
        walls = [(shift.start, 0)]
    else:
        walls = _numbered(shift, rule, until.replace(tzinfo=None) + timedelta(days=2))
    found = []
    base = None
    for begins, period in walls:
        starts_at = instant_of(begins, zone_name)
        ends_at = instant_of(begins + shift.duration, zone_name)
        rotation = shift.rotation_start
        if (
            rotation is not None
            and begins < rotation
            and not (shift.cut and begins + shift.duration > rotation)
        ):
            continue
        base = period if base is None else base
        first = shift.first_group if shift.first_group < len(groups) else 0
        people = groups[(first + period - base) % len(groups)] if shift.in_turn else groups[0]
        if shift.cut and rotation is not None:
            starts_at = max(starts_at, instant_of(rotation, zone_name))
        if shift.cut and rule is not None and rule.until is not None:
            ends_at = min(ends_at, instant_of(rule.until, zone_name))
        if starts_at < ends_at:
            found.append((starts_at, ends_at, people))
    return found


def _numbered(shift, rule, until):
    """Number the turn of each occurrence by counting periods, or chosen days, one by one."""
    start = shift.start
    chosen_days = shift.in_turn and rule.frequency is Frequency.DAILY and rule.by_day
    if shift.in_turn and rule.by_day and shift.rotation_start in (None, start):
        in_week = [(rule.week_start + place) % 7 for place in range(7)]
        wanted = {DAYS.index(day) for day in rule.by_day}
        if start.weekday() not in wanted:
            first = next(day for day in in_week if day in wanted)
            while start.weekday() != first:
                start += timedelta(days=1)
    plain = rrule.rrule(
        FREQUENCIES[rule.frequency],
        dtstart=start,
        interval=1 if chosen_days else rule.interval,
        wkst=rule.week_start,
        until=min(rule.until or until, until),
        bymonthday=rule.by_month_day or None,
        byweekday=[getattr(rrule, day) for day in rule.by_day] or None,
    )
    if chosen_days:
        numbers = (place // rule.interval for place in count())
        rotation = shift.rotation_start
        counted = [
            each
            for each in plain
            if rotation is None or each >= rotation or (shift.cut and each + shift.duration > rotation)
        ]
        return list(zip(counted, numbers, strict=False))
    return [(each, _period(rule, start, each)) for each in plain]


def _period(rule, start, moment):
    """Count the periods from that of *start* to that of *moment*."""
    match rule.frequency:
        case Frequency.HOURLY:
            return (moment - start) // timedelta(hours=rule.interval)
        case Frequency.DAILY:
            return (moment.date() - start.date()).days // rule.interval
        case Frequency.WEEKLY:
            first, then = (_week_begins(each, rule.week_start) for each in (start, moment))
            return (then - first).days // (7 * rule.interval)
        case _:
            months = (moment.year - start.year) * 12 + moment.month - start.month
            return months // rule.interval


def _week_begins(moment, week_start):
    return moment.date() - timedelta(days=(moment.weekday() - week_start) % 7)


def on_call_plainly(shifts, zone_name, at):
    """Tell who is on call at *at*: of all occurrences that hold it, those of the highest rank."""
    holding = [
        ((each.override, 0 if each.override else each.level), people)
        for each in shifts
        for begins, ends, people in occurrences(each, zone_name, at + timedelta(days=1))
        if begins <= at < ends and people
    ]
    top = max((rank for rank, _ in holding), default=None)
    return {user for rank, people in holding if rank == top for user in people}


@st.composite
def recurring_shifts(draw, about, number):
    """Make a shift that comes back around the wall-clock moment *about*."""
    frequency = draw(st.sampled_from(list(FREQUENCIES)))
    back = {
        Frequency.HOURLY: 30,
        Frequency.DAILY: 24 * 9,
        Frequency.WEEKLY: 24 * 40,
        Frequency.MONTHLY: 24 * 100,
    }
    start = about - timedelta(minutes=30 * draw(st.integers(0, 2 * back[frequency])))
    by_day = draw(
        st.just(()) | st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True).map(tuple)
    )
    days = st.lists(st.sampled_from([1, 2, 15, 28, 29, 31, -1]), min_size=1, max_size=3, unique=True).map(
        tuple
    )
    groups = draw(
        st.lists(st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True), min_size=1, max_size=3)
    )
    in_turn = draw(st.booleans())
    monthly = frequency is Frequency.MONTHLY
    interval = draw(st.integers(1, max(1, len(by_day)) if frequency is Frequency.DAILY else 3))
    rule = Recurrence(
        frequency=frequency,
        interval=interval,
        by_day=() if monthly else by_day,
        by_month_day=draw(st.just(()) | days) if monthly else (),
        week_start=draw(st.sampled_from([0, 6])),
        until=draw(st.none() | st.just(about + timedelta(hours=draw(st.integers(-48, 48))))),
    )
    longest = {Frequency.HOURLY: 8, Frequency.DAILY: 80, Frequency.WEEKLY: 400, Frequency.MONTHLY: 1_000}
    rotates = draw(st.none() | st.integers(0, 400))
    return RecurringShift(
        id=RecurringShiftId(number),
        workspace=WorkspaceId(1),
        name=f"shift {number}",
        start=start,
        duration=timedelta(minutes=30 * draw(st.integers(1, longest[frequency]))),
        rule=draw(st.sampled_from([rule, rule, rule, None])),
        groups=tuple(map(tuple, groups if in_turn else groups[:1])),
        in_turn=in_turn,
        first_group=draw(st.integers(0, 4)) if in_turn else 0,
        rotation_start=None if rotates is None else start + timedelta(minutes=30 * rotates),
        cut=draw(st.booleans()),
        level=draw(st.integers(0, 2)),
        override=draw(st.sampled_from([False, False, False, True])),
        time_zone=draw(st.none() | st.sampled_from(ZONES)),
    )


@st.composite
def worlds(draw):
    """Make a schedule of a few shifts in one zone, and an instant at which a clock changes there."""
    zone_name = draw(st.sampled_from(ZONES))
    changes_at = datetime.fromisoformat(draw(st.sampled_from(CLOCK_CHANGES[zone_name])))
    about = changes_at.astimezone(ZoneInfo(zone_name)).replace(tzinfo=None, minute=0)
    shifts = [draw(recurring_shifts(about, number)) for number in range(1, 1 + draw(st.integers(1, 3)))]
    return of_shifts(*shifts, zone=zone_name), changes_at
