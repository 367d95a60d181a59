"""The telephone: what text messages and calls ask of a carrier, whoever that is.

A carrier turns a text or a script into one request of its API, and an answer of that into a receipt. What
becomes of the message later, and what people answer, comes back to the message's callback.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from tocsin.channels.base import Attempt, Content, HttpRequest, HttpResponse, Wire
from tocsin.core.receipt import Outcome, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text message; *callback* is where the carrier says what became of it, if anywhere."""

    text: str
    callback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What a call says, sentence by sentence; with *asks* it waits for a key, which goes to *callback*."""

    sentences: tuple[str, ...]
    asks: str = ""
    callback: str = ""


class Carrier(Protocol):
    """Somebody who takes text messages and makes calls."""

    @property
    def name(self) -> str:
        """How people know it."""

    def text(self, number: str, text: Text) -> HttpRequest:
        """Make the request that sends *text* to *number*."""

    def call(self, number: str, script: Script) -> HttpRequest:
        """Make the request that calls *number* and says *script*."""

    def receipt(self, response: HttpResponse, now: datetime) -> Receipt:
        """Read what the carrier answers."""


def content_of(key: str, said: Text | Script, text: str) -> Content:
    """Keep what is to be *said* as content."""
    return Content(key=key, text=text, body=msgspec.json.encode(said))


async def say(
    content: Content, attempt: Attempt, wire: Wire, *, carriers: Sequence[Carrier], as_: type[Text | Script]
) -> Receipt:
    """Have the attempt's carrier text or call its number."""
    if not carriers:
        problem = "no carrier is set up for the telephone; see TOCSIN_TWILIO_ACCOUNT_SID"
        return Receipt(outcome=Outcome.NEVER, error=problem)
    carrier = carriers[min(attempt.provider, len(carriers) - 1)]
    said = msgspec.json.decode(content.body, type=as_)
    if isinstance(said, Text):
        request = carrier.text(attempt.address, said)
    else:
        request = carrier.call(attempt.address, said)
    return carrier.receipt(await wire.http(request), attempt.now)
