"""What Twilio calls back with: what became of a message or call, which key was pressed, what was texted.

Every request carries a signature made with the account's auth token; without it nothing is looked at. The
token in the path is the link that the message was sent with: it names the notification, and the person.
"""

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from tocsin.actions import delivery
from tocsin.actions.answering import Asked
from tocsin.channels import twilio
from tocsin.core.errors import Forbidden
from tocsin.core.receipt import Outcome
from tocsin.httpkit.bodies import read_form
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.replies import words
from tocsin.replies.links import BadLink, Grant, Reply, verify
from tocsin.world import Tx

PATH = "/twilio"
FORM_LENGTH_MAX = 65_536
_KEYS = {"1": Reply.ACKNOWLEDGE, "2": Reply.RESOLVE, "9": Reply.DECLINE}
Form = Mapping[str, Sequence[str]]


def twilio_routes(account: twilio.Twilio, public_url: str, keys: Sequence[bytes]) -> Routes:
    """Make the routes for what *account* calls back with; *keys* signed the links that it was given."""
    routes = Routes(PATH, tag="replies")

    def form_of(call: Call, body: bytes) -> Form:
        form = read_form(body)
        signature = call.request.headers.get("x-twilio-signature", "")
        query = call.request.url.query
        url = f"{public_url}{call.request.url.path}{f'?{query}' if query else ''}"
        if not account.signed(url, form, signature):
            raise Forbidden("the signature is not Twilio's for this address")
        return form

    @routes.post(
        "/sms",
        permission=None,
        summary="Take an answer by text message",
        hidden=True,
        body_limit=FORM_LENGTH_MAX,
    )
    async def take_text(call: Call, body: bytes) -> Response:
        form = form_of(call, body)
        number, text = first(form, "From"), first(form, "Body")
        said = await call.world.database.write(
            lambda tx: words.answer(tx, call, channel="sms", address=number, text=text)
        )
        return _xml(twilio.message(said))

    @routes.post(
        "/{token}",
        permission=None,
        summary="Take what became of a message or a call",
        hidden=True,
        body_limit=FORM_LENGTH_MAX,
    )
    async def take_word(call: Call, body: bytes) -> Response:
        form = form_of(call, body)
        grant = verify(call.params["token"], keys, call.now)
        if isinstance(grant, BadLink):
            return _xml(twilio.say("This call is too old to be answered. Good-bye."))
        if "Digits" in form:
            return _xml(await _pressed(call, grant, first(form, "Digits")))
        await _became(call, grant, form)
        return Response(None, 204)

    return routes


async def _became(call: Call, grant: Grant, form: Form) -> None:
    status = first(form, "MessageStatus") or first(form, "CallStatus")
    outcome = twilio.outcome_of(status)
    if outcome is None:
        return
    code = first(form, "ErrorCode")[:10]
    error = f"Twilio says {status[:20]}{f', {code}' if code else ''}"

    def report(tx: Tx) -> None:
        delivered = outcome is Outcome.DELIVERED
        delivery.report(
            tx, grant.workspace, grant.notification, error=None if delivered else error, now=call.now
        )

    await call.world.database.write(report)


async def _pressed(call: Call, grant: Grant, digits: str) -> str:
    reply = _KEYS.get(digits[:1])
    if reply is None or grant.user is None or grant.page is None:
        return twilio.say("That key does nothing here. Look at your messages. Good-bye.")
    asked = Asked(workspace=grant.workspace, user=grant.user, page=grant.page)
    said = await call.world.database.write(lambda tx: words.give(tx, call, reply, asked, how="call"))
    return twilio.say(f"{said}. Good-bye.")


def first(form: Form, name: str) -> str:
    """Give the first value of *name*, "" without one."""
    return next(iter(form.get(name, ())), "")


def _xml(text: str) -> Response:
    return Response(text, media_type="text/xml; charset=utf-8")
