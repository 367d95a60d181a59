"""The log channel: a message becomes one line of Tocsin's own log, for trials and for reading along."""

from dataclasses import dataclass

import msgspec
import structlog

from tocsin.channels import wording
from tocsin.channels.base import Attempt, Content, Message, Options, Wire, below, refuse_extras
from tocsin.core.errors import Invalid
from tocsin.core.notification import NotificationKind
from tocsin.core.receipt import Outcome, Receipt

ADDRESS_LENGTH_MAX = 254

_LOG = structlog.get_logger("tocsin.channels.log")


@dataclass(frozen=True, slots=True)
class LogChannel:
    """Writes each message to the log; the address is only a name in the line."""

    name: str = "log"
    providers: int = 1
    for_machines: bool = True

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* if it is a name on one line; the log knows no options."""
        refuse_extras("the log", path, options=options, secret=secret)
        if not address.isprintable() or not 0 < len(address) <= ADDRESS_LENGTH_MAX:
            remedy = f"must be 1 to {ADDRESS_LENGTH_MAX} characters on one line"
            raise Invalid(below(path, "address"), "is no name for a log line", remedy)
        return address

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* as fields: no links, for whoever reads a log must not be able to act by it."""
        del options  # there are none
        fields: dict[str, str | int] = {
            "notification": message.key,
            "kind": message.kind.value,
            "severity": message.severity.value,
            "page": message.page,
            "service": wording.one_line(message.service),
            "alerts": max(message.total, len(message.alerts)),
            "because": wording.one_line(message.because, 600),
        }
        if message.kind is NotificationKind.VERIFICATION:  # who can read the log proves it by the code
            fields["code"] = message.code
        return Content(key=message.key, text=wording.headline(message), body=msgspec.json.encode(fields))

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Write *content* as one line."""
        del wire
        fields = msgspec.json.decode(content.body, type=dict[str, str | int])
        _LOG.info("notification", text=content.text, address=attempt.address, **fields)
        return Receipt(outcome=Outcome.DELIVERED)
