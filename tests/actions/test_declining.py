"""What becomes of a page, and of the messages that wait, when somebody wants to be left out of it."""

from datetime import timedelta

import pytest

from builders import NOW
from configured import begin
from tocsin.actions import alerts, delivery, history
from tocsin.actions.actor import Actor
from tocsin.actions.ingest import ingest
from tocsin.core.because_paging import LeftOut, NobodyLeft
from tocsin.core.errors import NotFound
from tocsin.core.event import Event, EventStatus
from tocsin.core.ids import EventId
from tocsin.core.notification import NotificationState
from tocsin.core.receipt import Outcome, Receipt

MACHINES = frozenset({"webhook"})


@pytest.fixture
def office(database):
    return begin(database)


@pytest.fixture
def paged(office):
    """A page that has asked the owner: the catch-all has taken what no policy takes."""
    report(office)
    (page,) = office.run(history.list_pages, limit=10).items
    return page


def report(office, status=EventStatus.FIRING, now=NOW):
    def take(tx):
        event = Event(
            id=EventId(tx.new_id()),
            workspace=office.workspace,
            service=office.beginning.service.id,
            dedup_key="db-1",
            title="Disk full",
            status=status,
            occurred_at=now,
            received_at=now,
        )
        ingest(tx, [event], now)

    office.database.transact(take)


def messages(office):
    return office.run(history.list_notifications, limit=10).items


def story(office, page):
    told = office.run(history.story_of_page, page.id, limit=100)
    return [because for entry in told.items for because in entry.because]


def claim(office, now=NOW):
    return office.database.transact(lambda tx: delivery.claim(tx, node="n1", now=now, machines=MACHINES))


def test_messages_that_wait_are_not_sent(office, paged):
    page = office.do(alerts.decline, paged.id)

    assert page.left_out == {office.owner.user}
    assert [each.state for each in messages(office)] == [NotificationState.DROPPED]
    assert claim(office) == ()
    assert LeftOut(name="Olga") in story(office, paged)


def test_a_message_on_its_way_is_not_tried_again(office, paged):
    (dispatch,) = claim(office)
    office.do(alerts.decline, paged.id)
    failed = delivery.Result(
        notification=dispatch.notification,
        receipt=Receipt(outcome=Outcome.TRY_AGAIN, error="busy"),
        at=NOW,
        jitter=0.5,
    )

    office.database.transact(lambda tx: delivery.record(tx, [failed], node="n1", now=NOW))

    assert claim(office, NOW + timedelta(hours=1)) == ()
    assert [each.state for each in messages(office)] == [NotificationState.DROPPED]


def test_they_do_not_hear_that_it_is_over(office, paged):
    (dispatch,) = claim(office)
    delivered = delivery.Result(
        notification=dispatch.notification, receipt=Receipt(outcome=Outcome.DELIVERED), at=NOW, jitter=0.5
    )
    office.database.transact(lambda tx: delivery.record(tx, [delivered], node="n1", now=NOW))
    office.do(alerts.decline, paged.id)

    report(office, EventStatus.RESOLVED, NOW + timedelta(minutes=1))

    assert [each.state for each in messages(office)] == [NotificationState.DELIVERED]


def test_a_plan_that_has_more_steps_goes_on(office, paged):
    office.do(alerts.decline, paged.id)
    assert not [each for each in story(office, paged) if isinstance(each, NobodyLeft)]

    page = office.run(history.find_page, paged.id)

    assert page.wake_at is not None
    assert page.due == page.wake_at


def test_declining_again_is_done_already(office, paged):
    office.do(alerts.decline, paged.id)
    before = story(office, paged)

    office.do(alerts.decline, paged.id)

    assert story(office, paged) == before


def test_a_page_of_another_workspace_is_not_there(office, paged):
    stranger = Actor.of_server(office.workspace + 1)

    with pytest.raises(NotFound):
        office.do(alerts.decline, paged.id, by=stranger)


def test_whoever_is_no_user_cannot_be_left_out(office, paged):
    with pytest.raises(NotFound):
        office.do(alerts.decline, paged.id, by=Actor.of_server(office.workspace))
