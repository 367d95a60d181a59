"""The one mail server that mail goes to: its address, and a few connections kept open to it."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

import aiosmtplib

from tocsin.channels.base import Mail, MailReply, TooLateError, Unsent
from tocsin.core.errors import Invalid
from tocsin.core.receipt import Outcome
from tocsin.httpkit.waiting import Room

CONNECTIONS_MAX = 4
KEPT_S = 20.0  # shorter than any mail server waits for the next mail
MAILS_PER_CONNECTION_MAX = 100  # many servers close a connection that goes on for ever
CONNECT_TIMEOUT_S = 10.0
COMMAND_TIMEOUT_S = 20.0
MAIL_TIMEOUT_S = 25.0  # for one mail in all, once there is a connection for it

_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """A mail server: *security* is ``none``, ``tls`` from the first byte, or ``starttls``, then required."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    security: str = "none"


def read_smtp_url(text: str, path: str = "TOCSIN_SMTP_URL") -> SmtpServer:
    """Read ``smtp+starttls://user:password@host:port``, ``smtp`` or ``smtps``; raise Invalid if it is none.

    What cannot stand in a URL is percent-encoded in user and password. Without a port it is 587, 25 or 465.
    """
    remedy = "must be like smtp+starttls://user:password@mail.example.org:587"
    try:
        parts = urlsplit(text)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise Invalid(path, "is not the URL of a mail server", remedy) from None
    if not text.isprintable() or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise Invalid(path, "has no host, or more than a host and a port after it", remedy)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if password and not user:
        raise Invalid(path, "has a password without a user", remedy)
    security = {"smtp": "none", "smtps": "tls", "smtp+starttls": "starttls"}[parts.scheme]
    return SmtpServer(host=parts.hostname, port=port, user=user, password=password, security=security)


class _Kept:
    """A connection that waits for its next mail, and closes itself when none comes."""

    __slots__ = ("client", "mails", "timer")

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self.client = client
        self.mails = 0
        self.timer: asyncio.TimerHandle | None = None


class SmtpConnections:
    """Sends mail to *server* over at most CONNECTIONS_MAX connections, kept open between mails."""

    def __init__(
        self,
        server: SmtpServer,
        *,
        tls: ssl.SSLContext | None = None,
        term: Callable[[], int] = lambda: 0,
        may_begin: Callable[[int], bool] = lambda _term: True,
    ) -> None:
        self._server = server
        self._tls = tls
        self._term = term
        self._may_begin = may_begin
        self._free: list[_Kept] = []
        self._room = Room(CONNECTIONS_MAX)
        self._hostname: str | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def send(self, mail: Mail) -> MailReply:
        """Hand *mail* over and return the server's last word on it; raise Unsent if it says none."""
        term = self._term()
        async with self._answering():
            return await self._send(mail, lambda: self._may_begin(term))

    async def greet(self) -> None:
        """Connect, log in and take leave, to see that it can be done; raise Unsent when it cannot."""
        async with self._answering():
            await self._leave(_Kept(await self._connect()))

    async def close(self) -> None:
        """Take leave on every connection."""
        while self._free:
            await self._leave(self._take())

    @asynccontextmanager
    async def _answering(self) -> AsyncIterator[None]:
        """Wait for room and bound the time; whatever keeps the server from answering becomes Unsent."""
        where = f"the mail server {self._server.host}:{self._server.port}"
        try:
            async with self._room, asyncio.timeout(MAIL_TIMEOUT_S):
                yield
        except aiosmtplib.SMTPAuthenticationError as error:
            raise _refused(error, f"{where} refused our login") from None
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error, f"{where} refused to talk") from None
        except TimeoutError:
            raise Unsent(Outcome.TRY_AGAIN, f"{where} did not answer in time") from None
        except OSError as error:
            untrusted = isinstance(error.__cause__ or error, ssl.SSLCertVerificationError)
            outcome = Outcome.NEXT_PROVIDER if untrusted else Outcome.TRY_AGAIN
            raise Unsent(outcome, f"{where} cannot be reached: {error}") from None
        except aiosmtplib.SMTPException as error:  # it lacks something that the URL asks for
            raise Unsent(Outcome.NEXT_PROVIDER, f"{where}: {error.message}") from None

    async def _send(self, mail: Mail, may_begin: Callable[[], bool]) -> MailReply:
        while self._free:
            kept = self._take()
            if not kept.client.is_connected:
                continue
            reply = await self._over(kept, mail, may_begin)
            if reply is not None:
                return reply
        fresh = _Kept(await self._connect())
        reply = await self._over(fresh, mail, may_begin)
        if reply is None:
            raise aiosmtplib.SMTPServerDisconnected("the connection was closed at once")
        return reply

    def _take(self) -> _Kept:
        kept = self._free.pop()
        if kept.timer is not None:
            kept.timer.cancel()
        return kept

    async def _connect(self) -> aiosmtplib.SMTP:
        if self._hostname is None:
            self._hostname = await asyncio.to_thread(socket.getfqdn)
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            local_hostname=self._hostname,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=None if server.security == "none" else self._tls,
            timeout=COMMAND_TIMEOUT_S,
        )
        await client.connect(timeout=CONNECT_TIMEOUT_S)
        return client

    async def _over(self, kept: _Kept, mail: Mail, may_begin: Callable[[], bool]) -> MailReply | None:
        """Send *mail* over one connection. None: it was closed before the mail began, so nothing was said."""
        try:
            if not await _ready(kept):
                return None
            reply = await _transfer(kept.client, mail, may_begin)
        except BaseException:
            kept.client.close()
            raise
        kept.mails += 1
        await self._keep(kept)
        return reply

    async def _keep(self, kept: _Kept) -> None:
        if not kept.client.is_connected:
            return
        if kept.mails >= MAILS_PER_CONNECTION_MAX:
            await self._leave(kept)
            return
        kept.timer = asyncio.get_running_loop().call_later(KEPT_S, self._expire, kept)
        self._free.append(kept)

    def _expire(self, kept: _Kept) -> None:
        if kept in self._free:
            self._free.remove(kept)
        kept.client.close()

    async def _leave(self, kept: _Kept) -> None:
        try:
            if kept.client.is_connected:
                await kept.client.quit(timeout=1)
        except (aiosmtplib.SMTPException, OSError):
            pass
        finally:
            kept.client.close()


async def _ready(kept: _Kept) -> bool:
    """Make sure that a connection that waited is still there, by RSET, which also clears a refusal."""
    if kept.mails == 0:
        return True
    try:
        return (await kept.client.rset()).code == 250
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPResponseException):
        kept.client.close()
        return False


async def _transfer(client: aiosmtplib.SMTP, mail: Mail, may_begin: Callable[[], bool]) -> MailReply:
    """Go through MAIL, RCPT and DATA; the reply to the data's end counts, for only then is a mail taken."""
    if not may_begin():
        raise TooLateError
    plain = mail.sender.isascii() and mail.recipient.isascii()
    if not plain:
        await client.ehlo()
        if not client.supports_extension("smtputf8"):
            return MailReply(code=553, text="it takes no address that is not ASCII (SMTPUTF8)")
    try:
        await client.mail(mail.sender, options=[] if plain else ["SMTPUTF8"], encoding="utf-8")
        await client.rcpt(mail.recipient, encoding="utf-8")
        reply = await client.data(mail.content)
    except (
        aiosmtplib.SMTPSenderRefused,
        aiosmtplib.SMTPRecipientRefused,
        aiosmtplib.SMTPDataError,
    ) as refusal:
        return MailReply(code=refusal.code, text=refusal.message)
    return MailReply(code=reply.code, text=reply.message)


def _refused(error: aiosmtplib.SMTPResponseException, what: str) -> Unsent:
    lasting = 500 <= error.code < 600
    outcome = Outcome.NEXT_PROVIDER if lasting else Outcome.TRY_AGAIN
    return Unsent(outcome, f"{what}: {error.code} {error.message}")
