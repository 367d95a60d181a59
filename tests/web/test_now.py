"""What is burning: filtered, gathered, counted, and answered for many at once."""

import re

import pytest

from api_world import ADA
from tocsin.core.spelling import native
from tocsin.web import now
from web_office import text_of

LONG = "x" * 10_000


def alerts(browser, *given):
    return [
        browser.api.alert(title=title, severity=severity, dedup_key=title, labels=labels)["id"]
        for title, severity, labels in given
    ]


def titles(page):
    return re.findall(r'class="title">([^<]*)<', page)


@pytest.fixture
def three(browser):
    made = alerts(
        browser,
        ("Slow", "warning", {"env": "prod", "host": "a"}),
        ("Down", "critical", {"env": "prod", "host": "b"}),
        ("Odd", "info", {"env": "test"}),
    )
    browser.sign_in()
    return made


def test_the_worst_comes_first_and_what_somebody_has_comes_last(browser, three):
    browser.answer("acknowledge", three[1])

    assert titles(browser.look("/now")) == ["Slow", "Odd", "Down"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("severity=critical&severity=info", ["Down", "Odd"]),
        ("label=env%3Dprod", ["Down", "Slow"]),
        ("label=env%3Dprod&label=host%3Da", ["Slow"]),
        ("q=DOWN", ["Down"]),
        ("service=nothing", []),
        ("team=nobody", []),
        ("label=nonsense", ["Down", "Slow", "Odd"]),
    ],
)
def test_filters_stand_in_the_address(browser, three, query, expected):
    page = browser.look(f"/now?{query}")

    assert titles(page) == expected
    if not expected:
        assert "None of the 3 open alerts is like this" in text_of(page)


def test_mine_are_those_that_ask_me_or_that_i_have(browser, three):
    browser.answer("hand-over", three[2], to=native("user", ADA.id))
    browser.sign_in("admin")
    browser.answer("acknowledge", three[0])

    assert sorted(titles(browser.look("/now?mine=1"))) == ["Odd", "Slow"]


def test_alerts_are_gathered_by_a_label_with_how_many_there_are(browser, three):
    page = text_of(browser.look("/now?by=label:env"))

    assert page.index("env=prod 2") < page.index("env=test 1")


def test_a_group_of_many_shows_a_few_and_leads_to_all(browser):
    alerts(browser, *((f"T{number}", "error", {"env": "prod"}) for number in range(8)))
    browser.sign_in()

    page = browser.look("/now?by=label:env&severity=error")

    assert len(titles(page)) == 5
    (url,) = re.findall(r'<a href="([^"]+)">Show all 8', page)
    assert len(titles(browser.look(url.replace("&amp;", "&")))) == 8


def test_a_long_list_is_shown_in_stretches(browser, monkeypatch):
    monkeypatch.setattr(now, "SHOWN", 3)
    alerts(browser, *((f"T{number}", "error", {}) for number in range(7)))
    browser.sign_in()

    seen, url = [], "/now"
    while url:
        page = browser.look(url)
        seen += titles(page)
        found = re.findall(r'<a href="([^"]+)">The next ones', page)
        url = found[0].replace("&amp;", "&") if found else ""

    assert seen == [f"T{number}" for number in reversed(range(7))]


def test_all_that_fit_are_answered_at_once_and_no_others(browser, three):
    form = {"say": "resolve", "every": "1", "back": "/now?label=env%3Dprod"}
    assert browser.request("POST", "/alerts/answer", form).status_code == 303

    assert titles(browser.look("/now")) == ["Odd"]


def test_many_are_handed_over_in_one_touch(browser, three):
    browser.answer("hand-over", *three[:2], to=native("user", ADA.id), comment="yours now")

    browser.sign_in("admin")
    assert titles(browser.look("/now?mine=1")) == ["Down", "Slow"]
    story = text_of(browser.look(f"/alerts/{three[0]}"))
    assert "Rea hands over to Ada" in story
    assert "yours now" in story


def test_handing_over_to_nobody_says_what_is_missing(browser, three):
    answer = browser.answer("hand-over", three[0], to="")

    assert answer.status_code == 400
    assert "must be somebody of the list" in text_of(answer.text)
    assert browser.api.get(f"/alerts/{three[0]}")["acknowledgement"] is None


def test_a_button_beside_an_alert_can_say_for_how_long(browser, three):
    form = {"say": "acknowledge:4h", "for": "30m"}
    browser.request("POST", f"/alerts/answer?only={three[0]}", form)

    held = browser.api.get(f"/alerts/{three[0]}")["acknowledgement"]
    assert held["until"] == "2026-03-06T13:00:00Z"


def test_an_endless_title_is_cut_in_the_list_and_whole_on_its_page(browser):
    alert = browser.api.alert(title=LONG, labels={"note": LONG})["id"]
    browser.sign_in()

    page = browser.look("/now")

    assert max(map(len, titles(page))) < 400
    assert len(page) < 60_000
    assert len(max(re.findall("x+", browser.look(f"/alerts/{alert}")), key=len)) > 900


def test_whoever_is_asked_takes_an_alert_that_somebody_else_has(browser, three):
    browser.answer("acknowledge", three[0])
    browser.sign_in("admin")
    assert "Take it" in text_of(browser.look("/now"))
    assert "Take it" in text_of(browser.look(f"/alerts/{three[0]}"))

    browser.answer("acknowledge", three[0])

    assert browser.api.get(f"/alerts/{three[0]}")["acknowledgement"]["by_name"] == "Ada"
    assert "Take it" not in text_of(browser.look(f"/alerts/{three[0]}"))


def test_whoever_is_asked_whether_they_still_have_an_alert_says_so_on_its_page(browser):
    reminders = {"ask_after_s": 300, "answer_within_s": 600}
    browser.api.call("PATCH", "/workspace", {"reminders": reminders}, as_="admin")
    alert = browser.api.alert(title="Slow")["id"]
    browser.sign_in()
    browser.answer("acknowledge", alert)
    assert "I still have it" not in browser.look(f"/alerts/{alert}")

    browser.api.clock.pass_time(minutes=5)
    browser.turn()
    asked = text_of(browser.look(f"/alerts/{alert}"))
    browser.answer("acknowledge", alert)

    assert "I still have it" in asked
    assert "who is asked whether that is still so" in asked
    held = browser.api.get(f"/alerts/{alert}")["acknowledgement"]
    assert held["reminder"] == {"ask_at": "2026-03-06T09:10:00Z", "asked_at": None, "answer_by": None}
    assert "I still have it" not in browser.look(f"/alerts/{alert}")


def test_snoozing_many_leaves_out_what_somebody_has(browser, three):
    browser.answer("acknowledge", three[0])

    assert browser.answer("snooze", *three, **{"for": "1h"}).status_code == 303

    assert [browser.api.get(f"/alerts/{each}")["snooze"] is None for each in three] == [True, False, False]
    assert browser.answer("snooze", three[0]).status_code == 409


def test_alerts_are_gathered_by_team(browser, three):
    browser.api.alert(title="Theirs", dedup_key="t", labels={"team": "ops"})

    page = text_of(browser.look("/now?by=team"))

    assert "without a team 3" in page
    assert "ops 1" in page
