"""``/reports``: how long people take, who is woken when, and what was noise; as pictures, and as CSV."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Final

import msgspec
from starlette.responses import Response

from tocsin.actions import history
from tocsin.actions.actor import Actor, Permission
from tocsin.core.alert import Alert
from tocsin.core.because import span
from tocsin.core.calendar import in_zone, known_zone
from tocsin.core.directory import Directory
from tocsin.core.event import Severity
from tocsin.core.ids import UserId
from tocsin.core.notification import Notification, NotificationKind, NotificationState
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.rendering import page
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")

DAYS: Final = (7, 28, 91)
READ_MAX: Final = 5_000  # of the newest; a report over more would say no more
AT_ONCE: Final = 500
NIGHT: Final = frozenset({22, 23, 0, 1, 2, 3, 4, 5, 6})
SHADES: Final = 5
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
QUARTILES: Final = 4


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """How many days to look back over."""

    days: int = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long something took: in the middle, and for three of four."""

    count: int
    middle: str
    most: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Woken:
    """How often somebody was paged: in all, at night by their own clock, and in how many nights."""

    name: str
    pages: int
    at_night: int
    nights: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """An hour of the week: how often anybody was paged in it, and its shade, 0 to SHADES."""

    day: str
    hour: int
    pages: int
    shade: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that the page shows; *whole* tells whether everything of these days was read."""

    days: int
    alerts: int
    by_severity: Mapping[Severity, int]
    acknowledged: Times
    resolved: Times
    by_itself: int
    unanswered: int
    woken: Sequence[Woken]
    week: Sequence[Sequence[Cell]]
    whole: bool


@ROUTES.get("/reports", permission=Permission.READ, summary="Show reports", hidden=True)
async def show_reports(call: Call, query: Span) -> Response:
    """Show how it went."""
    report = await call.ask(_report, _days(query), call.now)
    user = signed_in(call.request).user
    return page("reports.html", now=call.now, user=user, report=report, choices=DAYS)


@ROUTES.get("/reports/pages.csv", permission=Permission.READ, summary="Give pages as CSV", hidden=True)
async def give_pages(call: Call, query: Span) -> Response:
    """Give one line for each person: how often they were paged."""
    report = await call.ask(_report, _days(query), call.now)
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(("person", "pages", "at night", "nights"))
    for each in report.woken:
        writer.writerow((_harmless(each.name), each.pages, each.at_night, each.nights))
    headers = {"Content-Disposition": f'attachment; filename="pages-{report.days}-days.csv"'}
    return Response(written.getvalue(), 200, headers, media_type="text/csv; charset=utf-8")


def _days(query: Span) -> int:
    return query.days if query.days in DAYS else DAYS[1]


def _report(tx: Tx, actor: Actor, days: int, now: datetime) -> Report:
    directory, since = history.directory(tx, actor), now - timedelta(days=days)
    alerts = _alerts(tx, actor, since)
    told = _messages(tx, actor, since)
    answered = [each for each in alerts if each.acknowledgement is not None]
    ended = [each for each in alerts if each.resolved_at is not None]
    return Report(
        days=days,
        alerts=len(alerts),
        by_severity=_by_severity(alerts),
        acknowledged=_times(
            each.acknowledgement.at - each.opened_at for each in answered if each.acknowledgement is not None
        ),
        resolved=_times(each.resolved_at - each.opened_at for each in ended if each.resolved_at is not None),
        by_itself=sum(1 for each in ended if each.acknowledgement is None and each.resolved_by is None),
        unanswered=sum(1 for each in alerts if each.acknowledgement is None and each.resolved_at is None),
        woken=_woken(told, directory),
        week=_week(told, directory),
        whole=max(len(alerts), len(told)) < READ_MAX,
    )


def _alerts(tx: Tx, actor: Actor, since: datetime) -> list[Alert]:
    found: list[Alert] = []
    before: int | None = None
    while len(found) < READ_MAX:
        listed = history.list_alerts(tx, actor, since=since, before=before, limit=AT_ONCE)
        found += [each for each in listed.items if not each.drill]
        if listed.next is None:
            break
        before = listed.next
    return found


def _messages(tx: Tx, actor: Actor, since: datetime) -> list[Notification]:
    """Read the messages that asked people, and that went out."""
    found: list[Notification] = []
    before: int | None = None
    while len(found) < READ_MAX:
        listed = history.list_notifications(tx, actor, before=before, limit=AT_ONCE)
        found += [each for each in listed.items if each.queued_at >= since and _woke(each)]
        if listed.next is None or listed.items[-1].queued_at < since:
            break
        before = listed.next
    return found


def _woke(message: Notification) -> bool:
    went = message.state in (NotificationState.SENT, NotificationState.DELIVERED)
    return message.kind is NotificationKind.PAGE and message.user is not None and went


def _by_severity(alerts: Sequence[Alert]) -> dict[Severity, int]:
    counts = Counter(each.worst_severity for each in alerts)
    return {severity: counts[severity] for severity in Severity if counts[severity]}


def _times(lengths: Iterable[timedelta]) -> Times:
    found = sorted(max(length.total_seconds(), 0.0) for length in lengths)
    if not found:
        return Times(count=0, middle="", most="")
    most = quantiles(found, n=QUARTILES)[-1] if len(found) > 1 else found[0]
    return Times(
        count=len(found),
        middle=span(timedelta(seconds=median(found))),
        most=span(timedelta(seconds=most)),
    )


def _local(message: Notification, directory: Directory) -> datetime:
    """Give when a message went out, by the clock of whoever it went to."""
    user = directory.users.get(message.user or UserId(0))
    zone = user.time_zone if user is not None and known_zone(user.time_zone) else "UTC"
    return in_zone(zone, message.sent_at or message.queued_at)


def _woken(told: Sequence[Notification], directory: Directory) -> list[Woken]:
    pages: Counter[UserId] = Counter()
    at_night: Counter[UserId] = Counter()
    nights: dict[UserId, set[object]] = {}
    asked: set[tuple[object, object]] = set()
    for message in told:
        if message.user is None or (message.page, message.user) in asked:
            continue  # one page that reached somebody by two ways has woken them once
        asked.add((message.page, message.user))
        at = _local(message, directory)
        pages[message.user] += 1
        if at.hour in NIGHT:
            at_night[message.user] += 1
            nights.setdefault(message.user, set()).add((at - timedelta(hours=12)).date())
    found = [
        Woken(
            name=directory.users[user].display_name if user in directory.users else "a deleted user",
            pages=count,
            at_night=at_night[user],
            nights=len(nights.get(user, ())),
        )
        for user, count in pages.items()
    ]
    return sorted(found, key=lambda each: (-each.pages, each.name.casefold()))


def _week(told: Sequence[Notification], directory: Directory) -> list[list[Cell]]:
    counts: Counter[tuple[int, int]] = Counter()
    for message in told:
        at = _local(message, directory)
        counts[at.weekday(), at.hour] += 1
    most = max(counts.values(), default=0)
    return [
        [
            Cell(day=name, hour=hour, pages=counts[day, hour], shade=_shade(counts[day, hour], most))
            for hour in range(24)
        ]
        for day, name in enumerate(WEEKDAYS)
    ]


def _shade(count: int, most: int) -> int:
    return 0 if count == 0 else max(1, round(SHADES * count / most))


def _harmless(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
