"""What a browser gives back of a push message, at the address that came to it inside."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api_world import NOW, OLA, REA, Api
from tocsin.actions import people
from tocsin.actions.actor import Actor
from tocsin.core.ids import NotificationId, PageId
from tocsin.core.notification import Notification, NotificationKind, NotificationState
from tocsin.core.spelling import from_native, native
from tocsin.httpkit.doors import Door
from tocsin.replies import links, push, routes
from tocsin.replies.links import Grant, Reply
from tocsin.store import outbox


def door(kit) -> Door:
    return Door(
        name="push",
        prefixes=(f"{push.PATH}/",),
        routes=tuple(push.push_routes(kit.world.database.vault.derive(links.PURPOSE))),
        authenticate=kit.tokens.bearer,
        dress=routes.dress,
        guarded=False,
    )


class Office:
    """A workspace in which the responder's browser was told of a page."""

    def __init__(self, database) -> None:
        self.api = Api(database, doors=(door,))
        self.api.report(dedup_key="db-1/disk", title="Disk full")
        self.page = self.api.get("/pages")["pages"][0]["id"]
        message = Notification(
            id=NotificationId(900),
            workspace=REA.workspace,
            kind=NotificationKind.PAGE,
            page=PageId(from_native(self.page)),
            user=REA.id,
            channel="push",
            address="push.example.net/0123456789abcdef",
            queued_at=NOW,
            due=NOW,
        )
        self.sent = replace(message, state=NotificationState.SENT, sent_at=NOW)
        database.transact(lambda tx: outbox.queue_many(tx, [message]))
        database.transact(lambda tx: outbox.correct_many(tx, [self.sent]))

    def token(self, **changes) -> str:
        grant = Grant(
            reply=Reply.ACKNOWLEDGE,
            workspace=self.sent.workspace,
            notification=self.sent.id,
            user=self.sent.user,
            page=self.sent.page,
            expires_at=NOW + timedelta(days=7),
        )
        keys = self.api.database.vault.derive(links.PURPOSE)
        return links.sign(replace(grant, **changes), keys)

    def say(self, word: str, token: str | None = None):
        path = f"/r/../push/{token or self.token()}"
        return self.api.call("POST", path, as_=None, data={"say": word})

    @property
    def status(self) -> str:
        return self.api.get(f"/pages/{self.page}", as_="owner")["status"]

    @property
    def state(self) -> str:
        return self.api.get(f"/notifications/{native('notification', self.sent.id)}")["state"]


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture
def office(database) -> Office:
    return Office(database)


def test_that_a_message_was_shown_makes_it_delivered_and_answers_nothing(office):
    assert office.say("shown").status_code == 200

    assert (office.state, office.status) == ("delivered", "triggered")


@pytest.mark.parametrize(
    ("word", "status", "title"),
    [("acknowledge", "acknowledged", "You have it"), ("resolve", "resolved", "It is resolved")],
)
def test_an_answer_is_given_in_its_owner_s_name_and_again_changes_nothing(office, word, status, title):
    first, again = office.say(word), office.say(word)

    assert first.json() == again.json() == {"done": True, "title": title, "body": "Disk full"}
    assert (office.status, office.state) == (status, "delivered")


def test_an_acknowledgement_says_by_which_way_it_came(office):
    office.say("acknowledge")

    alert = office.api.get("/alerts")["alerts"][0]
    held = alert["acknowledgement"]
    assert (held["by"]["name"], held["how"]) == ("Rea", "push")


@pytest.mark.parametrize("word", ["", "delete", "shown\x00"])
def test_what_is_no_answer_is_refused_and_changes_nothing(office, word):
    assert office.say(word).status_code == 400
    assert (office.state, office.status) == ("sent", "triggered")


def test_a_token_of_somebody_else_s_making_is_good_for_nothing(office):
    good = office.token()
    forged = ("B" if good[0] == "A" else "A") + good[1:]

    answer = office.say("acknowledge", forged)

    assert (answer.status_code, answer.json()["done"]) == (410, False)
    assert office.status == "triggered"


def test_a_token_runs_out(office):
    answer = office.say("acknowledge", office.token(expires_at=NOW))

    assert (answer.status_code, answer.json()["title"]) == (410, "Too old to be answered here")
    assert office.status == "triggered"


def test_whoever_has_left_can_no_longer_answer(office):
    owner = Actor.of_user(OLA)
    office.api.transact(lambda tx: people.deactivate(tx, owner, REA.id, now=NOW))

    answer = office.say("acknowledge")

    assert (answer.status_code, answer.json()["done"]) == (409, False)
    assert office.status == "triggered"


def test_a_test_message_asks_nothing_that_could_be_answered(office):
    answer = office.say("acknowledge", office.token(page=None))

    assert (answer.status_code, answer.json()["title"]) == (409, "There is nothing to answer here")
