"""Signing in at a provider of OpenID Connect, and coming back; what was typed waits here meanwhile."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from tocsin.actions import kept_forms, sessions, signing_in
from tocsin.actions.signing_in import Elsewhere
from tocsin.core.ids import KeptFormId
from tocsin.core.people import User
from tocsin.core.spelling import from_native, native
from tocsin.httpkit.limits import Tries
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import Browsers, must_be_ours
from tocsin.web.forms import LENGTH_MAX, back_to, fields
from tocsin.web.oidc import OpenId, Provider, Refused
from tocsin.web.rendering import page
from tocsin.web.resuming import TYPED_MAX, resume, without_secrets
from tocsin.web.signing import FIRST_PAGE, TRIES, WITHIN, address_of
from tocsin.web.tickets import Tickets
from tocsin.world import Tx, World

BEGIN: Final = "/login/oidc"
CALLBACK: Final = "/login/oidc/callback"


class SigningElsewhere:
    """Lets people into *browsers* for whom *provider* vouches."""

    def __init__(self, world: World, browsers: Browsers, provider: Provider, *, public_url: str) -> None:
        https = public_url.startswith("https://")
        self._world = world
        self._browsers = browsers
        self._name = provider.name
        self._openid = OpenId(world, provider, f"{public_url}{CALLBACK}")
        self._tickets = Tickets(world, "oidc", https=https)
        self._waiting = Tickets(world, "kept_form", https=https)
        self._kept = Tries("forms kept by address", TRIES, WITHIN)

    def routes(self) -> Routes:
        """Make the routes."""
        own = Routes("", tag="Pages")
        own.get(BEGIN, permission=None, summary="Go to the provider to sign in", hidden=True)(self.begin)
        own.get(CALLBACK, permission=None, summary="Come back from the provider", hidden=True)(self.end)
        own.post(
            BEGIN,
            permission=None,
            summary="Keep what was typed, and go to the provider to sign in",
            hidden=True,
            body_limit=TYPED_MAX + LENGTH_MAX,
        )(self.keep)
        return own

    async def begin(self, call: Call) -> Response:
        """Lead to the provider."""
        onward = back_to(call.request.query_params.get("next", ""), FIRST_PAGE)
        try:
            url, carried = await self._openid.begin(call.now)
        except Refused as refused:
            return self._refuse(call, str(refused))
        return self._tickets.give(RedirectResponse(url, 303), carried | {"next": onward}, call.now)

    async def keep(self, call: Call, body: bytes) -> Response:
        """Keep what was typed, and lead to the provider by a page: no form may lead to another site."""
        must_be_ours(call.request)
        await self._kept.take(self._world.database, address_of(call.request), call.now)
        form = fields(body)
        path, typed = back_to(form.get("resume", ""), ""), without_secrets(form.get("typed", ""))
        onward = back_to(form.get("next", ""), FIRST_PAGE)
        going = page("going.html", now=call.now, onward=onward, name=self._name)
        if not path or not typed:
            return going
        number = await self._world.database.write(lambda tx: kept_forms.keep(tx, path, typed, now=call.now))
        return self._waiting.give(going, {"form": native("kept_form", number)}, call.now)

    async def end(self, call: Call) -> Response:
        """Let in whom the provider vouches for."""
        carried = await self._tickets.take(call.request, call.now)
        if carried is None:
            return self._refuse(call, "This sign-in was not begun in this browser, or too long ago.")
        try:
            who = await self._openid.end(dict(call.request.query_params), carried, call.now)
        except Refused as refused:
            return self._tickets.forget(self._refuse(call, str(refused)))
        user, token = await self._world.database.write(lambda tx: _begin(tx, call, who))
        if isinstance(user, str):
            return self._tickets.forget(self._refuse(call, user))
        onward = back_to(carried["next"], FIRST_PAGE)
        inside = await self._came_back(call, user, onward) or RedirectResponse(onward, 303)
        return self._tickets.forget(self._browsers.remember(inside, token))

    async def _came_back(self, call: Call, user: User, onward: str) -> Response | None:
        """Show what was typed before they went, if anything was."""
        carried = await self._waiting.take(call.request, call.now)
        number = from_native(carried["form"], "kept_form") if carried is not None else None
        if number is None:
            return None
        form = KeptFormId(number)
        found = await self._world.database.write(lambda tx: kept_forms.take(tx, form, now=call.now))
        if found is None:
            return None
        path, typed = found
        return self._waiting.forget(resume(path, typed, user=user, onward=onward, now=call.now))

    def _refuse(self, call: Call, problem: str) -> Response:
        return page("not_signed_in.html", now=call.now, status=401, problem=problem, name=self._name)


def _begin(tx: Tx, call: Call, who: Elsewhere) -> tuple[User | str, str]:
    """Begin a session of whoever that is, and give its token; or say why not."""
    found = signing_in.from_elsewhere(tx, who, now=call.now)
    if isinstance(found, str):
        return found, ""
    browser, entropy = call.request.headers.get("user-agent", ""), call.world.entropy
    return found, sessions.begin(tx, found, browser=browser, entropy=entropy, now=call.now)
