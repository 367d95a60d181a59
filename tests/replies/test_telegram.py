"""What Telegram hands on: buttons, words and /start, from the chat to the page and back."""

from dataclasses import replace

import pytest

from api_world import NOW, REA, Api
from conftest import ENGINES
from tocsin.core.ids import NotificationId, PageId
from tocsin.core.notification import Notification, NotificationKind, NotificationState
from tocsin.core.spelling import from_native, native
from tocsin.httpkit.doors import Door
from tocsin.replies import routes, telegram
from tocsin.store import outbox

CHAT = 4711
GROUP = -100_123


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


def secrets_of(kit) -> tuple[str, ...]:
    return telegram.secrets_of(kit.world.database.vault.derive(telegram.PURPOSE))


def door(kit) -> Door:
    return Door(
        name="telegram",
        prefixes=(f"{telegram.PATH}/",),
        routes=tuple(telegram.telegram_routes(secrets_of(kit))),
        authenticate=kit.tokens.bearer,
        dress=routes.dress,
        guarded=False,
    )


class Office:
    """A workspace in which the responder was told of pages by Telegram."""

    def __init__(self, database) -> None:
        self.api = Api(database, doors=(door,))
        self.secret = secrets_of(self.api.kit)[0]

    def page(self, key: str = "db-1/disk") -> str:
        self.api.report(dedup_key=key, title=f"Trouble {key}")
        return self.api.get("/pages")["pages"][0]["id"]

    def told(self, page: str, number: int = 900, **changes) -> str:
        """Let Rea have been told of *page* in her chat; give what the message is known by."""
        message = Notification(
            id=NotificationId(number),
            workspace=REA.workspace,
            kind=NotificationKind.PAGE,
            page=PageId(from_native(page)),
            user=REA.id,
            channel="telegram",
            address=str(CHAT),
            queued_at=NOW,
            due=NOW,
        )
        message = replace(message, **changes)
        sent = replace(message, state=NotificationState.SENT, sent_at=NOW)
        self.api.database.transact(lambda tx: outbox.queue_many(tx, [message]))
        self.api.database.transact(lambda tx: outbox.correct_many(tx, [sent]))
        return native("notification", message.id)

    def post(self, update, secret: str | None = None):
        given = (self.secret if secret is None else secret).encode()
        headers = {b"x-telegram-bot-api-secret-token": given}
        return self.api.call("POST", "/r/../telegram/updates", update, as_=None, headers=headers)

    def update(self, **update):
        answer = self.post({"update_id": 1, **update})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def press(self, data: str, *, sender: int = CHAT, chat: int = CHAT) -> str:
        message = {"message_id": 5, "date": 1, "chat": {"id": chat, "type": "private"}}
        pressed = {"id": "77", "from": {"id": sender, "is_bot": False}, "message": message, "data": data}
        answer = self.update(callback_query=pressed)
        assert (answer["method"], answer["callback_query_id"]) == ("answerCallbackQuery", "77")
        return answer["text"]

    def write(self, text: str, *, chat: int = CHAT, sender: int = CHAT, kind: str = "private"):
        said = {"message_id": 6, "date": 1, "chat": {"id": chat, "type": kind}, "from": {"id": sender}}
        return self.update(message=said | {"text": text})

    def status(self, page: str) -> str:
        return self.api.get(f"/pages/{page}")["status"]


@pytest.fixture
def office(database) -> Office:
    return Office(database)


@pytest.mark.parametrize(
    ("word", "said", "status"),
    [("acknowledge", "You have it", "acknowledged"), ("resolve", "It is resolved", "resolved")],
)
def test_a_button_answers_the_page_in_the_name_of_whose_chat_it_is(office, word, said, status):
    page = office.page()
    key = office.told(page)

    first = office.press(f"{word} {key}")
    again = office.press(f"{word} {key}")

    assert first == again == f"{said}: Trouble db-1/disk"
    assert office.status(page) == status
    (alert,) = office.api.get("/alerts")["alerts"]
    if word == "acknowledge":
        held = office.api.get(f"/alerts/{alert['id']}")["acknowledgement"]
        assert (held["by_name"], held["how"]) == ("Rea", "telegram")


@pytest.mark.parametrize(
    ("told", "press"),
    [
        ({}, {"sender": 5, "chat": CHAT}),  # somebody else, in a chat that is not theirs
        ({}, {"sender": 5, "chat": 5}),  # somebody else, in their own
        ({"address": str(GROUP), "user": None}, {"sender": CHAT, "chat": GROUP}),
        ({"channel": "sms"}, {}),
        ({"kind": NotificationKind.TEST}, {}),
    ],
)
def test_a_button_does_nothing_for_anybody_else(office, told, press):
    page = office.page()
    key = office.told(page, **told)

    assert office.press(f"acknowledge {key}", **press) in {
        "That button does nothing here",
        "You can no longer answer this",
    }
    assert office.status(page) == "triggered"


@pytest.mark.parametrize(
    "data", ["", "acknowledge", "acknowledge ntf_nothing", "sing ntf_000000000001", "x" * 500]
)
def test_a_button_that_says_nothing_known_does_nothing(office, data):
    page = office.page()
    office.told(page)

    assert office.press(data) in {"That button does nothing here", "You can no longer answer this"}
    assert office.status(page) == "triggered"


def test_a_word_in_the_chat_answers_what_it_was_told_of_last(office):
    first, second = office.page("db-1"), office.page("db-2")
    office.told(first, 900)
    office.told(second, 901, queued_at=NOW.replace(second=1))

    answer = office.write("ack")

    assert answer["method"] == "sendMessage"
    assert answer["chat_id"] == CHAT
    assert answer["text"] == "You have it: Trouble db-2. 1 more page waits for you."
    assert (office.status(first), office.status(second)) == ("triggered", "acknowledged")
    assert "Reply ACK" in office.write("what is this?")["text"]
    assert "nothing that this chat was asked about" in office.write("ack", chat=8, sender=8)["text"]


def test_whoever_begins_a_chat_is_told_its_number(office):
    assert f"is {CHAT}." in office.write("/start")["text"]
    assert f"is {GROUP}." in office.write("/start@tocsin_bot", chat=GROUP, kind="supergroup")["text"]


@pytest.mark.parametrize(
    "update",
    [
        {},
        {"edited_message": {"chat": {"id": CHAT}, "text": "ack"}},
        {"message": {"chat": {"id": CHAT, "type": "private"}, "photo": []}},
        {"message": {"chat": {"id": GROUP, "type": "group"}, "from": {"id": CHAT}, "text": "ack"}},
    ],
)
def test_what_is_no_answer_is_taken_and_nothing_comes_of_it(office, update):
    page = office.page()
    office.told(page)

    assert office.update(**update) == {}
    assert office.status(page) == "triggered"


@pytest.mark.parametrize("secret", ["", "guess", "é"])
def test_without_the_secret_nothing_is_looked_at(office, secret):
    page = office.page()
    key = office.told(page)
    pressed = {"id": "77", "from": {"id": CHAT}, "data": f"acknowledge {key}"}

    answer = office.post({"callback_query": pressed}, secret=secret)

    assert answer.status_code == 403
    assert office.status(page) == "triggered"


@pytest.mark.parametrize("body", [[], "x", {"message": 7}, {"callback_query": {"id": 1}}])
def test_an_update_that_makes_no_sense_is_refused(office, body):
    assert office.post(body).status_code == 400
