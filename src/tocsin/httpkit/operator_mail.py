"""The way to the operator that depends on nothing which may have failed: a mail, straight to the server.

It uses neither the outbox nor the server's event loop, opens a connection of its own, and blocks the thread
that calls until the mail is handed over.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

import structlog

from tocsin.channels.base import Mail, Unsent
from tocsin.core.receipt import Outcome
from tocsin.httpkit.smtp import SmtpConnections, read_smtp_url
from tocsin.settings import Settings

_log = structlog.get_logger(__name__)


def operator_mail(settings: Settings, now: Callable[[], datetime]) -> Callable[[str, str], None]:
    """Make the function that tells the operator a subject and a text; it raises Unsent when it cannot.

    Where no operator or no mail server is set, it says so in the log, for whatever reads that.
    """

    def tell(subject: str, text: str) -> None:
        if not (settings.operator_email and settings.smtp_url):
            _log.error("nobody is told: TOCSIN_OPERATOR_EMAIL or TOCSIN_SMTP_URL is not set", subject=subject)
            return
        content = _written(settings, subject, text, now())
        sender, recipient = parseaddr(settings.mail_from)[1], parseaddr(settings.operator_email)[1]
        asyncio.run(_send(settings.smtp_url, Mail(sender=sender, recipient=recipient, content=content)))

    return tell


def _written(settings: Settings, subject: str, text: str, now: datetime) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.mail_from
    message["To"] = settings.operator_email
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(now)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{text}\n\n{settings.node_name}, {settings.public_url}\n")
    return message.as_bytes()


async def _send(smtp_url: str, mail: Mail) -> None:
    async with SmtpConnections(read_smtp_url(smtp_url)) as server:
        reply = await server.send(mail)
    if reply.code >= 300:
        raise Unsent(Outcome.TRY_AGAIN, f"the mail server said {reply.code} {reply.text}")
