"""Messages that a person's rule gathers: one at once, and what comes soon after it together."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import MINUTE, NOW, WORKSPACE, person
from tocsin.core import gathered
from tocsin.core.because_paging import Bundled, Gathered
from tocsin.core.event import Severity
from tocsin.core.ids import NotificationId, ServiceId
from tocsin.core.notification import Hold, Notification, NotificationKind, Send, Sent, address_of
from tocsin.core.people import Importance, NotificationRule

SECOND = timedelta(seconds=1)
SPAN = 2 * MINUTE
ANA = person("Ana", "sms")
(PHONE,) = ANA.contact_methods
RULE = NotificationRule(
    id=1, user=ANA.id, importance=Importance.DEFAULT, position=0, channel="sms", gather=SPAN
)
_numbers = count(1)


def message(*, queued_at=NOW, due=None, **more) -> Notification:
    """A text message to Ana about a page, due when it was queued."""
    fields = {
        "id": NotificationId(next(_numbers)),
        "workspace": WORKSPACE,
        "kind": NotificationKind.PAGE,
        "user": ANA.id,
        "contact_method": PHONE.id,
        "channel": "sms",
        "address": PHONE.address,
        "queued_at": queued_at,
        "due": due or queued_at,
    }
    return Notification(**(fields | more))


def sent(*ago: timedelta, importance=Importance.DEFAULT, pages=True):
    """What went to Ana's number so long before NOW."""
    return {
        address_of(message()): [
            Sent(
                at=NOW - each,
                service=ServiceId(1),
                severity=Severity.ERROR,
                importance=importance,
                pages=pages,
            )
            for each in ago
        ]
    }


def decide(wanted, lately=None, now=NOW):
    """Tell how many go in each message, and until when the others wait."""
    decided = gathered.plan([(each, SPAN) for each in wanted], lately or {}, now)
    sends = [1 + len(each.bundled) for each in decided if isinstance(each, Send)]
    return sends, sorted(each.notification.due for each in decided if isinstance(each, Hold))


def test_the_first_in_a_while_goes_at_once_and_what_comes_with_it_waits():
    assert decide([message(), message(), message()]) == ([1], [NOW + SPAN] * 2)


def test_what_comes_soon_after_one_waits_until_the_span_is_over():
    assert decide([message()], sent(40 * SECOND)) == ([], [NOW + 80 * SECOND])
    assert decide([message()], sent(SPAN)) == ([1], [])


def test_what_has_waited_goes_as_one_with_what_has_just_come():
    early = [message(queued_at=NOW - 90 * SECOND, due=NOW) for _ in range(3)]

    decided = gathered.plan([(each, SPAN) for each in (*early, message())], sent(SPAN), NOW)

    (bundle,) = decided
    assert len(bundle.bundled) == 3
    assert bundle.because == Bundled(messages=4)


def test_one_that_is_left_is_a_message_like_any_other():
    (left,) = gathered.plan([(message(queued_at=NOW - 90 * SECOND, due=NOW), SPAN)], sent(SPAN), NOW)

    assert left.bundled == ()


def test_the_story_says_until_when_a_message_waits_and_why():
    (held,) = gathered.plan([(message(), SPAN)], sent(40 * SECOND), NOW)

    assert held.because == Gathered(until=NOW + 80 * SECOND, within=SPAN)
    assert held.because.text == (
        "The message waits until 2026-03-06T09:01:20Z, to go together with others: "
        "their rule gathers for 2 minutes."
    )


@pytest.mark.parametrize(
    ("lately", "why"),
    [
        (sent(SECOND, importance=Importance.IMPORTANT), "it was of the other importance"),
        (sent(SECOND, pages=False), "it asked about no page"),
    ],
)
def test_what_is_not_alike_puts_nothing_off(lately, why):
    assert decide([message()], lately) == ([1], []), why


@pytest.mark.parametrize(
    ("rules", "changes", "span"),
    [
        ((RULE,), {}, SPAN),
        ((), {}, None),
        ((replace(RULE, gather=timedelta(0)),), {}, None),
        ((replace(RULE, channel="voice"),), {}, None),
        ((replace(RULE, importance=Importance.IMPORTANT),), {}, None),
        ((replace(RULE, contact_method=PHONE.id),), {}, SPAN),
        ((replace(RULE, contact_method=99),), {}, None),
        ((RULE,), {"kind": NotificationKind.RESOLVED}, None),
        ((RULE,), {"kind": NotificationKind.VERIFICATION}, None),
        ((RULE,), {"attempts": 1}, None),
        ((RULE,), {"provider": 1}, None),
    ],
)
def test_only_first_tries_about_pages_by_a_rule_that_gathers_wait(rules, changes, span):
    assert gathered.span_of(message(**changes), replace(ANA, rules=rules)) == span


def test_nobody_in_particular_wants_nothing_gathered():
    assert gathered.span_of(message(), None) is None


@given(
    ages=st.lists(st.integers(0, 400), max_size=20),
    lately=st.lists(st.integers(0, 400), max_size=5),
)
def test_nothing_is_lost_and_nothing_is_put_off_for_longer_than_the_span(ages, lately):
    wanted = [message(queued_at=NOW - age * SECOND) for age in ages]

    decided = gathered.plan([(each, SPAN) for each in wanted], sent(*(each * SECOND for each in lately)), NOW)

    went = [
        one.id for each in decided if isinstance(each, Send) for one in (each.notification, *each.bundled)
    ]
    held = [each.notification for each in decided if isinstance(each, Hold)]
    assert sorted([*went, *(each.id for each in held)]) == [each.id for each in wanted]
    assert all(NOW < each.due <= NOW + SPAN for each in held)


@given(
    ages=st.lists(st.integers(0, 119), min_size=1, max_size=20),
    lately=st.lists(st.integers(0, 400), max_size=5),
)
def test_what_has_waited_never_waits_again(ages, lately):
    wanted = [message(queued_at=NOW - age * SECOND - SECOND, due=NOW) for age in ages]

    sends, held = decide(wanted, sent(*(each * SECOND for each in lately)))

    assert (sends, held) == ([len(wanted)], [])
