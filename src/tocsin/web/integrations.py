"""``/services/integrations``: the doors for events, how a sender is set up, and whether anything comes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from starlette.responses import RedirectResponse, Response

from tocsin.actions import arrivals, history, integrations
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.integrations import Opened
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.ids import UNMADE, IntegrationId, ServiceId, WorkspaceId
from tocsin.core.service import Integration, Service
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web import choosing, lengths
from tocsin.web.browsers import signed_in
from tocsin.web.editing import Around, Kind
from tocsin.web.editing import routes as editing_routes
from tocsin.web.forms import Form, Reader, Values, identifier
from tocsin.web.rendering import page
from tocsin.web.senders import BY_KEY, MAIL, SENDERS, Sender, of_integration, written
from tocsin.world import Tx

Inlets = Mapping[str, Callable[[Mapping[str, Any]], None]]
"""Every kind of integration, with what checks a mapping for it."""

PATH: Final = "/services/integrations"
TEMPLATED: Final = "templated"
MAPPED: Final = ("generic", TEMPLATED)
_UNMAPPED: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Whether anything has come by an integration: when the *last* event did, and how many *lately*.

    *token* is there where it may be shown again: of those that Grafana OnCall's API has made.
    """

    id: str
    integration: Integration
    service: Service | None
    senders: Sequence[Sender]
    last_at: datetime | None
    lately: int
    token: str = field(default="", repr=False)


def routes(inlets: Inlets) -> Routes:
    """Make the routes; *inlets* are the kinds of integration there are."""
    own = Routes(PATH, tag="Pages")

    @own.get("/{integration_id}", permission=Permission.READ, summary="Show an integration", hidden=True)
    async def show(call: Call) -> Response:
        """Show an integration, and whether events come by it."""
        return await _show(call)

    @own.get(
        "/{integration_id}/arrival",
        permission=Permission.READ,
        summary="Tell whether an integration was heard of",
        hidden=True,
    )
    async def show_arrival(call: Call) -> Response:
        """Show the part of the page that says whether events come."""
        found = await call.ask(_look, _integration(call))
        return page("arrival.html", now=call.now, user=signed_in(call.request).user, found=found)

    @own.post(
        "/{integration_id}/rotate",
        permission=Permission.CONFIGURE,
        summary="Give an integration another address",
        hidden=True,
    )
    async def rotate(call: Call) -> Response:
        """Give an integration another address; the one before takes nothing any more."""
        try:
            opened = await call.act(
                integrations.rotate, _integration(call), entropy=call.world.entropy, now=call.now
            )
        except Conflict as error:
            return await _show(call, problem=f"{error}.", status=409)
        return await _show_opened(call, opened)

    @own.post(
        "/{integration_id}/revoke",
        permission=Permission.CONFIGURE,
        summary="Close an integration for good",
        hidden=True,
    )
    async def revoke(call: Call) -> Response:
        """Close an integration for good."""
        closed = await call.act(integrations.revoke, _integration(call), now=call.now)
        return RedirectResponse(f"/services/{native('service', closed.service)}?said=saved", 303)

    for route in editing_routes(_kind(inlets)):
        own.include(route)
    return own


async def _show(
    call: Call, *, opened: Opened | None = None, problem: str = "", status: int = 200
) -> Response:
    number = opened.integration.id if opened is not None else _integration(call)
    found = await call.ask(_look, number)
    may_change, token = call.actor.may(Permission.CONFIGURE), opened.token if opened is not None else ""
    return page(
        "integration.html",
        now=call.now,
        user=signed_in(call.request).user,
        status=status,
        found=found,
        url=_address(call.kit.public_url, found, token or found.token) if may_change else "",
        once=not found.token,
        hint=_address(call.kit.public_url, found, f"…{found.integration.token_hint}"),
        problem=problem,
        may_change=may_change,
        said=call.request.query_params.get("said", ""),
    )


async def _show_opened(call: Call, opened: Opened) -> Response:
    """Show the page of an integration with its address, this once."""
    return await _show(call, opened=opened)


def _address(public_url: str, found: Arrival, token: str) -> str:
    """Write where events come in, as whoever made the integration was told; nothing without a *token*."""
    integration = found.integration
    if not token:
        return ""
    if not found.token or integration.kind != TEMPLATED:
        return f"{public_url}/integrations/{integration.kind}/{token}"
    type_ = integration.mapping.get("type", "webhook")
    if type_ == MAIL:
        return f"{token}@{urlsplit(public_url).hostname}"
    return f"{public_url}/integrations/v1/{type_}/{token}/"


def _look(tx: Tx, actor: Actor, number: IntegrationId) -> Arrival:
    found = integrations.get(tx, actor, number)
    token = integrations.tokens_of(tx, actor, [number]).get(number, "")
    last, lately = arrivals.lately(tx, actor).get(number, (None, 0))
    return Arrival(
        id=native("integration", number),
        integration=found,
        service=history.directory(tx, actor).services.get(found.service),
        senders=of_integration(found, elsewhere=bool(token) and found.kind == TEMPLATED),
        last_at=last,
        lately=lately,
        token=token,
    )


def _integration(call: Call) -> IntegrationId:
    return IntegrationId(identifier(call.params["integration_id"], "integration"))


# --- the form -----------------------------------------------------------------------------------------


def _kind(inlets: Inlets) -> Kind[Integration]:
    return Kind(
        noun="integration",
        kind="integration",
        path=PATH,
        template="integration_form.html",
        permission=Permission.CONFIGURE,
        blank=_blank,
        form_of=_form_of,
        read=lambda form, around, was: _read(form, around, was, inlets),
        get=integrations.get,
        create=_create,
        change=integrations.change,
        choices=_choices,
        made=_show_opened,
        lists_at="/services",
    )


def _create(tx: Tx, actor: Actor, draft: Integration, call: Call) -> Opened:
    return integrations.create(tx, actor, draft, entropy=call.world.entropy, now=call.now)


def _blank(call: Call) -> Values:
    asked = call.request.query_params
    sender = BY_KEY.get(asked.get("sender", ""), SENDERS[0])
    return {
        "sender": [sender.key],
        "service": [asked.get("service", "")[: choosing.SHOWN_MAX]],
        "mapping": [sender.mapping_text],
    }


def _form_of(integration: Integration, _around: Around) -> Values:
    return {
        "name": [integration.name],
        "service": [native("service", integration.service)],
        "description": [integration.description],
        "heartbeat": [lengths.spelled(integration.heartbeat)],
        "mapping": [written(integration.mapping)],
    }


def _read(form: Form, around: Around, was: Integration | None, inlets: Inlets) -> Integration:
    reader = Reader(form)
    kind = was.kind if was is not None else reader.take("sender", _kind_of, "native")
    here = around.directory
    service = reader.take("service", lambda text: choosing.service_of(text, here), None)
    if service is None:
        reader.refuse("service", "Choose the service that its events belong to.")
    heartbeat = reader.take("heartbeat", lengths.length_or_none, None)
    mapping = reader.take("mapping", lambda text: _mapping(text, kind, inlets), _UNMAPPED)
    reader.done()
    new = was or Integration(
        id=IntegrationId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        service=ServiceId(UNMADE),
        kind=kind,
        name="",
    )
    return replace(
        new,
        name=form("name"),
        service=service if service is not None else new.service,
        description=form("description"),
        heartbeat=heartbeat,
        mapping=mapping,
    )


def _kind_of(text: str) -> str:
    if text not in BY_KEY:
        raise Invalid("", f"is {text[: choosing.SHOWN_MAX]!r}", "must be one of the choices")
    return BY_KEY[text].kind


def _mapping(text: str, kind: str, inlets: Inlets) -> Mapping[str, Any]:
    if kind not in MAPPED or not text:
        mapping: Mapping[str, Any] = {}
    else:
        try:
            mapping = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError) as error:
            problem = str(error).removeprefix("JSON is malformed: ")
            raise Invalid("", f"is no JSON object: {problem}", 'must be like {"title": "$.title"}') from None
    if kind in MAPPED and not mapping:
        raise Invalid("", "is empty", "must say at least where the title is")
    inlets[kind](mapping)
    return mapping


def _choices(around: Around, form: Form) -> Mapping[str, Any]:
    return {
        "services": choosing.services(around.directory),
        "senders": [(sender.key, sender.title) for sender in SENDERS],
        "mapped": "|".join(sender.key for sender in SENDERS if sender.kind in MAPPED),
        "sender": BY_KEY.get(form("sender")),
    }
