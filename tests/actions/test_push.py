"""Browsers that take push messages: subscribed, verified by their first one, and never lost in silence."""

import os
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from browser_keys import BrowserKeys, decoded
from builders import MINUTE, NOW
from tocsin.actions import contact_methods, delivery, history, notification_rules, people, push
from tocsin.actions.actor import Actor
from tocsin.actions.ingest import ingest
from tocsin.actions.workspace import Beginning, init
from tocsin.core.errors import Forbidden, Invalid
from tocsin.core.event import Event
from tocsin.core.ids import UNMADE, ContactMethodId, EventId, NotificationRuleId, UserId
from tocsin.core.notification import NotificationKind, NotificationState
from tocsin.core.people import ContactMethod, Importance, NotificationRule, Role, User
from tocsin.core.push import PushSubscription
from tocsin.core.receipt import Outcome, Receipt
from tocsin.store.database import Database
from tocsin.store.statements import Statement
from tocsin.store.tables import push_subscriptions, server_secrets

ENDPOINT = "https://push.example.net/wpush/v2/secret"


@dataclass(frozen=True)
class Firm:
    """A workspace in *database* whose catch-all asks the owner, who subscribes a browser."""

    database: Database
    beginning: Beginning

    def do(self, action, *args, by=None, now=NOW, **kwargs):
        actor = by or Actor.of_user(self.beginning.owner)
        return self.database.transact(lambda tx: action(tx, actor, *args, now=now, **kwargs))

    @property
    def olga(self) -> User:
        actor = Actor.of_user(self.beginning.owner)
        return self.database.transact(lambda tx: people.myself(tx, actor))

    def subscribe(self, browser, endpoint=ENDPOINT, **more):
        options = {"label": "Firefox on Android", "entropy": os.urandom} | more
        self.do(push.public_key, entropy=os.urandom)
        return self.do(push.subscribe, browser.subscription(endpoint), **options)

    def claim(self, now=NOW):
        claim = delivery.claim
        return self.database.transact(
            lambda tx: claim(tx, node="n1", now=now, machines=frozenset())
        ).dispatches

    def record(self, dispatch, receipt, now=NOW):
        result = delivery.Result(notification=dispatch.notification, receipt=receipt, at=now, jitter=0.5)
        self.database.transact(lambda tx: delivery.record(tx, [result], node="n1", now=now))

    def shown(self, dispatch, now=NOW):
        """The browser gives back what the message said."""

        def take(tx):
            push.proven(tx, self.beginning.workspace.id, dispatch.notification.id, now=now)

        self.database.transact(take)

    def messages(self):
        owner = Actor.of_user(self.beginning.owner)
        return self.database.transact(lambda tx: history.list_notifications(tx, owner, limit=20)).items


@pytest.fixture
def firm(database):
    beginning = database.transact(
        lambda tx: init(tx, email="olga@example.org", name="Olga", entropy=os.urandom, now=NOW)
    )
    return Firm(database, beginning)


@pytest.fixture
def browser():
    return BrowserKeys()


@pytest.fixture
def verified(firm, browser):
    """A browser whose first message has come back."""
    method = firm.subscribe(browser)
    (dispatch,) = firm.claim()
    firm.record(dispatch, Receipt(outcome=Outcome.SENT))
    firm.shown(dispatch)
    return next(each for each in firm.olga.contact_methods if each.id == method.id)


GONE = Receipt(outcome=Outcome.NEVER, error="it has ended", gone=True)


def test_the_key_by_which_we_are_known_is_made_once_and_is_a_point_of_the_curve(firm):
    first = firm.do(push.public_key, entropy=os.urandom)

    assert firm.do(push.public_key, entropy=os.urandom) == first
    assert (len(decoded(first)), decoded(first)[0]) == (65, 4)


def test_a_browser_is_a_contact_method_that_is_not_used_before_its_first_message_comes_back(firm, browser):
    method = firm.subscribe(browser)

    assert (method.channel, method.label, method.verified_at) == ("push", "Firefox on Android", None)
    assert method.address.startswith("push.example.net/")
    (dispatch,) = firm.claim()
    assert dispatch.notification.kind is NotificationKind.VERIFICATION
    assert dispatch.browser.subscription == browser.subscription(ENDPOINT)
    firm.shown(dispatch)
    assert {each.channel for each in firm.olga.reachable} == {"email", "push"}


def test_what_no_message_said_verifies_nothing(firm, browser):
    firm.subscribe(browser)
    (dispatch,) = firm.claim()

    firm.shown(dispatch, NOW + timedelta(hours=1))

    assert {each.channel for each in firm.olga.reachable} == {"email"}


def test_the_code_can_be_typed_where_the_browser_cannot_give_it_back(firm, browser):
    method = firm.subscribe(browser)
    (dispatch,) = firm.claim()

    firm.do(contact_methods.verify, firm.olga.id, method.id, dispatch.notification.body)

    assert {each.channel for each in firm.olga.reachable} == {"email", "push"}


def test_the_subscription_is_sealed_in_the_database(firm, browser):
    firm.subscribe(browser)

    rows = firm.database.transact(_text_of)
    assert ENDPOINT not in rows
    assert browser.subscription(ENDPOINT).auth not in rows


def _text_of(tx):
    found = [*tx.rows(Statement(select(push_subscriptions))), *tx.rows(Statement(select(server_secrets)))]
    assert len(found) == 2
    return str([tuple(row) for row in found])


def test_a_browser_that_subscribes_again_stays_the_contact_method_that_it_is(firm, browser, verified):
    again = firm.subscribe(browser)

    assert again == verified
    assert firm.claim(NOW + MINUTE) == ()


def test_a_browser_with_a_new_endpoint_keeps_the_rules_that_name_it(firm, browser, verified):
    rule = NotificationRule(
        id=NotificationRuleId(UNMADE),
        user=UserId(UNMADE),
        importance=Importance.DEFAULT,
        position=0,
        channel="push",
        contact_method=verified.id,
    )
    firm.do(notification_rules.create, firm.olga.id, rule)

    moved = firm.subscribe(browser, "https://push.example.net/another", replaces=ENDPOINT)

    assert moved.id == verified.id
    assert moved.verified_at is not None
    assert moved.address != verified.address
    assert [each.contact_method for each in firm.olga.rules] == [verified.id]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"endpoint": "ftp://push.example.net/x"}, "endpoint"),
        ({"endpoint": "https://user:word@push.example.net/x"}, "endpoint"),
        ({"p256dh": "AAAA"}, "keys.p256dh"),
        ({"p256dh": "BA" + "A" * 85}, "keys.p256dh"),
        ({"p256dh": "é"}, "keys.p256dh"),
        ({"auth": ""}, "keys.auth"),
        ({"auth": "A" * 21}, "keys.auth"),
    ],
)
def test_what_no_browser_gave_is_refused_by_the_name_of_the_field(firm, browser, changes, field):
    given = browser.subscription(ENDPOINT)
    bad = PushSubscription(
        **{"endpoint": given.endpoint, "p256dh": given.p256dh, "auth": given.auth} | changes
    )

    with pytest.raises(Invalid) as refusal:
        firm.do(push.subscribe, bad, label="", entropy=os.urandom)

    assert refusal.value.path == field
    assert firm.claim() == ()


def test_nobody_but_the_browser_itself_can_be_added_on_the_channel(firm):
    draft = ContactMethod(
        id=ContactMethodId(UNMADE),
        user=UserId(UNMADE),
        channel="push",
        address="push.example.net/0123456789abcdef",
        verified_at=NOW,
    )

    with pytest.raises(Invalid, match="a browser can only add itself"):
        firm.do(contact_methods.create, firm.olga.id, draft, entropy=None)


def test_whoever_only_looks_subscribes_no_browser(firm, browser):
    draft = User(id=UserId(UNMADE), workspace=firm.olga.workspace, email="vic@example.org", role=Role.VIEWER)
    vic = firm.do(people.create, draft)

    with pytest.raises(Forbidden):
        firm.do(
            push.subscribe,
            browser.subscription(ENDPOINT),
            label="",
            entropy=os.urandom,
            by=Actor.of_user(vic),
        )


def report(firm):
    def take(tx):
        event = Event(
            id=EventId(tx.new_id()),
            workspace=firm.beginning.workspace.id,
            service=firm.beginning.service.id,
            dedup_key="db-1",
            title="Disk full",
            occurred_at=NOW,
            received_at=NOW,
        )
        ingest(tx, [event], NOW)

    firm.database.transact(take)


def on(firm, channel):
    return next(each for each in firm.claim() if each.notification.channel == channel)


def test_a_page_reaches_the_browser_and_is_delivered_when_it_is_shown(firm, browser, verified):
    report(firm)
    page = on(firm, "push")
    firm.record(page, Receipt(outcome=Outcome.SENT))

    workspace = firm.beginning.workspace.id
    firm.database.transact(
        lambda tx: delivery.report(tx, workspace, page.notification.id, error=None, now=NOW)
    )

    states = {each.channel: each.state for each in firm.messages() if each.page}
    assert states["push"] is NotificationState.DELIVERED


def test_a_browser_that_is_gone_is_used_no_more_and_its_person_is_told_by_their_other_ways(
    firm, browser, verified
):
    report(firm)

    firm.record(on(firm, "push"), GONE)

    assert [each.channel for each in firm.olga.reachable] == ["email"]
    assert verified.id in {each.id for each in firm.olga.contact_methods}
    told = [each for each in firm.messages() if each.kind is NotificationKind.OPERATOR]
    assert [(each.channel, each.address) for each in told] == [("email", "olga@example.org")]
    assert "Firefox on Android takes no push messages any more" in told[0].body


def test_the_last_way_to_reach_somebody_is_not_lost_in_silence(firm, browser):
    draft = User(
        id=UserId(UNMADE),
        workspace=firm.olga.workspace,
        email="rita@example.org",
        name="Rita",
        role=Role.RESPONDER,
    )
    rita = firm.do(people.create, draft)
    as_rita = Actor.of_user(rita)
    firm.do(push.public_key, entropy=os.urandom)
    firm.do(push.subscribe, browser.subscription(ENDPOINT), label="", entropy=os.urandom, by=as_rita)
    firm.shown(on(firm, "push"))
    firm.do(contact_methods.delete, rita.id, rita.contact_methods[0].id)
    mine = firm.database.transact(lambda tx: people.myself(tx, as_rita))
    firm.do(contact_methods.test, rita.id, mine.contact_methods[0].id)

    firm.record(on(firm, "push"), GONE)

    told = {each.address: each.body for each in firm.messages() if each.kind is NotificationKind.OPERATOR}
    assert set(told) == {"rita@example.org", "olga@example.org"}
    assert "Nobody can page Rita any more" in told["olga@example.org"]


def test_a_browser_that_somebody_has_taken_away_gets_nothing_more(firm, browser, verified):
    report(firm)
    firm.do(contact_methods.delete, firm.olga.id, verified.id)

    page = on(firm, "push")

    assert page.browser is None


def test_what_a_gone_browser_was_to_be_asked_goes_to_the_next_rule_at_once(firm, browser, verified):
    rule = NotificationRule(
        id=NotificationRuleId(UNMADE), user=UserId(UNMADE), importance=Importance.DEFAULT, position=0
    )
    for position, channel, wait in ((0, "push", 0), (1, None, 5), (2, "email", 0)):
        draft = replace(rule, position=position, channel=channel, wait=wait * MINUTE)
        firm.do(notification_rules.create, firm.olga.id, draft)
    report(firm)
    assert {each.channel for each in firm.messages() if each.page} == {"push"}

    firm.record(on(firm, "push"), GONE)

    asked = {each.channel for each in firm.messages() if each.page}
    assert asked == {"push", "email"}
