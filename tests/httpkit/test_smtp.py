import asyncio

import pytest

from receivers import authority, mail_server
from tocsin.channels.base import Mail, Unsent
from tocsin.core.errors import Invalid
from tocsin.core.receipt import Outcome
from tocsin.httpkit import smtp
from tocsin.httpkit.smtp import SmtpConnections, SmtpServer, read_smtp_url

LETTER = b"Subject: Test\r\n\r\n.a line that begins with a dot\r\n.\r\nand goes on\r\n"


def mail(recipient="ana@example.org", content=LETTER):
    return Mail(sender="tocsin@example.org", recipient=recipient, content=content)


def connections(server, scheme="smtp", login="", tls=None):
    return SmtpConnections(read_smtp_url(f"{scheme}://{login}localhost:{server.port}"), tls=tls)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost", SmtpServer(host="localhost", port=25)),
        ("smtp://127.0.0.1:1025/", SmtpServer(host="127.0.0.1", port=1025)),
        ("smtps://mail.example.org", SmtpServer(host="mail.example.org", port=465, security="tls")),
        (
            "smtp+starttls://tocsin%40example.org:s3cret%2F%40%3A@mail.example.org",
            SmtpServer(
                host="mail.example.org",
                port=587,
                user="tocsin@example.org",
                password="s3cret/@:",
                security="starttls",
            ),
        ),
    ],
)
def test_the_url_says_where_how_and_as_whom(url, server):
    assert read_smtp_url(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://:25",
        "smtp://mail.example.org:0x19",
        "smtp://mail.example.org:99999",
        "smtp://mail.example.org/path",
        "smtp://mail.example.org?tls=1",
        "smtp://:password@mail.example.org",
    ],
)
def test_a_url_that_is_none_is_refused_without_repeating_it(url):
    with pytest.raises(Invalid) as refusal:
        read_smtp_url(url)

    assert refusal.value.path == "TOCSIN_SMTP_URL"
    assert "password@mail" not in refusal.value.problem


def test_the_password_is_in_no_representation():
    assert "s3cret" not in repr(read_smtp_url("smtp://ana:s3cret@localhost"))


def test_mail_is_taken_byte_for_byte_and_the_reply_names_it():
    async def story():
        async with mail_server() as server, connections(server) as out:
            return await out.send(mail()), server.mails

    reply, [envelope] = asyncio.run(story())

    assert (reply.code, reply.text) == (250, "2.0.0 Ok: queued as 4F001")
    assert (envelope.mail_from, envelope.rcpt_tos) == ("tocsin@example.org", ["ana@example.org"])
    assert envelope.content == LETTER


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_mail_goes_over_tls_with_a_login(scheme, tmp_path):
    async def story(ours):
        how = {"tls": ours.server} if scheme == "smtps" else {"starttls": ours.server}
        async with mail_server(login=True, **how) as server:
            login = "tocsin%40example.org:s3cret%2F%40%3A@"
            async with connections(server, scheme, login, tls=ours.client) as out:
                return await out.send(mail()), server

    with authority(tmp_path) as ours:
        reply, server = asyncio.run(story(ours))

    assert reply.code == 250
    assert server.logins == [("tocsin@example.org", "s3cret/@:")]
    assert server.sessions[0].authenticated


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_mail_server_that_cannot_be_trusted_gets_no_login(scheme, tmp_path):
    async def story(ours):
        how = {"tls": ours.server} if scheme == "smtps" else {"starttls": ours.server}
        async with (
            mail_server(login=True, **how) as server,
            connections(server, scheme, "ana:secret@") as out,
        ):
            with pytest.raises(Unsent) as unsent:
                await out.send(mail())
            return unsent.value, server

    with authority(tmp_path) as ours:
        unsent, server = asyncio.run(story(ours))

    assert unsent.outcome is Outcome.NEXT_PROVIDER
    assert "certificate" in unsent.problem.lower()
    assert server.logins == []


def test_starttls_is_never_done_without():
    async def story():
        async with mail_server() as server, connections(server, "smtp+starttls") as out:
            with pytest.raises(Unsent) as unsent:
                await out.send(mail())
            return unsent.value, server.mails

    unsent, mails = asyncio.run(story())

    assert unsent.outcome is Outcome.NEXT_PROVIDER
    assert "STARTTLS" in unsent.problem
    assert mails == []


def test_a_wrong_password_is_the_providers_matter_and_is_not_repeated():
    async def story():
        async with mail_server(login=True) as server, connections(server, login="ana:wr0ng@") as out:
            with pytest.raises(Unsent) as unsent:
                await out.send(mail())
            return unsent.value

    unsent = asyncio.run(story())

    assert unsent.outcome is Outcome.NEXT_PROVIDER
    assert "535" in unsent.problem
    assert "wr0ng" not in unsent.problem


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", ["451 4.3.0 try later", "550 5.7.1 not here"])
def test_a_refusal_at_any_command_is_the_reply_and_the_next_mail_goes_through(command, answer):
    """Also at the end of DATA: until then a mail is not taken, however much of it was sent."""

    async def story():
        async with mail_server() as server, connections(server) as out:
            server.refusals[command] = answer
            refusal = await out.send(mail())
            server.refusals.clear()
            return refusal, await out.send(mail("ben@example.org")), server.mails

    refusal, reply, [taken] = asyncio.run(story())

    assert f"{refusal.code} {refusal.text}" == answer
    assert reply.code == 250
    assert taken.rcpt_tos == ["ben@example.org"]


def test_a_server_that_closes_down_is_left_and_tried_afresh():
    async def story():
        async with mail_server() as server, connections(server) as out:
            server.refusals["DATA"] = "421 4.3.2 closing"
            refusal = await out.send(mail())
            server.refusals.clear()
            return refusal, await out.send(mail())

    refusal, reply = asyncio.run(story())

    assert (refusal.code, reply.code) == (421, 250)


def test_connections_are_kept_between_mails_and_few():
    async def story():
        async with mail_server() as server, connections(server) as out:
            replies = await asyncio.gather(*[out.send(mail()) for _ in range(40)])
            return replies, server.sessions

    replies, sessions = asyncio.run(story())

    assert {reply.code for reply in replies} == {250}
    assert len({session.peer for session in sessions}) <= smtp.CONNECTIONS_MAX


def test_a_connection_that_died_while_it_was_kept_costs_no_mail():
    async def story():
        async with mail_server() as server, connections(server) as out:
            first = await out.send(mail())
            server.hang_up()
            return first, await out.send(mail()), server.mails

    first, second, mails = asyncio.run(story())

    assert (first.code, second.code) == (250, 250)
    assert len(mails) == 2


def test_a_connection_that_waits_for_nothing_is_closed(monkeypatch):
    monkeypatch.setattr(smtp, "KEPT_S", 0.0)

    async def story():
        async with mail_server() as server, connections(server) as out:
            await out.send(mail())
            for _ in range(3):
                await asyncio.sleep(0)  # the loop goes round, and its timers fire
            await out.send(mail())
            return server.sessions

    sessions = asyncio.run(story())

    assert len({session.peer for session in sessions}) == 2


def test_a_connection_is_renewed_after_so_many_mails(monkeypatch):
    monkeypatch.setattr(smtp, "MAILS_PER_CONNECTION_MAX", 2)

    async def story():
        async with mail_server() as server, connections(server) as out:
            for _ in range(4):
                await out.send(mail())
            return server.sessions

    sessions = asyncio.run(story())

    assert len({session.peer for session in sessions}) == 2


def test_a_server_that_does_not_answer_is_tried_again_and_holds_nothing_up(monkeypatch):
    monkeypatch.setattr(smtp, "MAIL_TIMEOUT_S", 0.1)

    async def story():
        async with mail_server() as server, connections(server) as out:
            server.hold = asyncio.Event()
            results = await asyncio.gather(*[out.send(mail()) for _ in range(6)], return_exceptions=True)
            server.hold.set()
            server.hold = None
            return results, await out.send(mail())

    results, reply = asyncio.run(story())

    assert {type(result) for result in results} == {Unsent}
    assert {result.outcome for result in results} == {Outcome.TRY_AGAIN}
    assert reply.code == 250


def test_a_server_that_is_not_there_is_tried_again():
    async def story():
        async with mail_server() as server:
            port = server.port
        async with SmtpConnections(SmtpServer(host="127.0.0.1", port=port)) as out:
            with pytest.raises(Unsent) as unsent:
                await out.send(mail())
            return unsent.value

    unsent = asyncio.run(story())

    assert unsent.outcome is Outcome.TRY_AGAIN
    assert "cannot be reached" in unsent.problem


@pytest.mark.parametrize("greeting", [b"421 4.3.2 too busy\r\n", b"554 5.7.1 no service\r\n", b""])
def test_a_server_that_does_not_want_to_talk_is_left_for_later_or_for_good(greeting):
    async def greet(_reader, writer):
        writer.write(greeting)
        await writer.drain()
        writer.close()

    async def story():
        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, SmtpConnections(SmtpServer(host="127.0.0.1", port=port)) as out:
            with pytest.raises(Unsent) as unsent:
                await out.send(mail())
            return unsent.value

    unsent = asyncio.run(story())

    assert unsent.outcome is (Outcome.NEXT_PROVIDER if greeting.startswith(b"5") else Outcome.TRY_AGAIN)


def test_an_address_outside_ascii_goes_to_servers_that_know_such_addresses():
    async def story(*, smtputf8):
        async with mail_server(smtputf8=smtputf8) as server, connections(server) as out:
            return await out.send(mail("ünal@example.org")), server.mails

    reply, [envelope] = asyncio.run(story(smtputf8=True))
    refusal, none = asyncio.run(story(smtputf8=False))

    assert reply.code == 250
    assert envelope.rcpt_tos == ["ünal@example.org"]
    assert refusal.code == 553
    assert none == []
