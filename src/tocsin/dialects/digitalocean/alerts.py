"""``/v2/apps/{id}/alerts``: what an app is alerted to, and where each alert goes."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from tocsin.actions.actor import Actor, Permission
from tocsin.core.errors import NotFound
from tocsin.dialects.digitalocean import changing, reading
from tocsin.dialects.digitalocean.errors import Unprocessable
from tocsin.dialects.digitalocean.handling import PREFIX, read_body
from tocsin.dialects.digitalocean.wire import AlertDocument, AlertList, NewDestinations
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ONE = {"app_id": "the app's id"}
_DESTINATIONS: JsonReader[NewDestinations] = JsonReader(NewDestinations)
_ASSIGN = (
    "What is absent or null is empty; both empty is an alert that goes nowhere. Every address must belong to"
    " a user of the workspace, and one that does not refuses the whole. A webhook that is new here is sent"
    " a test, and `progress` says what became of it. `PUT` does the same."
)


def routes(hosts: Iterable[str]) -> Routes:
    """Make the routes; webhooks on *hosts* are allowed beside Slack's own."""
    own = Routes(PREFIX, tag="Alerts")
    allowed = tuple(hosts)

    @own.get(
        "/{app_id}/alerts",
        permission=Permission.READ,
        summary="List an app's alerts",
        raises=(NotFound,),
        params=ONE,
    )
    async def list_alerts(call: Call) -> AlertList:
        """List every alert of an app."""
        return await call.ask(_listed, call.params["app_id"])

    async def assign(call: Call) -> AlertDocument:
        """Assign destinations to an alert."""
        ids = call.params["app_id"], call.params["alert_id"]
        await call.ask(_must_be_there, *ids)
        body = await read_body(call, _DESTINATIONS, strict=False)
        return await call.act(_assigned, ids, body, hosts=allowed, now=call.now)

    declared: tuple[Callable[..., Callable[[Assign], Assign]], ...] = (own.post, own.put)
    for declare in declared:
        declare(
            "/{app_id}/alerts/{alert_id}/destinations",
            permission=Permission.CONFIGURE,
            summary="Assign destinations to an alert",
            description=_ASSIGN,
            body_later=NewDestinations,
            raises=(NotFound, Unprocessable),
            params=ONE | {"alert_id": "the alert's id"},
        )(assign)
    return own


Assign = Callable[[Call], Awaitable[AlertDocument]]


def _listed(tx: Tx, actor: Actor, text: str) -> AlertList:
    return AlertList(reading.alerts_of(tx, actor, changing.find(tx, actor, text)))


def _must_be_there(tx: Tx, actor: Actor, app: str, alert: str) -> None:
    changing.find_alert(changing.find(tx, actor, app), alert)


def _assigned(
    tx: Tx,
    actor: Actor,
    ids: tuple[str, str],
    body: NewDestinations,
    *,
    hosts: tuple[str, ...],
    now: datetime,
) -> AlertDocument:
    app, alert = changing.assign(tx, actor, ids, body, hosts, now=now)
    (wanted,) = (wanted for each, wanted in app.alerts if each.id == alert.id)
    return AlertDocument(reading.shown(tx, actor, app, [(alert, wanted)])[0])
