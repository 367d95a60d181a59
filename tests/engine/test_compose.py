"""What a message says: names and links in place of ids, and what comes next."""

from dataclasses import replace
from datetime import timedelta

import pytest

import builders
import routing_builders
from builders import NOW
from tocsin.actions.dispatches import Dispatch
from tocsin.core import escalation
from tocsin.core.event import Severity
from tocsin.core.ids import NotificationId, PageId
from tocsin.core.notification import Notification, NotificationKind
from tocsin.core.spelling import native
from tocsin.engine.compose import Links, compose, what_next

ANA = builders.person("Ana", "email")
LINKS = Links(public_url="https://tocsin.example", answer=lambda word, _: f"https://tocsin.example/r/{word}")
PLAN = builders.plan(builders.step(builders.target(ANA)), builders.step(builders.target(ANA), after=5))


def page(**changes):
    begun = escalation.begin(page_id=PageId(9), plan=PLAN, alert=builders.alert(), now=NOW)
    return replace(begun, **changes)


def notification(kind=NotificationKind.PAGE, **changes):
    return Notification(
        id=NotificationId(4),
        workspace=builders.WORKSPACE,
        kind=kind,
        page=PageId(9),
        user=ANA.id,
        channel="email",
        address="ana@example.org",
        because="Ana is on call.",
        queued_at=NOW,
        due=NOW,
        **changes,
    )


def said(what, *, now=NOW, **more):
    dispatch = Dispatch(
        notification=what, workspace_name="Home", user=ANA, begin_by=now + timedelta(minutes=1), **more
    )
    return compose(dispatch, links=LINKS, sender="tocsin@example.org", now=now)


def test_a_page_names_its_alerts_and_offers_every_answer():
    alert = builders.alert("disk full")

    message = said(notification(), page=page(), alerts=(alert,), total=3)

    assert (message.title, message.total, message.recipient) == ("disk full", 3, ANA.display_name)
    assert message.alerts[0].url == f"https://tocsin.example/alerts/{native('alert', alert.id)}"
    assert message.page_url == f"https://tocsin.example/pages/{native('page', PageId(9))}"
    assert [message.acknowledge_url, message.resolve_url, message.decline_url] == [
        f"https://tocsin.example/r/{word}" for word in ("acknowledge", "resolve", "decline")
    ]


def test_good_news_asks_for_no_answer():
    message = said(notification(NotificationKind.RESOLVED), page=page())

    assert (message.acknowledge_url, message.resolve_url, message.what_next) == ("", "", "")


def test_a_code_stands_in_a_verification_once():
    message = said(notification(NotificationKind.VERIFICATION, body="123456"))

    assert (message.code, message.body) == ("123456", "")


@pytest.mark.parametrize(("late", "shown"), [(59, 0), (60, 60), (41 * 60, 41 * 60)])
def test_a_message_says_how_late_it_is_from_a_minute_on(late, shown):
    message = said(notification(), page=page(), now=NOW + timedelta(seconds=late))

    assert message.late_by == timedelta(seconds=shown)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"next_step": 1, "due": NOW + timedelta(minutes=5)}, "step 2 of 2 of Backend follows in 5 minutes"),
        (
            {"next_step": 1, "due": NOW + timedelta(seconds=299, microseconds=900_000)},
            "step 2 of 2 of Backend follows in 5 minutes",
        ),
        ({"next_step": 1, "due": NOW}, "step 2 of 2 of Backend follows at once"),
        ({"next_step": 2, "due": None}, "Backend has no further steps"),
    ],
)
def test_a_message_says_what_comes_next(changes, words):
    assert words in what_next(page(**changes), NOW)


def test_a_place_is_told_the_time_by_the_clocks_of_the_policy_and_a_person_by_their_own():
    policy = routing_builders.policy(time_zone="Asia/Shanghai", name="Nights")
    place = replace(notification(), user=None, channel="slack")
    begin_by = NOW + timedelta(minutes=1)
    dispatch = Dispatch(
        notification=place, workspace_name="Home", page=page(), policy=policy, begin_by=begin_by
    )

    message = compose(dispatch, links=LINKS, sender="tocsin@example.org", now=NOW)

    assert (message.time_zone, message.policy) == ("Asia/Shanghai", "Nights")
    assert said(notification(), page=page(), policy=policy).time_zone == ANA.time_zone


def test_an_upgrade_and_a_later_step_are_told_apart_from_the_first():
    first, later = page(next_step=1), page(next_step=2)
    lasting = page(next_step=1, level=Severity.ERROR)

    assert [said(notification(), page=each).escalated for each in (first, later, lasting)] == [
        False,
        True,
        True,
    ]


def test_only_those_that_a_carrier_answers_have_somewhere_to_call_back():
    assert said(notification(), page=page()).callback_url == ""


def test_a_reminder_may_be_answered_in_two_ways_and_says_nothing_of_what_comes_next():
    message = said(notification(NotificationKind.REMINDER), page=page())

    assert (message.acknowledge_url, message.resolve_url) == (
        "https://tocsin.example/r/acknowledge",
        "https://tocsin.example/r/resolve",
    )
    assert (message.decline_url, message.what_next) == ("", "")
