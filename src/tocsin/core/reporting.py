"""How it went: how long people took, who was woken when, what was noise, and how much was covered. Pure.

Percentiles are by nearest rank: the smallest of the values that so many of a hundred do not exceed. Hours and
nights are those on the clock of whoever was paged; days are those of whoever looks.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Final, NamedTuple

from tocsin.core import schedule as schedules
from tocsin.core.calendar import in_zone, known_zone
from tocsin.core.directory import Directory
from tocsin.core.event import Severity
from tocsin.core.ids import AlertId, PageId, ServiceId, UserId
from tocsin.core.people import User

NIGHT: Final = frozenset({22, 23, 0, 1, 2, 3, 4, 5, 6})
SATURDAY: Final = 5
NOISY_MAX: Final = 50
BUCKETS: Final = (
    ("1 min", timedelta(minutes=1)),
    ("5 min", timedelta(minutes=5)),
    ("15 min", timedelta(minutes=15)),
    ("1 h", timedelta(hours=1)),
    ("4 h", timedelta(hours=4)),
)


class PastAlert(NamedTuple):
    """An alert as far as reports look at it; *taken_at* is when somebody first acknowledged it."""

    id: AlertId
    service: ServiceId
    severity: Severity
    title: str
    opened_at: datetime
    taken_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: UserId | None = None


class PastMessage(NamedTuple):
    """A message that asked somebody, and went out."""

    user: UserId
    page: PageId
    at: datetime
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long something took, *count* times: the median, and what 90 and 95 of a hundred did not exceed."""

    count: int
    median: timedelta = timedelta()
    p90: timedelta = timedelta()
    p95: timedelta = timedelta()
    buckets: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Woken:
    """How often somebody was paged: in all, at night, at weekends, and in how many nights."""

    user: UserId
    name: str
    pages: int
    at_night: int
    at_weekend: int
    nights: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Noisy:
    """Alerts of one title in one service: how many, how many ended by themselves, and were never taken."""

    service: str
    title: str
    alerts: int
    by_itself: int
    never_taken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """How much of the span somebody was on call for a schedule, by its configuration as it stands."""

    schedule: str
    share: float
    uncovered: timedelta


def times(lengths: Iterable[timedelta]) -> Times:
    """Sum up how long something took."""
    found = sorted(max(length, timedelta()) for length in lengths)
    if not found:
        return Times(count=0)
    counts = [sum(1 for each in found if each <= limit) for _, limit in BUCKETS]
    within = [count - before for count, before in zip(counts, [0, *counts[:-1]], strict=True)]
    names = [f"≤ {name}" for name, _ in BUCKETS]
    return Times(
        count=len(found),
        median=percentile(found, 50),
        p90=percentile(found, 90),
        p95=percentile(found, 95),
        buckets=(*zip(names, within, strict=True), (f"> {BUCKETS[-1][0]}", len(found) - counts[-1])),
    )


def percentile(ordered: Sequence[timedelta], percent: int) -> timedelta:
    """Give the smallest of *ordered*, which is not empty, that *percent* of a hundred do not exceed."""
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def woken(told: Iterable[PastMessage], directory: Directory) -> list[Woken]:
    """Tell who was paged how often; a page that reached somebody by several ways has paged them once."""
    by_user: dict[UserId, list[datetime]] = {}
    for (user, _page), at in _firsts(told).items():
        by_user.setdefault(user, []).append(local(at, directory.users.get(user)))
    found = [_woken(user, walls, directory) for user, walls in by_user.items()]
    return sorted(found, key=lambda each: (-each.pages, each.name.casefold(), each.user))


def _woken(user: UserId, walls: Sequence[datetime], directory: Directory) -> Woken:
    known = directory.users.get(user)
    at_night = [each for each in walls if each.hour in NIGHT]
    return Woken(
        user=user,
        name=known.display_name if known is not None else "a deleted user",
        pages=len(walls),
        at_night=len(at_night),
        at_weekend=sum(1 for each in walls if each.weekday() >= SATURDAY),
        nights=len({(each - timedelta(hours=12)).date() for each in at_night}),
    )


def hours(told: Iterable[PastMessage], directory: Directory) -> Counter[tuple[int, int]]:
    """Count the pages that reached people by weekday and hour, on their own clocks."""
    walls = (local(at, directory.users.get(user)) for (user, _page), at in _firsts(told).items())
    return Counter((each.weekday(), each.hour) for each in walls)


def local(at: datetime, user: User | None) -> datetime:
    """Give *at* as the clock of *user* shows it."""
    zone = user.time_zone if user is not None and known_zone(user.time_zone) else "UTC"
    return in_zone(zone, at)


def by_day(
    alerts: Iterable[PastAlert], since: datetime, now: datetime, zone: str
) -> list[tuple[date, Counter[Severity]]]:
    """Count alerts by the day on which they were opened, in *zone*, from *since* to *now*, none left out."""
    home = zone if known_zone(zone) else "UTC"
    first, last = in_zone(home, since).date(), in_zone(home, now).date()
    counts = {first + timedelta(days=day): Counter[Severity]() for day in range((last - first).days + 1)}
    for each in alerts:
        day = in_zone(home, each.opened_at).date()
        if day in counts:
            counts[day][each.severity] += 1
    return list(counts.items())


def ended_by_itself(alert: PastAlert) -> bool:
    """Tell whether *alert* was over before anybody answered it."""
    return alert.resolved_at is not None and alert.taken_at is None and alert.resolved_by is None


def never_taken(alert: PastAlert) -> bool:
    """Tell whether nobody ever acknowledged *alert*, or resolved it."""
    return alert.taken_at is None and alert.resolved_by is None


def noisy(alerts: Iterable[PastAlert], services: Mapping[ServiceId, str]) -> list[Noisy]:
    """Name what made the most alerts that nobody did anything about, NOISY_MAX of them."""
    groups: dict[tuple[ServiceId, str], list[PastAlert]] = {}
    for each in alerts:
        groups.setdefault((each.service, each.title), []).append(each)
    found = [
        Noisy(
            service=services.get(service, ""),
            title=title,
            alerts=len(own),
            by_itself=sum(map(ended_by_itself, own)),
            never_taken=sum(map(never_taken, own)),
        )
        for (service, title), own in groups.items()
    ]
    found.sort(key=lambda each: (-each.never_taken, -each.alerts, each.title))
    return [each for each in found if each.never_taken][:NOISY_MAX]


def coverage(directory: Directory, since: datetime, now: datetime) -> list[Covered]:
    """Tell how much of the span somebody was on call for each schedule, the least covered first."""
    whole = now - since
    found = []
    for schedule in directory.schedules.values():
        gaps = schedules.gaps(schedule, since, now)
        uncovered = sum((gap.ends_at - gap.starts_at for gap in gaps), timedelta())
        found.append(Covered(schedule=schedule.name, share=1 - uncovered / whole, uncovered=uncovered))
    return sorted(found, key=lambda each: (each.share, each.schedule.casefold()))


def _firsts(told: Iterable[PastMessage]) -> dict[tuple[UserId, PageId], datetime]:
    """Give for each person and page when it first reached them."""
    firsts: dict[tuple[UserId, PageId], datetime] = {}
    for each in told:
        key = (each.user, each.page)
        firsts[key] = min(each.at, firsts.get(key, each.at))
    return firsts
