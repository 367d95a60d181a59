"""Twilio as a carrier: its REST API of 2010-04-01 for messages and calls, TwiML, and signed callbacks.

Twilio's documentation: "Message resource", "Call resource", "TwiML for Programmable Voice", "Validating
signatures from Twilio", "Error and warning dictionary".
"""

import base64
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha1
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

import msgspec

from tocsin.channels.answers import receipt_of
from tocsin.channels.base import HttpRequest, HttpResponse
from tocsin.channels.telephony import Script, Text
from tocsin.core.receipt import Outcome, Receipt

API = "https://api.twilio.com"
BODY_LENGTH_MAX = 1_600  # of a message
TWIML_LENGTH_MAX = 4_000  # of a script that comes with the call
RING_FOR_S = 30  # before it goes to an answering machine, mostly
ASK_FOR_S = 6
ROUNDS = 2

# Numbers that nobody can reach. Of what is wrong with the account, another carrier knows nothing.
_NO_NUMBER = frozenset({21211, 21214, 21217, 21219, 21265, 21401, 21610, 21614, 13223, 13224, 13225, 13227})
_FAILED = frozenset({"failed", "undelivered", "busy", "no-answer", "canceled"})
_ARRIVED = frozenset({"delivered", "read", "completed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Twilio:
    """An account, and the number or messaging service (``MG…``) that messages come from."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    api_url: str = API
    name: str = "Twilio"

    def text(self, number: str, text: Text) -> HttpRequest:
        """Make the request that sends *text* to *number*."""
        form = [("To", number), self._from(), ("Body", text.text[:BODY_LENGTH_MAX])]
        if text.callback:
            form.append(("StatusCallback", text.callback))
        return self._request("Messages.json", form)

    def call(self, number: str, script: Script) -> HttpRequest:
        """Make the request that calls *number* and says *script*."""
        form = [("To", number), ("From", self.sender), ("Twiml", twiml(script)), ("Timeout", str(RING_FOR_S))]
        if script.callback:
            form += [("StatusCallback", script.callback), ("StatusCallbackEvent", "completed")]
        return self._request("Calls.json", form)

    def receipt(self, response: HttpResponse, now: datetime) -> Receipt:
        """Read what Twilio answers: 201 and the sid, or a code of its error dictionary."""
        receipt = receipt_of(response, whose=self.name, now=now, secrets=(self.auth_token,))
        answer = _answer(response.body)
        if receipt.accepted:
            return Receipt(outcome=Outcome.SENT, provider_id=str(answer.get("sid", ""))[:100])
        code = answer.get("code")
        if isinstance(code, int):
            said = " ".join(str(answer.get("message", "")).split())[:150].replace(self.auth_token, "(secret)")
            error = f"{self.name} answered {response.status}, {code}: {said}"
            outcome = receipt.outcome
            if outcome is Outcome.NEVER and code not in _NO_NUMBER:
                outcome = Outcome.NEXT_PROVIDER
            return Receipt(outcome=outcome, error=error, retry_after=receipt.retry_after)
        return receipt

    def signed(self, url: str, form: Mapping[str, Sequence[str]], signature: str) -> bool:
        """Tell whether *signature*, from X-Twilio-Signature, is Twilio's for *form* sent to *url*."""
        return hmac.compare_digest(sign(self.auth_token, url, form), signature.encode("utf-8", "replace"))

    def _from(self) -> tuple[str, str]:
        name = "MessagingServiceSid" if self.sender.startswith("MG") else "From"
        return name, self.sender

    def _request(self, resource: str, form: Iterable[tuple[str, str]]) -> HttpRequest:
        credentials = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode("ascii")
        return HttpRequest(
            method="POST",
            url=f"{self.api_url.rstrip('/')}/2010-04-01/Accounts/{self.account_sid}/{resource}",
            headers=(
                ("Authorization", f"Basic {credentials}"),
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Accept", "application/json"),
            ),
            body=urlencode(list(form)).encode(),
        )


def sign(auth_token: str, url: str, form: Mapping[str, Sequence[str]]) -> bytes:
    """Sign a callback as Twilio does: HMAC-SHA1 over the URL and the form, by name, without anything between.

    A name that comes several times counts with each of its values once.
    """
    told = url + "".join(f"{name}{value}" for name in sorted(form) for value in sorted(set(form[name])))
    return base64.b64encode(hmac.new(auth_token.encode(), told.encode(), sha1).digest())


def twiml(script: Script) -> str:
    """Write *script* as TwiML: it is said ROUNDS times, and each time a key is waited for if it asks."""
    said = "".join(f"<Say>{escape(sentence)}</Say>" for sentence in script.sentences if sentence)
    if script.asks and script.callback:
        gather = (
            f'<Gather numDigits="1" timeout="{ASK_FOR_S}" actionOnEmptyResult="false" method="POST"'
            f" action={quoteattr(script.callback)}>{said}<Say>{escape(script.asks)}</Say></Gather>"
        )
        body = gather * ROUNDS + "<Say>Nobody pressed a key. Good-bye.</Say>"
    else:
        body = f'{said}<Pause length="1"/>{said}'
    return response(body)


def response(body: str) -> str:
    """Wrap TwiML verbs into a document; what would be too long says only that there is something."""
    whole = f'<?xml version="1.0" encoding="UTF-8"?><Response>{body}</Response>'
    if len(whole) <= TWIML_LENGTH_MAX:
        return whole
    return response("<Say>This is Tocsin. An alert is firing; look at your messages.</Say>")


def say(text: str) -> str:
    """Answer a call with *text*."""
    return response(f"<Say>{escape(text)}</Say>")


def message(text: str) -> str:
    """Answer a text message with *text*."""
    return response(f"<Message>{escape(text)}</Message>")


def outcome_of(status: str) -> Outcome | None:
    """Read the status of a message or call: None while it is still on its way."""
    if status in _FAILED:
        return Outcome.NEVER
    return Outcome.DELIVERED if status in _ARRIVED else None


def _answer(body: bytes) -> Mapping[str, object]:
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return answer if isinstance(answer, Mapping) else {}
