"""What Telegram is told, in its HTML: at most 4,096 UTF-16 units, counted when the markup is read.

Bot API, "Formatting options", "HTML style". Whatever is cut is cut before it is escaped, so that no tag and
no entity is ever cut in two.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from typing import Final

from tocsin.channels import wording
from tocsin.channels.base import AlertLine, Message
from tocsin.channels.prose import MARKS, mark_of, notes_of, offers_of
from tocsin.core.alert import AlertStatus

UNITS_MAX: Final = 4_096
TITLE_LENGTH_MAX: Final = 300
BODY_LENGTH_MAX: Final = 1_000
MESSAGE_LENGTH_MAX: Final = 500
MARKED_LENGTH_MAX: Final = 1_500  # of what templates make; longer ones are said in plain words, cut
WHY_LENGTH_MAX: Final = 300
BUNDLED_SHOWN_MAX: Final = 8
LABELS_SHOWN_MAX: Final = 8

_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")
_BETWEEN: Final = "\n\n"


def plain(markup: str) -> str:
    """Turn *markup*, which is Telegram's HTML, into plain words."""
    return unescape(_TAG.sub("", markup))


def units(text: str) -> int:
    """Count *text* as Telegram does: in UTF-16."""
    return len(text.encode("utf-16-le", "replace")) // 2


def html_of(message: Message) -> str:
    """Say *message* in HTML; alerts for which there is no room are counted."""
    head, tail = list(_head(message)), list(_tail(message))
    room = UNITS_MAX - _size([*head, *tail]) - units("and 1,000,000 more alerts") - len(_BETWEEN)
    alerts = list(_that_fit((_alert(each, message.time_zone) for each in message.alerts), room))
    if len(alerts) < len(message.alerts):
        room -= _size(alerts)
        rest = message.alerts[len(alerts) :]
        titles = list(_that_fit((_title(each) for each in rest), room, between="\n"))
        if more := wording.left_out(message, len(alerts) + len(titles)):
            titles.append(more)
        alerts += ["\n".join(titles)] if titles else []
    elif more := wording.left_out(message, len(alerts)):
        alerts.append(more)
    return _BETWEEN.join((*head, *alerts, *tail))


def text_of(message: Message) -> str:
    """Say *message* in plain words with its links, for when nothing else is taken."""
    titles = [wording.one_line(alert.title, 200) for alert in message.alerts[:BUNDLED_SHOWN_MAX]]
    lines = [
        wording.headline(message, TITLE_LENGTH_MAX),
        *notes_of(message),
        wording.shorten(wording.clean(message.body), BODY_LENGTH_MAX),
        message.code,
        *(titles if len(message.alerts) > 1 else []),
        wording.one_line(message.because, WHY_LENGTH_MAX),
        wording.one_line(message.what_next, WHY_LENGTH_MAX),
        *(f"{name}: {url}" for name, url in offers_of(message) if len(url) <= TITLE_LENGTH_MAX),
    ]
    return "\n".join(line for line in lines if line)


def escaped(text: str) -> str:
    """Return *text* so that nothing in it is markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _head(message: Message) -> Iterator[str]:
    yield f"<b>{mark_of(message)} {escaped(wording.headline(message, TITLE_LENGTH_MAX))}</b>"
    yield from (escaped(note) for note in notes_of(message))
    facts = [f"Service: {wording.one_line(message.service, 80)}"] if message.service else []
    if message.alerts:
        facts.append(f"{wording.alert_count(message)}, {wording.severity_word(message.severity).lower()}")
    if facts:
        yield escaped("\n".join(facts))
    if body := wording.clean(message.body).strip():
        yield escaped(wording.shorten(body, BODY_LENGTH_MAX))
    if message.code:
        yield f"<code>{escaped(wording.one_line(message.code, 100))}</code>"


def _tail(message: Message) -> Iterator[str]:
    shown = message.bundled[:BUNDLED_SHOWN_MAX]
    lines = [f"{MARKS[page.severity]} {escaped(wording.one_line(page.title, 60))}" for page in shown]
    if (more := len(message.bundled) - len(shown)) > 0:
        lines.append(f"and {more} more pages")
    if lines:
        yield "\n".join(lines)
    if message.because:
        yield f"<b>Why:</b> {escaped(wording.one_line(message.because, WHY_LENGTH_MAX))}"
    if message.what_next:
        yield f"<b>Next:</b> {escaped(wording.one_line(message.what_next, WHY_LENGTH_MAX))}"


def _alert(alert: AlertLine, time_zone: str) -> str:
    state = "resolved, was firing" if alert.status is AlertStatus.RESOLVED else "firing"
    lines = [_title(alert), f"{state} since {wording.moment(alert.opened_at, time_zone)}"]
    if alert.acknowledged_by:
        lines.append(f"acknowledged by {escaped(wording.one_line(alert.acknowledged_by, 80))}")
    if 0 < len(alert.marked_message) <= MARKED_LENGTH_MAX:
        lines.append(alert.marked_message)
    elif alert.message and alert.message != alert.title:
        lines.append(escaped(wording.shorten(wording.clean(alert.message), MESSAGE_LENGTH_MAX)))
    if alert.labels or alert.dimensions:
        lines.append(escaped(", ".join(wording.labels(alert, LABELS_SHOWN_MAX))))
    return "\n".join(lines)


def _title(alert: AlertLine) -> str:
    mark = "🟢" if alert.status is AlertStatus.RESOLVED else MARKS[alert.severity]
    if 0 < len(alert.marked_title) <= MARKED_LENGTH_MAX:
        return f"{mark} {alert.marked_title}"
    title = escaped(wording.one_line(alert.title, 200))
    if wording.is_web_link(alert.url):
        title = f'<a href="{alert.url.replace("&", "&amp;")}">{title}</a>'
    return f"{mark} <b>{title}</b>"


def _that_fit(parts: Iterable[str], room: int, *, between: str = _BETWEEN) -> Iterator[str]:
    for part in parts:
        room -= _size([part], between)
        if room < 0:
            return
        yield part


def _size(parts: Sequence[str], between: str = _BETWEEN) -> int:
    return sum(units(plain(part)) + len(between) for part in parts)
