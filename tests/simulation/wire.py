"""The simulated world outside: telephones, mailboxes and web servers, and the weather between us and them.

Nothing here waits: an answer that takes long is known at once and only looked at later.
"""

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar

from tocsin.channels.answers import receipt_of
from tocsin.channels.base import (
    Attempt,
    Content,
    HttpRequest,
    HttpResponse,
    Mail,
    MailReply,
    Message,
    Options,
    Unsent,
    Wire,
)
from tocsin.channels.email import EmailChannel
from tocsin.channels.webhook import WebhookChannel
from tocsin.core.receipt import Outcome, Receipt

T = TypeVar("T")


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run *coroutine*, which never waits, to its end."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the simulated wire never waits")


@dataclass(frozen=True, slots=True)
class Phone:
    """A channel with as many providers as one likes: each is a web server that takes JSON."""

    name: str
    providers: int = 1
    for_machines: bool = False

    def check(self, address: str, _options: Options, _path: str = "", *, secret: str = "") -> str:
        assert not secret
        return address

    def render(self, message: Message, _options: Options) -> Content:
        body = {
            "id": message.key,
            "type": f"tocsin.{message.kind.value}",
            "page": message.page,
            "title": message.title,
            "late_by_s": message.late_by.total_seconds(),
            "because": message.because,
            "bundled": [each.page for each in message.bundled],
        }
        return Content(key=message.key, text=message.title, body=json.dumps(body).encode())

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        host = f"{self.name}-{attempt.provider}.example"
        request = HttpRequest(method="POST", url=f"https://{host}/{attempt.address}", body=content.body)
        response = await wire.http(request)
        if response.status == 402:
            return Receipt(outcome=Outcome.NEXT_PROVIDER, error=f"{host} wants to be paid")
        receipt = receipt_of(response, whose=host, now=attempt.now)
        return Receipt(outcome=Outcome.SENT, provider_id=content.key) if receipt.accepted else receipt


CHANNELS = {
    channel.name: channel
    for channel in (Phone("sms", providers=2), Phone("voice"), WebhookChannel(), EmailChannel())
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message that reached *address*; *told* is whether whoever sent it was told so.

    *bundled* are the other pages that it names, None where that is not looked into.
    """

    at: datetime
    key: str
    kind: str
    page: str
    address: str
    bundled: tuple[str, ...] | None = None
    late_by: timedelta = timedelta(0)
    because: str = ""
    told: bool = True


@dataclass(slots=True, kw_only=True)
class Weather:
    """How the world outside treats us: the chances of each answer, and hosts that are out until a moment.

    *refuse* is for good, *lie* takes the message and says that it failed.
    """

    fail: float = 0.0
    refuse: float = 0.0
    unpaid: float = 0.0
    busy: float = 0.0
    silent: float = 0.0
    lie: float = 0.0
    out: dict[str, datetime] = field(default_factory=dict)

    def clear(self) -> None:
        """Let every message through from here on."""
        self.fail = self.refuse = self.unpaid = self.busy = self.silent = self.lie = 0.0
        self.out.clear()


class SimulatedWire:
    """Takes what the channels send, as the weather has it, and remembers what arrived."""

    def __init__(self, chance: Random, now: Callable[[], datetime], weather: Weather) -> None:
        self.deliveries: list[Delivery] = []
        self.attempts: list[tuple[datetime, str, int | None]] = []
        self.weather = weather
        self.answers: Callable[[str, str], int | None] = lambda _host, _address: None
        self._chance = chance
        self._now = now

    async def http(self, request: HttpRequest) -> HttpResponse:
        """Answer as the host would in this weather."""
        host, _, address = request.url.removeprefix("https://").partition("/")
        status, told = self._decide(host, address)
        self.attempts.append((self._now(), host, status))
        if status == 200:
            self.deliveries.append(self._parcel(json.loads(request.body), request.url, host, told=told))
        if not told:
            status = self._chance.choice((500, 502, None))
        if status is None:
            raise Unsent(Outcome.TRY_AGAIN, f"{host} did not answer in time")
        headers = {}
        if status in (429, 503) and self._chance.random() < 0.6:
            headers["retry-after"] = str(self._chance.choice((1, 20, 45, 200, 900)))
        return HttpResponse(status=status, headers=headers)

    async def mail(self, mail: Mail) -> MailReply:
        """Answer as a mail server would in this weather."""
        status, told = self._decide("mail.example", mail.recipient)
        self.attempts.append((self._now(), "mail.example", status))
        if status == 200:
            self.deliveries.append(self._letter(mail, told=told))
        if status is None or not told:
            raise Unsent(Outcome.TRY_AGAIN, "the mail server hung up")
        if status == 200:
            return MailReply(code=250, text="OK queued as 1")
        return MailReply(code=550 if status in (402, 404) else 451, text="no")

    def _decide(self, host: str, address: str) -> tuple[int | None, bool]:
        """Choose a status (None: no answer) and whether the truth is told about it."""
        scripted = self.answers(host, address)
        if scripted is not None:
            return scripted, True
        if self.weather.out.get(host, self._now()) > self._now():
            return self._chance.choice((None, 503)), True
        ways = (
            (self.weather.fail, 500, True),
            (self.weather.refuse, 404, True),
            (self.weather.unpaid, 402, True),
            (self.weather.busy, 429, True),
            (self.weather.silent, None, True),
            (self.weather.lie, 200, False),
        )
        drawn = self._chance.random()
        for chance, status, told in ways:
            if drawn < chance:
                return status, told
            drawn -= chance
        return 200, True

    def _parcel(self, body: dict[str, Any], url: str, host: str, *, told: bool) -> Delivery:
        data = body.get("data", body)
        page = data["page"]
        phone = "data" not in body
        return Delivery(
            at=self._now(),
            key=body["id"],
            kind=body["type"].removeprefix("tocsin."),
            page=page["id"] if isinstance(page, dict) else page or "",
            address=url.partition(f"{host}/")[2] if phone else url,
            bundled=tuple(each if phone else each["page"] for each in data["bundled"]),
            late_by=timedelta(seconds=data["late_by_s"]),
            because=data["because"] or "",
            told=told,
        )

    def _letter(self, mail: Mail, *, told: bool) -> Delivery:
        head = mail.content.partition(b"\r\n\r\n")[0].decode()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n") if line.startswith("X-Tocsin-"))
        return Delivery(
            at=self._now(),
            key=headers["X-Tocsin-Notification"],
            kind=headers["X-Tocsin-Kind"],
            page=headers.get("X-Tocsin-Page", ""),
            address=mail.recipient,
            told=told,
        )
