"""A person links their chat of Telegram, is paged there, and answers by a button: all with a real server."""

import json

import pytest

from acceptance.company import hire, make, plan, read, service, step, user
from acceptance.peers import MailCatcher, Receiver, http, wait_for
from acceptance.servers import Tocsin, tocsin
from telegram_api import TOKEN, BotApi

CHAT = 4711


class BotServer(Receiver):
    """Telegram's Bot API behind HTTP, and whoever sits in front of a chat."""

    def __init__(self) -> None:
        super().__init__()
        self.api = BotApi(CHAT)

    def _take(self, handler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        status, said = self.api.call(handler.path, body)
        written = json.dumps(said).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(written)))
        handler.end_headers()
        handler.wfile.write(written)

    def hand_on(self, **update) -> dict:
        """Hand an update on to whoever has said where they are."""
        hook = self.api.webhook
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook["secret_token"]}
        answer = http("POST", hook["url"], {"update_id": 1, **update}, headers=headers)
        assert answer.status == 200, answer.body
        return answer.json()

    def write(self, text: str) -> str:
        """Write in the chat; give what is answered."""
        chat, sender = {"id": CHAT, "type": "private"}, {"id": CHAT, "is_bot": False}
        message = {"message_id": 1, "date": 1, "chat": chat, "from": sender, "text": text}
        return self.hand_on(message=message)["text"]

    def wait(self, count: int) -> dict:
        """Wait until so many messages were sent; give the last."""
        wait_for(lambda: len(self.api.sent) >= count, what=lambda: self.api.calls)
        return self.api.sent[count - 1]


@pytest.fixture
def bot():
    with BotServer() as server:
        yield server


@pytest.fixture
def mail():
    with MailCatcher() as catcher:
        yield catcher


@pytest.fixture
def server(tmp_path, bot, mail):
    settings = {"TOCSIN_TELEGRAM_BOT_TOKEN": TOKEN, "TOCSIN_TELEGRAM_API_URL": bot.url}
    settings["TOCSIN_SMTP_URL"] = mail.url
    with tocsin(tmp_path / "tocsin", TOCSIN_TELEGRAM_REPLIES="on", **settings) as server:
        yield server


def linked(server: Tocsin, bot: BotServer) -> str:
    """Let Ana link her chat: by the number that the bot tells her, and the code that comes there."""
    ana = hire(server, "Ana")
    said = bot.write("/start")
    assert f"is {CHAT}." in said
    way = make(server, f"users/{ana}/contact-methods", channel="telegram", address=str(CHAT))
    code = "".join(filter(str.isdigit, bot.wait(1)["text"].partition("<code>")[2].partition("</code>")[0]))
    make(server, f"users/{ana}/contact-methods/{way['id']}/verify", code=code)
    return ana


def report(server: Tocsin, **event: str) -> None:
    """Say that something is wrong."""
    assert server.call("POST", "events", event | {"service": service(server)}).status == 202


def test_a_person_links_their_chat_is_paged_there_and_answers_by_a_button(server, bot):
    done = server.run("telegram", "connect")
    assert (done.returncode, done.stdout) == (
        0,
        f"@tocsin_bot hands on to {server.url}/telegram/updates what people answer\n",
    )
    plan(server, step(user(linked(server, bot))))

    report(server, title="Disk full", dedup_key="db-1")

    asked = bot.wait(2)
    assert "Disk full" in asked["shown"]
    button = asked["reply_markup"]["inline_keyboard"][0][0]
    assert button["text"] == "Acknowledge"
    message = {"message_id": 2, "date": 1, "chat": {"id": CHAT, "type": "private"}}
    pressed = {"id": "9", "from": {"id": CHAT}, "message": message, "data": button["callback_data"]}
    said = bot.hand_on(callback_query=pressed)
    assert said == {
        "method": "answerCallbackQuery",
        "callback_query_id": "9",
        "text": "You have it: Disk full",
    }
    (page,) = read(server, "pages")["pages"]
    assert page["status"] == "acknowledged"
    assert bot.write("resolve") == "It is resolved: Disk full."
    assert read(server, "pages")["pages"][0]["status"] == "resolved"
    assert TOKEN not in server.log

    assert server.run("telegram", "disconnect").returncode == 0
    assert bot.api.webhook == {}


def test_whoever_has_blocked_the_bot_is_asked_by_their_next_rule_at_once(server, bot, mail):
    assert server.run("telegram", "connect").returncode == 0
    ana = linked(server, bot)
    for rule in (
        {"type": "notify", "channel": "telegram"},
        {"type": "wait", "wait_s": 3_600},
        {"type": "notify", "channel": "email"},
    ):
        make(server, f"users/{ana}/notification-rules", importance="default", **rule)
    bot.api.blocked.add(CHAT)
    plan(server, step(user(ana)))

    report(server, title="Disk full", dedup_key="db-1", severity="error")

    mail.mails.wait(that=lambda each: "Disk full" in each.subject)
    (page,) = read(server, "pages")["pages"]
    story = [each["sentence"] for each in read(server, f"pages/{page['id']}/timeline")["timeline"]]
    (said,) = [each for each in story if "blocked by the user" in each]
    assert "given up" in said


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "TOCSIN_TELEGRAM_BOT_TOKEN is not set"),
        ({"TOCSIN_TELEGRAM_BOT_TOKEN": "1:wrong"}, "Telegram refused getMe with 401: Unauthorized"),
    ],
)
def test_what_cannot_be_connected_says_why(tmp_path, bot, settings, said):
    env = {"TOCSIN_TELEGRAM_API_URL": bot.url, **settings}
    server = Tocsin(data_dir=tmp_path, env=env)
    server.init()

    done = server.run("telegram", "connect")

    assert done.returncode == 1
    assert said in done.stderr
