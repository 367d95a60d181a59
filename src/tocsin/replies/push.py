"""What a browser gives back of a push message: that it was shown, and what was said to it there.

The token in the path came to the browser inside the sealed message. It is a person's answer to one page, as a
link in an e-mail is: good for that page and person, for a while, and the same said again changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from starlette.responses import Response

from tocsin.actions import answering, delivery, push
from tocsin.actions.answering import Asked
from tocsin.channels.wording import one_line
from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.core.push import CHANNEL
from tocsin.httpkit.bodies import read_form
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.replies.links import BadLink, Grant, verify
from tocsin.world import Tx

PATH: Final = "/push"
FORM_LENGTH_MAX: Final = 1_024
TITLE_LENGTH_MAX: Final = 100
SHOWN: Final = "shown"

Say = Callable[[Tx, Call, Asked], None]


def _acknowledge(tx: Tx, call: Call, asked: Asked) -> None:
    answering.acknowledge(tx, asked.workspace, asked.user, asked.page, comment="", how=CHANNEL, now=call.now)


def _resolve(tx: Tx, call: Call, asked: Asked) -> None:
    answering.resolve(tx, asked.workspace, asked.user, asked.page, how=CHANNEL, now=call.now)


_SAYINGS: Final[Mapping[str, tuple[Say, str]]] = {
    "acknowledge": (_acknowledge, "You have it"),
    "resolve": (_resolve, "It is resolved"),
}


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an answer, for the notification that tells of it."""

    done: bool
    title: str
    body: str = ""


def push_routes(keys: Sequence[bytes]) -> Routes:
    """Make the route for messages whose tokens one of *keys* signed."""
    routes = Routes(PATH, tag="replies")

    @routes.post(
        "/{token}",
        permission=None,
        summary="Take what a browser says of a push message",
        hidden=True,
        any_media=True,
        body_limit=FORM_LENGTH_MAX,
    )
    async def take(call: Call, body: bytes) -> Response:
        grant = verify(call.params["token"], keys, call.now)
        if isinstance(grant, BadLink):
            return _json(
                Said(done=False, title="Too old to be answered here", body="Open Tocsin instead."), 410
            )
        word = read_form(body).get("say", [""])[0]
        if word != SHOWN and word not in _SAYINGS:
            raise Invalid("say", "is no answer", f"must be one of {', '.join((SHOWN, *_SAYINGS))}")
        said = await call.world.database.write(lambda tx: _take(tx, call, grant, word))
        return _json(said, 200 if said.done else 409)

    return routes


def _take(tx: Tx, call: Call, grant: Grant, word: str) -> Said:
    """Note that the message arrived, whatever is said to it, and do what is said."""
    delivery.report(tx, grant.workspace, grant.notification, error=None, now=call.now)
    push.proven(tx, grant.workspace, grant.notification, now=call.now)
    if word == SHOWN:
        return Said(done=True, title="")
    if grant.user is None or grant.page is None:
        return Said(done=False, title="There is nothing to answer here")
    act, title = _SAYINGS[word]
    asked = Asked(workspace=grant.workspace, user=grant.user, page=grant.page)
    try:
        act(tx, call, asked)
        found = answering.look(tx, asked.workspace, asked.user, asked.page, alerts_max=1)
    except (NotFound, Forbidden, Conflict):
        return Said(
            done=False, title="You can no longer answer this", body="Open Tocsin to see how things stand."
        )
    return Said(done=True, title=title, body=one_line(found.page.title, TITLE_LENGTH_MAX))


def _json(said: Said, status: int) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(msgspec.json.encode(said), status, headers, media_type="application/json")
