"""Which alerts a list has: those of a status take more than one look, for time makes part of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.actions import alert_pages
from tocsin.actions.actor import Actor
from tocsin.actions.alert_pages import Glimpse, Wanted
from tocsin.core.alert import Alert, AlertStatus, Routing
from tocsin.core.directory import Directory
from tocsin.core.ids import AlertId, AlertPolicyId
from tocsin.dialects.cloud_manager.alerts.translate import Status, configuration_of, event_type_of
from tocsin.dialects.cloud_manager.configurations.standing import standing_of
from tocsin.dialects.cloud_manager.lists import Paged
from tocsin.dialects.cloud_manager.spelled import implicit_id
from tocsin.world import Tx


@dataclass(frozen=True, slots=True)
class Found:
    """The alerts of one page, and how many there are in all."""

    alerts: Sequence[Alert]
    total: int


def find(
    tx: Tx,
    actor: Actor,
    wanted: Wanted,
    status: Status | None,
    asked: Paged,
    *,
    known: Directory,
    now: datetime,
) -> Found:
    """Read a page of the *wanted* alerts, of *status* if that is given."""
    match status:
        case None:
            return _cut(tx, actor, wanted, asked)
        case Status.CLOSED:
            return _cut(tx, actor, replace(wanted, status=AlertStatus.RESOLVED), asked)
        case Status.CANCELLED:
            gone = replace(wanted, status=AlertStatus.FIRING, routing=Routing.WITHDRAWN)
            return _cut(tx, actor, gone, asked)
        case Status.TRACKING:
            ids = _tracking(tx, actor, wanted, known, now)
            return Found(alert_pages.some(tx, actor, asked.of(ids)), len(ids))
        case Status.OPEN:
            fires = replace(wanted, status=AlertStatus.FIRING, routing_not=Routing.WITHDRAWN)
            return _cut(tx, actor, replace(fires, but=_tracking(tx, actor, wanted, known, now)), asked)


def of_configuration(
    tx: Tx,
    actor: Actor,
    wanted: Wanted,
    configuration: AlertPolicyId | str,
    asked: Paged,
    *,
    known: Directory,
    now: datetime,
) -> Found:
    """Read a page of the open alerts that one configuration opened; implicit ones go by their spelling."""
    fires = replace(wanted, status=AlertStatus.FIRING, routing_not=Routing.WITHDRAWN)
    glimpsed = alert_pages.glimpse(tx, actor, fires)
    own = None if isinstance(configuration, str) else configuration
    ids = _sorted_out(tx, actor, glimpsed, known, now, fits=lambda found, _: found == own)
    if own is not None:
        return Found(alert_pages.some(tx, actor, asked.of(ids)), len(ids))
    free = alert_pages.some(tx, actor, ids)
    found = [each for each in free if implicit_id(each.service, event_type_of(each)) == configuration]
    return Found(asked.of(found), len(found))


def _cut(tx: Tx, actor: Actor, wanted: Wanted, asked: Paged) -> Found:
    page = alert_pages.page(tx, actor, wanted, offset=asked.offset, limit=asked.limit)
    if len(page) < asked.limit and (page or asked.offset == 0):
        return Found(page, asked.offset + len(page))
    return Found(page, alert_pages.count(tx, actor, wanted))


def _tracking(tx: Tx, actor: Actor, wanted: Wanted, known: Directory, now: datetime) -> list[AlertId]:
    """Name the alerts of which nobody has been told yet, because their configurations wait."""
    longest = max((each.delay for each in standing_of(known).values()), default=timedelta(0))
    if not longest:
        return []
    lately = max(filter(None, (wanted.opened_from, now - longest)))
    fires = replace(
        wanted, status=AlertStatus.FIRING, routing_not=Routing.WITHDRAWN, opened_from=lately, but=None
    )
    glimpsed = alert_pages.glimpse(tx, actor, fires)
    return _sorted_out(tx, actor, glimpsed, known, now, fits=lambda _, waits: waits)


def _sorted_out(
    tx: Tx,
    actor: Actor,
    glimpsed: Sequence[Glimpse],
    known: Directory,
    now: datetime,
    *,
    fits: Callable[[AlertPolicyId | None, bool], bool],
) -> list[AlertId]:
    """Name those of which their configuration, and whether it still waits, is as *fits* wants it."""
    configurations = standing_of(known)
    silenced = [each.id for each in glimpsed if each.routing is Routing.SILENCED and not each.policies]
    whole = {alert.id: alert for alert in alert_pages.some(tx, actor, silenced)}
    found: list[AlertId] = []
    for each in glimpsed:
        if each.id in whole:
            its = configuration_of(whole[each.id], configurations)
        else:
            its = next((configurations[one] for one in each.policies if one in configurations), None)
        waits = its is not None and now < each.opened_at + its.delay
        if fits(None if its is None else its.id, waits):
            found.append(each.id)
    return found
