"""Recurring shifts in words: when they come back, for how long, and who has the duty. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from tocsin.core.because import listing, span
from tocsin.core.directory import Directory
from tocsin.core.ids import UserId
from tocsin.core.recurrence import DAYS, Frequency, Recurrence
from tocsin.core.recurring_shift import RecurringShift
from tocsin.web.differing import Words
from tocsin.web.recurring_forms import Placed

_PERIODS: Final = {
    Frequency.HOURLY: ("hourly", "hours"),
    Frequency.DAILY: ("daily", "days"),
    Frequency.WEEKLY: ("weekly", "weeks"),
    Frequency.MONTHLY: ("monthly", "months"),
    Frequency.YEARLY: ("yearly", "years"),
}
DAY_NAMES: Final = dict(zip(DAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
GROUPS_SHOWN_MAX: Final = 12


def words(placed: Placed, directory: Directory) -> Words:
    """Tell the whole of a shift, part by part."""
    shift = placed.shift
    team = directory.teams.get(shift.team) if shift.team is not None else None
    schedules = [directory.schedules[each].name for each in placed.schedules if each in directory.schedules]
    return {
        "Name": [shift.name] if shift.name else [],
        "Team": [team.name] if team is not None else [],
        "Part of": sorted(schedules),
        "When": when(shift),
        "Who": who(shift, directory),
        "Where it meets others": [rank(shift)],
    }


def when(shift: RecurringShift) -> list[str]:
    """Say when there is duty: "weekly on Mon and Fri", "from 2026-03-02 09:00, for 8 hours"."""
    zone = f", in {shift.time_zone}" if shift.time_zone else ""
    found = [*_rule(shift.rule), f"from {_clock(shift.start)}, for {span(shift.duration)}{zone}"]
    if shift.rule is not None and shift.rule.until is not None:
        found.append(f"beginning by {_clock(shift.rule.until)} for the last time")
    if shift.rotation_start is not None:
        cut = ", and what runs then counts from then on" if shift.cut else ""
        found.append(f"not before {_clock(shift.rotation_start)}{cut}")
    if shift.ends_at is not None:
        found.append(f"all of it ends on {shift.ends_at:%Y-%m-%d %H:%M} UTC")
    return found


def who(shift: RecurringShift, directory: Directory) -> list[str]:
    """Say who has the duty: one group, or several in turn."""
    told = [_group(group, directory) for group in shift.groups]
    if not shift.in_turn:
        return told or ["nobody"]
    first = f", beginning with group {shift.first_group + 1}" if shift.first_group else ""
    return [f"in turn{first}", *(f"{number}. {text}" for number, text in enumerate(told, 1))]


def rank(shift: RecurringShift) -> str:
    """Say what a shift decides over."""
    return "it decides over everything else" if shift.override else f"level {shift.level}"


def briefly(shift: RecurringShift, directory: Directory) -> str:
    """Say in one line when it comes and who has it."""
    groups = [_group(group, directory) for group in shift.groups[:GROUPS_SHOWN_MAX]]
    more = f" and {len(shift.groups) - len(groups)} more" if len(shift.groups) > len(groups) else ""
    people = (" → ".join(groups) if shift.in_turn else ", ".join(groups)) or "nobody"
    return f"{', '.join(_rule(shift.rule))}, {shift.start:%H:%M} for {span(shift.duration)}: {people}{more}"


def _rule(rule: Recurrence | None) -> list[str]:
    if rule is None:
        return ["once"]
    once, many = _PERIODS[rule.frequency]
    on = f" on {listing([_day(day) for day in rule.by_day])}" if rule.by_day else ""
    found = [f"{once if rule.interval == 1 else f'every {rule.interval} {many}'}{on}"]
    if rule.by_month:
        found.append(f"in {listing([MONTHS[month - 1] for month in rule.by_month])}")
    for name, numbers in (
        ("days of the month", rule.by_month_day),
        ("days of the year", rule.by_year_day),
        ("hours", rule.by_hour),
        ("minutes", rule.by_minute),
        ("of these, number", rule.by_position),
    ):
        if numbers:
            found.append(f"{name} {', '.join(map(str, numbers))}")
    if rule.week_start:
        found.append(f"weeks begin on {DAY_NAMES[DAYS[rule.week_start]]}")
    return found


def _day(text: str) -> str:
    """Name a day: "Mon", "the 1st Mon", "the last Fri"."""
    number, name = text[:-2], DAY_NAMES[text[-2:]]
    if not number:
        return name
    ordinals = {"1": "1st", "2": "2nd", "3": "3rd", "-1": "last"}
    return f"the {ordinals.get(number, f'{number}th')} {name}"


def _group(group: Sequence[UserId], directory: Directory) -> str:
    return listing(list(_names(group, directory)))


def _names(users: Iterable[UserId], directory: Directory) -> Iterable[str]:
    for user in users:
        known = directory.users.get(user)
        yield known.display_name if known is not None else "somebody who is gone"


def _clock(at: datetime) -> str:
    return at.isoformat(" ", timespec="seconds" if at.second else "minutes")
