"""What chat robots are told: the same few paragraphs in each one's markup, cut to what each of them takes."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tocsin.channels import wording
from tocsin.channels.base import AlertLine, Message
from tocsin.core.alert import AlertStatus
from tocsin.core.event import Severity
from tocsin.core.notification import NotificationKind

MARKS = {
    Severity.CRITICAL: "🔴",
    Severity.ERROR: "🟠",
    Severity.WARNING: "🟡",
    Severity.NODATA: "🟣",
    Severity.INFO: "🔵",
}
BODY_LENGTH_MAX = 2_000
WHY_LENGTH_MAX = 400
ALERT_MESSAGE_LENGTH_MAX = 300
LABELS_SHOWN_MAX = 8
ALERTS_MAX = 500  # no chat has room for more, and each takes time to write

_TAG = re.compile(r"<(?=[@/!A-Za-z])")
_LINK = re.compile(r"\](?=[(\[])")
_APART = "\N{ZERO WIDTH SPACE}"

Markup = Callable[[str], str]


def defused(text: str) -> str:
    """Return *text* so that markup in it mentions nobody and links nowhere, though it looks the same."""
    return _LINK.sub(f"]{_APART}", _TAG.sub(f"<{_APART}", text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """The paragraphs of a message: what comes first, a paragraph for each alert, and what comes last.

    Where there is no room for the *alerts*, there may be for their *titles*, all in one paragraph.
    """

    head: tuple[str, ...]
    alerts: tuple[str, ...]
    titles: tuple[str, ...]
    tail: tuple[str, ...]
    total: int

    def within(self, limit: int, *, between: str = "\n\n") -> str:
        """Put the paragraphs together in at most *limit* bytes of UTF-8.

        Alerts are left out, and counted, before anything else is cut.
        """
        fixed = [*self.head, *self.tail]
        room = limit - _size(fixed, between) - len(self._left_out(0).encode()) - len(between.encode())
        return cut_to_bytes(between.join((*self.head, *self.fitting(room, between), *self.tail)), limit)

    def fitting(self, room: int, between: str = "\n\n") -> tuple[str, ...]:
        """Give the alerts for which there is *room*, in bytes, and then say how many there are beyond."""
        pause = len(between.encode())
        whole = tuple(_that_fit(self.alerts, room, pause))
        listed: tuple[str, ...] = whole
        if len(whole) < len(self.alerts):
            listed = tuple(_that_fit(self.titles, room, 1))
        left_out = self._left_out(len(listed))
        shown = listed if listed is whole else ("\n".join(listed),) if listed else ()
        return (*shown, left_out) if left_out else shown

    def _left_out(self, shown: int) -> str:
        count = self.total - shown
        return f"and {count:,} more alert{'' if count == 1 else 's'}" if count > 0 else ""


def prose_of(message: Message, markup: Markup = defused, *, bold: str = "**", links: bool = True) -> Prose:
    """Say *message* in paragraphs. *markup* makes texts harmless, *bold* stands around what matters most.

    With *links*, links are written ``[like](this)``; without, they are left to the channel.
    """
    head = [f"{bold}{mark_of(message)} {markup(wording.headline(message, 300))}{bold}"]
    head += [markup(text) for text in notes_of(message)]
    if message.service:
        head.append(f"Service: {markup(wording.one_line(message.service, 80))}")
    if message.alerts:
        head.append(f"{wording.alert_count(message)}, {wording.severity_word(message.severity).lower()}")
    if body := wording.clean(message.body).strip():
        head.append(markup(wording.shorten(body, BODY_LENGTH_MAX)))
    if message.code:
        head.append(f"{bold}{markup(message.code)}{bold}")
    tail = [
        f"{MARKS[page.severity]} {markup(wording.one_line(page.title, 100))}" for page in message.bundled[:10]
    ]
    if (more := len(message.bundled) - 10) > 0:
        tail.append(f"and {more} more pages")
    if message.because:
        tail.append(f"Why: {markup(wording.one_line(message.because, WHY_LENGTH_MAX))}")
    if message.what_next:
        tail.append(f"Next: {markup(wording.one_line(message.what_next, WHY_LENGTH_MAX))}")
    if links and (offers := offers_of(message)):
        tail.append(" | ".join(f"[{name}]({url})" for name, url in offers))
    shown = message.alerts[:ALERTS_MAX]
    return Prose(
        head=tuple(head),
        alerts=tuple(_alert(alert, message.time_zone, markup, bold) for alert in shown),
        titles=tuple(f"{_mark(alert)} {markup(wording.one_line(alert.title, 120))}" for alert in shown),
        tail=tuple(tail),
        total=max(message.total, len(message.alerts)),
    )


def offers_of(message: Message) -> Sequence[tuple[str, str]]:
    """Name what a reader of *message* can do, and where; what is over cannot be acknowledged any more."""
    offers = [("Open", message.page_url)]
    if message.kind.asks or message.kind is NotificationKind.TEST:
        offers = [("Acknowledge", message.acknowledge_url), ("Resolve", message.resolve_url), *offers]
    return tuple((name, url) for name, url in offers if wording.is_web_link(url) and ")" not in url)


def notes_of(message: Message) -> tuple[str, ...]:
    """Say what is unusual about *message*: that it is late, or only a drill, or for somebody by name."""
    drill = "This is a drill. Nothing is broken." if message.drill else ""
    return tuple(note for note in (wording.lateness(message), drill, wording.mentions(message)) if note)


def mark_of(message: Message) -> str:
    """Choose the coloured mark of *message*."""
    if message.kind is NotificationKind.PAGE:
        return MARKS[message.severity]
    return "🟢" if message.kind is NotificationKind.RESOLVED else "⚪"


def cut_to_bytes(text: str, limit: int) -> str:
    """Cut *text* to at most *limit* bytes of UTF-8, at the end of a character, the last then an ellipsis."""
    raw = text.encode()
    if len(raw) <= limit:
        return text
    kept = raw[: limit - len(wording.ELLIPSIS.encode())].decode("utf-8", "ignore")
    return kept.rstrip() + wording.ELLIPSIS


def _alert(alert: AlertLine, time_zone: str, markup: Markup, bold: str) -> str:
    mark = _mark(alert)
    since = "resolved, was firing since" if alert.status is AlertStatus.RESOLVED else "since"
    title = markup(wording.one_line(alert.title, 200))
    lines = [f"{mark} {bold}{title}{bold} ({since} {wording.moment(alert.opened_at, time_zone)})"]
    if alert.acknowledged_by:
        lines.append(f"acknowledged by {markup(wording.one_line(alert.acknowledged_by, 80))}")
    if alert.message and alert.message != alert.title:
        lines.append(markup(wording.one_line(alert.message, ALERT_MESSAGE_LENGTH_MAX)))
    if alert.labels or alert.dimensions:
        lines.append(markup(", ".join(wording.labels(alert, LABELS_SHOWN_MAX))))
    return "\n".join(lines)


def _mark(alert: AlertLine) -> str:
    return "🟢" if alert.status is AlertStatus.RESOLVED else MARKS[alert.severity]


def _that_fit(texts: Sequence[str], room: int, pause: int) -> Iterator[str]:
    for text in texts:
        room -= len(text.encode()) + pause
        if room < 0:
            return
        yield text


def _size(parts: Sequence[str], between: str) -> int:
    return sum(len(part.encode()) for part in parts) + len(parts) * len(between.encode())
