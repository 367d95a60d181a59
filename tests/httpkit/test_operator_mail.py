import asyncio
from email import message_from_bytes
from email.policy import default

import pytest
import structlog

from builders import NOW
from receivers import mail_server
from tocsin.channels.base import Unsent
from tocsin.httpkit.operator_mail import operator_mail
from tocsin.settings import Settings, load


def _settings(port: int) -> Settings:
    return load(
        {
            "TOCSIN_DATA_DIR": "/nowhere",
            "TOCSIN_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "TOCSIN_OPERATOR_EMAIL": "Operator <ops@example.org>",
            "TOCSIN_PUBLIC_URL": "https://page.example.org",
            "TOCSIN_NODE_NAME": "node-1",
        }
    )


async def _tell(port: int, subject: str = "Help", text: str = "Nobody sends.") -> None:
    await asyncio.to_thread(operator_mail(_settings(port), lambda: NOW), subject, text)


def test_the_operator_is_told_from_any_thread():
    async def story() -> bytes:
        async with mail_server() as server:
            await _tell(server.port, "Tocsin needs\nhelp")
            return server.mails[0].content

    mail = message_from_bytes(asyncio.run(story()), policy=default)

    assert (mail["to"], mail["from"]) == ("Operator <ops@example.org>", "tocsin@page.example.org")
    assert mail["subject"] == "Tocsin needs help"
    assert mail.get_content().split() == ["Nobody", "sends.", "node-1,", "https://page.example.org"]


def test_a_mail_that_the_server_refuses_is_not_taken_for_told():
    async def story() -> None:
        async with mail_server() as server:
            server.refusals["DATA"] = "554 no"
            await _tell(server.port)

    with pytest.raises(Unsent, match="554"):
        asyncio.run(story())


def test_a_mail_server_that_is_away_is_not_taken_for_told():
    async def story() -> None:
        async with mail_server() as server:
            port = server.port
        await _tell(port)

    with pytest.raises(Unsent):
        asyncio.run(story())


def test_where_nobody_can_be_told_the_log_says_so():
    settings = load({"TOCSIN_DATA_DIR": "/nowhere"})

    with structlog.testing.capture_logs() as logs:
        operator_mail(settings, lambda: NOW)("Help", "text")

    assert "TOCSIN_OPERATOR_EMAIL" in logs[0]["event"]
