"""What a change of a schedule comes to: who is no longer on call when, and who is instead."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.core.ids import UserId
from tocsin.core.instants import Window
from tocsin.core.schedule import Shift

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyChange:
    """In [starts_at, ends_at) the people *before* were on call, and those *after* will be; both by id."""

    starts_at: datetime
    ends_at: datetime
    before: tuple[UserId, ...]
    after: tuple[UserId, ...]

    @property
    def loses(self) -> tuple[UserId, ...]:
        """Who is no longer on call then."""
        return tuple(user for user in self.before if user not in self.after)

    @property
    def gets(self) -> tuple[UserId, ...]:
        """Who is on call then and was not."""
        return tuple(user for user in self.after if user not in self.before)

    @property
    def leaves_nobody(self) -> bool:
        """Whether somebody was on call then and nobody will be."""
        return not self.after


def changes(before: Sequence[Shift], after: Sequence[Shift], within: Window) -> tuple[DutyChange, ...]:
    """Compare two timelines *within* a window: each stretch in which other people are on call, in order.

    Shifts of the same people by another layer or another turn are no change.
    """
    found: list[DutyChange] = []
    for starts_at, ends_at, were, are in _stretches(before, after, within):
        if were == are:
            continue
        last = found[-1] if found else None
        if last is not None and (last.ends_at, last.before, last.after) == (starts_at, were, are):
            found[-1] = replace(last, ends_at=ends_at)
        else:
            found.append(DutyChange(starts_at=starts_at, ends_at=ends_at, before=were, after=are))
    return tuple(found)


def balance(found: Iterable[DutyChange]) -> Mapping[UserId, timedelta]:
    """Add up how much longer, or less long, each person is on call; who comes out even has zero."""
    sums: dict[UserId, timedelta] = {}
    for change in found:
        length = change.ends_at - change.starts_at
        for user in change.loses:
            sums[user] = sums.get(user, _NOTHING) - length
        for user in change.gets:
            sums[user] = sums.get(user, _NOTHING) + length
    return sums


def _stretches(
    before: Sequence[Shift], after: Sequence[Shift], within: Window
) -> Iterable[tuple[datetime, datetime, tuple[UserId, ...], tuple[UserId, ...]]]:
    """Go through *within* from one beginning or end of a shift to the next."""
    events: list[tuple[datetime, int, UserId, int]] = []
    for side, shifts in enumerate((before, after)):
        for shift in shifts:
            starts_at = max(shift.starts_at or within.starts_at, within.starts_at)
            ends_at = min(shift.ends_at or within.ends_at, within.ends_at)
            if starts_at < ends_at:
                events += [(starts_at, side, shift.user, 1), (ends_at, side, shift.user, -1)]
    events.sort()
    on_duty: tuple[dict[UserId, int], dict[UserId, int]] = ({}, {})
    since = within.starts_at
    for at, side, user, step in events:
        if at > since:
            yield since, at, tuple(sorted(on_duty[0])), tuple(sorted(on_duty[1]))
            since = at
        times = on_duty[side].get(user, 0) + step
        if times:
            on_duty[side][user] = times
        else:
            on_duty[side].pop(user, None)
