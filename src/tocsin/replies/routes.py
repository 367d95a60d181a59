"""The way back from a link in a message: GET only shows, for mail scanners follow links, and POST acts.

What acting means is handed in as *answers*: this module knows links and pages, not alerts.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound, Overloaded, TocsinError
from tocsin.httpkit.bodies import read_form
from tocsin.httpkit.errors import headers_of, status_of
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.replies.links import PATH, BadLink, Grant, Reply, verify
from tocsin.replies.page import Stage, Standing, apologise, refuse, show

COMMENT_LENGTH_MAX = 500
FORM_LENGTH_MAX = 16_384


class Answers(Protocol):
    """What stands behind the links; NotFound or Forbidden when the person may not, or no longer."""

    async def look(self, grant: Grant, now: datetime) -> Standing:
        """Say how things stand; change nothing."""

    async def act(self, grant: Grant, comment: str, now: datetime) -> Standing:
        """Do what *grant* says, once or again, and say how things stand then.

        What somebody else has done already is no error.
        """


def reply_routes(answers: Answers, keys: Sequence[bytes]) -> Routes:
    """Make the routes for links that one of *keys* signed."""
    routes = Routes(PATH, tag="replies")

    @routes.get("/{token}", permission=None, summary="Show what a link in a message would do", hidden=True)
    async def ask(call: Call) -> Response:
        grant = verify(call.params["token"], keys, call.now)
        if isinstance(grant, BadLink):
            return refuse(grant)
        return show(grant.reply, await answers.look(grant, call.now), Stage.ASKED)

    @routes.post(
        "/{token}",
        permission=None,
        summary="Do what a link in a message says",
        hidden=True,
        body_limit=FORM_LENGTH_MAX,
    )
    async def take(call: Call, body: bytes) -> Response:
        grant = verify(call.params["token"], keys, call.now)
        if isinstance(grant, BadLink):
            return refuse(grant)
        form = read_form(body)
        one_click = form.get("List-Unsubscribe") == ["One-Click"]  # RFC 8058
        if one_click and grant.reply is Reply.DECLINE:
            await answers.act(grant, "", call.now)
            return PlainTextResponse("You will get no more messages about this.\n")
        if form.get("confirm") != ["yes"]:
            return show(grant.reply, await answers.look(grant, call.now), Stage.ASKED)
        comment = " ".join(form.get("comment", [""])[0].split())[:COMMENT_LENGTH_MAX]
        return show(grant.reply, await answers.act(grant, comment, call.now), Stage.DONE)

    return routes


def dress(error: TocsinError, request: Request, trace: str) -> Response:
    """Dress *error* as a page for a person, who has a message in hand and a mobile phone in the other."""
    del request
    match error:
        case NotFound() | Forbidden() | Conflict():
            problem = "You can no longer answer by this link. Sign in to Tocsin to see how things stand."
        case Overloaded():
            problem = "Tocsin is very busy. Try again in a moment; nothing was changed."
        case Invalid():
            problem = "The form came in damaged. Open the link again; nothing was changed."
        case _:
            problem = f"Try again. If it goes on, tell your operator this: {trace}"
    response = apologise(status_of(error), problem)
    response.headers.update(headers_of(error))
    return response
