"""An alert as the vendor writes it, and what an acknowledgement of theirs means."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import UNSET, UnsetType

from tocsin.core.alert import Alert, AlertStatus, Routing, is_acknowledged
from tocsin.core.directory import Directory
from tocsin.core.event import LEFT_OUT_LABEL
from tocsin.core.ids import AlertId, AlertPolicyId
from tocsin.core.spelling import to_hex_24
from tocsin.dialects.cloud_manager.alerts.wire import Acknowledge, AlertDocument, CurrentValue
from tocsin.dialects.cloud_manager.configurations.standing import Standing, standing_of
from tocsin.dialects.cloud_manager.lists import Link
from tocsin.dialects.cloud_manager.spelled import cluster_id, host_id, implicit_id
from tocsin.dialects.cloud_manager.times import read_time, show_time
from tocsin.dialects.cloud_manager.words import (
    HOST_DOWN,
    METRIC_THRESHOLD,
    WITH_CLUSTER,
    WITH_HOST,
    WITH_REPLICA_SET,
    About,
    about,
    type_name,
    units_of,
    upper_snake,
)

FOR_EVER: Final = 100  # years, by the vendor's convention

# Where events say what the vendor has fields for: the first of these labels, or dimensions, that is there.
REPLICA_SET: Final = ("replica_set_name", "replica_set", "replicaSetName", "rs_name")
CLUSTER: Final = ("cluster_name", "clusterName", "cluster")
SHARD: Final = ("shard_name", "shardName", "shard")
HOST_TYPE: Final = ("type_name", "typeName", "host_type")
SOURCE_TYPE: Final = ("source_type_name", "sourceTypeName", "source_type")


class Status(StrEnum):
    """What has become of an alert, in the vendor's words."""

    TRACKING = "TRACKING"
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Hold:
    """Acknowledge until *until*, saying *comment*; when *until* is None, take an acknowledgement back."""

    until: datetime | None
    comment: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known besides the alerts: who and what is there, what was sent, where answers are linked to."""

    directory: Directory
    now: datetime
    link: Callable[[str], str]
    last_sent: Mapping[AlertId, datetime]


def hold_of(body: Acknowledge, now: datetime) -> Hold:
    """Tell the two uses of one verb apart; raise Invalid for what is no time."""
    until = None
    if body.acknowledged_until is not None:
        until = read_time(body.acknowledged_until, "acknowledgedUntil")
    past = until is None or until <= now
    return Hold(None if past else until, body.acknowledgement_comment or "")


def event_type_of(alert: Alert) -> str:
    """Name what happened: the event's own word, or one made of what it is about."""
    if alert.event_type:
        return alert.event_type
    if alert.metric is not None:
        return METRIC_THRESHOLD
    if alert.host:
        return HOST_DOWN
    return upper_snake(alert.monitor_name or alert.labels.get("alertname", "") or alert.title)


def status_of(alert: Alert, scene: Scene) -> Status:
    """Tell what has become of *alert*."""
    if alert.status is AlertStatus.RESOLVED:
        return Status.CLOSED
    if alert.routing is Routing.WITHDRAWN:
        return Status.CANCELLED
    standing = configuration_of(alert, standing_of(scene.directory))
    waits = standing is not None and scene.now < alert.opened_at + standing.delay
    return Status.TRACKING if waits else Status.OPEN


def configuration_of(alert: Alert, known: Mapping[AlertPolicyId, Standing]) -> Standing | None:
    """Find the configuration that opened *alert*: the first that has taken it, or that will."""
    for entry in alert.memory:
        if (found := known.get(entry.policy)) is not None and found.service == alert.service:
            return found
    if alert.routing is Routing.SILENCED:
        return next((each for each in known.values() if each.takes(alert)), None)
    return None


def configuration_id(alert: Alert, directory: Directory) -> str:
    """Spell the id of the configuration that opened *alert*; the implicit one's when there is none."""
    known = standing_of(directory)
    found = configuration_of(alert, known)
    if found is not None:
        return to_hex_24(found.id)
    if alert.routing is Routing.WITHDRAWN:
        there = {policy.id for policy in directory.alert_policies}
        gone = (entry.policy for entry in alert.memory if entry.policy and entry.policy not in there)
        if (last := next(gone, None)) is not None:
            return to_hex_24(last)
    return implicit_id(alert.service, event_type_of(alert))


def show_alert(alert: Alert, scene: Scene, *, alone: bool = False) -> AlertDocument:
    """Write *alert*; *alone* it is linked to its configuration, too."""
    event_type = event_type_of(alert)
    subject = about(event_type)
    group = to_hex_24(alert.service)
    configuration = configuration_id(alert, scene.directory)
    sent = scene.last_sent.get(alert.id)
    over = alert.resolved_at
    document = AlertDocument(
        id=to_hex_24(alert.id),
        group_id=group,
        alert_config_id=configuration,
        event_type_name=event_type,
        type_name=type_name(event_type),
        status=status_of(alert, scene).value,
        created=show_time(alert.opened_at),
        updated=show_time(_updated(alert)),
        resolved=UNSET if over is None or alert.status is AlertStatus.FIRING else show_time(over),
        last_notified=UNSET if sent is None else show_time(sent),
        tags=[f"{name}:{value}" for name, value in alert.labels.items() if name != LEFT_OUT_LABEL],
        links=[Link("self", scene.link(f"groups/{group}/alerts/{to_hex_24(alert.id)}"))],
    )
    if alone:
        address = scene.link(f"groups/{group}/alertConfigs/{configuration}")
        document.links.append(Link("http://mms.mongodb.com/alertConfig", address))
    _add_acknowledgement(document, alert, scene)
    _add_subject(document, alert, subject, event_type)
    return document


def said(alert: Alert, names: Iterable[str]) -> str | UnsetType:
    """Give the first of the labels, or dimensions, of these names that *alert* has."""
    for name in names:
        if found := alert.labels.get(name) or alert.dimensions.get(name):
            return found
    return UNSET


def _add_acknowledgement(document: AlertDocument, alert: Alert, scene: Scene) -> None:
    held = alert.acknowledgement
    if held is None or alert.status is AlertStatus.RESOLVED or not is_acknowledged(alert, scene.now):
        return
    document.acknowledged_until = show_time(held.until or _in_years(held.at))
    user = None if held.by is None else scene.directory.users.get(held.by)
    document.acknowledging_username = user.email if user is not None else held.by_name
    if held.comment:
        document.acknowledgement_comment = held.comment


def _add_subject(document: AlertDocument, alert: Alert, subject: About, event_type: str) -> None:
    metric = alert.metric
    if event_type == METRIC_THRESHOLD and metric is not None:
        document.metric_name = metric.name
        if metric.value is not None:
            document.current_value = CurrentValue(metric.value, units_of(metric.units))
    if alert.host and subject in WITH_HOST:
        document.host_id = host_id(alert.service, alert.host)
        document.hostname_and_port = alert.host
    if subject in WITH_REPLICA_SET:
        document.replica_set_name = said(alert, REPLICA_SET)
    cluster = said(alert, CLUSTER) if subject in WITH_CLUSTER else UNSET
    if cluster is not UNSET:
        document.cluster_name = cluster
        document.cluster_id = cluster_id(alert.service, str(cluster))
    if subject is About.BACKUP:
        document.source_type_name = said(alert, SOURCE_TYPE)


def _updated(alert: Alert) -> datetime:
    """Tell when *alert* changed last, as far as it says so."""
    moments = [alert.opened_at, alert.last_seen_at, alert.severity_since]
    if alert.resolved_at is not None:
        moments.append(alert.resolved_at)
    if alert.acknowledgement is not None:
        moments.append(alert.acknowledgement.at)
    return max(moments)


def _in_years(at: datetime) -> datetime:
    return at.replace(year=at.year + FOR_EVER, day=min(at.day, 28))
