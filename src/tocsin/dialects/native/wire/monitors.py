"""Monitors over the wire."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from tocsin.core.ids import UNMADE, MonitorId, WorkspaceId, made_at
from tocsin.core.monitor import DESCRIPTION_LENGTH_MAX, KEY_LENGTH_MAX, NAME_LENGTH_MAX, Monitor
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.shapes import Body, View

MonitorName = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX, description="a name for people")]
MonitorKey = Annotated[
    str,
    Meta(min_length=1, max_length=KEY_LENGTH_MAX, description="what its events carry as `monitor_id`"),
]
About = Annotated[str, Meta(max_length=DESCRIPTION_LENGTH_MAX, description="what it watches")]


class NewMonitor(Body):
    """A new monitor."""

    key: MonitorKey
    name: MonitorName
    description: About = ""


class MonitorChanges(Body):
    """What to change about a monitor."""

    key: MonitorKey | UnsetType = UNSET
    name: MonitorName | UnsetType = UNSET
    description: About | UnsetType = UNSET


class MonitorView(View):
    """A check of a monitoring system."""

    id: str
    key: str
    name: str
    description: str
    created_at: datetime


class MonitorList(View):
    """Some of the monitors."""

    monitors: list[MonitorView]
    next: str | None
    total: int


def drafted(body: NewMonitor) -> Monitor:
    """Read a new monitor."""
    return Monitor(
        id=MonitorId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        key=body.key,
        name=body.name,
        description=body.description,
    )


def edited(was: Monitor, body: MonitorChanges) -> Monitor:
    """Apply changes to a monitor."""
    return replace(
        was,
        key=was.key if body.key is UNSET else body.key,
        name=was.name if body.name is UNSET else body.name,
        description=was.description if body.description is UNSET else body.description,
    )


def show_monitor(monitor: Monitor) -> MonitorView:
    """Write a monitor."""
    return MonitorView(
        id=native("monitor", monitor.id),
        key=monitor.key,
        name=monitor.name,
        description=monitor.description,
        created_at=made_at(monitor.id),
    )
