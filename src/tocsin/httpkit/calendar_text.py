"""Writing iCalendar (RFC 5545): duty as events that any calendar shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

LINE_OCTETS_MAX: Final = 75
MEDIA_TYPE: Final = "text/calendar"
_PRODUCT: Final = "-//Tocsin//on call//EN"
_ESCAPES: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None, "\x00": None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event from *starts_at* to *ends_at*; *uid* stays the same from one export to the next."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    summary: str
    email: str = ""


def write_calendar(name: str, entries: Iterable[Entry], *, now: datetime) -> bytes:
    """Write a calendar called *name* of *entries*, as it stands at *now*."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{_PRODUCT}",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_escaped(name)}",
        "X-WR-TIMEZONE:UTC",
    ]
    for entry in entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_escaped(entry.uid)}",
            f"DTSTAMP:{_stamp(now)}",
            f"DTSTART:{_stamp(entry.starts_at)}",
            f"DTEND:{_stamp(entry.ends_at)}",
            f"SUMMARY:{_escaped(entry.summary)}",
        ]
        if entry.email:
            lines.append(f"ATTENDEE:mailto:{_escaped(entry.email)}")
        lines.append("END:VEVENT")
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _folded(line: str) -> bytes:
    """Cut a line into pieces of at most 75 octets, never inside a character."""
    rest = line.encode("utf-8", "replace")
    pieces: list[bytes] = []
    most = LINE_OCTETS_MAX
    while len(rest) > most:
        cut = most
        while rest[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(rest[:cut])
        rest, most = rest[cut:], LINE_OCTETS_MAX - 1  # the blank that begins the next line is one of them
    return b"\r\n ".join([*pieces, rest]) + b"\r\n"
