"""Signing in at a provider of OpenID Connect, and coming back."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from tocsin.actions import sessions, signing_in
from tocsin.actions.signing_in import Elsewhere
from tocsin.core.people import User
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import Browsers
from tocsin.web.forms import back_to
from tocsin.web.oidc import OpenId, Provider, Refused
from tocsin.web.rendering import page
from tocsin.web.tickets import Tickets
from tocsin.world import Tx, World

BEGIN: Final = "/login/oidc"
CALLBACK: Final = "/login/oidc/callback"
FIRST_PAGE: Final = "/now"


def routes(world: World, browsers: Browsers, provider: Provider, *, public_url: str) -> Routes:
    """Make the routes of signing in at *provider*."""
    own = Routes("", tag="Pages")
    openid = OpenId(world, provider, f"{public_url}{CALLBACK}")
    tickets = Tickets(world, "oidc", https=public_url.startswith("https://"))

    def refuse(call: Call, problem: str) -> Response:
        return page("not_signed_in.html", now=call.now, status=401, problem=problem, name=provider.name)

    @own.get(BEGIN, permission=None, summary="Go to the provider to sign in", hidden=True)
    async def begin(call: Call) -> Response:
        """Lead to the provider."""
        onward = back_to(call.request.query_params.get("next", ""), FIRST_PAGE)
        try:
            url, carried = await openid.begin(call.now)
        except Refused as refused:
            return refuse(call, str(refused))
        return tickets.give(RedirectResponse(url, 303), carried | {"next": onward}, call.now)

    @own.get(CALLBACK, permission=None, summary="Come back from the provider", hidden=True)
    async def end(call: Call) -> Response:
        """Let in whom the provider vouches for."""
        carried = await tickets.take(call.request, call.now)
        if carried is None:
            return refuse(call, "This sign-in was not begun in this browser, or too long ago.")
        try:
            who = await openid.end(dict(call.request.query_params), carried, call.now)
        except Refused as refused:
            return tickets.forget(refuse(call, str(refused)))
        browser = call.request.headers.get("user-agent", "")
        token, problem = await call.world.database.write(lambda tx: _begin(tx, call, who, browser))
        if problem:
            return tickets.forget(refuse(call, problem))
        inside = RedirectResponse(back_to(carried["next"], FIRST_PAGE), 303)
        return tickets.forget(browsers.remember(inside, token))

    return own


def _begin(tx: Tx, call: Call, who: Elsewhere, browser: str) -> tuple[str, str]:
    """Begin a session of whoever that is, and give its token; or say why not."""
    found = signing_in.from_elsewhere(tx, who, now=call.now)
    match found:
        case User():
            token = sessions.begin(tx, found, browser=browser, entropy=call.world.entropy, now=call.now)
            return token, ""
        case _:
            return "", found
