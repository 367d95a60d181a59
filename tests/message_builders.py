"""Messages to say and wires to say them over: a page, each kind, and one that is as bad as it can be."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tocsin.channels.base import (
    AlertLine,
    Attempt,
    BundledPage,
    HttpRequest,
    HttpResponse,
    Mail,
    MailReply,
    Message,
    Named,
    Unsent,
)
from tocsin.core.event import Severity
from tocsin.core.notification import NotificationKind

AT = datetime(2026, 11, 24, 6, 9, tzinfo=UTC)
NOW = AT + timedelta(seconds=2)
KEY = "ntf_0123456789ab"


def alert_line(number: int = 1, **changes) -> AlertLine:
    fields = {
        "id": f"alrt_{number:012}",
        "title": f"Disk full on db-{number}",
        "severity": Severity.CRITICAL,
        "message": "/var is 97 % full\nand fills in 42 min",
        "labels": {"host": f"db-{number}", "region": "eu"},
        "opened_at": AT,
        "links": ("https://grafana.example.org/d/abc?a=1&b=2",),
        "url": f"https://tocsin.example.org/alerts/alrt_{number:012}",
    }
    return AlertLine(**(fields | changes))


def a_page(**changes) -> Message:
    fields = {
        "key": KEY,
        "kind": NotificationKind.PAGE,
        "queued_at": AT,
        "title": "Disk full on db-1",
        "severity": Severity.CRITICAL,
        "workspace": "Example",
        "service": "Payments",
        "page": "page_0123456789ab",
        "alerts": (alert_line(),),
        "total": 1,
        "because": "You are on call in “Primary”.",
        "what_next": "At 07:14 Ben Okafor is asked.",
        "page_url": "https://tocsin.example.org/pages/page_0123456789ab",
        "acknowledge_url": "https://tocsin.example.org/r/ack",
        "resolve_url": "https://tocsin.example.org/r/res",
        "decline_url": "https://tocsin.example.org/r/dec",
        "recipient": "Ana López",
        "time_zone": "Europe/Berlin",
        "sender": "Tocsin <tocsin@example.org>",
    }
    return Message(**(fields | changes))


PEOPLE = (
    Named(name="Ana López", email="ana@example.org", phone="+8613800138000"),
    Named(name="<@U1> [Ben](x)", email="ben@example.org", phone="+14155550101"),
)


BARE = {
    "alerts": (),
    "total": 0,
    "page": "",
    "service": "",
    "what_next": "",
    "page_url": "",
    "acknowledge_url": "",
    "resolve_url": "",
    "decline_url": "",
}


def of_kind(kind: NotificationKind) -> Message:
    said = {
        NotificationKind.PAGE: {},
        NotificationKind.RESOLVED: {"because": "You were asked about it.", "what_next": ""},
        NotificationKind.REMINDER: {"because": "Do you still have it?", "what_next": "", "decline_url": ""},
        NotificationKind.TEST: {"title": "A test message", "body": "It works.", **BARE},
        NotificationKind.VERIFICATION: {
            "title": "Is this yours?",
            "body": "Type this code.",
            "because": "",
            "code": "493 027",
            **BARE,
        },
        NotificationKind.OPERATOR: {"title": "Deliveries stand still", "body": "14 wait.", **BARE},
        NotificationKind.NEWS: {"title": "Ana looks for somebody", "body": "Nights, 9 March.", **BARE},
        NotificationKind.SIGN_IN: {
            "title": "Choose what you sign in with",
            "sign_in_url": "https://tocsin.example.org/login/link/t0ken",
            **BARE,
        },
        NotificationKind.CHANGE: {"because": "It hears of alerts that are opened.", "what_next": ""},
    }
    return a_page(kind=kind, **said[kind])


def worst(**changes) -> Message:
    """Long, hostile and in many scripts, everywhere."""
    nasty = "<b>&\"'`*_~|</b> \r\nBcc: x@evil.example\t\0\ud800 \u202eעברית العربية 🚨👩‍🚒 " * 60
    alerts = tuple(
        alert_line(
            number,
            title=nasty,
            message=nasty,
            labels={f"{number} {nasty}": nasty for number in range(40)},
            links=(
                "javascript:alert(1)",
                "https://ok.example/?a=1&b=2",
                'https://bad.example/"><script>',
                nasty,
            ),
            acknowledged_by=nasty,
            severity=list(Severity)[number % 5],
        )
        for number in range(60)
    )
    fields = {
        "title": nasty,
        "service": nasty,
        "workspace": nasty,
        "recipient": nasty,
        "because": nasty,
        "what_next": nasty,
        "body": nasty,
        "alerts": alerts,
        "total": 12_345,
        "late_by": timedelta(minutes=41),
        "drill": True,
        "bundled": tuple(
            BundledPage(
                page="page_0", title=nasty, severity=Severity.INFO, service=nasty, url="https://x.example/"
            )
            for _ in range(40)
        ),
    }
    return a_page(**(fields | changes))


def attempt(address: str = "https://hooks.example.org/x", **changes) -> Attempt:
    return Attempt(**({"address": address, "now": NOW} | changes))


class RecordingWire:
    """A wire that writes down what is sent and answers each call with the next of *answers*."""

    def __init__(self, *answers: HttpResponse | MailReply | Unsent) -> None:
        self.answers: Sequence[HttpResponse | MailReply | Unsent] = answers
        self.requests: list[HttpRequest] = []
        self.mails: list[Mail] = []

    async def http(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        return self._next()

    async def mail(self, mail: Mail) -> MailReply:
        self.mails.append(mail)
        return self._next()

    def _next(self):
        answer = self.answers[min(len(self.requests) + len(self.mails), len(self.answers)) - 1]
        if isinstance(answer, Unsent):
            raise answer
        return answer
