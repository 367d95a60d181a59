"""``/reports``: how long people take, who is woken when, what was noise; as pictures, and as CSV."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response

from tocsin.actions import history, reporting
from tocsin.actions.actor import Actor, Permission
from tocsin.core import reporting as sums
from tocsin.core.directory import Directory
from tocsin.core.event import Severity
from tocsin.core.reporting import Covered, Noisy, PastAlert, PastMessage, Times, Woken
from tocsin.core.spelling import native
from tocsin.httpkit.pondering import ponder
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.charts import DaysPicture, draw_days
from tocsin.web.rendering import page
from tocsin.web.tables import table
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")

DAYS: Final = (7, 28, 91)
SHADES: Final = 5
SHOWN: Final = 15  # of what made the most noise; all of it is in the CSV
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """How many days to look back over, and at what alone."""

    days: int = 28
    service: Annotated[str, Meta(max_length=100)] = ""
    who: Annotated[str, Meta(max_length=100)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """All that a report is made of."""

    directory: Directory
    alerts: Sequence[PastAlert]
    told: Sequence[PastMessage]
    since: datetime
    now: datetime
    zone: str


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

    alerts: int
    by_severity: Mapping[Severity, int]
    days: DaysPicture
    taken: Times
    resolved: Times
    by_itself: int
    never_taken: int
    woken: Sequence[Woken]
    week: Sequence[Sequence[Cell]]
    noisy: Sequence[Noisy]
    coverage: Sequence[Covered]
    whole: bool


@ROUTES.get("/reports", permission=Permission.READ, summary="Show reports", hidden=True)
async def show_reports(call: Call, query: Span) -> Response:
    """Show how it went."""
    past = await _past(call, query)
    report = await ponder(lambda: _report(past, query))
    user = signed_in(call.request).user
    directory = past.directory
    return page(
        "reports.html",
        now=call.now,
        user=user,
        report=report,
        asked=query,
        days=_days(query),
        choices=DAYS,
        services={each.slug: each.name for each in directory.services.values()},
        people={native("user", each.id): each.display_name for each in directory.users.values()},
    )


@ROUTES.get("/reports/alerts.csv", permission=Permission.READ, summary="Give alerts as CSV", hidden=True)
async def give_alerts(call: Call, query: Span) -> Response:
    """Give one line for each alert."""
    past = await _past(call, query)
    names = {each.id: each.name for each in past.directory.services.values()}
    rows = (
        (
            native("alert", each.id),
            names.get(each.service, ""),
            each.title,
            each.severity.value,
            each.opened_at,
            each.taken_at,
            each.resolved_at,
            _seconds(each.opened_at, each.taken_at),
            _seconds(each.opened_at, each.resolved_at),
        )
        for each in past.alerts
    )
    head = ("alert", "service", "title", "severity", "opened", "acknowledged", "resolved")
    return table("alerts", _days(query), (*head, "seconds to acknowledge", "seconds to resolve"), rows)


@ROUTES.get("/reports/pages.csv", permission=Permission.READ, summary="Give pages as CSV", hidden=True)
async def give_pages(call: Call, query: Span) -> Response:
    """Give one line for each person: how often they were paged."""
    past = await _past(call, query)
    rows = [
        (each.name, each.pages, each.at_night, each.nights, each.at_weekend)
        for each in sums.woken(past.told, past.directory)
    ]
    return table("pages", _days(query), ("person", "pages", "at night", "nights", "at weekends"), rows)


@ROUTES.get("/reports/hours.csv", permission=Permission.READ, summary="Give hours as CSV", hidden=True)
async def give_hours(call: Call, query: Span) -> Response:
    """Give one line for each weekday and hour in which anybody was paged, by their own clock."""
    past = await _past(call, query)
    counts = sums.hours(_of(past.told, query), past.directory)
    rows = [(WEEKDAYS[day], hour, count) for (day, hour), count in sorted(counts.items())]
    return table("hours", _days(query), ("weekday", "hour", "pages"), rows)


@ROUTES.get("/reports/noise.csv", permission=Permission.READ, summary="Give noise as CSV", hidden=True)
async def give_noise(call: Call, query: Span) -> Response:
    """Give one line for each title of which nobody took alerts."""
    past = await _past(call, query)
    names = {each.id: each.name for each in past.directory.services.values()}
    found = sums.noisy(past.alerts, names)
    rows = [(each.service, each.title, each.alerts, each.by_itself, each.never_taken) for each in found]
    head = ("service", "title", "alerts", "over by themselves", "never taken")
    return table("noise", _days(query), head, rows)


@ROUTES.get("/reports/coverage.csv", permission=Permission.READ, summary="Give coverage as CSV", hidden=True)
async def give_coverage(call: Call, query: Span) -> Response:
    """Give one line for each schedule: for how much of the time somebody was on call."""
    past = await _past(call, query)
    covered = await ponder(lambda: sums.coverage(past.directory, past.since, past.now))
    rows = [(each.schedule, f"{each.share:.4f}", int(each.uncovered.total_seconds())) for each in covered]
    return table("coverage", _days(query), ("schedule", "share covered", "seconds uncovered"), rows)


def _days(query: Span) -> int:
    return query.days if query.days in DAYS else DAYS[1]


async def _past(call: Call, query: Span) -> Past:
    user = signed_in(call.request).user
    return await call.ask(_read, query, call.now, user.time_zone)


def _read(tx: Tx, actor: Actor, query: Span, now: datetime, zone: str) -> Past:
    directory, since = history.directory(tx, actor), now - timedelta(days=_days(query))
    alerts, told = reporting.past(tx, actor, since=since)
    service = directory.slugs.get(query.service)
    if service is not None:
        alerts = [each for each in alerts if each.service == service]
    return Past(directory=directory, alerts=alerts, told=told, since=since, now=now, zone=zone)


def _of(told: Sequence[PastMessage], query: Span) -> list[PastMessage]:
    """Keep what went to the one person whom somebody wants to see."""
    return [each for each in told if not query.who or native("user", each.user) == query.who]


def _report(past: Past, query: Span) -> Report:
    alerts, directory = past.alerts, past.directory
    names = {each.id: each.name for each in directory.services.values()}
    days: list[tuple[date, Mapping[Severity, int]]] = [
        (day, counts) for day, counts in sums.by_day(alerts, past.since, past.now, past.zone)
    ]
    taken = [each.taken_at - each.opened_at for each in alerts if each.taken_at is not None]
    resolved = [each.resolved_at - each.opened_at for each in alerts if each.resolved_at is not None]
    return Report(
        alerts=len(alerts),
        by_severity={
            severity: count
            for severity in Severity
            if (count := sum(1 for each in alerts if each.severity is severity))
        },
        days=draw_days(days),
        taken=sums.times(taken),
        resolved=sums.times(resolved),
        by_itself=sum(map(sums.ended_by_itself, alerts)),
        never_taken=sum(map(sums.never_taken, alerts)),
        woken=sums.woken(past.told, directory),
        week=_week(_of(past.told, query), directory),
        noisy=sums.noisy(alerts, names)[:SHOWN],
        coverage=sums.coverage(directory, past.since, past.now),
        whole=max(len(alerts), len(past.told)) < reporting.ROWS_MAX,
    )


def _week(told: Iterable[PastMessage], directory: Directory) -> list[list[Cell]]:
    counts = sums.hours(told, directory)
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


def _seconds(since: datetime, at: datetime | None) -> int | None:
    return None if at is None else int((at - since).total_seconds())
