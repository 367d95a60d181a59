"""Silences: when matching alerts open and are seen, but page nobody."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.core.calendar import TimeWindow
from tocsin.core.filters import Filter
from tocsin.core.ids import ServiceId, SilenceId, UserId, WorkspaceId


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
