"""Which alerts a list is to hold, as its query says it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, field

from tocsin.core.alert import AlertStatus, Routing
from tocsin.core.errors import Invalid
from tocsin.core.event import Severity
from tocsin.dialects.native.handling import Stretch
from tocsin.dialects.native.wire.shapes import Instant, instant_or_none

LABELS_MAX = 20


class Which(StrEnum):
    """Which alerts are meant; open is firing or acknowledged."""

    OPEN = "open"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class AlertsQuery(Stretch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which alerts to list: those that fit every filter."""

    status: Annotated[Which, Meta(description="open is firing or acknowledged")] | None = None
    service: Annotated[list[str], Meta(max_length=50, description="ids or slugs; any of them")] = field(
        default_factory=list
    )
    label: Annotated[
        list[str], Meta(max_length=LABELS_MAX, description="name:value; the alert has all of them")
    ] = field(default_factory=list)
    severity: Annotated[list[Severity], Meta(description="any of them")] = field(default_factory=list)
    routing: Annotated[Routing, Meta(description="what became of it")] | None = None
    dedup_key: Annotated[str, Meta(max_length=1_000)] | None = None
    q: Annotated[str, Meta(max_length=200, description="text that is in the title or the message")] = ""
    since: Annotated[Instant, Meta(description="opened at that time or later")] | None = None
    until: Annotated[Instant, Meta(description="opened before that time")] | None = None


_STATUS: Mapping[Which | None, Mapping[str, Any]] = {
    None: {},
    Which.OPEN: {"status": AlertStatus.FIRING},
    Which.FIRING: {"status": AlertStatus.FIRING, "acknowledged": False},
    Which.ACKNOWLEDGED: {"status": AlertStatus.FIRING, "acknowledged": True},
    Which.RESOLVED: {"status": AlertStatus.RESOLVED},
}


def filters(query: AlertsQuery) -> dict[str, Any]:
    """Read the filters of *query*, under the names that the action has for them."""
    return {
        **_STATUS[query.status],
        "services": query.service,
        "labels": _labels(query.label),
        "severities": query.severity,
        "routing": query.routing,
        "key": query.dedup_key,
        "text": query.q,
        "since": instant_or_none(query.since, "since"),
        "until": instant_or_none(query.until, "until"),
    }


def _labels(given: list[str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for place, text in enumerate(given):
        name, colon, value = text.partition(":")
        where = "label" if len(given) == 1 else f"label[{place}]"
        if not colon or not name:
            raise Invalid(where, f"is {text[:100]!r}", "must be name:value")
        if labels.setdefault(name, value) != value:
            raise Invalid(where, f"asks for another {name[:100]!r} than before", "must be given once a name")
    return labels
