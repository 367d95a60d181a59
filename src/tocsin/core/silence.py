"""Silences: when matching alerts open and are seen, but page nobody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tocsin.core.alert import Alert
from tocsin.core.calendar import TimeWindow, check_window, contains, next_change
from tocsin.core.errors import Invalid, check_text
from tocsin.core.filters import Filter
from tocsin.core.ids import ServiceId, SilenceId, UserId, WorkspaceId

NAME_LENGTH_MAX: Final = 255
COMMENT_LENGTH_MAX: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A filter and a span of time, or a recurring window (maintenance).

    It holds in [starts_at, ends_at) and, when *recurring* is set, only inside that window. *services*
    narrows it to those services; empty means every service of the workspace.
    """

    id: SilenceId
    workspace: WorkspaceId
    name: str
    comment: str = ""
    filter: Filter
    services: frozenset[ServiceId] = frozenset()
    starts_at: datetime
    ends_at: datetime | None = None
    recurring: TimeWindow | None = None
    created_by: UserId | None = None


def holds(silence: Silence, now: datetime) -> bool:
    """Tell whether *silence* is in force at *now*, whatever it covers then."""
    if now < silence.starts_at or (silence.ends_at is not None and silence.ends_at <= now):
        return False
    return silence.recurring is None or contains(silence.recurring, now)


def applies(silence: Silence, alert: Alert) -> bool:
    """Tell whether *silence*, while it is in force, is about *alert*."""
    if silence.services and alert.service not in silence.services:
        return False
    return silence.filter.matches(alert)


def covers(silence: Silence, alert: Alert, now: datetime) -> bool:
    """Tell whether *silence* keeps *alert* from paging anybody at *now*."""
    if silence.services and alert.service not in silence.services:
        return False
    return holds(silence, now) and silence.filter.matches(alert)


def ends_at(silence: Silence, now: datetime) -> datetime | None:
    """Tell when *silence*, in force at *now*, stops being so; None when it is not in force or never stops.

    At that moment what it covered is to be judged again. A recurring one stops with each of its windows.
    """
    if not holds(silence, now):
        return None
    closes = None if silence.recurring is None else next_change(silence.recurring, now)
    return min((end for end in (silence.ends_at, closes) if end is not None), default=None)


def changes_at(silence: Silence, now: datetime) -> datetime | None:
    """Tell when *silence* begins or stops to be in force next, after *now*; None when it never does."""
    if silence.ends_at is not None and silence.ends_at <= now:
        return None
    if now < silence.starts_at:
        return silence.starts_at
    turns = None if silence.recurring is None else next_change(silence.recurring, now)
    return min((moment for moment in (silence.ends_at, turns) if moment is not None), default=None)


def check(silence: Silence) -> None:
    """Raise Invalid, naming the field, for a silence that cannot be."""
    check_text(silence.name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    check_text(silence.comment, "comment", longest=COMMENT_LENGTH_MAX)
    if silence.ends_at is not None and silence.ends_at <= silence.starts_at:
        raise Invalid("ends_at", "is not after starts_at", "must be later, or left out")
    if silence.recurring is not None:
        check_window(silence.recurring, "recurring")
