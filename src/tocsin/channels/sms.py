"""Text messages: the title, why, and how to answer, in as few segments as will do."""

from dataclasses import dataclass

from tocsin.channels import wording
from tocsin.channels.base import Attempt, Content, Message, Options, Wire, below, refuse_extras
from tocsin.channels.telephony import Carrier, Text, content_of, say
from tocsin.core.destination import check_phone
from tocsin.core.notification import NotificationKind
from tocsin.core.receipt import Receipt

TEXT_LENGTH_MAX = 480  # three segments of 160, seven of 70 with letters beyond GSM 03.38
TITLE_LENGTH_MAX = 160
BODY_LENGTH_MAX = 200
WHY_LENGTH_MAX = 100
ALERTS_SHOWN_MAX = 3
ANSWERS = "Reply ACK to acknowledge, RESOLVE if it is over, OUT to be left out."
STILL = "Reply ACK if you still have it, RESOLVE if it is over."


@dataclass(frozen=True, slots=True)
class SmsChannel:
    """Texts a telephone by way of one of *carriers*, one after the other."""

    carriers: tuple[Carrier, ...] = ()
    name: str = "sms"
    for_machines: bool = False

    @property
    def providers(self) -> int:
        """How many carriers there are to try."""
        return max(1, len(self.carriers))

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* as E.164 if it is a telephone number."""
        refuse_extras("text messages", path, options=options, secret=secret)
        return check_phone(address, below(path, "address"))

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* briefly; the link and the word to answer with are never cut."""
        del options  # there are none
        text = text_of(message)
        return content_of(message.key, Text(text=text, callback=message.callback_url), text)

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Hand *content* to a carrier, who sends it later."""
        return await say(content, attempt, wire, carriers=self.carriers, as_=Text)


def text_of(message: Message) -> str:
    """Say *message* in TEXT_LENGTH_MAX characters."""
    lines = [wording.headline(message, TITLE_LENGTH_MAX), wording.lateness(message)]
    lines.append(wording.one_line(wording.mentions(message, 3), WHY_LENGTH_MAX))
    if message.code:
        lines.append(f"Code: {wording.one_line(message.code, 20)}")
    others = [wording.one_line(alert.title, 60) for alert in message.alerts[1 : 1 + ALERTS_SHOWN_MAX]]
    if others:
        lines += [*others, wording.left_out(message, 1 + len(others))]
    if message.bundled:
        lines.append(f"and {len(message.bundled)} more page{'' if len(message.bundled) == 1 else 's'}")
    lines += [
        wording.one_line(message.body, BODY_LENGTH_MAX),
        wording.one_line(message.because, WHY_LENGTH_MAX),
    ]
    reminds = message.kind is NotificationKind.REMINDER
    asks = message.kind.asks and bool(message.acknowledge_url)
    ends = [(STILL if reminds else ANSWERS) if asks else "", message.page_url]
    tail = "\n".join(end for end in ends if end)
    room = TEXT_LENGTH_MAX - len(tail) - 1
    head = wording.shorten("\n".join(line for line in lines if line), max(room, TITLE_LENGTH_MAX))
    return f"{head}\n{tail}" if tail else head
