"""Calls: the alert is read out, and a key acknowledges."""

import re
from dataclasses import dataclass
from typing import assert_never

from tocsin.channels import wording
from tocsin.channels.base import Attempt, Content, Message, Options, Wire, below, refuse_extras
from tocsin.channels.telephony import Carrier, Script, content_of, say
from tocsin.core.destination import check_phone
from tocsin.core.notification import NotificationKind
from tocsin.core.receipt import Receipt

TITLE_LENGTH_MAX = 300
BODY_LENGTH_MAX = 300
KEYS = "Press 1 to acknowledge, 2 to resolve, or 9 to be left out of this page."
STILL = "Press 1 if you still have it, or 2 to resolve."

_UNSPEAKABLE = re.compile(r"https?://\S+|[<>{}\[\]|`*#_=]+")


@dataclass(frozen=True, slots=True)
class VoiceChannel:
    """Calls a telephone by way of one of *carriers*, one after the other."""

    carriers: tuple[Carrier, ...] = ()
    name: str = "voice"
    for_machines: bool = False

    @property
    def providers(self) -> int:
        """How many carriers there are to try."""
        return max(1, len(self.carriers))

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* as E.164 if it is a telephone number."""
        refuse_extras("calls", path, options=options, secret=secret)
        return check_phone(address, below(path, "address"))

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* in sentences that can be spoken; what can be answered is asked for by keys."""
        del options  # there are none
        script = script_of(message)
        return content_of(message.key, script, "\n".join((*script.sentences, script.asks)).strip())

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Have a carrier call, which it does later."""
        return await say(content, attempt, wire, carriers=self.carriers, as_=Script)


def script_of(message: Message) -> Script:
    """Say *message* in sentences."""
    sentences = [f"This is Tocsin. {_kind(message)}", spoken(message.title, TITLE_LENGTH_MAX)]
    if message.drill:
        sentences.insert(1, "This is a drill. Nothing is broken.")
    if message.service:
        sentences.append(f"Service: {spoken(message.service, 80)}.")
    count = max(message.total, len(message.alerts))
    if count > 1:
        sentences.append(f"There are {count} alerts.")
    if message.bundled:
        sentences.append(f"{len(message.bundled)} more pages wait.")
    if message.body:
        sentences.append(spoken(message.body, BODY_LENGTH_MAX))
    if message.code:  # twice, slowly
        code = ", ".join(letter for letter in message.code if not letter.isspace())
        sentences += [f"Your code is {code}.", f"Again: {code}."]
    keys = STILL if message.kind is NotificationKind.REMINDER else KEYS
    asks = keys if message.kind.asks and message.acknowledge_url else ""
    return Script(sentences=tuple(sentences), asks=asks, callback=message.callback_url)


def spoken(text: str, length: int) -> str:
    """Return *text* as a voice can read it: on one line, without links and signs."""
    return wording.one_line(_UNSPEAKABLE.sub(" ", wording.clean(text)), length)


def _kind(message: Message) -> str:
    match message.kind:
        case NotificationKind.PAGE:
            return f"{wording.severity_word(message.severity)} alert."
        case NotificationKind.REMINDER:
            return "You have acknowledged an alert. Do you still have it?"
        case NotificationKind.RESOLVED:
            return "An alert is resolved."
        case NotificationKind.VERIFICATION:
            return "Somebody wants to reach you here."
        case (
            NotificationKind.TEST
            | NotificationKind.OPERATOR
            | NotificationKind.CHANGE
            | NotificationKind.NEWS
            | NotificationKind.SIGN_IN
        ):
            return "A message for you."
        case _:
            assert_never(message.kind)
