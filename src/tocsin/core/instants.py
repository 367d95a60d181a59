"""Instants and the windows between them: aware UTC moments, half-open, with microseconds behind them.

Arithmetic that must be fast counts whole microseconds since 1970; `micros` and `moment` go there and back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
DAY = 86_400 * SECOND
WEEK = 7 * DAY

# Just outside the years 1 to 9999, which a datetime can name: for what has no beginning or no end.
PAST = -719_162 * DAY - 1
FUTURE = 2_932_897 * DAY

_MICROSECOND = timedelta(microseconds=1)


def utc(at: datetime) -> datetime:
    """Return *at* in UTC.

    Raises ValueError for a naive datetime: an instant must say which offset it is meant in.
    """
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} names no instant without an offset from UTC")
    return at.astimezone(UTC)


def micros(at: datetime) -> int:
    """Count the microseconds from 1970 to *at*; a naive datetime is a TypeError."""
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def moment(microseconds: int) -> datetime | None:
    """Return the instant *microseconds* after 1970, or None when it lies outside the years 1 to 9999."""
    try:
        return EPOCH + microseconds * _MICROSECOND
    except OverflowError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The instants in [starts_at, ends_at); empty when the end is not after the start."""

    starts_at: datetime
    ends_at: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at

    def __bool__(self) -> bool:
        return self.starts_at < self.ends_at

    @property
    def length(self) -> timedelta:
        """How long it lasts; zero when it is empty."""
        return max(self.ends_at - self.starts_at, timedelta(0))


def merge(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Join *windows* that overlap or touch; the empty ones vanish, the rest come back in order."""
    joined: list[Window] = []
    for window in sorted(filter(None, windows), key=lambda window: (window.starts_at, window.ends_at)):
        if joined and window.starts_at <= joined[-1].ends_at:
            ends_at = max(joined[-1].ends_at, window.ends_at)
            joined[-1] = Window(starts_at=joined[-1].starts_at, ends_at=ends_at)
        else:
            joined.append(window)
    return tuple(joined)


def clip(windows: Iterable[Window], within: Window) -> tuple[Window, ...]:
    """Cut *windows* down to what lies inside *within*; what lies outside vanishes, the order stays."""
    cut = (
        Window(
            starts_at=max(window.starts_at, within.starts_at),
            ends_at=min(window.ends_at, within.ends_at),
        )
        for window in windows
    )
    return tuple(filter(None, cut))


def complement(windows: Iterable[Window], within: Window) -> tuple[Window, ...]:
    """List the parts of *within* that none of *windows* covers, however short, in order."""
    holes: list[Window] = []
    covered_until = within.starts_at
    for window in merge(clip(windows, within)):
        holes.append(Window(starts_at=covered_until, ends_at=window.starts_at))
        covered_until = window.ends_at
    holes.append(Window(starts_at=covered_until, ends_at=within.ends_at))
    return tuple(filter(None, holes))
