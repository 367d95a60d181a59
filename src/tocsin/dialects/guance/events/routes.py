"""``/events`` and ``/keyevent``: events of one's own, what is not well, and making it well by hand."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta
from starlette.responses import Response

from tocsin.actions import alerts, history
from tocsin.actions.actor import Actor, Permission
from tocsin.core.alert import Alert, AlertStatus, Routing
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.ids import EventId
from tocsin.dialects.guance import envelope
from tocsin.dialects.guance.envelope import Enveloped
from tocsin.dialects.guance.handling import PREFIX, seconds
from tocsin.dialects.guance.spelled import spelled
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes
from tocsin.world import Tx

ROUTES = Routes(PREFIX, tag="Events")

WITHIN_MAX: Final = timedelta(hours=6)
ALERTS_MAX: Final = 10_000
_WELL: Final = frozenset({"ok", "nodata_ok", "nodata_as_ok", "manual_ok"})
_SEVERITIES: Final = {"fatal": "critical"}

Status = Literal[
    "critical", "error", "warning", "nodata", "info", "fatal", "ok", "nodata_ok", "nodata_as_ok", "manual_ok"
]


class NewEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An event of one's own; *date* is in milliseconds."""

    date: Annotated[int, Meta(ge=0, le=253_402_300_799_999)] | None = None
    status: Status
    title: Annotated[str, Meta(min_length=1, max_length=1_000)]
    message: Annotated[str, Meta(max_length=65_536)] = ""
    origin: Annotated[str, Meta(max_length=255)] = ""
    custom_tags: dict[str, Any] = {}


class Abnormal(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which events that are not well are wanted."""

    time_range: Annotated[
        list[int], Meta(min_length=2, max_length=2, description="milliseconds, 6 hours at most")
    ]
    search: Annotated[str, Meta(max_length=1_000)] = ""
    last_status: list[str] | str | None = None
    filters: list[Any] | None = None
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


class Restored(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is to be well again."""

    monitor_checker_event_ref: Annotated[str, Meta(min_length=1, max_length=512)]


@ROUTES.post(
    "/events/create",
    permission=Permission.INGEST,
    summary="Create an event",
    description="Events of one title and the same tags are one trouble, which `ok` ends.",
    answer=Enveloped[bool],
    examples=(Example(title="A deployment failed", body={"status": "error", "title": "Deployment failed"}),),
)
async def create_event(call: Call, body: NewEvent) -> Response:
    """Create an event."""
    tags = {
        name: value if isinstance(value, str) else _json(value) for name, value in body.custom_tags.items()
    }
    named = msgspec.json.encode([body.title, sorted(tags.items())])
    event: dict[str, Any] = {
        "title": body.title,
        "message": body.message,
        "source": body.origin or "custom",
        "severity": "ok" if body.status in _WELL else _SEVERITIES.get(body.status, body.status),
        "labels": {**tags, "df_source": "custom"},
        "dedup_key": f"custom/{hashlib.sha256(named).hexdigest()[:32]}",
    }
    if body.date is not None:
        event["occurred_at"] = datetime.fromtimestamp(body.date / 1000, UTC).isoformat()
    await call.kit.intake.post(call.actor, msgspec.json.encode(event))
    return envelope.ok(call, content=True)


@ROUTES.post(
    "/events/abnormal/list",
    permission=Permission.READ,
    summary="List what is not well",
    description="The latest of each trouble, newest first. `filters` is not looked at.",
    answer=Enveloped[dict[str, Any]],
)
async def list_abnormal(call: Call, body: Abnormal) -> Response:
    """List what is not well."""
    since, until = (datetime.fromtimestamp(_in_years(each) / 1000, UTC) for each in body.time_range)
    if not timedelta(0) <= until - since <= WITHIN_MAX:
        raise Invalid("timeRange", "is no span of at most 6 hours", "must be [from, to] in milliseconds")
    wanted = body.last_status.split(",") if isinstance(body.last_status, str) else body.last_status

    def find(tx: Tx, actor: Actor) -> list[Alert]:
        listed = history.list_alerts(tx, actor, status=AlertStatus.FIRING, text=body.search, limit=ALERTS_MAX)
        return [
            alert
            for alert in listed.items
            if since <= alert.last_seen_at <= until and (not wanted or alert.severity.value in wanted)
        ]

    found = await call.ask(find)
    part = found[body.offset : body.offset + body.limit]
    ends = await call.ask(history.ends_of_events, [alert.id for alert in part])
    content = {
        "data": [event_of(alert, ends.get(alert.id)) for alert in part],
        "limit": body.limit,
        "offset": body.offset,
        "total_count": len(found),
    }
    return envelope.ok(call, content)


@ROUTES.get(
    "/keyevent/restore",
    permission=Permission.RESPOND,
    summary="Make it well by hand",
    answer=Enveloped[bool],
    raises=(NotFound,),
)
async def restore_event(call: Call, query: Restored) -> Response:
    """Resolve the open alert of a dedup key."""
    key = query.monitor_checker_event_ref

    def restore(tx: Tx, actor: Actor) -> None:
        found = history.list_alerts(tx, actor, status=AlertStatus.FIRING, key=key, limit=100).items
        if not found:
            raise NotFound("event", key[:100])
        alerts.resolve(tx, actor, [alert.id for alert in found], now=call.now)

    await call.act(restore)
    return envelope.ok(call, content=True)


def event_of(alert: Alert, ends: tuple[EventId, EventId] | None) -> dict[str, Any]:
    """Write the latest event of an alert, by the names that events have here; *ends* are the first and it."""
    first, last = ends or (alert.id, alert.id)
    over = alert.status is AlertStatus.RESOLVED
    value = alert.metric.value if alert.metric is not None else None
    return {
        **alert.labels,
        **alert.dimensions,
        "df_event_id": spelled("event", last),
        "df_status": "ok" if over else alert.severity.value,
        "df_title": alert.title,
        "df_message": alert.message,
        "df_source": alert.labels.get("df_source", "monitor"),
        "source": alert.source,
        "df_monitor_checker_event_ref": alert.dedup_key,
        "df_monitor_checker_id": alert.monitor_id,
        "df_monitor_checker_name": alert.monitor_name,
        "df_monitor_checker_value": "" if value is None else f"{value:g}",
        "df_dimension_tags": _json(dict(alert.dimensions)),
        "df_label": list(alert.monitor_labels),
        "df_fault_id": spelled("event", first),
        "df_fault_status": "ok" if over else "fault",
        "df_fault_start_time": seconds(alert.opened_at),
        "df_fault_duration": seconds(alert.last_seen_at) - seconds(alert.opened_at),
        "df_is_silent": "true" if alert.routing is Routing.SILENCED else "false",
        "Result": value,
        "timestamp": seconds(alert.last_seen_at),
        "date": int(alert.last_seen_at.timestamp() * 1000),
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _in_years(milliseconds: int) -> int:
    """Keep an instant within the years that there are."""
    return max(0, min(milliseconds, 253_402_300_799_999))
