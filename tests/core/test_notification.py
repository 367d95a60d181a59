from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, SERVICE, WORKSPACE
from tocsin.core import notification
from tocsin.core.event import Severity
from tocsin.core.ids import NotificationId, ServiceId, UserId, WorkspaceId
from tocsin.core.notification import (
    BUDGET,
    BUDGET_WINDOW,
    BUNDLE_MAX,
    PAUSES,
    TIME_LIMIT,
    Hold,
    Notification,
    NotificationKind,
    NotificationState,
    Send,
    Sent,
    address_of,
)
from tocsin.core.receipt import Outcome, Receipt

SECOND = timedelta(seconds=1)
OTHER_SERVICE = ServiceId(99)
_numbers = count(1)


def queued(*, queued_at=NOW, severity=Severity.ERROR, address="ana@example.com", **more):
    """Make a notification that is due when it was queued."""
    fields = {
        "id": NotificationId(next(_numbers)),
        "workspace": WORKSPACE,
        "kind": NotificationKind.PAGE,
        "service": SERVICE,
        "user": UserId(7),
        "channel": "email",
        "address": address,
        "severity": severity,
        "queued_at": queued_at,
        "due": queued_at,
    }
    return Notification(**(fields | more))


def sent(*seconds_ago, service=SERVICE, severity=Severity.ERROR):
    """Say what went to Ana's address so many seconds before NOW."""
    messages = [Sent(at=NOW - ago * SECOND, service=service, severity=severity) for ago in seconds_ago]
    return {address_of(queued()): messages}


def shape(decided):
    """Tell how many messages are sent, each as the number of notifications in it, and how many are held."""
    messages = [1 + len(each.bundled) for each in decided if isinstance(each, Send)]
    return messages, len([each for each in decided if isinstance(each, Hold)])


def full(**more):
    return sent(*range(10, 10 + BUDGET), **more)


# --- what goes now ------------------------------------------------------------------------------------------


def test_the_first_message_to_an_address_goes_at_once():
    assert shape(notification.plan([queued()], {}, NOW)) == ([1], 0)


def test_a_few_messages_go_each_by_itself():
    assert shape(notification.plan([queued() for _ in range(BUDGET)], {}, NOW)) == ([1] * BUDGET, 0)


def test_of_many_at_once_the_worst_go_by_themselves_and_the_rest_as_one_and_none_waits():
    mild = [queued(severity=Severity.INFO) for _ in range(30)]
    bad = queued(severity=Severity.CRITICAL)

    decided = notification.plan([*mild, bad], {}, NOW)

    assert decided[0].notification == bad
    assert shape(decided) == ([1] * (BUDGET - 1) + [27], 0)
    first, others = decided[-1].notification, decided[-1].bundled
    assert {other.bundled_into for other in others} == {first.id}
    assert decided[-1].because.sentence() == "27 messages to the same address go as one"


def test_what_is_beyond_the_budget_waits_until_the_window_has_room_and_says_so():
    (held,) = notification.plan([queued()], sent(50, 40, 30, 20, 10), NOW)

    assert isinstance(held, Hold)
    assert held.notification.due == NOW + 10 * SECOND
    assert held.because.sentence().startswith(
        "the message waits until 2026-03-06T09:00:10Z, to go together with others: 5 went to the same address"
    )


def test_what_waited_goes_as_one_when_the_window_has_room():
    waiting = [queued(queued_at=NOW - n * SECOND) for n in range(9)]

    assert shape(notification.plan(waiting, sent(59, 40, 30, 20), NOW)) == ([9], 0)


def test_nothing_is_held_for_longer_than_a_minute_even_if_the_window_never_has_room():
    waiting = [queued(queued_at=NOW - BUDGET_WINDOW) for _ in range(3)]
    fresh = queued()

    decided = notification.plan([*waiting, fresh], sent(*range(1, 40)), NOW)

    assert shape(decided) == ([3], 1)


def test_messages_of_a_minute_ago_count_no_more():
    assert shape(notification.plan([queued()], sent(60, 61, 62, 63, 64, 65), NOW)) == ([1], 0)


def test_a_service_that_is_new_to_the_address_breaks_through_once():
    news = [queued(service=OTHER_SERVICE), queued(service=OTHER_SERVICE)]

    decided = notification.plan(news, full(), NOW)

    assert shape(decided) == ([1], 1)
    assert "its service is new to this address" in decided[0].because.sentence()


@pytest.mark.parametrize(
    ("severity", "at_once"),
    [
        (Severity.CRITICAL, True),
        (Severity.ERROR, True),
        (Severity.WARNING, False),
        (Severity.NODATA, False),
        (Severity.INFO, False),
    ],
)
def test_only_a_higher_severity_than_was_sent_breaks_through(severity, at_once):
    (decided,) = notification.plan([queued(severity=severity)], full(severity=Severity.WARNING), NOW)

    assert isinstance(decided, Send) == at_once


def test_one_address_never_holds_up_another():
    decided = notification.plan([queued(), queued(address="ben@example.com")], full(), NOW)

    assert [each.notification.address for each in decided if isinstance(each, Send)] == ["ben@example.com"]


def test_the_same_address_in_another_workspace_has_a_budget_of_its_own_and_is_never_bundled_with_ours():
    theirs = [queued(workspace=WorkspaceId(5)) for _ in range(2)]

    assert shape(notification.plan(theirs, full(), NOW)) == ([1, 1], 0)
    many = [queued(workspace=WorkspaceId(1 + number % 2)) for number in range(20)]
    for each in notification.plan(many, {}, NOW):
        assert {one.workspace for one in each.bundled} <= {each.notification.workspace}


def test_pages_resolves_and_words_to_the_operator_are_not_mixed_in_one_message():
    kinds = (NotificationKind.PAGE, NotificationKind.RESOLVED, NotificationKind.OPERATOR)
    many = [queued(kind=kinds[number % 3]) for number in range(60)]

    decided = notification.plan(many, {}, NOW)

    assert sum(shape(decided)[0]) == 60
    for each in decided:
        assert {one.kind for one in each.bundled} <= {each.notification.kind}


def test_pages_come_before_good_news():
    resolved = queued(kind=NotificationKind.RESOLVED, severity=Severity.CRITICAL)
    page = queued(severity=Severity.INFO)

    assert [each.notification for each in notification.plan([resolved, page], {}, NOW)] == [page, resolved]


@pytest.mark.parametrize(
    "exempt",
    [
        {"kind": NotificationKind.VERIFICATION},
        {"kind": NotificationKind.TEST},
        {"attempts": 2},
        {"provider": 1},
    ],
)
def test_second_tries_and_what_somebody_waits_for_are_never_held(exempt):
    assert shape(notification.plan([queued(**exempt)], full(), NOW)) == ([1], 0)


def test_machines_get_every_message_by_itself_and_at_once():
    many = [queued(channel="webhook") for _ in range(30)]

    assert shape(notification.plan(many, {}, NOW, machines=frozenset({"webhook"}))) == ([1] * 30, 0)
    assert not any(notification.may_wait(each, frozenset({"webhook"})) for each in many)
    assert all(notification.may_wait(each, frozenset()) for each in many)


def test_a_message_has_a_bound():
    decided = notification.plan([queued() for _ in range(2 * BUNDLE_MAX + 100)], {}, NOW)

    assert max(shape(decided)[0]) == BUNDLE_MAX


notifications = st.builds(
    queued,
    queued_at=st.integers(0, 90).map(lambda ago: NOW - ago * SECOND),
    severity=st.sampled_from(Severity),
    address=st.sampled_from(["ana@example.com", "ben@example.com"]),
    service=st.sampled_from([SERVICE, OTHER_SERVICE, None]),
    kind=st.sampled_from(NotificationKind),
    user=st.sampled_from([UserId(7), UserId(8)]),
    attempts=st.sampled_from([0, 0, 0, 1]),
)
history = st.builds(
    sent,
    st.integers(0, 70),
    st.integers(0, 70),
    st.integers(0, 70),
    st.integers(0, 70),
    st.integers(0, 70),
    st.integers(0, 70),
)


@given(candidates=st.lists(notifications, max_size=40), before=st.just({}) | history)
def test_every_message_is_decided_on_once_and_none_is_lost_or_kept_longer_than_a_minute(candidates, before):
    decided = notification.plan(candidates, before, NOW)

    everyone = [each.notification for each in decided] + [
        one for each in decided if isinstance(each, Send) for one in each.bundled
    ]
    assert sorted(one.id for one in everyone) == sorted(one.id for one in candidates)
    for each in decided:
        if isinstance(each, Hold):
            assert NOW < each.notification.due <= each.notification.queued_at + BUDGET_WINDOW
        else:
            together = (each.notification, *each.bundled)
            assert len({(address_of(one), one.kind, one.user) for one in together}) == 1
        assert each.because.sentence()


# --- after a failure ----------------------------------------------------------------------------------------


def failure(outcome=Outcome.TRY_AGAIN, retry_after=None):
    return Receipt(outcome=outcome, error="451 try later", retry_after=retry_after)


def retry(message, receipt=None, *, now=None, providers=1, chance=0.5):
    """Fail once more; return the message and what is said."""
    moment = message.due if now is None else now
    return notification.after_failure(
        message, receipt or failure(), moment, providers=providers, chance=chance
    )


def test_pauses_between_tries_grow_and_then_the_message_is_given_up():
    message, pauses = queued(), []
    while message.state is NotificationState.QUEUED:
        before = message.due
        message, because = retry(message)
        pauses.append(message.due - before)

    assert pauses == [*PAUSES, timedelta(0)]
    assert (message.state, message.last_error) == (NotificationState.FAILED, "451 try later")
    assert because.sentence() == "it could not be sent (451 try later); given up: it was tried 6 times"


def test_a_failed_try_says_what_comes_next():
    _, because = retry(queued())

    assert because.sentence() == (
        "it could not be sent (451 try later); try 2 with provider 1 at 2026-03-06T09:00:05Z"
    )


def test_when_one_provider_is_used_up_the_next_is_tried_at_once_with_tries_of_its_own():
    message = replace(queued(), attempts=len(PAUSES))

    message, _ = retry(message, providers=2)

    assert (message.provider, message.attempts, message.due) == (1, 0, NOW)
    assert message.state is NotificationState.QUEUED
    message, _ = retry(replace(message, attempts=len(PAUSES)), providers=2)
    assert message.state is NotificationState.FAILED


@pytest.mark.parametrize(
    ("outcome", "providers", "state", "provider"),
    [
        (Outcome.NEXT_PROVIDER, 2, NotificationState.QUEUED, 1),
        (Outcome.NEXT_PROVIDER, 1, NotificationState.FAILED, 0),
        (Outcome.NEVER, 2, NotificationState.FAILED, 0),
        (Outcome.NEVER, 1, NotificationState.FAILED, 0),
    ],
)
def test_a_final_answer_ends_the_tries_with_that_provider_at_once(outcome, providers, state, provider):
    message, _ = retry(queued(), failure(outcome), providers=providers)

    assert (message.state, message.provider, message.due) == (state, provider, NOW)


@pytest.mark.parametrize(
    ("seconds", "providers", "due", "state"),
    [
        (2, 1, 5, NotificationState.QUEUED),
        (20, 1, 20, NotificationState.QUEUED),
        (300, 1, 300, NotificationState.QUEUED),
        (301, 1, 0, NotificationState.FAILED),
        (30, 2, 30, NotificationState.QUEUED),
        (31, 2, 0, NotificationState.QUEUED),
    ],
)
def test_a_provider_that_asks_to_wait_is_waited_for_unless_somebody_else_is_quicker(
    seconds, providers, due, state
):
    message, _ = retry(queued(), failure(retry_after=seconds * SECOND), providers=providers)

    assert (message.due, message.state) == (NOW + due * SECOND, state)


def test_a_message_that_grew_old_while_the_server_stood_still_gets_its_first_tries():
    message = queued(queued_at=NOW - 10 * TIME_LIMIT)
    for _ in range(2):
        message, _ = retry(message, now=NOW)
        assert message.state is NotificationState.QUEUED

    message, because = retry(message, now=NOW)

    assert message.state is NotificationState.FAILED
    assert because.sentence().endswith("given up: it is 5 hours old")


@given(attempts=st.integers(0, len(PAUSES) - 1), chance=st.floats(0, 1, exclude_max=True))
def test_chance_spreads_each_pause_by_a_quarter_and_no_more(attempts, chance):
    message, _ = retry(replace(queued(), attempts=attempts), chance=chance)

    assert 0.75 * PAUSES[attempts] <= message.due - NOW <= 1.25 * PAUSES[attempts]


@given(
    outcomes=st.lists(st.sampled_from([Outcome.TRY_AGAIN, Outcome.NEXT_PROVIDER]), min_size=1, max_size=30),
    providers=st.integers(1, 3),
    retry_after=st.none() | st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_every_message_comes_to_an_end_within_an_hour_and_a_half(outcomes, providers, retry_after):
    message, tries = queued(), 0
    while message.state is NotificationState.QUEUED:
        outcome = outcomes[tries % len(outcomes)]
        message, because = retry(message, failure(outcome, retry_after), providers=providers)
        assert because.sentence()
        tries += 1

    assert tries <= providers * (1 + len(PAUSES))
    assert message.due - NOW <= timedelta(minutes=90)
