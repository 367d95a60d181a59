"""``/groups/{id}/alerts`` and ``/globalAlerts``: list alerts, read one, acknowledge it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tocsin.actions import alert_pages, alerts, history
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.alert_pages import Wanted
from tocsin.actions.history import directory as current
from tocsin.core.alert import Alert
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.ids import AlertId, ServiceId
from tocsin.dialects.cloud_manager.alerts import listing
from tocsin.dialects.cloud_manager.alerts.translate import Hold, Scene, Status, hold_of, show_alert, status_of
from tocsin.dialects.cloud_manager.alerts.wire import (
    Acknowledge,
    AlertDocument,
    AlertsQuery,
    GlobalAlertsQuery,
)
from tocsin.dialects.cloud_manager.errors import bad, missing
from tocsin.dialects.cloud_manager.handling import (
    GROUP,
    PREFIX,
    asked,
    attribute,
    group_of,
    group_path,
    known,
    look,
    named,
    read_body,
    root,
)
from tocsin.dialects.cloud_manager.lists import ListDocument, Paged, list_document
from tocsin.dialects.cloud_manager.times import read_query_time
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.queries import QueryReader, pairs
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ROUTES = Routes(PREFIX, tag="Alerts")

_ALERT = {**GROUP, "alert_id": "the alert's id"}
_QUERY = QueryReader(AlertsQuery)
_GLOBAL_QUERY = QueryReader(GlobalAlertsQuery)
_ACKNOWLEDGE: JsonReader[Acknowledge] = JsonReader(Acknowledge)
_READ_ONLY = frozenset(AlertDocument.__struct_encode_fields__)
_SECOND = timedelta(seconds=1)


@ROUTES.get(
    "/groups/{group_id}/alerts",
    permission=Permission.READ,
    summary="List the alerts of a project",
    description="The newest first; `status` is TRACKING, OPEN, CLOSED or CANCELLED.",
    raises=(NotFound,),
    params=GROUP,
)
async def list_alerts(call: Call) -> ListDocument[AlertDocument]:
    """List the alerts of a project."""
    group = group_of(call)
    query = asked(call, _QUERY)
    status = _status(query.status)

    def find(tx: Tx, actor: Actor) -> ListDocument[AlertDocument]:
        directory, _ = known(tx, actor, call, group)
        wanted = Wanted(workspace=actor.workspace, service=group)
        found = listing.find(tx, actor, wanted, status, query, known=directory, now=call.now)
        return _listed(call, scene_of(tx, actor, call, directory, found.alerts), found, query)

    return await call.ask(find)


@ROUTES.get(
    "/groups/{group_id}/alerts/{alert_id}",
    permission=Permission.READ,
    summary="Read an alert",
    raises=(NotFound,),
    params=_ALERT,
)
async def read_alert(call: Call) -> AlertDocument:
    """Read one alert."""
    group, alert = group_of(call), _alert_id(call)
    look(call)
    return await call.ask(_shown, call, group, alert)


@ROUTES.patch(
    "/groups/{group_id}/alerts/{alert_id}",
    permission=Permission.RESPOND,
    summary="Acknowledge an alert",
    description=(
        "Until `acknowledgedUntil`. Without it, or with a moment that has passed, an acknowledgement is taken"
        " back; what still fires then pages again."
    ),
    body_later=Acknowledge,
    raises=(NotFound,),
    params=_ALERT,
)
async def acknowledge_alert(call: Call) -> AlertDocument:
    """Acknowledge one alert, or take that back."""
    group, alert = group_of(call), _alert_id(call)
    return await _acknowledge(call, group, alert)


@ROUTES.get(
    "/globalAlerts",
    permission=Permission.READ,
    summary="List the alerts of all projects",
    description="`createdOnOrAfter` and `createdOnOrBefore` bound when they were opened.",
)
async def list_global_alerts(call: Call) -> ListDocument[AlertDocument]:
    """List the alerts of all projects."""
    query = asked(call, _GLOBAL_QUERY)
    status = _status(query.status)
    opened_from = _moment(query.created_from, "createdOnOrAfter")
    opened_to = _moment(query.created_to, "createdOnOrBefore")

    def find(tx: Tx, actor: Actor) -> ListDocument[AlertDocument]:
        directory = current(tx, actor)
        wanted = Wanted(
            workspace=actor.workspace,
            opened_from=opened_from,
            # Moments are shown in whole seconds, of which the last is meant to be included.
            opened_to=None if opened_to is None else opened_to + _SECOND,
        )
        found = listing.find(tx, actor, wanted, status, query, known=directory, now=call.now)
        return _listed(call, scene_of(tx, actor, call, directory, found.alerts), found, query)

    return await call.ask(find)


@ROUTES.get(
    "/globalAlerts/{alert_id}",
    permission=Permission.READ,
    summary="Read an alert of any project",
    raises=(NotFound,),
    params={"alert_id": "the alert's id"},
)
async def read_global_alert(call: Call) -> AlertDocument:
    """Read one alert of any project."""
    alert = _alert_id(call)
    look(call)
    return await call.ask(_shown, call, None, alert)


@ROUTES.patch(
    "/globalAlerts/{alert_id}",
    permission=Permission.RESPOND,
    summary="Acknowledge an alert of any project",
    body_later=Acknowledge,
    raises=(NotFound,),
    params={"alert_id": "the alert's id"},
)
async def acknowledge_global_alert(call: Call) -> AlertDocument:
    """Acknowledge one alert of any project, or take that back."""
    return await _acknowledge(call, None, _alert_id(call))


def scene_of(tx: Tx, actor: Actor, call: Call, directory: Directory, shown: Sequence[Alert]) -> Scene:
    """Gather what is needed to write the alerts *shown*."""
    start = f"{root(call)}/"
    sent = alert_pages.last_sent(tx, actor, [alert.id for alert in shown])
    return Scene(directory, call.now, start.__add__, sent)


def listed(
    call: Call, scene: Scene, found: listing.Found, query: Paged, address: str
) -> ListDocument[AlertDocument]:
    """Write a page of alerts; *address* is the list's, below the root."""
    documents = [show_alert(alert, scene) for alert in found.alerts]
    given = pairs(call.request.scope["query_string"])
    return list_document(documents, found.total, asked=query, address=scene.link(address), query=given)


def _listed(call: Call, scene: Scene, found: listing.Found, query: Paged) -> ListDocument[AlertDocument]:
    group = call.params.get("group_id")
    return listed(call, scene, found, query, "globalAlerts" if group is None else f"groups/{group}/alerts")


async def _acknowledge(call: Call, group: ServiceId | None, alert: AlertId | None) -> AlertDocument:
    look(call)
    body = await read_body(call, _ACKNOWLEDGE, read_only=_READ_ONLY)
    try:
        hold = hold_of(body, call.now)
    except Invalid as error:
        raise attribute(error) from None
    longest = call.kit.comment_max
    if len(hold.comment) > longest:
        detail = f"Acknowledgement comment too long. It must not exceed {longest} characters."
        raise bad("ACKNOWLEDGEMENT_COMMENT_TOO_LONG", detail, str(longest))

    def act(tx: Tx, actor: Actor) -> AlertDocument:
        found = _found(tx, actor, call, group, alert)
        scene = scene_of(tx, actor, call, current(tx, actor), [found])
        status = status_of(found, scene)
        if status in {Status.CLOSED, Status.CANCELLED}:
            raise bad("INVALID_ALERT_STATUS", f"An alert that is {status} cannot be acknowledged.", status)
        return show_alert(_held(tx, actor, found.id, hold, call.now), scene, alone=True)

    return await call.act(act)


def _held(tx: Tx, actor: Actor, alert: AlertId, hold: Hold, now: datetime) -> Alert:
    if hold.until is None:
        (changed,) = alerts.unacknowledge(tx, actor, (alert,), comment=hold.comment, now=now)
    else:
        (changed,) = alerts.acknowledge(tx, actor, (alert,), until=hold.until, comment=hold.comment, now=now)
    return changed


def _shown(tx: Tx, actor: Actor, call: Call, group: ServiceId | None, alert: AlertId | None) -> AlertDocument:
    found = _found(tx, actor, call, group, alert)
    scene = scene_of(tx, actor, call, current(tx, actor), [found])
    return show_alert(found, scene, alone=True)


def _found(tx: Tx, actor: Actor, call: Call, group: ServiceId | None, alert: AlertId | None) -> Alert:
    """Read an alert of *group*, or of any project when that is None."""
    if group is not None:
        known(tx, actor, call, group)
    try:
        found = None if alert is None else history.find_alert(tx, actor, alert)
    except NotFound:
        found = None
    if found is None or (group is not None and found.service != group):
        text = call.params["alert_id"]
        where = "" if group is None else f" in group {group_path(group).rpartition('/')[2]}"
        raise missing("ALERT_NOT_FOUND", f"No alert with ID {text} exists{where}.", text)
    return found


def _alert_id(call: Call) -> AlertId | None:
    number = named(call, "alert_id", "ALERT")
    return None if number is None else AlertId(number)


def _status(text: str | None) -> Status | None:
    if text is None:
        return None
    try:
        return Status(text)
    except ValueError:
        shown = text[:100]
        raise bad("INVALID_ALERT_STATUS", f"Invalid alert status {shown} specified.", shown) from None


def _moment(text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        return read_query_time(text, name)
    except Invalid as error:
        raise bad("INVALID_QUERY_PARAMETER", f"Invalid query parameter: {error}.", name) from None
