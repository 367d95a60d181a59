"""Imported calendars: duty that somebody keeps in a calendar elsewhere, as events that name people.

The last good copy counts until there is a newer one. Whom an event means is found out when it is asked:
by its summary, its description or an attendee being somebody's name or e-mail address.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tocsin.core.agenda import Occurrence, Series
from tocsin.core.errors import Invalid, check_text
from tocsin.core.ids import FeedId, UserId
from tocsin.core.people import Role, User, UserStatus
from tocsin.core.recurrence import Occurrences, Recurrence, wall_micros
from tocsin.core.zone import zone

REFRESH_EVERY = timedelta(minutes=10)
URL_LENGTH_MAX = 2_000
EVENTS_MAX = 10_000
SIZE_MAX = 5_242_880  # bytes of a calendar
EVENT_DURATION_MAX = timedelta(days=3_653)

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """One event: from *start* for *duration*, wall-clock time of *time_zone*, and again by its *rule*.

    *besides* and *without* are further and left out beginnings. *names* are the texts that may name somebody.
    """

    uid: str
    names: tuple[str, ...]
    level: int = 0
    start: datetime
    duration: timedelta
    time_zone: str
    rule: Recurrence | None = None
    besides: tuple[datetime, ...] = ()
    without: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Calendar:
    """What a feed said when it was last read."""

    events: tuple[FeedEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A calendar at *url*; one of *overrides* decides over every other layer of the schedule.

    *calendar* is the last good copy, None before the first.
    """

    id: FeedId
    url: str
    overrides: bool = False
    calendar: Calendar | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """How it goes with a feed: when it was last asked for, last well read, and what is wrong with it.

    *problem* is why it could not be read the last time; *skipped* counts the events of the last good copy
    that make no sense, of which *remark* names the first.
    """

    checked_at: datetime | None = None
    read_at: datetime | None = None
    problem: str = ""
    skipped: int = 0
    remark: str = ""


class Names:
    """Whom a text names: a user's name as it is, or their e-mail address, letter case aside."""

    __slots__ = ("_emails", "_names")

    def __init__(self, users: Iterable[User]) -> None:
        able = sorted((user for user in users if may_be_on_call(user)), key=lambda user: user.id)
        self._names: dict[str, UserId] = {}
        self._emails: dict[str, UserId] = {}
        for user in able:
            if user.name:
                self._names.setdefault(user.name, user.id)
            self._emails.setdefault(user.email.casefold(), user.id)

    def meant(self, texts: Iterable[str]) -> tuple[UserId, ...]:
        """Give everybody whom one of *texts* names, each once."""
        found: dict[UserId, None] = {}
        for text in texts:
            user = self._names.get(text) or self._emails.get(text.casefold())
            if user is not None:
                found[user] = None
        return tuple(found)


def may_be_on_call(user: User) -> bool:
    """Tell whether *user* counts where people are on call by a recurring shift or a feed."""
    return user.status is not UserStatus.DEACTIVATED and user.role is not Role.VIEWER


def check(feed: Feed, path: str) -> None:
    """Raise Invalid, naming the field under *path*, for a feed that cannot be kept."""
    check_text(feed.url, f"{path}.url", shortest=1, longest=URL_LENGTH_MAX)
    if not feed.url.lower().startswith(("http://", "https://")):
        raise Invalid(f"{path}.url", f"is {feed.url[:100]!r}", "must be an http or https address")


def parts_of(feed: Feed, names: Names, place: int) -> Mapping[int, tuple[list[Series], list[Occurrence]]]:
    """Work *feed* out, as number *place* of a schedule: by level, what comes back and what comes once."""
    parts: dict[int, tuple[list[Series], list[Occurrence]]] = {}
    for number, event in enumerate(feed.calendar.events if feed.calendar is not None else ()):
        users = names.meant(event.names)
        if not users:
            continue
        series = _series(event, users, place, number)
        recurring, single = parts.setdefault(event.level, ([], []))
        if event.rule is None and not event.besides:
            single += series.between(series.since, series.ends)
        else:
            recurring.append(series)
    return parts


def _series(event: FeedEvent, users: tuple[UserId, ...], place: int, mark: int) -> Series:
    def everybody(_wall: int, _period: int) -> tuple[UserId, ...]:
        return users

    return Series(
        Occurrences(event.rule, wall_micros(event.start)),
        zone(event.time_zone),
        duration=event.duration // _MICROSECOND,
        users=everybody,
        place=place,
        mark=mark,
        besides=sorted(map(wall_micros, event.besides)),
        without=frozenset(map(wall_micros, event.without)),
    )
