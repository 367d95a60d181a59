"""Real receivers for what Tocsin sends: an HTTP server and a mail server in the test's own loop."""

import asyncio
import datetime as dt
import ipaddress
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class HttpReceiver:
    """An HTTP server that writes down what it gets and answers what *answer* says."""

    answer: Handler
    url: str = ""
    requests: list[Received] = field(default_factory=list)


async def _ok(_: web.Request) -> web.StreamResponse:
    return web.Response(text="ok")


@asynccontextmanager
async def http_receiver(
    answer: Handler = _ok, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[HttpReceiver]:
    receiver = HttpReceiver(answer)

    async def take(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        receiver.requests.append(
            Received(request.method, request.raw_path, headers, body, id(request.transport))
        )
        return await receiver.answer(request)

    runner = web.ServerRunner(web.Server(take), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, host, 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@dataclass
class MailServer:
    """A mail server that keeps what it takes. *refusals* maps a command to the reply it gets instead."""

    port: int = 0
    refusals: dict[str, str] = field(default_factory=dict)
    mails: list[Envelope] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    connections: list[SMTP] = field(default_factory=list)
    hold: asyncio.Event | None = None

    def hang_up(self) -> None:
        """Break off every connection, without a word."""
        for smtp in self.connections:
            if smtp.transport is not None:
                smtp.transport.abort()

    async def handle_MAIL(self, _server, _session, envelope, address, options):  # noqa: N802
        if "MAIL" in self.refusals:
            return self.refusals["MAIL"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if "RCPT" in self.refusals:
            return self.refusals["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802
        if self.hold is not None:
            await self.hold.wait()
        if "DATA" in self.refusals:
            return self.refusals["DATA"]
        self.mails.append(envelope)
        self.sessions.append(session)
        return f"250 2.0.0 Ok: queued as 4F{len(self.mails):03}"

    def authenticate(self, _server, _session, _envelope, _mechanism, data):
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        login = data.login.decode(), data.password.decode()
        self.logins.append(login)
        return AuthResult(success=login == ("tocsin@example.org", "s3cret/@:"), handled=False)


@asynccontextmanager
async def mail_server(
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    login: bool = False,
    smtputf8: bool = True,
) -> AsyncIterator[MailServer]:
    receiver = MailServer()
    loop = asyncio.get_running_loop()

    def connection() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a login without TLS, which is what the test is about
            smtp = SMTP(
                receiver,
                loop=loop,
                hostname="mail.test",
                enable_SMTPUTF8=smtputf8,
                tls_context=starttls,
                auth_required=login,
                auth_require_tls=starttls is not None,
                authenticator=receiver.authenticate,
            )
        receiver.connections.append(smtp)
        return smtp

    server = await loop.create_server(connection, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        receiver.hang_up()
        await server.wait_closed()
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the test's own: *server* shows its certificate, *client* trusts it."""

    server: ssl.SSLContext
    client: ssl.SSLContext


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    """Make an authority that vouches for localhost and 127.0.0.1."""
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    until = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tocsin's test authority")])
    ca = (
        x509.CertificateBuilder(ca_name, ca_name, ca_key.public_key(), 1, now, until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(ca_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder(ca_name, subject, key.public_key(), 2, now, until)
        .add_extension(names, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    chain = folder / "server.pem"
    chain.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain)
    client = ssl.create_default_context(cadata=ca.public_bytes(serialization.Encoding.PEM).decode())
    yield Authority(server, client)
