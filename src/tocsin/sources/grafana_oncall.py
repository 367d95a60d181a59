"""The addresses that Grafana OnCall gives to its integrations: ``/integrations/v1/<type>/<key>/``.

What comes in there is read by the templates of the integration; see ``sources.templated``. The answers are
those that senders know from there.
"""

from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from tocsin.actions import heartbeats, tokens
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.intake import Parcel
from tocsin.core.errors import TocsinError
from tocsin.core.service import Integration
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.errors import TooMany, headers_of, status_of
from tocsin.httpkit.remembered import Remembered
from tocsin.httpkit.requests import Call
from tocsin.httpkit.router import Slashes
from tocsin.httpkit.routes import Handler, Routes
from tocsin.sources import inbound_email, templated
from tocsin.sources.base import FORM
from tocsin.sources.inlet import Inlets
from tocsin.sources.multipart import MULTIPART
from tocsin.sources.oncall_express import OK, Shortcut
from tocsin.sources.presets import preset_of
from tocsin.sources.quota import Quota
from tocsin.sources.routes import TOKEN_LENGTH_MAX, read_drafts
from tocsin.sources.template_set import TYPE

PATH: Final = "/integrations/v1"
MAIL_PATH: Final = "/integrations/inbound_email_webhook"
PER_INTEGRATION: Final = 300
PER_WORKSPACE: Final = 900
_NOT_FOUND: Final = "Integration key was not found. Permission denied."
_MEDIA: Final = frozenset({"application/json", FORM, MULTIPART, ""})


@dataclass(slots=True, unsafe_hash=True)
class Refused(TocsinError):
    """A refusal as senders know it: a plain *text*."""

    status: HTTPStatus
    text: str
    html: bool = False

    def __str__(self) -> str:
        return self.text


class Keys:
    """The keys of all such integrations."""

    def __init__(self, kit: Kit) -> None:
        self._opened = Remembered(kit.world, tokens.integration_of)

    async def find(self, type_: str, key: str) -> Integration:
        """Find the integration of that *type_* that *key* opens; raise Refused when there is none."""
        found = await self.of_key(key)
        own = str(found.mapping.get(TYPE, "webhook"))
        if own != type_:
            raise Refused(HTTPStatus.BAD_REQUEST, _other_type(own))
        return found

    def known(self, type_: str, key: str) -> Integration | None:
        """Find the same if the key is remembered, and all is well."""
        found = self._opened.known_to_open(key.encode())
        if found is None or found.revoked_at is not None or found.kind != templated.SOURCE.name:
            return None
        return found if found.mapping.get(TYPE, "webhook") == type_ else None

    async def of_key(self, key: str) -> Integration:
        """Find the integration that *key* opens."""
        found = await self._opened.opened_by(key.encode()) if len(key) <= TOKEN_LENGTH_MAX else None
        if found is None or found.revoked_at is not None or found.kind != templated.SOURCE.name:
            raise Refused(HTTPStatus.FORBIDDEN, _NOT_FOUND)
        return found

    async def authenticate(self, request: Request) -> Actor:
        """Say which integration the address of *request* belongs to."""
        parts = [part for part in request.scope["path"].split("/") if part]
        type_, key = [*parts, "", "", "", ""][2:4]  # behind the two parts of PATH
        return Actor.of_integration(await self.find(type_, key))


def oncall_address_door(kit: Kit) -> Door:
    """Build the door of these addresses."""
    keys, inlets, alerts = Keys(kit), Inlets(kit), _quota()
    routes = Routes(tag="Integrations")
    _declare_alerts(routes, kit, keys, inlets, alerts)
    _declare_mail(routes, kit, keys)

    def count(integration: Integration) -> bool:
        return not kit.vendor_limits or alerts.may(integration, kit.world.now())

    return Door(
        name="grafana_oncall_addresses",
        prefixes=(f"{PATH}/", MAIL_PATH),
        routes=tuple(routes),
        authenticate=keys.authenticate,
        dress=dress,
        slashes=Slashes.COLLAPSE,
        guarded=False,
        any_media=True,
        shortcut=Shortcut(kit, inlets, known=keys.known, count=count, dress=dress),
    )


def dress(error: TocsinError, request: Request, trace: str) -> Response:
    """Dress *error* as a plain text; a rate's as a page."""
    del request, trace
    if isinstance(error, Refused):
        kind = HTMLResponse if error.html else PlainTextResponse
        return kind(error.text, error.status)
    if isinstance(error, TooMany):
        return HTMLResponse(escape(str(error)), HTTPStatus.TOO_MANY_REQUESTS)
    return PlainTextResponse(str(error), status_of(error), headers_of(error))


def _declare_alerts(routes: Routes, kit: Kit, keys: Keys, inlets: Inlets, alerts: Quota) -> None:
    beats = _quota()
    path = f"{PATH}/{{type}}/{{key}}"
    params = {"type": "the type of the integration", "key": "its key, as its link has it"}

    def count(quota: Quota, integration: Integration, call: Call) -> None:
        if not kit.vendor_limits:
            return
        too_much = quota.take(integration.id, integration.workspace, call.now)
        if too_much:
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, _rate(integration, too_much), html=True)

    async def send(call: Call, body: bytes) -> Response:
        integration = await keys.find(call.params["type"], call.params["key"])
        count(alerts, integration, call)
        _must_be_readable(call)
        inlet = await inlets.of(integration)
        drafts = await read_drafts(templated.SOURCE, integration, inlet, call, body)
        await kit.intake.take(
            Parcel(
                workspace=integration.workspace,
                drafts=drafts,
                service=integration.service,
                integration=integration.id,
            )
        )
        return Response(OK, 200, media_type="application/json")

    async def explain(call: Call) -> Response:
        integration = await keys.find(call.params["type"], call.params["key"])
        return HTMLResponse(_page(integration))

    async def beat(call: Call) -> Response:
        integration = await keys.find(call.params["type"], call.params["key"])
        count(beats, integration, call)
        await kit.world.database.write(lambda tx: heartbeats.beat(tx, integration, now=call.now))
        return Response(b'":)"', 200, media_type="application/json")

    def declare(method: str, path: str, summary: str, handler: Handler) -> None:
        routes.add(method, path, permission=Permission.INGEST, params=params, summary=summary)(handler)

    declare("POST", path, "Take an alert", send)
    declare("GET", path, "Say what this address is", explain)
    declare("POST", f"{path}/heartbeat", "Hear a heartbeat", beat)
    declare("GET", f"{path}/heartbeat", "Hear a heartbeat by GET", beat)


def _declare_mail(routes: Routes, kit: Kit, keys: Keys) -> None:
    inlets = Inlets(kit)

    async def mail(call: Call, body: bytes) -> Response:
        message = inbound_email.read(call.request.headers.get("content-type", ""), body)
        for key in message.keys:
            try:
                integration = await keys.of_key(key)
            except Refused:
                continue
            if integration.mapping.get(TYPE) != inbound_email.TYPE:
                continue
            inlet = await inlets.of(integration)
            drafts = await read_drafts(inbound_email.source_of(message), integration, inlet, call, body)
            parcel = Parcel(
                workspace=integration.workspace,
                drafts=drafts,
                service=integration.service,
                integration=integration.id,
            )
            await kit.intake.take(parcel)
            return Response(b'"OK"', 200, media_type="application/json")
        raise Refused(HTTPStatus.FORBIDDEN, _NOT_FOUND)

    for path in (MAIL_PATH, f"{PATH}/inbound_email_webhook"):
        routes.add("POST", path, permission=None, summary="Take a mail that a mail service hands on")(mail)


def _quota() -> Quota:
    return Quota(most=PER_INTEGRATION, most_together=PER_WORKSPACE)


def _must_be_readable(call: Call) -> None:
    """Refuse what is neither JSON nor a form."""
    media = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _MEDIA and not media.endswith("+json"):
        sentence = f'Unsupported media type "{media[:100]}" in request.'
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, sentence)


def _title(type_: str) -> str:
    preset = preset_of(type_)
    return preset.title if preset is not None else type_


def _other_type(own: str) -> str:
    return (
        f"This url is for integration with {_title(own)}. Key is not for that type of integration:"
        f" use {PATH}/{own}/<key>/."
    )


def _rate(integration: Integration, too_much: str) -> str:
    name = escape(integration.name)
    if too_much == "sender":
        return (
            f"Integration {name} sends more than {PER_INTEGRATION} alerts within 5 minutes;"
            " this one is not taken."
        )
    return (
        f"All integrations together send more than {PER_WORKSPACE} alerts within 5 minutes;"
        f" this one, of integration {name}, is not taken."
    )


def _page(integration: Integration) -> str:
    name, title = escape(integration.name), escape(_title(str(integration.mapping.get(TYPE, "webhook"))))
    return (
        "<!DOCTYPE html><html lang='en'><head><title>Tocsin</title></head><body>"
        f"<p>This is the address of the integration <b>{name}</b> ({title}). It works: let the sender POST"
        " to it. Keep it as you keep a password, for whoever knows it can send alerts.</p></body></html>"
    )
