"""Foresight on the pages: one event, days to come, days gone by, drills."""

import re

import pytest

from web_office import text_of

EVENT = '{"title": "Pasted", "severity": "critical", "labels": {"env": "prod"}}'


def test_a_pasted_event_is_explained_and_drawn(browser):
    browser.sign_in()

    page = browser.request("GET", "/explain", params={"event": EVENT}).text

    assert "Rea" in text_of(re.search(r'<svg class="night".*?</svg>', page, re.DOTALL)[0])
    assert "the catch-all runs Everything" in text_of(page)
    assert "Nobody is told" not in page


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("{", "JSON"),
        ("[]", "event"),
        ('{"events": [{"title": "a"}, {"title": "b"}]}', "must be one"),
        ('{"title": 5}', "title"),
    ],
)
def test_what_is_no_event_is_said_and_kept(browser, event, said):
    browser.sign_in()

    page = browser.request("GET", "/explain", params={"event": event})

    assert page.status_code == 200
    assert said in text_of(re.search(r'role="alert">.*?</p>', page.text, re.DOTALL)[0])
    assert event in text_of(page.text)


def test_an_alert_is_explained_as_it_would_have_been_yesterday(browser):
    alert = browser.api.alert(title="Disk full")["id"]
    browser.sign_in()
    assert f"/explain?alert={alert}&amp;ago=1" in browser.look(f"/alerts/{alert}")

    page = browser.look(f"/explain?alert={alert}&ago=1")

    assert 'value="2026-03-05T09:00"' in page
    assert "Thu 05 Mar 2026" in text_of(page)


def test_the_days_to_come_are_proved(browser):
    browser.sign_in()
    assert "What stands in the way" not in text_of(browser.look("/prove"))

    page = text_of(browser.look("/prove?days=14"))

    assert "Rea at once, by email" in page
    assert "is reached in one way alone, email" in page


def test_the_days_gone_by_are_replayed_with_a_change(browser):
    browser.api.alert(title="Quiet", severity="info")
    browser.sign_in()

    page = text_of(browser.look("/replay?days=30&silence=severity+%3D+info"))

    assert "For 1 of 1 alerts others would have been told" in page
    assert "Rea 1 0 -1" in page


@pytest.mark.parametrize("query", ["days=30", "days=30&silence=severity+%3D", "days=7&without=pol_x"])
def test_a_change_that_is_none_is_said(browser, query):
    browser.sign_in()

    page = browser.request("GET", f"/replay?{query}")

    assert page.status_code == 200
    assert 'role="alert"' in page.text


def test_a_drill_is_begun_watched_and_ended(browser):
    browser.sign_in()

    answer = browser.request(
        "POST", "/drills", {"title": "Hear me?", "severity": "critical", "labels": "a=b"}
    )
    assert answer.status_code == 303
    where = answer.headers["location"]

    page = text_of(browser.look(where))
    assert "What arrived so far" in page
    assert "Rea email" in page

    assert browser.request("POST", f"{where}/end").status_code == 303
    assert "What arrived" in text_of(browser.look(where))
    assert browser.api.get(f"/alerts/{where.rpartition('/')[2]}")["status"] == "resolved"


def test_a_drill_that_cannot_begin_keeps_what_was_typed(browser):
    browser.sign_in()

    answer = browser.request("POST", "/drills", {"title": "Hear me?", "labels": "nonsense"})

    assert answer.status_code == 400
    assert "must be name=value" in text_of(answer.text)
    assert 'value="Hear me?"' in answer.text


def test_what_is_no_drill_is_not_ended_as_one(browser):
    alert = browser.api.alert()["id"]
    browser.sign_in()

    assert browser.request("POST", f"/drills/{alert}/end").status_code == 404
    assert browser.api.get(f"/alerts/{alert}")["status"] == "firing"


def test_whoever_may_only_look_begins_no_drill(browser):
    browser.sign_in("viewer")

    assert "Begin the drill" not in browser.look("/drills")
    assert browser.request("POST", "/drills", {"title": "x"}).status_code == 403
    assert browser.look("/prove?days=7")
