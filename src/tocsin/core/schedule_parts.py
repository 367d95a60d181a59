"""What a schedule is made of, part by part: each layer, recurring shift and calendar as if it were alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from tocsin.core.ids import FeedId, LayerId, RecurringShiftId
from tocsin.core.schedule import Schedule


class PartKind(StrEnum):
    """What a part is."""

    LAYER = "layer"
    RECURRING_SHIFT = "recurring_shift"
    FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a schedule; *alone* is the schedule without any other, and without overrides and swaps."""

    kind: PartKind
    id: LayerId | RecurringShiftId | FeedId
    alone: Schedule


def parts(schedule: Schedule) -> tuple[Part, ...]:
    """List the parts of *schedule*: where two of them have somebody, the one that comes first decides.

    Recurring shifts of one level count together, and so do they with calendars.
    """
    return (*_shifts(schedule), *_feeds(schedule), *reversed(tuple(_layers(schedule))))


def _bare(schedule: Schedule) -> Schedule:
    return replace(schedule, layers=(), overrides=(), swaps=(), shifts=(), feeds=())


def _layers(schedule: Schedule) -> Iterator[Part]:
    bare = _bare(schedule)
    for layer in schedule.layers:
        yield Part(kind=PartKind.LAYER, id=layer.id, alone=replace(bare, layers=(layer,)))


def _shifts(schedule: Schedule) -> Iterator[Part]:
    bare = _bare(schedule)
    in_order = sorted(schedule.shifts, key=lambda each: (not each.override, -each.level, each.id))
    for shift in in_order:
        yield Part(kind=PartKind.RECURRING_SHIFT, id=shift.id, alone=replace(bare, shifts=(shift,)))


def _feeds(schedule: Schedule) -> Iterator[Part]:
    bare = _bare(schedule)
    for feed in sorted(schedule.feeds, key=lambda each: (not each.overrides, each.id)):
        yield Part(kind=PartKind.FEED, id=feed.id, alone=replace(bare, feeds=(feed,)))
