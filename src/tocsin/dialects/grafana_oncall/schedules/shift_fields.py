"""Reading an on-call shift out of a body: in the vendor's order, with its sentences."""

import re
from collections.abc import Container, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import UNSET

from tocsin.core.calendar import known_zone
from tocsin.core.directory import Directory
from tocsin.core.recurrence import DAYS, INTERVAL_MAX, Frequency
from tocsin.core.recurring_shift import DURATION_ONCE_MAX, LEVEL_MAX, NAME_LENGTH_MAX, START_INDEX_MAX
from tocsin.dialects.grafana_oncall import spelled
from tocsin.dialects.grafana_oncall.errors import refused
from tocsin.dialects.grafana_oncall.fields import Fields, as_integer, type_name

Values = dict[str, Any]

SINGLE: Final = "single_event"
RECURRENT: Final = "recurrent_event"
ROLLING: Final = "rolling_users"
OVERRIDE: Final = "override"
TYPES: Final = (SINGLE, RECURRENT, ROLLING, OVERRIDE)
FREQUENCIES: Final = ("hourly", "daily", "weekly", "monthly")
WEB_SOURCE: Final = 0
YEAR_MIN: Final = 1970
YEAR_MAX: Final = 2200

TIME_FORMAT: Final = "%Y-%m-%dT%H:%M:%S"
BAD_TIME: Final = "Invalid datetime format, should be \"yyyy-mm-dd'T'hh:mm:ss\""
BAD_ZONE: Final = "Invalid timezone"
BAD_DAY: Final = "Invalid day value in by_day field. Valid values: 'MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'"
BAD_WEEK_START: Final = (
    "Invalid day format for week start field. Should be one of the following: "
    "'MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'"
)
BAD_MONTH: Final = "Invalid month value in by_month field. Valid values: from 1 to 12"
BAD_MONTH_DAY: Final = (
    "Invalid monthday value in by_monthday field. Valid values: from 1 to 31 and from -31 to -1"
)
BAD_DURATION: Final = (
    "Duration has wrong format. Use one of these formats instead: [DD] [HH:[MM:]]ss[.uuuuuu]."
)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", re.ASCII)


def read_shift(fields: Fields, directory: Directory, *, new: bool) -> Values:
    """Read what *fields* say of a shift; refuse what cannot be. A field that is absent is absent."""
    values: Values = {}
    for name in ("start", "until", "rotation_start"):
        given = fields.raw(name)
        if given is None and name == "until":
            values[name] = None
        elif given not in (UNSET, None):
            values[name] = _time(given)
    reads: Mapping[str, Any] = {
        "team_id": lambda: fields.reference("team_id", "team", directory.teams),
        "name": lambda: fields.text("name", null=True, blank=True, longest=NAME_LENGTH_MAX),
        "type": lambda: _type(fields, new=new),
        "time_zone": lambda: _zone(fields),
        "level": lambda: fields.integer("level", least=-LEVEL_MAX, most=LEVEL_MAX),
        "duration": lambda: _duration(fields, new=new),
        "frequency": lambda: _frequency(fields),
        "interval": lambda: _interval(fields),
        "week_start": lambda: _week_start(fields),
        "by_day": lambda: _list(fields, "by_day", lambda day: day in DAYS, BAD_DAY),
        "by_month": lambda: _list(fields, "by_month", lambda each: _is_whole(each, 1, 12), BAD_MONTH),
        "by_monthday": lambda: _list(
            fields, "by_monthday", lambda each: _is_whole(each, -31, 31) and each != 0, BAD_MONTH_DAY
        ),
        "users": lambda: fields.references("users", "user", directory.users),
        "rolling_users": lambda: _groups(fields, directory.users),
        "start_rotation_from_user_index": lambda: fields.integer(
            "start_rotation_from_user_index", null=True, least=0, most=START_INDEX_MAX
        ),
    }
    for name, read in reads.items():
        value = read()
        if value is not UNSET:
            values[name] = value
    if new and fields.raw("start") in (UNSET, None):
        fields.text("start", required=True)
    fields.must_be_right()
    values["source"] = _source(fields)
    return values


def check_together(values: Values, *, new: bool, given: Container[str]) -> None:
    """Refuse what the fields, with those that were there before, are together."""
    kind, frequency = values["type"], values.get("frequency")
    comes_back = kind in (RECURRENT, ROLLING)
    if comes_back and frequency is None:
        raise refused("Field 'frequency' is required for this on-call shift type")
    asked = new or "frequency" in given or "type" in given
    if comes_back and asked and frequency == "weekly" and values.get("week_start") is None:
        raise refused("Field 'week_start' is required for frequency type 'weekly'")
    if kind == ROLLING and values.get("start_rotation_from_user_index") is None:
        raise refused("Field 'start_rotation_from_user_index' is required for this on-call shift type")
    if kind == ROLLING and frequency == "daily":
        if values.get("by_monthday"):
            raise refused(
                "Day limits are temporarily disabled for on-call shifts with type 'rolling_users' "
                "and frequency 'daily'"
            )
        by_day = values.get("by_day")
        if by_day and (values.get("interval") or 1) > len(set(by_day)):
            raise refused("Interval must be less than or equal to the number of selected days")


def show_time(moment: datetime) -> str:
    """Write what a clock shows."""
    return moment.strftime(TIME_FORMAT)


def _time(given: object) -> datetime:
    try:
        if not isinstance(given, str) or _TIME.fullmatch(given) is None:
            raise refused(BAD_TIME)
        read = datetime.strptime(given, TIME_FORMAT)  # noqa: DTZ007 - it is a clock on a wall
    except ValueError:
        raise refused(BAD_TIME) from None
    if not YEAR_MIN <= read.year < YEAR_MAX:
        raise refused(BAD_TIME)
    return read


def _type(fields: Fields, *, new: bool) -> Any:
    given = fields.text("type", required=new)
    if isinstance(given, str) and given not in TYPES:
        raise refused("Invalid shift type")
    return given


def _zone(fields: Fields) -> Any:
    given = fields.text("time_zone", null=True, blank=True)
    if isinstance(given, str) and given and not known_zone(given):
        return fields.wrong("time_zone", BAD_ZONE)
    return given or None if isinstance(given, str) else given


def _duration(fields: Fields, *, new: bool) -> Any:
    given = fields.raw("duration")
    if given is UNSET or given is None:
        return fields.integer("duration", required=new)
    seconds = as_integer(given)
    if seconds is None:
        return fields.wrong("duration", BAD_DURATION)
    most = int(DURATION_ONCE_MAX.total_seconds())
    if not 1 <= seconds <= most:
        limit = "greater than or equal to 1" if seconds < 1 else f"less than or equal to {most}"
        return fields.wrong("duration", f"Ensure this value is {limit}.")
    return timedelta(seconds=seconds)


def _frequency(fields: Fields) -> Any:
    given = fields.text("frequency", null=True)
    if isinstance(given, str) and given not in FREQUENCIES:
        raise refused("Invalid frequency type")
    return Frequency(given) if isinstance(given, str) else given


def _interval(fields: Fields) -> Any:
    given = fields.integer("interval", null=True)
    if isinstance(given, int) and not 1 <= given <= INTERVAL_MAX:
        raise refused("Invalid value for interval")
    return given


def _week_start(fields: Fields) -> Any:
    given = fields.raw("week_start")
    if given is None or given == "":
        return None
    given = fields.text("week_start")
    if isinstance(given, str) and given not in DAYS:
        raise refused(BAD_WEEK_START)
    return given


def _list(fields: Fields, name: str, good: Any, sentence: str) -> Any:
    given = fields.every(name)
    if given is UNSET or given is None:
        return given
    if not isinstance(given, list):
        return fields.wrong(name, f'Expected a list of items but got type "{type_name(given)}".')
    if fields.form and name != "by_day":
        given = [as_integer(each) for each in given]
    if not all(good(each) for each in given):
        raise refused(sentence)
    return list(dict.fromkeys(given))


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _groups(fields: Fields, known: Container[int]) -> Any:
    given = fields.every("rolling_users")
    if given is UNSET or given is None:
        return given
    if not isinstance(given, list):
        return fields.wrong("rolling_users", f'Expected a list of items but got type "{type_name(given)}".')
    faults: dict[str, list[str]] = {}
    groups: list[list[int]] = []
    for place, group in enumerate(given):
        members = [] if group is None else group
        if not isinstance(members, list):
            faults[str(place)] = [f'Expected a list of items but got type "{type_name(group)}".']
            continue
        read = [spelled.read("user", each) for each in members]
        unknown = [str(each)[:100] for each, user in zip(members, read, strict=True) if user not in known]
        if unknown:
            names = ", ".join(f"'{each}'" for each in dict.fromkeys(unknown))
            faults[str(place)] = [f"User does not exist {{{names}}}"]
        groups.append(list(dict.fromkeys(user for user in read if user is not None)))
    return fields.wrong("rolling_users", faults) if faults else groups


def _source(fields: Fields) -> int:
    given = fields.raw("source")
    return given if given in (0, 3) and not isinstance(given, bool) else 1
