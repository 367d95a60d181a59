"""E-mail: one message as text and as HTML, threaded by page, with links that act only when confirmed."""

import re
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from tocsin.channels import wording
from tocsin.channels.base import (
    AlertLine,
    Attempt,
    Content,
    Mail,
    MailReply,
    Message,
    Options,
    Wire,
    below,
    refuse_extras,
)
from tocsin.core.alert import AlertStatus
from tocsin.core.destination import check_email
from tocsin.core.errors import Invalid
from tocsin.core.event import Severity
from tocsin.core.notification import NotificationKind
from tocsin.core.receipt import Outcome, Receipt

SIZES = ((10, 500), (2, 500), (2, 100), (2, 0))  # alerts that are shown, and of others the titles
HTML_BYTES_MAX = 100_000  # Gmail cuts a message off at 102 kB
BUNDLED_SHOWN_MAX = 20
SUBJECT_LENGTH_MAX = 200
SUBJECT_PLAIN_MAX = 69  # with its name, a line of 78 (RFC 5322, 2.1.1)
MESSAGE_LENGTH_MAX = 600
LINKS_SHOWN_MAX = 3

_RESOLVED_COLOUR = "#15803d"
_NEUTRAL_COLOUR = "#475569"
# Each carries white text at a contrast of 4.5 or more (WCAG 2.2, 1.4.3).
_COLOURS = {
    Severity.CRITICAL: "#b3261e",
    Severity.ERROR: "#c2410c",
    Severity.WARNING: "#a16207",
    Severity.NODATA: "#6d4aa8",
    Severity.INFO: "#1d4ed8",
}
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates" / "email"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_QUEUED_AS = re.compile(r"(?:queued as|\bid=)\s*<?([\w.@+-]{1,100})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EmailChannel:
    """Mail to one mailbox by way of the mail server that the wire is connected to."""

    name: str = "email"
    providers: int = 1
    for_machines: bool = False

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* if it is one mailbox; e-mail knows no options and no secret."""
        refuse_extras("e-mail", path, options=options, secret=secret)
        return check_email(address, below(path, "address"))

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* as a subject, a text and an HTML page, with the headers that programs sort by."""
        del options  # there are none
        values, html = {}, ""
        for shown, others in SIZES:
            values = _values(message, shown, others)
            html = _TEMPLATES.get_template("message.html").render(values)
            if len(html.encode()) <= HTML_BYTES_MAX:
                break
        return Content(
            key=message.key,
            subject=wording.headline(message, SUBJECT_LENGTH_MAX),
            text=_TEMPLATES.get_template("message.txt").render(values),
            html=html,
            headers=_headers(message),
        )

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Hand *content* to the mail server and read its verdict."""
        recipient = check_email(attempt.address)  # nothing else may come into a header
        message = compose(content, recipient=recipient, now=attempt.now)
        sender = parseaddr(dict(content.headers)["From"])[1]
        reply = await wire.mail(Mail(sender=sender, recipient=recipient, content=message))
        return receipt(reply)


def compose(content: Content, *, recipient: str, now: datetime) -> bytes:
    """Put the mail to *recipient* together as it goes over the wire: RFC 5322 with CRLF, all in ASCII.

    Only the address of a mailbox whose local part is not ASCII stays as it is (RFC 6532).
    """
    # Quoted-printable never has "=_" in it, so this ends no part early, and a repeated send is the same mail.
    boundary = f"=_{content.key}"
    headers = (
        ("To", recipient),
        ("Subject", _encoded(content.subject)),
        ("Date", format_datetime(now)),
        *content.headers,
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    parts = (_part(boundary, "plain", content.text), _part(boundary, "html", content.html))
    return head.encode() + b"\r\n" + b"".join(parts) + f"--{boundary}--\r\n".encode()


def _encoded(text: str) -> str:
    """Write *text* for a header: as it is if it is short and plain, or else as encoded words (RFC 2047).

    What only looks like an encoded word is encoded, or the reader's program would decode it.
    """
    if text.isascii() and text.isprintable() and "=?" not in text and len(text) <= SUBJECT_PLAIN_MAX:
        return text
    return Header(text, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _part(boundary: str, kind: str, text: str) -> bytes:
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable'
    body = b2a_qp(text.encode(), istext=True).replace(b"\n", b"\r\n")
    return f"--{boundary}\r\n{head}\r\n\r\n".encode() + body + b"\r\n"


def receipt(reply: MailReply) -> Receipt:
    """Read the mail server's verdict (RFC 5321, 4.2.1): taken, not now, or never."""
    text = wording.one_line(reply.text, 200)
    if 200 <= reply.code < 300:
        queued = _QUEUED_AS.search(text)
        return Receipt(outcome=Outcome.SENT, provider_id=queued[1] if queued else text[:100])
    error = f"the mail server answered {reply.code} {text}".strip()
    never = 500 <= reply.code < 600
    return Receipt(outcome=Outcome.NEVER if never else Outcome.TRY_AGAIN, error=error)


def _headers(message: Message) -> tuple[tuple[str, str], ...]:
    """Make the headers that a mailbox sorts by; every value is ours or made one line of.

    All messages of a thread answer one that never was, so that they hang together whichever comes first.
    """
    name, sender = parseaddr(wording.one_line(message.sender))
    sender = check_email(sender, "TOCSIN_MAIL_FROM")
    if not sender.isascii():
        raise Invalid("TOCSIN_MAIL_FROM", "has letters outside ASCII before the @", "must not")
    domain = sender.rpartition("@")[2]
    thread = f"<{message.thread or message.page or message.key}.thread@{domain}>"
    headers = {
        "From": formataddr((name or "Tocsin", sender)),
        "Message-ID": f"<{message.key}@{domain}>",
        "In-Reply-To": thread,
        "References": thread,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "List-Id": f"Tocsin <pages.tocsin.{domain}>",
        "X-Tocsin-Notification": message.key,
        "X-Tocsin-Kind": message.kind.value,
        "X-Tocsin-Severity": message.severity.value,
    }
    if message.page:
        headers["X-Tocsin-Page"] = message.page
    if wording.is_web_link(message.decline_url):
        headers["List-Unsubscribe"] = f"<{message.decline_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    if message.kind is NotificationKind.PAGE and message.severity is Severity.CRITICAL:
        headers |= {"Importance": "high", "X-Priority": "1"}
    return tuple((name, wording.one_line(value, 900)) for name, value in headers.items())


def _values(message: Message, alerts_shown: int, others_shown: int) -> dict[str, object]:
    """Make what the templates fill in: finished texts, so that they only lay out."""
    shown = message.alerts[:alerts_shown]
    others = message.alerts[alerts_shown : alerts_shown + others_shown]
    bundled = message.bundled[:BUNDLED_SHOWN_MAX]
    return {
        "message": message,
        "subject": wording.headline(message, SUBJECT_LENGTH_MAX),
        "title": wording.one_line(message.title, 400),
        "recipient": wording.one_line(message.recipient, 80),
        "service": wording.one_line(message.service, 80),
        "workspace": wording.one_line(message.workspace, 80),
        "named": wording.mentions(message),
        "because": wording.one_line(message.because, 600),
        "what_next": wording.one_line(message.what_next, 600),
        "body": wording.shorten(wording.clean(message.body).strip(), 4000),
        "state": _state(message),
        "colour": _colour(message),
        "late": wording.lateness(message),
        "queued_at": wording.moment(message.queued_at, message.time_zone),
        "alert_count": wording.alert_count(message),
        "alerts": [_alert_values(alert, message.time_zone) for alert in shown],
        "others": [wording.one_line(alert.title, 120) for alert in others],
        "left_out": wording.left_out(message, len(shown) + len(others)),
        "bundled": [
            {
                "title": wording.one_line(page.title, 200),
                "severity": wording.severity_word(page.severity),
                "colour": _COLOURS[page.severity],
                "service": wording.one_line(page.service, 80),
                "url": page.url,
            }
            for page in bundled
        ],
        "bundled_left_out": len(message.bundled) - len(bundled),
        "acknowledge_url": message.acknowledge_url if _asks(message) else "",
        "resolve_url": message.resolve_url if _asks(message) else "",
        "decline_url": message.decline_url if _asks(message) else "",
    }


def _alert_values(alert: AlertLine, time_zone: str) -> dict[str, object]:
    resolved = alert.status is AlertStatus.RESOLVED
    links = [link for link in alert.links if wording.is_web_link(link)]
    return {
        "title": wording.one_line(alert.title, 200),
        "severity": wording.severity_word(alert.severity),
        "state": "resolved, was firing" if resolved else "firing",
        "colour": _RESOLVED_COLOUR if resolved else _COLOURS[alert.severity],
        "message": wording.shorten(wording.clean(alert.message).strip(), MESSAGE_LENGTH_MAX),
        "labels": wording.labels(alert),
        "opened_at": wording.moment(alert.opened_at, time_zone),
        "acknowledged_by": wording.one_line(alert.acknowledged_by, 80),
        "links": links[:LINKS_SHOWN_MAX],
        "url": alert.url,
    }


def _asks(message: Message) -> bool:
    return message.kind.asks or message.kind is NotificationKind.TEST


def _state(message: Message) -> str:
    words = {
        NotificationKind.PAGE: wording.severity_word(message.severity),
        NotificationKind.REMINDER: "Still yours?",
        NotificationKind.RESOLVED: "Resolved",
        NotificationKind.TEST: "Test",
        NotificationKind.VERIFICATION: "Verification",
        NotificationKind.OPERATOR: "Operator",
        NotificationKind.CHANGE: "Changed",
        NotificationKind.NEWS: "News",
        NotificationKind.SIGN_IN: "Sign in",
    }
    return words[message.kind]


def _colour(message: Message) -> str:
    if message.kind is NotificationKind.PAGE:
        return _COLOURS[message.severity]
    return _RESOLVED_COLOUR if message.kind is NotificationKind.RESOLVED else _NEUTRAL_COLOUR
