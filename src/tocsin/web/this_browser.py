"""``/me/browser``: browsers that take push messages, this one among them or not yet."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import RedirectResponse, Response

from tocsin.actions import contact_methods, people, push
from tocsin.actions.actor import Permission
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.ids import ContactMethodId
from tocsin.core.people import ContactMethod
from tocsin.core.push import CHANNEL, PushSubscription
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.agents import browser_of
from tocsin.web.browsers import signed_in
from tocsin.web.forms import LENGTH_MAX, fields, identifier
from tocsin.web.my_ways import Way
from tocsin.web.rendering import page

ROUTES = Routes("/me/browser", tag="Pages")

HOME: Final = "/me/browser"
URL_LENGTH_MAX: Final = 2_048
KEY_LENGTH_MAX: Final = 200


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of a browser."""

    p256dh: Annotated[str, Meta(max_length=KEY_LENGTH_MAX)]
    auth: Annotated[str, Meta(max_length=KEY_LENGTH_MAX)]


class Subscribing(msgspec.Struct, frozen=True, kw_only=True):
    """What ``PushSubscription.toJSON()`` gives, and the endpoint that it *replaces*."""

    endpoint: Annotated[str, Meta(max_length=URL_LENGTH_MAX)]
    keys: Keys
    replaces: Annotated[str, Meta(max_length=URL_LENGTH_MAX)] = ""


@ROUTES.get("", permission=Permission.RESPOND, summary="Show browsers that take push messages", hidden=True)
async def show_browsers(call: Call) -> Response:
    """Show what of mine takes push messages."""
    return await _show(call)


@ROUTES.post("", permission=Permission.RESPOND, summary="Let this browser take push messages", hidden=True)
async def take_messages(call: Call, body: Subscribing) -> Response:
    """Keep what a browser hands in."""
    subscription = PushSubscription(endpoint=body.endpoint, p256dh=body.keys.p256dh, auth=body.keys.auth)
    try:
        made = await call.act(
            push.subscribe,
            subscription,
            label=browser_of(call.request.headers.get("user-agent", "")),
            replaces=body.replaces,
            entropy=call.world.entropy,
            now=call.now,
        )
    except (Invalid, Conflict) as error:
        return _json({"problem": str(error)}, 400)
    return _json({"id": native("contact_method", made.id), "address": made.address}, 201)


@ROUTES.post(
    "/test", permission=Permission.RESPOND, summary="Test a browser", hidden=True, body_limit=LENGTH_MAX
)
async def test_browser(call: Call, body: bytes) -> Response:
    """Send a test to one of my browsers."""
    try:
        await call.act(contact_methods.test, signed_in(call.request).user.id, _method(body), now=call.now)
    except Conflict as error:
        return await _show(call, problem=str(error))
    return RedirectResponse(f"{HOME}?sent=yes", 303)


@ROUTES.post(
    "/remove",
    permission=Permission.RESPOND,
    summary="Take a browser away",
    hidden=True,
    body_limit=LENGTH_MAX,
)
async def remove_browser(call: Call, body: bytes) -> Response:
    """Send nothing more to one of my browsers."""
    try:
        await call.act(contact_methods.delete, signed_in(call.request).user.id, _method(body), now=call.now)
    except Conflict as error:
        return await _show(call, problem=str(error))
    return RedirectResponse(HOME, 303)


async def _show(call: Call, *, problem: str = "") -> Response:
    user = await call.ask(people.myself)
    key = await call.ask(push.known_key)
    if not key:
        key = await call.act(push.public_key, entropy=call.world.entropy, now=call.now)
    mine = [each for each in user.contact_methods if each.channel == CHANNEL]
    return page(
        "this_browser.html",
        now=call.now,
        user=signed_in(call.request).user,
        status=400 if problem else 200,
        ways=[_way(each) for each in mine],
        key=key,
        said=call.request.query_params.get("sent", "")[:10],
        problem=problem,
    )


def _way(method: ContactMethod) -> Way:
    return Way(id=native("contact_method", method.id), method=method)


def _method(body: bytes) -> ContactMethodId:
    return ContactMethodId(identifier(fields(body).get("method", ""), "contact_method"))


def _json(value: dict[str, str], status: int) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")
