"""The words that all channels share: how they begin, how they spell moments and spans, what they cut."""

import re
from datetime import datetime, timedelta

from tocsin.channels.base import AlertLine, Message
from tocsin.core.calendar import in_zone, known_zone
from tocsin.core.event import Severity
from tocsin.core.notification import NotificationKind

ELLIPSIS = "…"
LINK_LENGTH_MAX = 2048
MENTIONS_SHOWN_MAX = 20

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LINE_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls, but for the tab and the line feed; and the marks that turn the order of all that follows them.
_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
_WEB_LINK = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+")  # RFC 3986; nothing in it ends a link in any markup
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def clean(text: str) -> str:
    """Return *text* as any channel can carry it: line feeds only, no controls, nothing that UTF-8 lacks."""
    if text.isprintable():  # nearly all that comes by: one line, and nothing to do
        return text
    text = _UNWANTED.sub("", _LINE_BREAK.sub("\n", text))
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str, length: int = 200) -> str:
    """Return *text* on one line of at most *length* characters."""
    return shorten(" ".join(clean(text).split()), length)


def shorten(text: str, length: int) -> str:
    """Cut *text* to at most *length* characters, the last of them then an ellipsis."""
    if len(text) <= length:
        return text
    return text[: length - 1].rstrip(" \n\N{ZERO WIDTH JOINER}\N{VARIATION SELECTOR-16}") + ELLIPSIS


def is_web_link(text: str) -> bool:
    """Tell whether *text*, which may be anything, is an http or https URL that may become a link."""
    return len(text) <= LINK_LENGTH_MAX and _WEB_LINK.fullmatch(text) is not None


_STATES = {
    NotificationKind.REMINDER: "Still yours?",
    NotificationKind.RESOLVED: "Resolved",
    NotificationKind.TEST: "Test",
    NotificationKind.VERIFICATION: "Verify",
    NotificationKind.CHANGE: "Changed",
    NotificationKind.OPERATOR: "Operator",
    NotificationKind.NEWS: "News",
    NotificationKind.SIGN_IN: "Sign in",
}


_SEVERITIES = {each: "No data" if each is Severity.NODATA else each.capitalize() for each in Severity}


def severity_word(severity: Severity) -> str:
    """Return the word that people read for *severity*."""
    return _SEVERITIES[severity]


def headline(message: Message, length: int = 200) -> str:
    """Return the one line that stands for *message*: the state in brackets, then the title, which is stable.

    Mail programs leave such brackets out when they sort a mailbox into threads (RFC 5256, 2.1).
    """
    state = _state(message)
    if message.drill:
        state = f"[Drill] {state}"
    return one_line(f"{state} {message.title}", length)


def _state(message: Message) -> str:
    word = severity_word(message.severity) if message.kind is NotificationKind.PAGE else _STATES[message.kind]
    return f"[{word}]"


def mentions(message: Message, count: int = MENTIONS_SHOWN_MAX) -> str:
    """Say whom *message*, to a place, is for, *count* of them by name; or nothing."""
    if not message.mentions:
        return ""
    names = [one_line(each.name, 80) for each in message.mentions[:count]]
    more = len(message.mentions) - len(names)
    return f"For {', '.join(names)}{f' and {more:,} more' if more else ''}"


def lateness(message: Message) -> str:
    """Say how late *message* is, or nothing when it is on time."""
    return f"Late by {span(message.late_by)}" if message.late_by >= timedelta(minutes=1) else ""


def left_out(message: Message, shown: int) -> str:
    """Say how many alerts there are beyond the *shown* ones, or nothing when these are all."""
    count = max(message.total, len(message.alerts)) - shown
    return f"and {count:,} more alert{'' if count == 1 else 's'}" if count > 0 else ""


def alert_count(message: Message) -> str:
    """Say for how many alerts *message* stands."""
    count = max(message.total, len(message.alerts))
    return f"{count:,} alert{'' if count == 1 else 's'}"


def labels(alert: AlertLine, count: int = 12) -> tuple[str, ...]:
    """Return the first *count* dimensions and labels of *alert*, by name, each as ``name=value``.

    Dimensions come first, for they tell where it is; a label that says the same is left out.
    """
    labels = (each for each in alert.labels.items() if each not in alert.dimensions.items())
    pairs = [*sorted(alert.dimensions.items()), *sorted(labels)]
    return tuple(one_line(f"{name}={value}", 120) for name, value in pairs[:count])


def moment(at: datetime, time_zone: str) -> str:
    """Spell the instant *at* as the wall clock of *time_zone* shows it, with its distance from UTC."""
    wall = in_zone(time_zone if known_zone(time_zone) else "UTC", at)
    offset = wall.utcoffset() or timedelta(0)
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    hours, minutes = divmod(abs(minutes), 60)
    distance = f"UTC{sign}{hours}{f':{minutes:02}' if minutes else ''}" if hours or minutes else "UTC"
    day = f"{_DAYS[wall.weekday()]} {wall.day} {_MONTHS[wall.month - 1]} {wall.year}"
    return f"{day}, {wall:%H:%M} ({distance})"


def span(length: timedelta) -> str:
    """Spell a *length* of time in its two largest units: ``41 min``, ``2 h 5 min``, ``3 days 4 h``."""
    minutes, seconds = divmod(max(0, round(length.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [
        f"{days} day{'' if days == 1 else 's'}" if days else "",
        f"{hours} h" if hours else "",
        f"{minutes} min" if minutes else "",
        f"{seconds} s" if seconds else "",
    ]
    first = next((place for place, part in enumerate(parts) if part), None)
    return "0 s" if first is None else " ".join(part for part in parts[first : first + 2] if part)
