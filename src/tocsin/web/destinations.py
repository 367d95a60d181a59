"""``/destinations``: somewhere that is not a person; made, changed, tested, and what became of the test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from starlette.responses import RedirectResponse, Response

from tocsin.actions import destinations
from tocsin.actions.actor import Actor, Permission
from tocsin.channels.registry import CHANNELS, check_place
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.ids import UNMADE, DestinationId, WorkspaceId
from tocsin.core.masking import masked, shown_address, unmasked
from tocsin.core.service import Destination
from tocsin.core.spelling import native
from tocsin.core.subscription import AlertChange, Subscription
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.editing import Around, Kind, shown
from tocsin.web.editing import routes as editing_routes
from tocsin.web.fates import Fate, fate
from tocsin.web.forms import Form, Reader, Values, identifier
from tocsin.web.searching import asked, look_for
from tocsin.world import Tx

ROUTES = Routes("/destinations", tag="Pages")
LIST_MAX: Final = 10_000
_UNSAID: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A destination as it may be shown, and what asks it."""

    id: str
    destination: Destination
    address: str
    used_by: Sequence[str] = ()


@ROUTES.get("", permission=Permission.READ, summary="Show destinations", hidden=True)
async def show_destinations(call: Call) -> Response:
    """Show every destination."""

    def look(tx: Tx, actor: Actor) -> list[View]:
        listed = destinations.list_(tx, actor, limit=LIST_MAX).items
        return [_view(each) for each in sorted(listed, key=lambda each: (each.name.casefold(), each.id))]

    found = look_for(asked(call), await call.ask(look), _texts)
    return shown(call, "destinations.html", destinations=found)


def _texts(each: View) -> tuple[str, ...]:
    return (each.destination.name, each.destination.channel.replace("_", " "), each.address)


@ROUTES.get("/{destination_id}", permission=Permission.READ, summary="Show a destination", hidden=True)
async def show_destination(call: Call) -> Response:
    """Show one destination, and what became of the test that the address names."""
    return await _show(call)


@ROUTES.post(
    "/{destination_id}/test", permission=Permission.CONFIGURE, summary="Test a destination", hidden=True
)
async def test_destination(call: Call) -> Response:
    """Send a test to a destination."""
    number = _destination(call)
    try:
        sent = await call.act(destinations.test, number, now=call.now)
    except Conflict as error:
        return await _show(call, problem=f"{str(error).capitalize()}.", status=409)
    return RedirectResponse(
        f"/destinations/{native('destination', number)}?test={native('notification', sent)}", 303
    )


async def _show(call: Call, *, problem: str = "", status: int = 200) -> Response:
    number, test = _destination(call), call.request.query_params.get("test", "")

    def look(tx: Tx, actor: Actor) -> tuple[View, Fate | None]:
        found = destinations.get(tx, actor, number)
        view = replace(_view(found), used_by=destinations.used_by(tx, actor, number))
        return view, fate(tx, actor, test, lambda sent: sent.destination == number or sent.user is None)

    each, became = await call.ask(look)
    return shown(call, "destination.html", status=status, each=each, fate=became, problem=problem)


def _destination(call: Call) -> DestinationId:
    return DestinationId(identifier(call.params["destination_id"], "destination"))


def _view(destination: Destination) -> View:
    return View(
        id=native("destination", destination.id),
        destination=destination,
        address=shown_address(destination.channel, destination.address),
    )


# --- the form -----------------------------------------------------------------------------------------


def _form_of(destination: Destination, _around: Around) -> Values:
    said = destination.subscription
    options = masked(destination.options)
    return {
        "name": [destination.name],
        "channel": [destination.channel],
        "address": [shown_address(destination.channel, destination.address)],
        "secret": [""],
        "options": [msgspec.json.format(msgspec.json.encode(options), indent=2).decode() if options else ""],
        "off": ["on"] if said is not None and not said.enabled else [""],
        "changes": sorted(said.changes) if said is not None else [],
    }


def _read(form: Form, around: Around, was: Destination | None) -> Destination:
    del around
    reader = Reader(form)
    channel = was.channel if was is not None else form("channel")
    address, before = form("address"), was.address if was is not None else ""
    if was is not None and address == shown_address(channel, before):
        address = before
    options = unmasked(reader.take("options", _options, _UNSAID), was.options if was is not None else {})
    secret = form("secret") or ("" if form.ticked("no_secret") or was is None else was.secret)
    new = was or Destination(
        id=DestinationId(UNMADE), workspace=WorkspaceId(UNMADE), name="", channel=channel, address=""
    )
    subscription = _subscription(reader, channel, new.subscription)
    reader.done()
    changed = replace(
        new, name=form("name"), address=address, options=options, secret=secret, subscription=subscription
    )
    if was is not None and changed == was:
        return was
    return replace(changed, address=check_place(channel, address, options, secret=secret))


def _subscription(reader: Reader, channel: str, was: Subscription | None) -> Subscription | None:
    enabled = not reader.form.ticked("off")
    known = [each for each in reader.form.all("changes") if each in tuple(AlertChange)]
    changes = frozenset(map(AlertChange, known))
    if changes and not (channel in CHANNELS and CHANNELS[channel].for_machines):
        reader.refuse("changes", "People read this channel: pages tell them what they need. Tick none.")
    if was is None and enabled and not changes:
        return None
    return replace(was or Subscription(), enabled=enabled, changes=changes)


def _options(text: str) -> Mapping[str, Any]:
    if not text:
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        problem = f"is no JSON object: {str(error).removeprefix('JSON is malformed: ')}"
        raise Invalid("", problem, 'must be like {"channel": "#ops"}') from None


def _choices(_around: Around, _form: Form) -> Mapping[str, Any]:
    return {
        "channels": [(name, name.replace("_", " ")) for name in CHANNELS if name not in _OF_PEOPLE],
        "machines": "|".join(name for name, channel in CHANNELS.items() if channel.for_machines),
        "changes": [(change.value, change.value) for change in AlertChange],
    }


_OF_PEOPLE: Final = frozenset({"push"})  # by these, single people alone are reached

KIND: Final = Kind(
    noun="destination",
    kind="destination",
    path="/destinations",
    template="destination_form.html",
    permission=Permission.CONFIGURE,
    blank=lambda _call: {"channel": ["slack"]},
    form_of=_form_of,
    read=_read,
    get=destinations.get,
    create=lambda tx, actor, draft, call: destinations.create(tx, actor, draft, now=call.now),
    change=destinations.change,
    delete=destinations.delete,
    choices=_choices,
)
FORMS: Final = editing_routes(KIND)
