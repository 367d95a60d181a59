"""The door to the pages: sessions in cookies, errors that people can read, files that never change."""

import mimetypes
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from tocsin.core.errors import Forbidden, NotFound, Overloaded, TocsinError, Unauthorized
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.errors import NoSuchPath, headers_of, status_of
from tocsin.httpkit.requests import Call
from tocsin.httpkit.router import Slashes
from tocsin.httpkit.routes import Route, Routes
from tocsin.web import (
    alerts,
    answers,
    calendars,
    date_sets,
    destinations,
    escalation,
    explain,
    first_start,
    installed,
    integrations,
    keys,
    live,
    me,
    my_shifts,
    note_forms,
    now,
    on_call,
    overrides,
    people,
    policies,
    recurring,
    rehearsals,
    reports,
    schedule_editing,
    schedule_page,
    schedule_parts,
    services,
    settings_page,
    silences,
    swaps,
    teams,
    this_browser,
)
from tocsin.web.account import Account
from tocsin.web.browsers import Browsers
from tocsin.web.letting_in import LettingIn
from tocsin.web.live import Live
from tocsin.web.oidc import Provider
from tocsin.web.passkeys import Passkeys
from tocsin.web.rendering import STATIC, page, static_url
from tocsin.web.signing import Signing
from tocsin.web.signing_elsewhere import SigningElsewhere
from tocsin.web.squeezing import squeeze

PREFIXES: Final = (
    "/now",
    "/alerts/",
    "/pages/",
    "/on-call",
    "/schedules/",
    "/recurring-shifts",
    "/my-shifts",
    "/swaps",
    "/calendars",
    "/policies",
    "/escalation-policies",
    "/date-sets",
    "/services",
    "/people",
    "/teams",
    "/silences",
    "/destinations",
    "/reports",
    "/keys",
    "/audit",
    "/settings",
    "/explain",
    "/prove",
    "/replay",
    "/drills",
    "/me",
    "/login",
    "/setup",
    "/logout",
    "/static/",
)
_FOR_EVER: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}
_MEDIA: Final = {"webmanifest": "application/manifest+json", "js": "text/javascript"}
_SAID: Final = {
    NotFound: ("There is nothing here", "It may have been deleted, or the link is from somewhere else."),
    NoSuchPath: ("There is nothing here", "The address may be mistyped."),
    Forbidden: ("You may not do that", "Your role does not allow it. Ask whoever manages Tocsin for you."),
    Overloaded: ("Tocsin is very busy", "Try again in a moment; nothing was changed."),
}


def web_door(
    kit: Kit,
    live_pages: Live,
    inlets: integrations.Inlets,
    settings: settings_page.Table = (),
    *,
    provider: Provider | None = None,
) -> Door:
    """Build the door; *inlets* are the kinds of integration that there are, *settings* those in force.

    *provider* is where people may sign in beside here.
    """
    browsers = Browsers(kit.world, https=kit.public_url.startswith("https://"))
    elsewhere, passkeys = provider.name if provider else "", Passkeys(kit.world, kit.public_url)
    signing = Signing(browsers, passkeys, elsewhere=elsewhere)
    account = Account(browsers, passkeys, elsewhere=elsewhere)

    def dress(error: TocsinError, request: Request, trace: str) -> Response:
        if isinstance(error, Unauthorized):
            return signing.again(error, request, kit.world.now())
        status = status_of(error)
        known = (_SAID[kind] for kind in type(error).__mro__ if kind in _SAID)
        heading, remedy = next(known, ("That did not work", str(error)))
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            heading, remedy = "Something went wrong", f"Try again; if it goes on, tell your operator {trace}."
        answer = page("problem.html", now=kit.world.now(), status=status, heading=heading, remedy=remedy)
        answer.headers.update(headers_of(error))
        return answer

    return Door(
        name="web",
        prefixes=PREFIXES,
        routes=(
            *_routes(live_pages, inlets),
            *calendars.to_subscribe(kit),
            *settings_page.routes(settings),
            *account.routes(),
            *LettingIn(browsers, passkeys, mail=kit.mail).routes(),
            *first_start.routes(kit.world, browsers, kit.public_url),
            *_signing(kit, browsers, signing, provider),
        ),
        authenticate=browsers.authenticate,
        dress=dress,
        finish=squeeze,
        slashes=Slashes.EXACT,
        guarded=False,
        any_media=True,
    )


def _routes(live_pages: Live, inlets: integrations.Inlets) -> tuple[Route, ...]:
    """Gather the routes of all pages."""
    return (
        *now.routes(live_pages),
        *answers.ROUTES,
        *alerts.routes(live_pages),
        *alerts.ROUTES,
        *note_forms.ROUTES,
        *on_call.ROUTES,
        *my_shifts.ROUTES,
        *swaps.ROUTES,
        *calendars.ROUTES,
        *schedule_page.ROUTES,
        *schedule_editing.ROUTES,
        *schedule_parts.FORMS,
        *overrides.ROUTES,
        *recurring.ROUTES,
        *recurring.FORMS,
        *policies.ROUTES,
        *policies.FORMS,
        *escalation.ROUTES,
        *escalation.FORMS,
        *date_sets.ROUTES,
        *date_sets.FORMS,
        *services.ROUTES,
        *services.FORMS,
        *integrations.routes(inlets),
        *people.ROUTES,
        *people.FORMS,
        *teams.ROUTES,
        *teams.FORMS,
        *silences.ROUTES,
        *silences.FORMS,
        *destinations.ROUTES,
        *destinations.FORMS,
        *reports.ROUTES,
        *keys.ROUTES,
        *explain.ROUTES,
        *rehearsals.ROUTES,
        *me.ROUTES,
        *me.WAYS,
        *this_browser.ROUTES,
        *installed.ROUTES,
        *installed.icons(),
        *live.routes(live_pages),
        *_files(),
    )


def _signing(kit: Kit, browsers: Browsers, signing: Signing, provider: Provider | None) -> tuple[Route, ...]:
    """Gather the routes of signing in."""
    own = signing.routes()
    if provider is None:
        return tuple(own)
    elsewhere = SigningElsewhere(kit.world, browsers, provider, public_url=kit.public_url)
    return (*own, *elsewhere.routes())


def _files() -> Routes:
    """Serve the files beside the pages, each under an address that has its content in it."""
    own = Routes("", tag="Pages")
    files = {static_url(path.name): path for path in STATIC.iterdir() if path.is_file()}
    contents = {url: path.read_bytes() for url, path in files.items()}

    @own.get("/static/{digest}/{name}", permission=None, summary="Give a file", hidden=True)
    async def give(call: Call) -> Response:
        """Give a style, a script or a picture."""
        url = call.request.scope["path"]
        if url not in contents:
            raise NotFound("file", url[:100])
        media = _MEDIA.get(url.rpartition(".")[2]) or mimetypes.guess_type(url)[0]
        return Response(contents[url], 200, _FOR_EVER, media_type=media)

    return own
