"""The form of a recurring shift: what it holds, and the shift that is made of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from tocsin.core.calendar import in_zone, known_zone
from tocsin.core.errors import Invalid
from tocsin.core.ids import UNMADE, RecurringShiftId, ScheduleId, TeamId, UserId, WorkspaceId
from tocsin.core.recurrence import DAYS, Frequency, Recurrence
from tocsin.core.recurring_shift import RecurringShift, check
from tocsin.core.spelling import native
from tocsin.web import choosing, lengths
from tocsin.web.editing import Around
from tocsin.web.forms import SHOWN_MAX, Form, Reader, Values, instant

T = TypeVar("T")

NUMBERS: Final = ("by_month_day", "by_year_day", "by_hour", "by_minute", "by_position")
"""The lists of numbers by which a rule chooses, each typed as one text."""

IN_TURN: Final = "turn"
YEARS: Final = range(1970, 2200)
_NEVER: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - what a clock on the wall shows
_NONE: Final[tuple[int, ...]] = ()
_NO_DAYS: Final[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A recurring shift, and the schedules that it is part of."""

    shift: RecurringShift
    schedules: tuple[ScheduleId, ...] = ()

    @property
    def id(self) -> RecurringShiftId:
        """The shift's id."""
        return self.shift.id

    @property
    def name(self) -> str:
        """What it is called."""
        return self.shift.name or "this recurring shift"


def fresh(schedule: str, day: datetime) -> Values:
    """Give the fields of a shift that nobody has filled in yet: weekly, from nine o'clock of *day* on."""
    begins = day.replace(hour=9, minute=0, second=0, microsecond=0)
    held = {"start": _wall(begins), "duration": "8h", "rule.frequency": "weekly", "rule.interval": "1"}
    held |= {"rule.week_start": "MO", "in_turn": IN_TURN, "first_group": "1", "level": "0"}
    held |= {"schedules": schedule, "groups.0.people": ""}
    return {name: [text] for name, text in held.items()}


def fresh_group() -> Values:
    """Give the fields of a group in which nobody is yet."""
    return {"people": [""]}


def values_of(placed: Placed, zone: str) -> Values:
    """Give what the form of a shift holds; instants are as the clocks of *zone* show them."""
    shift = placed.shift
    held: dict[str, Sequence[str]] = {
        "name": [shift.name],
        "team": [native("team", shift.team) if shift.team is not None else ""],
        "schedules": [native("schedule", each) for each in placed.schedules],
        "start": [_wall(shift.start)],
        "duration": [lengths.spelled(shift.duration)],
        "time_zone": [shift.time_zone or ""],
        "in_turn": [IN_TURN if shift.in_turn else ""],
        "first_group": [str(shift.first_group + 1)],
        "rotation_start": [_wall(shift.rotation_start)],
        "cut": _box(shift.cut),
        "ends_at": [_local(shift.ends_at, zone)],
        "level": [str(shift.level)],
        "override": _box(shift.override),
    }
    for number, group in enumerate(shift.groups):
        held[f"groups.{number}.people"] = [native("user", user) for user in group] or [""]
    return held | _rule_values(shift.rule)


def _rule_values(rule: Recurrence | None) -> dict[str, Sequence[str]]:
    if rule is None:
        return {"rule.frequency": [""], "rule.interval": ["1"], "rule.week_start": ["MO"]}
    return {
        "rule.frequency": [rule.frequency.value],
        "rule.interval": [str(rule.interval)],
        "rule.by_day": [day for day in rule.by_day if day in DAYS],
        "rule.by_numbered_day": [", ".join(day for day in rule.by_day if day not in DAYS)],
        "rule.by_month": [str(month) for month in rule.by_month],
        **{f"rule.{name}": [", ".join(map(str, getattr(rule, name)))] for name in NUMBERS},
        "rule.week_start": [DAYS[rule.week_start]],
        "rule.until": [_wall(rule.until)],
    }


# --- read ---------------------------------------------------------------------------------------------


def read(form: Form, around: Around, was: Placed | None) -> Placed:
    """Make a shift of what the form holds. Raise Faulty, or Invalid for what no shift can be."""
    reader, here = Reader(form), around.directory
    old = was.shift if was is not None else None
    known_team = [old.team] if old is not None and old.team is not None else ()
    start = _wall_of(reader, "start", old.start if old is not None else None)
    if start is None:
        reader.refuse("start", "Say when it begins.")
    shift = RecurringShift(
        id=old.id if old is not None else RecurringShiftId(UNMADE),
        workspace=old.workspace if old is not None else WorkspaceId(UNMADE),
        name=form("name"),
        team=reader.take(
            "team", lambda text: choosing.chosen(text, "team", here.teams, TeamId, was=known_team), None
        ),
        start=start or _NEVER,
        duration=_length(reader, old),
        rule=_rule(reader, old.rule if old is not None else None),
        groups=tuple(_group(reader, part, around, old) for part in form.parts("groups")),
        in_turn=form("in_turn") == IN_TURN,
        first_group=reader.take("first_group", lambda text: _whole(text or "1") - 1, 0),
        rotation_start=_wall_of(reader, "rotation_start", old.rotation_start if old is not None else None),
        cut=form.ticked("cut"),
        ends_at=_instant(reader, around.zone, old.ends_at if old is not None else None),
        level=reader.take("level", lambda text: _whole(text or "0"), 0),
        override=form.ticked("override"),
        time_zone=form("time_zone") or None,
    )
    known = was.schedules if was is not None else ()
    schedules = [
        reader.take_text(
            "schedules",
            text,
            lambda each: choosing.chosen(each, "schedule", here.schedules, ScheduleId, was=known),
        )
        for text in dict.fromkeys(form.all("schedules"))
    ]
    reader.done()
    check(shift)
    return Placed(shift=shift, schedules=tuple(each for each in schedules if each is not None))


def _rule(reader: Reader, was: Recurrence | None) -> Recurrence | None:
    form, frequency = reader.form, reader.form("rule.frequency")
    if not frequency:
        return None
    if frequency not in tuple(Frequency):
        reader.refuse("rule.frequency", "Choose one of these.")
        return None
    numbered = reader.take("rule.by_numbered_day", _days, _NO_DAYS)
    days = (*(day for day in form.all("rule.by_day") if day in DAYS), *numbered)
    months = reader.take_text("rule.by_month", ",".join(form.all("rule.by_month")), _numbers) or ()
    by = {name: reader.take(f"rule.{name}", _numbers, _NONE) for name in NUMBERS}
    week_start = form("rule.week_start") or DAYS[0]
    if week_start not in DAYS:
        reader.refuse("rule.week_start", "Choose one of these.")
        week_start = DAYS[0]
    return Recurrence(
        frequency=Frequency(frequency),
        interval=reader.take("rule.interval", lambda text: _whole(text or "1"), 1),
        by_day=_as_it_was(days, was.by_day if was is not None else ()),
        by_month=_as_it_was(months, was.by_month if was is not None else ()),
        by_month_day=by["by_month_day"],
        by_year_day=by["by_year_day"],
        by_hour=by["by_hour"],
        by_minute=by["by_minute"],
        by_position=by["by_position"],
        week_start=DAYS.index(week_start),
        until=_wall_of(reader, "rule.until", was.until if was is not None else None),
    )


def _group(reader: Reader, part: str, around: Around, was: RecurringShift | None) -> tuple[UserId, ...]:
    name, known = f"{part}.people", was.people if was is not None else frozenset[UserId]()

    def user(text: str) -> UserId | None:
        return choosing.chosen(text, "user", around.directory.users, UserId, was=known)

    found = [reader.take_text(name, text, user) for text in dict.fromkeys(reader.form.all(name))]
    return tuple(each for each in found if each is not None)


def _length(reader: Reader, was: RecurringShift | None) -> timedelta:
    if was is not None and reader.form("duration") == lengths.spelled(was.duration):
        return was.duration
    return reader.take("duration", lengths.length, timedelta(0))


def _wall_of(reader: Reader, name: str, was: datetime | None) -> datetime | None:
    """Read what a clock on the wall shows; what is shown to the second and left alone stays as it was."""
    if was is not None and reader.form(name) == _wall(was):
        return was
    return reader.take(name, _wall_time, None)


def _wall_time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("", f"is {text[:SHOWN_MAX]!r}", "must be a date and a time of day") from None
    if found.tzinfo is not None:
        raise Invalid("", "has an offset", "must be as the clock on the wall shows it")
    _must_be_near(found)
    return found


def _must_be_near(at: datetime) -> None:
    if at.year not in YEARS:
        remedy = f"must lie between {YEARS.start} and {YEARS.stop}"
        raise Invalid("", f"is of the year {at.year}", remedy)


def _moment(text: str, zone: str) -> datetime | None:
    found = instant(text, zone, "ends_at")
    if found is not None:
        _must_be_near(found)
    return found


def _instant(reader: Reader, zone: str, was: datetime | None) -> datetime | None:
    if was is not None and reader.form("ends_at") == _local(was, zone):
        return was
    return reader.take("ends_at", lambda text: _moment(text, zone), None)


def _as_it_was(found: Sequence[T], was: Sequence[T]) -> tuple[T, ...]:
    """Keep the order of what was chosen before, where the same is chosen now."""
    same = len(found) == len(was) and set(found) == set(was)
    return tuple(was if same else found)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(_whole(each.strip()) for each in text.split(",") if each.strip())


def _days(text: str) -> tuple[str, ...]:
    return tuple(each.strip().upper().removeprefix("+") for each in text.split(",") if each.strip())


def _whole(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        raise Invalid("", f"has {text[:SHOWN_MAX]!r} in it", "must be whole numbers, such as 1, 15, -1")
    return int(text)


def _wall(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds" if at.second else "minutes")


def _local(at: datetime | None, zone: str) -> str:
    return "" if at is None else f"{in_zone(zone if known_zone(zone) else 'UTC', at):%Y-%m-%dT%H:%M}"


def _box(ticked: object) -> list[str]:
    return ["on"] if ticked else [""]
