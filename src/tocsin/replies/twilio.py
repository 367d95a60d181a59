"""What Twilio calls back with: what became of a message or call, which key was pressed, what was texted.

Every request carries a signature made with the account's auth token; without it nothing is looked at. The
token in the path is the link that the message was sent with: it names the notification, and the person.
"""

import re
from collections.abc import Mapping, Sequence
from typing import assert_never

from starlette.responses import Response

from tocsin.actions import answering, delivery
from tocsin.actions.answering import Asked
from tocsin.channels import twilio
from tocsin.channels.wording import one_line
from tocsin.core.errors import Conflict, Forbidden, NotFound
from tocsin.core.receipt import Outcome
from tocsin.httpkit.bodies import read_form
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.replies.links import BadLink, Grant, Reply, verify
from tocsin.world import Tx

PATH = "/twilio"
FORM_LENGTH_MAX = 65_536
TITLE_LENGTH_MAX = 100

_WORDS = {
    **dict.fromkeys(("ack", "acknowledge", "1", "ok", "yes", "y"), Reply.ACKNOWLEDGE),
    **dict.fromkeys(("resolve", "resolved", "close", "2"), Reply.RESOLVE),
    **dict.fromkeys(("out", "decline", "9"), Reply.DECLINE),
}
_KEYS = {"1": Reply.ACKNOWLEDGE, "2": Reply.RESOLVE, "9": Reply.DECLINE}
_DONE = {
    Reply.ACKNOWLEDGE: "You have it",
    Reply.RESOLVE: "It is resolved",
    Reply.DECLINE: "You are left out",
}
_HOW_TO_ANSWER = (
    "Reply ACK to acknowledge, RESOLVE if it is over, OUT to be left out; add ALL for every page."
)
_ANSWER = re.compile(r"\s*([A-Za-z0-9]{1,20})[\s.!]*(all)?[\s.!]*", re.IGNORECASE)

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
        said = await call.world.database.write(lambda tx: _answer(tx, call, number, text))
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
    said = await call.world.database.write(lambda tx: _do(tx, call, reply, asked, how="call"))
    return twilio.say(f"{said}. Good-bye.")


def _answer(tx: Tx, call: Call, number: str, text: str) -> str:
    """Do what a text message says about what its number was told of last, and say what was done."""
    match = _ANSWER.fullmatch(text)
    reply = _WORDS.get(match[1].lower()) if match else None
    if match is None or reply is None:
        return _HOW_TO_ANSWER
    held_too = reply is Reply.RESOLVE
    asked = answering.asked_at(tx, "sms", number, call.now, held_too=held_too)
    if not asked:
        return "There is nothing that this number was asked about and that is still open."
    meant = asked if match[2] else asked[:1]
    said = [_do(tx, call, reply, each, how="sms") for each in meant]
    rest = len(asked) - len(meant)
    more = (
        f" {rest} more page{'' if rest == 1 else 's'} wait{'s' if rest == 1 else ''} for you." if rest else ""
    )
    return f"{said[0]}.{more}" if len(said) == 1 else f"{_DONE[reply]}: {len(said)} pages."


def _do(tx: Tx, call: Call, reply: Reply, asked: Asked, *, how: str) -> str:
    """Answer one page, and say so; whoever may not, or no longer, hears that."""
    workspace, user, page = asked.workspace, asked.user, asked.page
    now = call.now
    try:
        match reply:
            case Reply.ACKNOWLEDGE:
                answering.acknowledge(tx, workspace, user, page, comment="", how=how, now=now)
            case Reply.RESOLVE:
                answering.resolve(tx, workspace, user, page, how=how, now=now)
            case Reply.DECLINE:
                answering.decline(tx, workspace, user, page, how=how, now=now)
            case _:
                assert_never(reply)
        found = answering.look(tx, workspace, user, page, alerts_max=1)
    except (NotFound, Forbidden, Conflict):
        return "You can no longer answer this"
    return f"{_DONE[reply]}: {one_line(found.page.title, TITLE_LENGTH_MAX)}"


def first(form: Form, name: str) -> str:
    """Give the first value of *name*, "" without one."""
    return next(iter(form.get(name, ())), "")


def _xml(text: str) -> Response:
    return Response(text, media_type="text/xml; charset=utf-8")
