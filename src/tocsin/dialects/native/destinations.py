"""``/destinations``: mailboxes, chat rooms and programs that are told of pages."""

from starlette.responses import Response

from tocsin.actions import destinations, exchanges
from tocsin.actions.actor import Actor, Permission
from tocsin.channels.registry import CHANNELS, check_place
from tocsin.core.errors import Conflict, Invalid, NotFound
from tocsin.core.ids import DestinationId
from tocsin.core.service import Destination
from tocsin.dialects.native.handling import (
    PREFIX,
    Stretch,
    beginning,
    careful,
    created,
    following,
    named,
    sure,
)
from tocsin.dialects.native.wire.contact_methods import QueuedView, show_queued
from tocsin.dialects.native.wire.destinations import (
    DestinationChanges,
    DestinationList,
    DestinationView,
    ExchangeList,
    NewDestination,
    drafted,
    edited,
    show_destination,
    show_exchange,
)
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes
from tocsin.world import Tx

ROUTES = Routes(PREFIX, tag="Destinations")

_DESTINATION = {"destination_id": "the destination's id"}
_LIST = "destinations"
_ROOM = {
    "id": "dst_0cv1h8q4w2mx",
    "name": "#ops",
    "channel": "slack",
    "address": "https://hooks.slack.com/…XXXX",
    "options": {},
    "has_secret": False,
    "subscription": None,
    "created_at": "2026-03-06T09:00:00Z",
}


_EXCHANGE = {
    "id": "exch_0cv1h8q4w2mz",
    "at": "2026-03-06T09:00:00Z",
    "trigger": "",
    "url": "https://example.org/hook",
    "headers": {"Content-Type": "application/json"},
    "body": "{}",
    "status": 200,
    "content": "ok",
}
EXCHANGES_SHOWN_MAX = 50


@ROUTES.get(
    "/destinations",
    permission=Permission.READ,
    summary="List destinations",
    description="The oldest first.",
    examples=(Example(title="One destination", answer={"destinations": [_ROOM], "next": None, "total": 1}),),
)
async def list_destinations(call: Call, query: Stretch) -> DestinationList:
    """List destinations."""
    listed = await call.ask(destinations.list_, after=beginning(_LIST, query), limit=query.limit)
    return DestinationList(
        destinations=[show_destination(each) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.post(
    "/destinations",
    permission=Permission.CONFIGURE,
    summary="Add a destination",
    description=(
        "Addresses by which anybody could post, the values of headers and the secret are sealed in the"
        " database and never given out whole again. By e-mail, text message or call it may be a group:"
        " several addresses, people and teams, by their ids, with commas between them."
    ),
    status=201,
    answer=DestinationView,
    tagged=True,
    once=True,
    examples=(
        Example(
            title="A chat room",
            body={
                "name": "#ops",
                "channel": "slack",
                "address": "https://hooks.slack.com/services/T000/B000/XXXX",
            },
            answer=_ROOM,
        ),
    ),
)
async def add_destination(call: Call, body: NewDestination) -> Response:
    """Add a destination."""
    return await call.once(
        created("/destinations", show_destination), destinations.create, drafted(body, _check), now=call.now
    )


@ROUTES.get(
    "/destinations/{destination_id}",
    permission=Permission.READ,
    summary="Read a destination",
    description="Without what must be kept: see `POST`.",
    tagged=True,
    raises=(NotFound,),
    params=_DESTINATION,
    examples=(Example(title="A destination", answer=_ROOM),),
)
async def read_destination(call: Call) -> DestinationView:
    """Read one destination."""
    return show_destination(await call.glance(destinations.get, _destination(call)))


@ROUTES.patch(
    "/destinations/{destination_id}",
    permission=Permission.CONFIGURE,
    summary="Change a destination",
    description=(
        "`options` replaces all of them. An address or a value that comes back as it was shown stays as it"
        " is; an empty `secret` takes the secret away. The channel stays."
    ),
    tagged=True,
    raises=(NotFound, PreconditionFailed),
    params=_DESTINATION,
    examples=(Example(title="Another name", body={"name": "#sre"}, answer={**_ROOM, "name": "#sre"}),),
)
async def change_destination(call: Call, body: DestinationChanges) -> DestinationView:
    """Change one destination."""
    edit = careful(call, show_destination, lambda was: edited(was, body, _check))
    return show_destination(await call.act(destinations.change, _destination(call), edit, now=call.now))


@ROUTES.delete(
    "/destinations/{destination_id}",
    permission=Permission.CONFIGURE,
    summary="Delete a destination",
    description="Refused while a policy tells it anything.",
    raises=(NotFound, Conflict, PreconditionFailed),
    params=_DESTINATION,
)
async def delete_destination(call: Call) -> None:
    """Delete one destination."""
    await call.act(destinations.delete, _destination(call), sure=sure(call, show_destination), now=call.now)


@ROUTES.post(
    "/destinations/{destination_id}/test",
    permission=Permission.CONFIGURE,
    summary="Send a test notification to a destination",
    description="What became of it is at `/notifications/{id}`.",
    status=202,
    raises=(NotFound,),
    params=_DESTINATION,
    examples=(Example(title="It is on its way", answer={"notification_id": "ntf_0cv1h8q4w2mr"}),),
)
async def test_destination(call: Call) -> QueuedView:
    """Send a test to one destination."""
    return show_queued(await call.act(destinations.test, _destination(call), now=call.now))


@ROUTES.get(
    "/destinations/{destination_id}/exchanges",
    permission=Permission.CONFIGURE,
    summary="List what a destination answered",
    description="What was sent and what came back, the newest first; for channels that programs read.",
    raises=(NotFound,),
    params=_DESTINATION,
    examples=(Example(title="One answer", answer={"exchanges": [_EXCHANGE], "total": 1}),),
)
async def list_exchanges(call: Call) -> ExchangeList:
    """List the newest exchanges with one destination."""
    destination = _destination(call)

    def look(tx: Tx, actor: Actor) -> ExchangeList:
        destinations.get(tx, actor, destination)
        found = exchanges.stretch(tx, actor, destination, offset=0, limit=EXCHANGES_SHOWN_MAX)
        return ExchangeList(
            exchanges=[show_exchange(each) for each in found],
            total=exchanges.count(tx, actor, destination),
        )

    return await call.ask(look)


def _destination(call: Call) -> DestinationId:
    return DestinationId(named(call, "destination"))


def _check(destination: Destination) -> str:
    subscription, channel = destination.subscription, CHANNELS.get(destination.channel)
    if subscription is not None and subscription.changes and channel and not channel.for_machines:
        problem = f"is given for {destination.channel}, which people read"
        raise Invalid("subscription.changes", problem, "must be empty: pages tell people what they need")
    return check_place(
        destination.channel, destination.address, destination.options, secret=destination.secret
    )
