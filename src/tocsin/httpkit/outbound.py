"""The real wire: HTTP requests under guard, and mail to the one server that the operator named."""

import asyncio
import contextlib
import errno
import ssl
from collections.abc import Callable, Iterable
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver, AbstractStreamWriter
from aiohttp.connector import Connection
from multidict import CIMultiDict
from yarl import URL

from tocsin import __version__
from tocsin.channels.base import HttpRequest, HttpResponse, Mail, MailReply, TooLateError, Unsent
from tocsin.core.destination import check_url
from tocsin.core.receipt import Outcome
from tocsin.httpkit.guard import AddressRefused, Guard, Network
from tocsin.httpkit.smtp import SmtpConnections, read_smtp_url
from tocsin.httpkit.waiting import Room

REQUESTS_MAX = 500  # more than there are messages on their way, so that they only wait for their own hosts
REQUESTS_PER_HOST_MAX = 25  # one slow receiver leaves room for the others
REQUEST_TIMEOUT_S = 15.0  # the whole of it; engines hold a lease for longer
CONNECT_TIMEOUT_S = 5.0
BODY_TIMEOUT_S = 2.0  # of the answer's body, which only explains
BODY_LENGTH_MAX = 65_536
URLS_KEPT = 1_024
CLOSE_WITHIN_S = 1.0  # a connection is only closed when what was written is read, which may be never
KEPT_S = 4.0  # most servers close a connection that was idle for 5

_USUAL = {"User-Agent": f"Tocsin/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}


class OutboundWire:
    """The wire of a running server.

    *allow* are the networks that are let through though they are not public; *smtp_url* is the mail server,
    which is not subject to the guard, for the operator chose it. *tls* replaces the system's certificates,
    *resolver* its way of looking names up. *term* names the term that a request belongs to, and *may_begin*
    is asked with it when a connection is there and nothing was said on it: at a no, TooLateError is raised.
    """

    def __init__(
        self,
        *,
        allow: Iterable[Network] = (),
        smtp_url: str = "",
        tls: ssl.SSLContext | None = None,
        resolver: AbstractResolver | None = None,
        term: Callable[[], int] = lambda: 0,
        may_begin: Callable[[int], bool] = lambda _term: True,
    ) -> None:
        self._guard = Guard(allow)
        self._resolver = resolver
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None
        self._hosts: dict[str, Room] = {}  # of those that requests are made to
        server = read_smtp_url(smtp_url) if smtp_url else None
        self._smtp = SmtpConnections(server, tls=tls, term=term, may_begin=may_begin) if server else None
        self._request_class = _asking(term, may_begin)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection; a later call would open new ones."""
        if self._session is not None:
            session, self._session = self._session, None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(session.close(), CLOSE_WITHIN_S)
        if self._smtp is not None:
            await self._smtp.close()

    async def mail(self, mail: Mail) -> MailReply:
        """Hand *mail* to the mail server."""
        if self._smtp is None:
            raise Unsent(Outcome.NEXT_PROVIDER, "no mail can be sent: TOCSIN_SMTP_URL is not set")
        return await self._smtp.send(mail)

    async def http(self, request: HttpRequest) -> HttpResponse:
        """Make *request*, if its address may be called, and return the answer; redirects are an answer."""
        url = _checked(request.url)
        host = url.raw_host or "the host"
        try:
            return await self._in_turn(host, request, url)
        except aiohttp.ClientConnectorCertificateError:
            raise Unsent(Outcome.NEVER, f"{host} has a certificate that cannot be trusted") from None
        except aiohttp.ClientConnectorDNSError:
            raise Unsent(Outcome.TRY_AGAIN, f"{host} is not known to the name server") from None
        except aiohttp.ClientConnectorError as error:
            raise _unreachable(host, error.os_error) from None
        except aiohttp.InvalidURL:
            raise Unsent(Outcome.NEVER, f"{host} is no host that can be called") from None
        except TimeoutError:
            raise Unsent(Outcome.TRY_AGAIN, f"{host} did not answer within {REQUEST_TIMEOUT_S:g} s") from None
        except aiohttp.ClientError as error:
            problem = type(error).__name__  # its text may hold the URL, which may be a secret
            raise Unsent(Outcome.TRY_AGAIN, f"{host} broke off or made no sense ({problem})") from None

    async def _in_turn(self, name: str, request: HttpRequest, url: URL) -> HttpResponse:
        """Make *request* when there is room at the host of that *name*."""
        room = self._hosts.get(name)
        if room is None:
            room = self._hosts[name] = Room(REQUESTS_PER_HOST_MAX)
        try:
            async with room:
                return await self._request(request, url)
        finally:
            if room.is_idle:
                self._hosts.pop(name, None)

    async def _request(self, request: HttpRequest, url: URL) -> HttpResponse:
        async with self._opened().request(
            request.method,
            url,
            headers=CIMultiDict(request.headers),
            data=request.body,
            allow_redirects=False,
        ) as response:
            body = await (
                _read_whole(response, request.answer_max) if request.answer_max else _read(response)
            )
            kept = {name.lower(): value for name, value in response.headers.items()}
            return HttpResponse(status=response.status, headers=kept, body=body)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=REQUESTS_MAX,
                limit_per_host=REQUESTS_PER_HOST_MAX,
                keepalive_timeout=KEPT_S,
                resolver=self._resolver,
                socket_factory=self._guard.open_socket,
                ssl=self._tls or True,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                headers=_USUAL,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S, sock_connect=CONNECT_TIMEOUT_S),
                auto_decompress=False,  # a small body cannot become a large one
                trust_env=False,
                request_class=self._request_class,
            )
        return self._session


def _asking(term: Callable[[], int], may_begin: Callable[[int], bool]) -> type[aiohttp.ClientRequest]:
    """Make requests that ask *may_begin* last thing: when there is a connection, and before the first byte.

    The head of a request that has a body goes out with it, from a task of its own, which may come late.
    """

    class Request(aiohttp.ClientRequest):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._came_in = term()

        async def send(self, conn: Connection) -> aiohttp.ClientResponse:
            if not may_begin(self._came_in):
                raise TooLateError
            return await super().send(conn)

        async def write_bytes(
            self, writer: AbstractStreamWriter, conn: Connection, *length: int | None
        ) -> None:
            if may_begin(self._came_in):
                await super().write_bytes(writer, conn, *length)
                return
            if conn.protocol is not None:
                conn.protocol.set_exception(TooLateError())
            conn.close()

    return Request


@lru_cache(maxsize=URLS_KEPT)
def _checked(text: str) -> URL:
    return URL(check_url(text, "url"), encoded=True)


def _unreachable(host: str, error: OSError) -> Unsent:
    if isinstance(error, AddressRefused):
        return Unsent(Outcome.NEVER, f"{host} may not be called: {error.strerror}")
    if error.errno == errno.EACCES:  # it has several addresses, and each was refused
        problem = "none of its addresses is public, and TOCSIN_OUTBOUND_ALLOW names none of them"
        return Unsent(Outcome.NEVER, f"{host} may not be called: {problem}")
    return Unsent(Outcome.TRY_AGAIN, f"{host} cannot be reached: {error}")


async def _read_whole(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Read the body that is asked for, up to *most*; the timeout of the request counts for it."""
    body = bytearray()
    async for part in response.content.iter_chunked(BODY_LENGTH_MAX):
        body += part
        if len(body) >= most:
            response.close()
            break
    return bytes(body[:most])


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read the body as far as it matters. The status is known by now: nothing here makes it unknown."""
    body = bytearray(response.content.read_nowait())
    if response.content.at_eof():
        return bytes(body[:BODY_LENGTH_MAX])  # it came with the status, as most do
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            while len(body) < BODY_LENGTH_MAX:
                part = await response.content.read(BODY_LENGTH_MAX - len(body))
                if not part:
                    return bytes(body)
                body += part
    except (TimeoutError, aiohttp.ClientError):
        pass
    response.close()  # more may be coming, for ever
    return bytes(body[:BODY_LENGTH_MAX])
