"""What a body says of a rule, in the order in which this API checks it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from msgspec import UNSET, UnsetType

from tocsin.dialects.grafana_oncall import numbers
from tocsin.dialects.grafana_oncall.errors import plainly, refused
from tocsin.dialects.grafana_oncall.fields import Fields, given
from tocsin.dialects.grafana_oncall.rules.translate import CHANNELS, DURATIONS, WAIT, show_span

BAD_DURATION: Final = "Invalid duration format"
NO_DURATION: Final = "Duration can't be set"
NO_TYPE: Final = "Type is required"
BAD_TYPE: Final = "Invalid type"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFields:
    """The fields of a rule that were given, each right by itself."""

    type: str | UnsetType
    duration: timedelta | None
    position: int | UnsetType
    important: bool
    manual: bool


def duration_of(fields: Fields) -> timedelta | None:
    """Read how long to wait; refuse what is no number before anything else is looked at."""
    value = fields.raw("duration")
    if value is UNSET:
        return None
    if not isinstance(value, int | float):
        raise refused(BAD_DURATION)
    try:
        return timedelta(seconds=value)
    except (OverflowError, ValueError):
        raise refused(BAD_DURATION) from None


def read_rule(fields: Fields, duration: timedelta | None, *, was_wait: bool | None) -> RuleFields:
    """Read the rest; *was_wait* tells whether the rule that is changed waits, None for a new one."""
    if duration is not None and duration.total_seconds() not in DURATIONS:
        fields.wrong("duration", f'"{show_span(duration)}" is not a valid choice.')
    position = fields.integer("position")
    type_ = fields.text("type")
    important = fields.boolean("important") if was_wait is None else False
    manual = fields.boolean("manual_order")
    fields.must_be_right()
    if type_ is UNSET and was_wait is None:
        raise plainly("type", NO_TYPE)
    if isinstance(type_, str) and type_ != WAIT and type_ not in CHANNELS:
        raise plainly("type", BAD_TYPE)
    waits = type_ == WAIT if isinstance(type_, str) else was_wait
    if duration is not None and not waits:
        raise plainly("duration", NO_DURATION)
    if isinstance(position, int):
        numbers.check(position)
        if manual is True and position == numbers.LAST:
            raise refused(numbers.OUT_OF_RANGE)
    return RuleFields(
        type=type_ if isinstance(type_, str) else UNSET,
        duration=duration,
        position=position if isinstance(position, int) else UNSET,
        important=given(important, otherwise=False),
        manual=given(manual, otherwise=False),
    )
