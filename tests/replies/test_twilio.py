"""What Twilio calls back with, signed and not: through the door to the page and back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api_world import NOW, REA, Api
from conftest import ENGINES
from tocsin.channels.twilio import Twilio, sign
from tocsin.core.ids import NotificationId, PageId
from tocsin.core.notification import Notification, NotificationKind, NotificationState
from tocsin.core.spelling import from_native, native
from tocsin.httpkit.doors import Door
from tocsin.replies import links, routes, twilio
from tocsin.replies.links import Grant, Reply
from tocsin.store import outbox

PUBLIC = "http://tocsin.test"
TOKEN = "s3cret-auth-token"
ACCOUNT = Twilio(account_sid="AC1", auth_token=TOKEN, sender="+15005550006")
NUMBER = "+14155550100"


def door(kit) -> Door:
    keys = kit.world.database.vault.derive(links.PURPOSE)
    return Door(
        name="twilio",
        prefixes=(f"{twilio.PATH}/",),
        routes=tuple(twilio.twilio_routes(ACCOUNT, PUBLIC, keys)),
        authenticate=kit.tokens.bearer,
        dress=routes.dress,
        guarded=False,
        any_media=True,
    )


class Office:
    """A workspace in which the responder was texted and called about pages."""

    def __init__(self, database) -> None:
        self.api = Api(database, doors=(door,))

    def page(self, key: str = "db-1/disk") -> str:
        self.api.report(dedup_key=key, title=f"Trouble {key}")
        return self.api.get("/pages")["pages"][0]["id"]

    def told(self, page: str, number: int = 900, channel: str = "sms", **changes) -> Notification:
        fields = {
            "id": NotificationId(number),
            "workspace": REA.workspace,
            "kind": NotificationKind.PAGE,
            "page": PageId(from_native(page)),
            "user": REA.id,
            "channel": channel,
            "address": NUMBER,
            "queued_at": NOW,
            "due": NOW,
        }
        message = Notification(**fields)
        sent = replace(message, **({"state": NotificationState.SENT, "sent_at": NOW} | changes))
        self.api.database.transact(lambda tx: outbox.queue_many(tx, [message]))
        self.api.database.transact(lambda tx: outbox.correct_many(tx, [sent]))
        return sent

    def token(self, message: Notification) -> str:
        grant = Grant(
            reply=Reply.ACKNOWLEDGE,
            workspace=message.workspace,
            notification=message.id,
            user=message.user,
            page=message.page,
            expires_at=NOW + timedelta(days=7),
        )
        return links.sign(grant, self.api.database.vault.derive(links.PURPOSE))

    def post(self, path: str, form: dict[str, str], *, signature: str | None = None):
        url = f"{PUBLIC}/twilio/{path}"
        good = sign(TOKEN, url, {name: [value] for name, value in form.items()}).decode()
        headers = {"x-twilio-signature": good if signature is None else signature}
        return self.api.call("POST", f"/r/../twilio/{path}", as_=None, data=form, headers=headers)

    def text(self, body: str, number: str = NUMBER) -> str:
        answer = self.post("sms", {"From": number, "To": "+15005550006", "Body": body, "MessageSid": "SM1"})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        return answer.text

    def state(self, message: Notification):
        found = self.api.get(f"/notifications/{native('notification', message.id)}")
        return found["state"], found["last_error"]

    def status(self, page: str) -> str:
        return self.api.get(f"/pages/{page}")["status"]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def office(database) -> Office:
    return Office(database)


@pytest.mark.parametrize("word", ["ACK", "ack", " Ack. ", "1", "ok", "YES!"])
def test_a_text_acknowledges_the_page_that_its_number_was_last_told_of(office, word):
    first, second = office.page("a"), office.page("b")
    office.told(first, 901, sent_at=NOW - timedelta(minutes=5))
    office.told(second, 902)

    said = office.text(word)

    assert "<Message>You have it: Trouble b. 1 more page waits for you.</Message>" in said
    assert (office.status(first), office.status(second)) == ("triggered", "acknowledged")
    (alert,) = office.api.get(f"/pages/{second}/alerts")["alerts"]
    assert (alert["acknowledgement"]["by_name"], alert["acknowledgement"]["how"]) == ("Rea", "sms")


def test_all_means_every_page_that_still_asks(office):
    pages = [office.page(key) for key in "abc"]
    for number, page in enumerate(pages, 901):
        office.told(page, number)

    assert "You have it: 3 pages." in office.text("ack all")
    assert {office.status(page) for page in pages} == {"acknowledged"}


def test_a_text_resolves_and_leaves_out(office):
    first, second = office.page("a"), office.page("b")
    office.told(first)
    assert "It is resolved: Trouble a" in office.text("RESOLVE")
    office.told(second, 902)

    assert "You are left out: Trouble b" in office.text("out")
    assert (office.status(first), office.status(second)) == ("resolved", "triggered")


def test_what_somebody_has_already_is_resolved_but_not_acknowledged_again(office):
    page = office.page()
    office.told(page)
    office.text("ack")

    assert "nothing that this number was asked" in office.text("ack")
    assert "It is resolved" in office.text("resolve")


@pytest.mark.parametrize("word", ["", "hello there", "ACK me please", "🙂", "<b>"])
def test_what_is_no_answer_is_told_how_to_answer(office, word):
    page = office.page()
    office.told(page)

    assert "Reply ACK to acknowledge" in office.text(word)
    assert office.status(page) == "triggered"


def test_a_number_that_was_asked_nothing_hears_so(office):
    page = office.page()
    office.told(page, sent_at=NOW - timedelta(hours=25))
    office.told(page, 902, channel="voice")

    for number in (NUMBER, "+14155550199"):
        assert "nothing that this number was asked" in office.text("ack", number)
    assert office.status(page) == "triggered"


@pytest.mark.parametrize("path", ["sms", "token"])
@pytest.mark.parametrize("signature", ["", "wrong", "=", "a" * 5_000])
def test_without_twilios_signature_nothing_happens(office, path, signature):
    page = office.page()
    message = office.told(page)
    where = office.token(message) if path == "token" else path

    answer = office.post(where, {"From": NUMBER, "Body": "ACK", "Digits": "1"}, signature=signature)

    assert answer.status_code == 403
    assert office.status(page) == "triggered"


@pytest.mark.parametrize(
    ("digit", "said", "status"),
    [
        ("1", "You have it: Trouble db-1/disk. Good-bye.", "acknowledged"),
        ("2", "It is resolved: Trouble db-1/disk. Good-bye.", "resolved"),
        ("9", "You are left out: Trouble db-1/disk. Good-bye.", "triggered"),
        ("5", "That key does nothing here.", "triggered"),
        ("", "That key does nothing here.", "triggered"),
    ],
)
def test_a_key_answers_a_call(office, digit, said, status):
    page = office.page()
    message = office.told(page, channel="voice")

    answer = office.post(office.token(message), {"CallSid": "CA1", "Digits": digit})

    assert said in answer.text
    assert answer.text.startswith("<?xml")
    assert office.status(page) == status


def test_a_call_that_is_too_old_is_told_so(office):
    office.api.clock.pass_time(days=8)

    answer = office.post(office.token(office.told(office.page())), {"Digits": "1"})

    assert "too old" in answer.text


@pytest.mark.parametrize(
    ("form", "state", "error"),
    [
        ({"MessageStatus": "delivered"}, "delivered", ""),
        ({"MessageStatus": "sent"}, "sent", ""),
        ({"MessageStatus": "undelivered", "ErrorCode": "30003"}, "failed", "Twilio says undelivered, 30003"),
        ({"CallStatus": "completed"}, "delivered", ""),
        ({"CallStatus": "no-answer"}, "failed", "Twilio says no-answer"),
        ({}, "sent", ""),
    ],
)
def test_what_became_of_a_message_is_written_down(office, form, state, error):
    message = office.told(office.page())

    answer = office.post(office.token(message), {"MessageSid": "SM1"} | form)

    assert answer.status_code == 204
    assert office.state(message) == (state, error or None) or office.state(message) == (state, error)


def test_the_first_word_counts(office):
    message = office.told(office.page())

    for status in ("undelivered", "delivered"):
        office.post(office.token(message), {"MessageStatus": status})

    assert office.state(message)[0] == "failed"


def test_a_failed_message_is_told_in_the_story_of_its_page(office):
    page = office.page()
    message = office.told(page)

    office.post(office.token(message), {"MessageStatus": "failed", "ErrorCode": "30006"})

    story = office.api.get(f"/pages/{page}/timeline")
    assert any("30006" in str(entry) for entry in next(iter(story.values())))


def test_a_link_of_another_message_changes_nothing(office):
    page = office.page()
    message = office.told(page)
    other = replace(message, id=NotificationId(999))

    assert office.post(office.token(other), {"MessageStatus": "failed"}).status_code == 204
    assert office.state(message)[0] == "sent"


def test_a_damaged_form_is_refused(office):
    assert office.api.call("POST", "/r/../twilio/sms", as_=None, content=b"\xff").status_code in (400, 403)
