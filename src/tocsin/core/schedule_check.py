"""Which schedules can be kept, and what is said about those that cannot."""

from collections.abc import Sequence
from datetime import datetime

from tocsin.core import feed as feeds
from tocsin.core.calendar import check_spans, known_zone
from tocsin.core.errors import Invalid, check_text
from tocsin.core.schedule import (
    FEEDS_MAX,
    INTERVAL_DAYS_MAX,
    INTERVAL_MIN_S,
    INTERVAL_SECONDS_MAX,
    LAYERS_MAX,
    MEMBERS_MAX,
    NAME_LENGTH_MAX,
    OVERRIDES_MAX,
    RECURRING_SHIFTS_MAX,
    RESTRICTIONS_MAX,
    Layer,
    Schedule,
)


def check(schedule: Schedule) -> None:
    """Raise Invalid, naming the field, for a schedule that cannot be kept; it may have no layers yet."""
    check_text(schedule.name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    _check_zone(schedule.time_zone, "time_zone")
    _check_count(schedule.layers, "layers", LAYERS_MAX)
    names: set[str] = set()
    for number, layer in enumerate(schedule.layers):
        path = f"layers[{number}]"
        _check_layer(layer, path)
        if layer.name in names:
            raise Invalid(f"{path}.name", f"is {layer.name!r} again", "must be unique within the schedule")
        names.add(layer.name)
    _check_count(schedule.overrides, "overrides", OVERRIDES_MAX)
    for number, override in enumerate(schedule.overrides):
        path = f"overrides[{number}]"
        _check_instant(override.starts_at, f"{path}.starts_at")
        _check_instant(override.ends_at, f"{path}.ends_at")
        if override.ends_at <= override.starts_at:
            problem = f"is {override.ends_at.isoformat()}"
            raise Invalid(f"{path}.ends_at", problem, "must be later than starts_at")
    _check_count(schedule.shifts, "shifts", RECURRING_SHIFTS_MAX)
    if schedule.shift_zone is not None:
        _check_zone(schedule.shift_zone, "shift_zone")
    _check_count(schedule.feeds, "feeds", FEEDS_MAX)
    for number, feed in enumerate(schedule.feeds):
        feeds.check(feed, f"feeds[{number}]")


def _check_layer(layer: Layer, path: str) -> None:
    check_text(layer.name, f"{path}.name", shortest=1, longest=NAME_LENGTH_MAX)
    _check_instant(layer.effective_date, f"{path}.effective_date")
    _check_instant(layer.rotation_start, f"{path}.rotation_start")
    if layer.end_date is not None:
        _check_instant(layer.end_date, f"{path}.end_date")
        if layer.end_date <= layer.effective_date:
            raise Invalid(
                f"{path}.end_date", f"is {layer.end_date.isoformat()}", "must be later than effective_date"
            )
    _check_interval(layer, f"{path}.interval")
    if not layer.members:
        raise Invalid(f"{path}.members", "is empty", "must name at least one member; no-one is a member too")
    _check_count(layer.members, f"{path}.members", MEMBERS_MAX)
    _check_count(layer.restrictions, f"{path}.restrictions", RESTRICTIONS_MAX)
    check_spans(layer.restrictions, f"{path}.restrictions")
    if layer.time_zone is not None:
        _check_zone(layer.time_zone, f"{path}.time_zone")


def _check_interval(layer: Layer, path: str) -> None:
    if not 0 <= layer.days <= INTERVAL_DAYS_MAX:
        raise Invalid(f"{path}.days", f"is {layer.days}", f"must be 0 to {INTERVAL_DAYS_MAX}")
    if not 0 <= layer.seconds <= INTERVAL_SECONDS_MAX:
        raise Invalid(f"{path}.seconds", f"is {layer.seconds}", f"must be 0 to {INTERVAL_SECONDS_MAX}")
    if not layer.days and layer.seconds < INTERVAL_MIN_S:
        problem = f"is {layer.seconds} s altogether"
        raise Invalid(path, problem, f"must be days and seconds of at least {INTERVAL_MIN_S} s together")


def _check_zone(name: str, path: str) -> None:
    if not known_zone(name):
        problem = f"is {name[:NAME_LENGTH_MAX]!r}, which is no time zone"
        raise Invalid(path, problem, "must be an IANA name such as Europe/Berlin")


def _check_instant(at: datetime, path: str) -> None:
    if at.utcoffset() is None:
        raise Invalid(path, f"is {at.isoformat()}", "must carry an offset from UTC, such as Z")


def _check_count(items: Sequence[object], path: str, most: int) -> None:
    if len(items) > most:
        raise Invalid(path, f"has {len(items)} entries", f"must have at most {most}")
