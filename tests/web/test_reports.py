"""What a report says of the weeks behind."""

from datetime import timedelta

import pytest

from api_world import NOW, REA
from builders import WORKSPACE
from tocsin.core.ids import NotificationId, PageId
from tocsin.core.notification import Notification, NotificationKind, NotificationState
from tocsin.store import outbox
from web_office import text_of


def sent(browser, *at, page=1, **fields):
    """Put messages to Rea that went out so long before now."""
    messages = [
        Notification(
            id=NotificationId(browser.database.new_id()),
            workspace=WORKSPACE,
            kind=NotificationKind.PAGE,
            page=PageId(page + number),
            user=REA.id,
            channel="email",
            address="rea@example.org",
            queued_at=NOW - ago,
            due=NOW - ago,
            sent_at=NOW - ago,
            state=NotificationState.SENT,
            **fields,
        )
        for number, ago in enumerate(at)
    ]
    browser.api.transact(lambda tx: outbox.queue_many(tx, messages))


def test_a_report_says_how_long_it_took_until_somebody_had_it_and_until_it_was_over(browser):
    first, second = (browser.api.alert(dedup_key=key)["id"] for key in "ab")
    browser.sign_in()
    browser.api.clock.pass_time(minutes=5)
    browser.answer("acknowledge", first)
    browser.api.clock.pass_time(minutes=25)
    browser.answer("resolve", first)
    browser.api.post("/events", {"title": "x", "dedup_key": "b", "status": "resolved"})

    page = text_of(browser.look("/reports"))

    assert "Alerts 2 Critical 2" in page
    assert "Until somebody has it 5 minutes in the middle of 1" in page
    assert "Until it is over 30 minutes in the middle of 2" in page
    assert "Noise 1 were over by themselves" in page
    del second


def test_people_who_were_paged_at_night_are_counted_by_their_own_clock_and_once_a_page(browser):
    hours = (timedelta(hours=6), timedelta(hours=7), timedelta(days=1, hours=6), timedelta(hours=1))
    sent(browser, *hours)
    sent(browser, hours[0])  # by another way
    browser.sign_in()

    page = text_of(browser.look("/reports"))
    answer = browser.request("GET", "/reports/pages.csv?days=7")

    assert "Rea 4 3 2 0" in page
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.splitlines() == ["person,pages,at night,nights,at weekends", "Rea,4,3,2,0"]


@pytest.mark.parametrize(("days", "count"), [(7, 1), (28, 2), (91, 3), (5, 2)])
def test_a_report_looks_back_over_the_days_that_are_chosen(browser, days, count):
    sent(browser, timedelta(days=3), timedelta(days=20), timedelta(days=60), timedelta(days=120))
    browser.sign_in()

    lines = browser.request("GET", f"/reports/pages.csv?days={days}").text.splitlines()

    assert lines[1].split(",")[1] == str(count)


def test_a_name_that_is_a_formula_is_none_in_a_spreadsheet(browser):
    sent(browser, timedelta(hours=1))
    rea = browser.api.get("/users", as_="admin")["users"][2]
    browser.api.call("PATCH", f"/users/{rea['id']}", {"name": "=1+1"}, as_="admin")
    browser.sign_in("admin")

    assert "'=1+1,1" in browser.request("GET", "/reports/pages.csv").text


def test_with_nothing_behind_there_is_a_page_all_the_same(browser):
    browser.sign_in("viewer")

    assert "Nobody was." in text_of(browser.look("/reports"))
