"""What is known of spent budgets says the same as asking about each message would."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, SERVICE, WORKSPACE, person, plan, step, target
from tocsin.core import budget, notification
from tocsin.core.effects import Notify
from tocsin.core.escalation import Page
from tocsin.core.event import Severity
from tocsin.core.ids import NotificationId, PageId, ServiceId, UserId
from tocsin.core.notification import (
    BUDGET,
    BUDGET_WINDOW,
    Hold,
    Notification,
    NotificationKind,
    Send,
    Sent,
    address_of,
)

SECOND = timedelta(seconds=1)
services = st.sampled_from([SERVICE, ServiceId(99), None])
severities = st.sampled_from(Severity)
sent = st.builds(
    Sent,
    at=st.integers(0, 80).map(lambda ago: NOW - ago * SECOND),
    service=services,
    severity=severities,
)


def wanted(at, service=SERVICE, severity=Severity.ERROR):
    return Notification(
        id=NotificationId(1),
        workspace=WORKSPACE,
        kind=NotificationKind.PAGE,
        service=service,
        user=UserId(7),
        channel="email",
        address="ana@example.com",
        severity=severity,
        queued_at=at,
        due=at,
    )


ADDRESS = address_of(wanted(NOW))
PLAN = plan(step(target(person("Ana", "email"))))


def held(known, service, severity, now):
    """Ask until when a message waits that is wanted for a page of *service*."""
    page = Page(
        id=PageId(2),
        workspace=WORKSPACE,
        service=service,
        title="disk full",
        severity=severity,
        plan=PLAN,
        began_at=NOW,
        due=None,
    )
    notify = Notify(channel="email", address="ana@example.com", because=notification.SentAtOnce(why=""))
    return budget.held(known, page, notify, None, now)


@given(st.lists(sent, max_size=12), services, severities, st.integers(0, 70))
def test_what_is_known_to_wait_would_be_held_until_the_same_moment(gone, service, severity, later):
    now = NOW + later * SECOND
    known = budget.spent({ADDRESS: gone}, [], NOW)

    waits = held(known, service, severity, now)

    (decided,) = notification.plan([wanted(now, service, severity)], {ADDRESS: gone}, now)
    if waits is not None:
        assert isinstance(decided, Hold)
        assert decided.notification.due == waits.until == decided.because.until


@given(st.lists(sent, min_size=BUDGET, max_size=12))
def test_what_comes_right_after_a_claim_that_found_no_room_is_known_to_wait(gone):
    before = [one for one in gone if NOW - one.at < BUDGET_WINDOW]
    (decided,) = notification.plan([wanted(NOW, severity=Severity.INFO)], {ADDRESS: gone}, NOW)
    known = budget.spent({ADDRESS: gone}, [], NOW)

    assert (ADDRESS in known) == (len(before) >= BUDGET)
    newest = sorted(before, key=lambda one: one.at)[-BUDGET:]
    if isinstance(decided, Hold) and any(one.service == SERVICE for one in newest):
        assert held(known, SERVICE, Severity.INFO, NOW) is not None


def test_what_a_claim_sends_counts_at_once():
    sends = [Send(notification=wanted(NOW), because=notification.SentAtOnce(why="")) for _ in range(BUDGET)]

    known = budget.spent({ADDRESS: ()}, sends, NOW)

    assert held(known, SERVICE, Severity.ERROR, NOW) == known[ADDRESS].because
    assert known[ADDRESS].because.until == NOW + BUDGET_WINDOW


def test_news_and_what_got_worse_is_not_held_and_neither_is_anything_once_there_is_room():
    known = budget.spent(
        {ADDRESS: [Sent(at=NOW, service=SERVICE, severity=Severity.ERROR)] * BUDGET}, [], NOW
    )

    assert held(known, ServiceId(99), Severity.INFO, NOW) is None
    assert held(known, SERVICE, Severity.CRITICAL, NOW) is None
    assert held(known, SERVICE, Severity.INFO, NOW + BUDGET_WINDOW) is None
    assert held(known, SERVICE, Severity.INFO, NOW - SECOND) is None, "the clock went back"
    assert held({}, SERVICE, Severity.INFO, NOW) is None


def test_addresses_of_machines_are_never_spent():
    hook = wanted(NOW)

    assert budget.spent({}, [Send(notification=hook, because=notification.SentAtOnce(why=""))] * 9, NOW) == {}
