"""Notes on alerts, written on their pages."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from tocsin.actions import notes
from tocsin.actions.actor import Permission
from tocsin.core.ids import AlertId
from tocsin.core.note import TEXT_LENGTH_MAX
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.forms import fields, identifier

ROUTES = Routes("", tag="Pages")

_LENGTH_MAX: Final = 12 * TEXT_LENGTH_MAX  # of a form, in which a letter may be written as twelve


@ROUTES.post(
    "/alerts/{alert_id}/notes",
    permission=Permission.RESPOND,
    summary="Write a note on an alert",
    hidden=True,
    body_limit=_LENGTH_MAX,
)
async def write_note(call: Call, body: bytes) -> Response:
    """Keep a note, and go back to the alert."""
    alert = AlertId(identifier(call.params["alert_id"], "alert"))
    await call.act(notes.add, alert, fields(body).get("text", "").replace("\r\n", "\n"), now=call.now)
    return RedirectResponse(f"/alerts/{native('alert', alert)}#notes", 303)
