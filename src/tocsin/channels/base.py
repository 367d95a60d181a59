"""What every channel is: the message it is given, the wire it is given, and the receipt it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from tocsin.core.alert import AlertStatus
from tocsin.core.errors import Invalid, TocsinError
from tocsin.core.event import Severity
from tocsin.core.evolve import quickly_made
from tocsin.core.notification import NotificationKind
from tocsin.core.push import PushAccess
from tocsin.core.receipt import Exchange, Outcome, Receipt
from tocsin.core.told import AlertTold

ERROR_LENGTH_MAX = 300

Options = Mapping[str, object]
"""What a destination says beyond its address, as the channel documents it."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """One alert as a message shows it; *id* is in the native spelling, *url* leads to its page.

    What stands behind *acknowledged_by* is for programs: what an event said, how often, and on some channels
    the ids of the first and the last one. Behind that is what only a message template gives: a picture, and
    on channels with a markup the title and the message.
    """

    id: str = ""
    title: str
    severity: Severity
    status: AlertStatus = AlertStatus.FIRING
    message: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    opened_at: datetime
    links: tuple[str, ...] = ()
    url: str = ""
    acknowledged_by: str = ""
    source: str = ""
    host: str = ""
    monitor_id: str = ""
    monitor_name: str = ""
    monitor_labels: tuple[str, ...] = ()
    dimensions: Mapping[str, str] = field(default_factory=dict)
    value: float | None = None
    dedup_key: str = ""
    last_seen_at: datetime | None = None
    resolved_at: datetime | None = None
    events: int = 1
    first_event: str = ""
    last_event: str = ""
    image_url: str = ""
    marked_title: str = ""
    marked_message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledPage:
    """Another page that the same message tells of, in one line."""

    page: str
    title: str
    severity: Severity
    service: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Somebody whom a message to a place names, with the address and the telephone that they have."""

    name: str
    email: str = ""
    phone: str = ""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """All that a channel may need to say one thing to one address; texts are as people wrote them.

    *key* is the notification's id in the native spelling: a second copy of a message is known by it.
    *thread* names what belongs together in a mailbox, the page or the alert, and *title* never changes
    within one. *policy* is the alert policy that pages, *escalated* says that a later step of its plan does.
    *alerts* are the first of *total*. *mentions* are people whom a message to a place names. *because* says
    why this person is asked, *what_next* what happens if nobody answers; *body* is the text of kinds that no
    page stands behind, *code* what somebody must type to prove that an address is theirs, *sign_in_url* where
    somebody is let in once. A link that is empty is not offered. *sender* is the mailbox that e-mail comes
    from.
    """

    key: str
    kind: NotificationKind
    queued_at: datetime
    title: str
    severity: Severity = Severity.ERROR
    workspace: str = ""
    workspace_id: str = ""
    service: str = ""
    policy: str = ""
    policy_id: str = ""
    escalated: bool = False
    page: str = ""
    thread: str = ""
    alerts: tuple[AlertLine, ...] = ()
    total: int = 0
    mentions: tuple[Named, ...] = ()
    because: str = ""
    what_next: str = ""
    body: str = ""
    code: str = ""
    page_url: str = ""
    acknowledge_url: str = ""
    resolve_url: str = ""
    decline_url: str = ""
    callback_url: str = ""
    sign_in_url: str = ""
    recipient: str = ""
    time_zone: str = "UTC"
    late_by: timedelta = timedelta(0)
    bundled: tuple[BundledPage, ...] = ()
    drill: bool = False
    sender: str = "tocsin@localhost"
    told: AlertTold | None = None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A message as one channel says it: *text* in plain words, *body* and *headers* as they will go out.

    *key* is the message's; *html* is there where the channel has it. The same message always renders to the
    same content. Where the address is a template, *values* is what it sees; *exchange* is what is to be kept
    of the request.
    """

    key: str
    text: str
    subject: str = ""
    html: str = ""
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "POST"
    values: Mapping[str, object] | None = None
    exchange: Exchange | None = None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request for the wire to make; redirects are not followed and no credentials are added.

    No more than *answer_max* bytes of the answer are read; 0 is as many as it takes to see what went wrong.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    answer_max: int = 0


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """What a server answered: header names in lower case, and no more of the body than the wire reads."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def excerpt(self, length: int = 100) -> str:
        """Return the start of the body on one line, for an error text."""
        return " ".join(self.body[: length * 4].decode("utf-8", "replace").split())[:length]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One message for one mailbox: the envelope, and *content* as RFC 5322 wants it, with CRLF."""

    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReply:
    """The mail server's last word on a mail: taken at 2xx, perhaps later at 4xx, never at 5xx."""

    code: int
    text: str


class Unsent(Exception):
    """The wire got no answer, or would not ask: *outcome* says whether to try again, *problem* why."""

    def __init__(self, outcome: Outcome, problem: str) -> None:
        super().__init__(problem)
        self.outcome = outcome
        self.problem = problem


class TooLateError(Unsent):
    """The wire did not begin to ask, and would not any more: others may have taken over by now."""

    def __init__(self) -> None:
        super().__init__(Outcome.TRY_AGAIN, "there was no time left to begin")


class Wire(Protocol):
    """The way out: real in production, recorded and faulty in tests. Both calls may raise Unsent."""

    async def http(self, request: HttpRequest) -> HttpResponse:
        """Make *request* and return the answer, whatever its status."""

    async def mail(self, mail: Mail) -> MailReply:
        """Hand *mail* to the mail server and return its verdict, whatever its code."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at one address: the *number*-th, from 1, with the channel's *provider*-th provider, from 0.

    *browser* is what it takes to send to a browser, where the address is one that is still subscribed.
    """

    address: str
    now: datetime
    secret: str = field(default="", repr=False)
    options: Options = field(default_factory=dict)
    number: int = 1
    provider: int = 0
    browser: PushAccess | None = None


class Channel(Protocol):
    """One way to reach people. A channel has no state; what it needs comes with each call."""

    @property
    def name(self) -> str:
        """The word by which contact methods, rules and destinations name the channel."""

    @property
    def providers(self) -> int:
        """How many providers there are to try, one after the other."""

    @property
    def for_machines(self) -> bool:
        """Whether programs read it, so that no message need ever wait for others to spare people."""

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* as it is to be kept; raise Invalid, below *path*, for any of the three."""

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* in the channel's own form; raise Invalid when *options* cannot be followed."""

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Try once to bring *content* to its address; whatever the other side answers is a receipt.

        Raises Unsent where the wire does.
        """


def below(path: str, name: str) -> str:
    """Name the field *name* of what is at *path*, which may be the top."""
    return f"{path}.{name}" if path else name


def refuse_extras(channel: str, path: str, *, options: Options, secret: str = "") -> None:
    """Raise Invalid, below *path*, if there are *options* or a *secret* that *channel* has no use for."""
    for name in options:
        raise Invalid(below(path, f"options.{name}"), f"is no option of {channel}", "must be left out")
    if secret:
        raise Invalid(below(path, "secret"), f"is of no use to {channel}", "must be left out")


async def deliver(channel: Channel, message: Message, attempt: Attempt, wire: Wire) -> Receipt:
    """Render *message* and send it once. What cannot be said, or gets no answer, is a receipt too.

    Raise TooLateError when nothing was said, because it came too late to begin.
    """
    try:
        content = channel.render(message, attempt.options)
        return await channel.send(content, attempt, wire)
    except TooLateError:
        raise
    except Unsent as unsent:
        return Receipt(outcome=unsent.outcome, error=unsent.problem[:ERROR_LENGTH_MAX])
    except TocsinError as error:
        return Receipt(outcome=Outcome.NEVER, error=str(error)[:ERROR_LENGTH_MAX])
