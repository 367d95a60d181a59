"""What becomes of a page, and of the messages that wait, when somebody wants to be left out of it."""

import os
from dataclasses import dataclass
from datetime import timedelta

import pytest

from builders import NOW
from tocsin.actions import alerts, delivery, history
from tocsin.actions.actor import Actor
from tocsin.actions.ingest import ingest
from tocsin.actions.workspace import Beginning, init
from tocsin.core.because_paging import LeftOut, NobodyLeft
from tocsin.core.errors import NotFound
from tocsin.core.event import Event, EventStatus
from tocsin.core.ids import EventId
from tocsin.core.notification import NotificationState
from tocsin.core.receipt import Outcome, Receipt
from tocsin.store.database import Database

MACHINES = frozenset({"webhook"})


@dataclass(frozen=True)
class Firm:
    """A workspace in *database* that has just begun: its catch-all asks the owner."""

    database: Database
    beginning: Beginning

    def run(self, action, *args, by=None, **kwargs):
        """Run an action as the owner, or as somebody else."""
        actor = by or Actor.of_user(self.beginning.owner)
        return self.database.transact(lambda tx: action(tx, actor, *args, **kwargs))


@pytest.fixture
def firm(database):
    beginning = database.transact(
        lambda tx: init(tx, email="olga@example.org", name="Olga", entropy=os.urandom, now=NOW)
    )
    return Firm(database, beginning)


@pytest.fixture
def paged(firm):
    """A page that has asked the owner: the catch-all has taken what no policy takes."""
    report(firm)
    (page,) = firm.run(history.list_pages, limit=10).items
    return page


def report(firm, status=EventStatus.FIRING, now=NOW):
    def take(tx):
        event = Event(
            id=EventId(tx.new_id()),
            workspace=firm.beginning.workspace.id,
            service=firm.beginning.service.id,
            dedup_key="db-1",
            title="Disk full",
            status=status,
            occurred_at=now,
            received_at=now,
        )
        ingest(tx, [event], now)

    firm.database.transact(take)


def messages(firm):
    return firm.run(history.list_notifications, limit=10).items


def story(firm, page):
    told = firm.run(history.story_of_page, page.id, limit=100)
    return [because for entry in told.items for because in entry.because]


def claim(firm, now=NOW):
    claimed = firm.database.transact(lambda tx: delivery.claim(tx, node="n1", now=now, machines=MACHINES))
    return claimed.dispatches


def test_messages_that_wait_are_not_sent(firm, paged):
    page = firm.run(alerts.decline, paged.id, now=NOW)

    assert page.left_out == {firm.beginning.owner.id}
    assert [each.state for each in messages(firm)] == [NotificationState.DROPPED]
    assert claim(firm) == ()
    assert LeftOut(name="Olga") in story(firm, paged)


def test_a_message_on_its_way_is_not_tried_again(firm, paged):
    (dispatch,) = claim(firm)
    firm.run(alerts.decline, paged.id, now=NOW)
    failed = delivery.Result(
        notification=dispatch.notification,
        receipt=Receipt(outcome=Outcome.TRY_AGAIN, error="busy"),
        at=NOW,
        jitter=0.5,
    )

    firm.database.transact(lambda tx: delivery.record(tx, [failed], node="n1", now=NOW))

    assert claim(firm, NOW + timedelta(hours=1)) == ()
    assert [each.state for each in messages(firm)] == [NotificationState.DROPPED]


def test_they_do_not_hear_that_it_is_over(firm, paged):
    (dispatch,) = claim(firm)
    delivered = delivery.Result(
        notification=dispatch.notification, receipt=Receipt(outcome=Outcome.DELIVERED), at=NOW, jitter=0.5
    )
    firm.database.transact(lambda tx: delivery.record(tx, [delivered], node="n1", now=NOW))
    firm.run(alerts.decline, paged.id, now=NOW)

    report(firm, EventStatus.RESOLVED, NOW + timedelta(minutes=1))

    assert [each.state for each in messages(firm)] == [NotificationState.DELIVERED]


def test_a_plan_that_has_more_steps_goes_on(firm, paged):
    firm.run(alerts.decline, paged.id, now=NOW)
    assert not [each for each in story(firm, paged) if isinstance(each, NobodyLeft)]

    page = firm.run(history.find_page, paged.id)

    assert page.wake_at is not None
    assert page.due == page.wake_at


def test_declining_again_is_done_already(firm, paged):
    firm.run(alerts.decline, paged.id, now=NOW)
    before = story(firm, paged)

    firm.run(alerts.decline, paged.id, now=NOW)

    assert story(firm, paged) == before


def test_a_page_of_another_workspace_is_not_there(firm, paged):
    stranger = Actor.of_server(firm.beginning.workspace.id + 1)

    with pytest.raises(NotFound):
        firm.run(alerts.decline, paged.id, now=NOW, by=stranger)


def test_whoever_is_no_user_cannot_be_left_out(firm, paged):
    with pytest.raises(NotFound):
        firm.run(alerts.decline, paged.id, now=NOW, by=Actor.of_server(firm.beginning.workspace.id))
