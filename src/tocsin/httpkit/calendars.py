"""Reading iCalendar (RFC 5545): what is well-formed in it, whatever stands beside that.

Each event is parsed by itself, so that one which makes no sense takes no other along. Of a calendar it is
only the events that matter, and of an event when it is and whom it may name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from icalendar import Event, vDDDTypes
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from tocsin.core import recurrence
from tocsin.core.calendar import known_zone, to_wall
from tocsin.core.errors import Invalid
from tocsin.core.feed import EVENT_DURATION_MAX, EVENTS_MAX, Calendar, FeedEvent
from tocsin.core.recurrence import Frequency, Occurrences, Recurrence, wall_micros

TEXT_LENGTH_MAX: Final = 255  # of a text that may name somebody; no name and no address is longer
NAMES_MAX: Final = 50
EXCEPTIONS_MAX: Final = 2_000
EPOCH_YEAR: Final = 1970
YEAR_MAX: Final = 2200

_MARK = re.compile(rb"^(BEGIN|END):(VEVENT|VALARM|VTIMEZONE)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_ZONE = re.compile(rb"^X-WR-TIMEZONE[^:\r\n]*:([^\r\n]+)", re.MULTILINE | re.IGNORECASE)
_TZID = re.compile(rb"^TZID[^:\r\n]*:([^\r\n]+)", re.MULTILINE | re.IGNORECASE)
_MAKERS_ZONE = re.compile(rb';TZID="?(/[^":;\r\n]+)"?')
_LOCATION = re.compile(rb"^X-LIC-LOCATION[^:\r\n]*:([^\r\n]+)", re.MULTILINE | re.IGNORECASE)
# A parser that was built for good calendars raises whatever it stumbles over in bad ones.
_CANNOT_BE_READ = (Invalid, ValueError, TypeError, LookupError, OverflowError, AttributeError)
_LEVEL = re.compile(r"\s*\[L(\d{1,9})\]\s*")
_LISTS: Final = {
    "BYMONTH": "by_month",
    "BYMONTHDAY": "by_month_day",
    "BYYEARDAY": "by_year_day",
    "BYHOUR": "by_hour",
    "BYMINUTE": "by_minute",
    "BYSETPOS": "by_position",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a calendar says, how many of its events make no sense, and what is wrong with the first."""

    calendar: Calendar
    skipped: int = 0
    remark: str = ""


class _Senseless(ValueError):
    """An event that cannot be read, and why."""


@dataclass(frozen=True, slots=True)
class _Zones:
    """The zone of the calendar itself, and those that it explains."""

    own: str
    explained: Mapping[str, str] = field(default_factory=dict)

    def named(self, text: str) -> str:
        """Find the zone that is called *text* here; raise _Senseless when nobody knows it."""
        name = _known(text) or self.explained.get(text)
        if name is None:
            raise _Senseless(f"it is in the time zone {text[:TEXT_LENGTH_MAX]!r}, which is not known")
        return name


@dataclass(frozen=True, slots=True)
class _Parsed:
    """An event with what decides between it and others of its UID."""

    event: FeedEvent
    replaces: int | None  # the wall-clock moment of the occurrence that it stands for
    sequence: int
    cancelled: bool


def read_calendar(body: bytes) -> Reading:
    """Read a calendar; raise Invalid for what is none, breaks off, or holds more than EVENTS_MAX events."""
    if b"BEGIN:VCALENDAR" not in body[:4_096].upper():
        raise Invalid("calendar", "is no iCalendar file", "must begin with BEGIN:VCALENDAR")
    if not _ends(body):  # half a calendar must not take the place of a whole one
        raise Invalid("calendar", "breaks off before its end", "must end with END:VCALENDAR")
    zones = _zones(body)
    parsed: list[_Parsed] = []
    skipped, remark = 0, ""
    for number, block in enumerate(_blocks(body, b"VEVENT")):
        if number == EVENTS_MAX:
            raise Invalid("calendar", f"has more than {EVENTS_MAX} events", "must have fewer")
        try:
            parsed.append(_parse(block, zones))
        except _CANNOT_BE_READ as error:
            skipped += 1
            remark = remark or f"event {number + 1} is left out: {error}"[:300]
    return Reading(calendar=Calendar(events=tuple(_settled(parsed))), skipped=skipped, remark=remark)


def _ends(body: bytes) -> bool:
    """Tell whether the end of a calendar comes behind everything that is in it."""
    whole = body.upper()
    return whole.rfind(b"END:VCALENDAR") > whole.rfind(b"BEGIN:V")


def _blocks(body: bytes, kind: bytes) -> Iterator[bytes]:
    """Give the components of a *kind*, without the alarms in them, in one pass over *body*."""
    parts: list[bytes] | None = None
    begins = 0
    for mark in _MARK.finditer(body):
        first, what = mark[1].upper() == b"BEGIN", mark[2].upper()
        if what == kind and first:
            parts, begins = [], mark.start()
        elif parts is None:
            continue
        elif what == kind:
            yield b"".join([*parts, body[begins : mark.end()], b"\n"])
            parts = None
        elif what == b"VALARM" and first:
            parts.append(body[begins : mark.start()])
            begins = len(body)
        elif what == b"VALARM" and begins == len(body):
            begins = min(mark.end() + 1, len(body))


def _zones(body: bytes) -> _Zones:
    explained = {}
    for block in _blocks(body, b"VTIMEZONE"):
        called, location = _TZID.search(block), _LOCATION.search(block)
        name = _known(_text(location[1])) if location is not None else None
        if called is not None and name is not None:
            explained[_text(called[1])] = name
    own = _ZONE.search(body)
    return _Zones((_known(_text(own[1])) if own is not None else None) or "UTC", explained)


def _known(text: str) -> str | None:
    """Find an IANA name in *text*: as it is, behind a maker's path, or under the name that Windows has."""
    text = text.strip().strip('"')
    parts = text.split("/")
    for first in range(len(parts)):
        name = "/".join(parts[first:])
        if known_zone(name):
            return name
    windows = WINDOWS_TO_OLSON.get(text)
    return windows if windows is not None and known_zone(windows) else None


def _plain_zone(named: re.Match[bytes]) -> bytes:
    """Name the zone without its maker's path, at which the parser would wonder aloud."""
    return b";TZID=" + (_known(_text(named[1])) or _text(named[1])).encode()


def _parse(block: bytes, zones: _Zones) -> _Parsed:
    event: Any = Event.from_ical(_MAKERS_ZONE.sub(_plain_zone, block))
    starts: Any = event.get("DTSTART")
    if not isinstance(starts, vDDDTypes):
        raise _Senseless("it has no beginning that can be read")
    begins: Any = starts.dt
    all_day = not isinstance(begins, datetime)
    zone_name = zones.own if all_day else _zone_of(starts, zones)
    start = _wall(begins, zone_name)
    if not EPOCH_YEAR <= start.year < YEAR_MAX:
        raise _Senseless(f"it begins in the year {start.year}")
    summary = str(event.get("SUMMARY", ""))
    level = _LEVEL.match(summary)
    rule, counted = _rule(event, start, zone_name)
    besides = _exceptions(event, "RDATE", zone_name)
    if rule is not None and not Occurrences(rule, wall_micros(start)).between(*_one(start)):
        # The beginning is the first occurrence, whatever the rule says (RFC 5545, 3.8.5.3).
        besides, counted = tuple(sorted({start, *besides})), None if counted is None else counted - 1
    known = FeedEvent(
        uid=str(event.get("UID", ""))[:TEXT_LENGTH_MAX],
        names=_names(event, summary[level.end() :] if level is not None else summary),
        level=int(level[1]) if level is not None else 0,
        start=start,
        duration=_duration(event, start, zone_name, all_day=all_day),
        time_zone=zone_name,
        rule=_until(rule, start, counted),
        besides=besides,
        without=_exceptions(event, "EXDATE", zone_name),
    )
    replaced = event.get("RECURRENCE-ID")
    return _Parsed(
        known,
        None if replaced is None else wall_micros(_wall(replaced.dt, zone_name)),
        int(event.get("SEQUENCE", 0)),
        str(event.get("STATUS", "")).upper() == "CANCELLED",
    )


def _zone_of(value: Any, zones: _Zones) -> str:
    name = value.params.get("TZID")
    if name is not None:
        return zones.named(str(name))
    return zones.own if value.dt.tzinfo is None else "UTC"


def _wall(value: date | datetime, zone_name: str) -> datetime:
    """Turn what a property says into what a clock in the zone shows; a floating time is already that."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time())
    if value.tzinfo is not None:
        value = to_wall(zone_name, value)
    return value.replace(tzinfo=None, microsecond=0, fold=0)


def _duration(event: Any, start: datetime, zone_name: str, *, all_day: bool) -> timedelta:
    ends, lasts = event.get("DTEND"), event.get("DURATION")
    if ends is not None:
        length = _wall(ends.dt, zone_name) - start
    elif lasts is not None:
        length = lasts.dt
    else:
        length = timedelta(days=1) if all_day else timedelta(0)
    if not timedelta(0) < length <= EVENT_DURATION_MAX:
        raise _Senseless(f"it lasts {length}")
    return length


def _names(event: Any, summary: str) -> tuple[str, ...]:
    attendees = event.get("ATTENDEE", [])
    found = [summary, str(event.get("DESCRIPTION", ""))]
    for attendee in attendees if isinstance(attendees, list) else [attendees]:
        address = str(attendee)
        found.append(address[7:] if address.lower().startswith("mailto:") else address)
        found.append(str(attendee.params.get("CN", "")))
    texts = (text.strip() for text in found[:NAMES_MAX])
    return tuple(dict.fromkeys(text for text in texts if 0 < len(text) <= TEXT_LENGTH_MAX))


def _rule(event: Any, start: datetime, zone_name: str) -> tuple[Recurrence | None, int | None]:
    """Read the rule of an event, and how many occurrences it counts, if it does."""
    given = event.get("RRULE")
    if given is None:
        return None, None
    if not isinstance(given, Mapping):
        raise _Senseless("it comes back by a rule that cannot be read")
    odd = set(given) - {"FREQ", "INTERVAL", "BYDAY", "WKST", "UNTIL", "COUNT", "BYSECOND", *_LISTS}
    if odd or given.get("BYSECOND", [start.second]) != [start.second]:
        raise _Senseless(f"it comes back by {', '.join(sorted(odd)) or 'BYSECOND'}, which is not known here")
    frequency = str(given["FREQ"][0]).lower()
    if frequency not in {each.value for each in Frequency}:
        raise _Senseless(f"it comes back {frequency}, which is too often")
    until = given.get("UNTIL", [None])[0]
    if until is not None:
        until = _wall(until, zone_name) if isinstance(until, datetime) else datetime.combine(until, time.max)
    rule = Recurrence(
        frequency=Frequency(frequency),
        interval=int(given.get("INTERVAL", [1])[0]),
        by_day=tuple(str(day).upper().removeprefix("+") for day in given.get("BYDAY", ())),
        week_start=recurrence.DAYS.index(str(given.get("WKST", ["MO"])[0]).upper()),
        until=until,
        **{ours: tuple(int(each) for each in given.get(theirs, ())) for theirs, ours in _LISTS.items()},
    )
    recurrence.check(rule, "RRULE")
    return rule, int(given["COUNT"][0]) if "COUNT" in given else None


def _one(start: datetime) -> tuple[int, int]:
    wall = wall_micros(start)
    return wall, wall + 1


def _until(rule: Recurrence | None, start: datetime, count: int | None) -> Recurrence | None:
    """Turn a number of occurrences into the moment of the last."""
    if rule is None or count is None:
        return rule
    if not 1 <= count <= recurrence.EMPTY_PERIODS_MAX:
        return None if count < 1 else rule
    last = Occurrences(rule, wall_micros(start)).at_number(count)
    if last is None:
        return rule
    return replace(rule, until=datetime.fromtimestamp(last / 1_000_000, UTC).replace(tzinfo=None))


def _exceptions(event: Any, name: str, zone_name: str) -> tuple[datetime, ...]:
    given = event.get(name, [])
    found: list[datetime] = []
    for each in given if isinstance(given, list) else [given]:
        for stamp in getattr(each, "dts", ())[:EXCEPTIONS_MAX]:
            moment = stamp.dt[0] if isinstance(stamp.dt, tuple) else stamp.dt
            found.append(_wall(moment, zone_name))
    return tuple(sorted(set(found))[:EXCEPTIONS_MAX])


def _settled(parsed: list[_Parsed]) -> Iterator[FeedEvent]:
    """Let later versions replace earlier ones, and changed occurrences those that they stand for.

    Two events of one UID that begin at different moments are both meant: calendars do contain such.
    """
    latest: dict[tuple[str, int, bool], _Parsed] = {}
    for place, each in enumerate(parsed):
        uid = each.event.uid or f"\x00{place}"
        moment = each.replaces if each.replaces is not None else wall_micros(each.event.start)
        key = (uid, moment, each.replaces is not None)
        known = latest.get(key)
        if known is None or known.sequence <= each.sequence:
            latest[key] = each
    changed: dict[str, list[int]] = {}
    for uid, moment, replaces in latest:
        if replaces:
            changed.setdefault(uid, []).append(moment)
    for (uid, _, replaces), each in latest.items():
        if each.cancelled:
            continue
        event = each.event
        if replaces:
            yield replace(event, rule=None, besides=(), without=())
        elif uid in changed:
            gone = [datetime.fromtimestamp(at / 1_000_000, UTC).replace(tzinfo=None) for at in changed[uid]]
            yield replace(event, without=tuple(sorted({*event.without, *gone})))
        else:
            yield event


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").strip()
