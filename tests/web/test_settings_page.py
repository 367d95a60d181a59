"""The page of the settings: what is in force, from where, and nothing that is secret."""

import pytest

from tocsin.settings import load, table
from web_office import Browser, text_of

SET = {
    "TOCSIN_DATA_DIR": "/var/lib/tocsin",
    "TOCSIN_SMTP_URL": "smtp://tocsin:hunter2@mail.example.org",
    "TOCSIN_METRICS_TOKEN": "hunter3",
    "TOCSIN_PORT": "8123",
}


@pytest.fixture
def page(database) -> str:
    browser = Browser(database, settings=tuple(table(load(SET))))
    browser.sign_in("admin")
    return text_of(browser.look("/settings"))


def test_what_is_set_is_told_with_where_it_comes_from(page):
    assert "TOCSIN_PORT The TCP port to listen on. 8123 from environment" in page
    assert "Version 0.1.0 Database SQLite Address http://tocsin.test" in page
    assert page.index("TOCSIN_PORT") < page.index("Left as they are") < page.index("TOCSIN_LOG_LEVEL")


def test_ways_out_are_told_with_what_is_missing_for_them(page):
    assert "Mail Text messages and calls: not set up; TOCSIN_TWILIO_ACCOUNT_SID" in page


def test_nothing_secret_is_shown(page):
    assert "smtp://***@mail.example.org" in page
    assert "hunter" not in page


@pytest.fixture
def browser(database) -> Browser:
    signed_in = Browser(database)
    signed_in.sign_in("admin")
    return signed_in


def remind(browser, ask_after: str, within: str):
    form = {"ask_after": ask_after, "within": within}
    return browser.request("POST", "/settings/reminders", form)


def test_lengths_between_reminders_are_saved_and_shown_as_they_were_typed(browser):
    answer = remind(browser, "3h", "30m")

    assert (answer.status_code, answer.headers["location"]) == (303, "/settings?said=saved#reminders")
    page = browser.look("/settings?said=saved")
    assert "Saved." in page
    assert 'value="3h"' in page
    assert 'value="30m"' in page


def test_nothing_typed_asks_nobody_any_more(browser):
    remind(browser, "3h", "30m")
    remind(browser, "", "")

    assert 'value="3h"' not in browser.look("/settings")


@pytest.mark.parametrize(
    ("ask_after", "within", "fault"),
    [
        ("soon", "", "is 'soon'; it must be like 30s, 5m, 1h 30m or 2d"),
        ("1m", "", "is out of bounds; it must be 5 minutes to 7 days"),
        ("1h", "2d", "is out of bounds; it must be 1 minute to 24 hours, or left out"),
    ],
)
def test_what_makes_no_sense_is_named_at_its_field_and_stays(browser, ask_after, within, fault):
    answer = remind(browser, ask_after, within)

    assert answer.status_code == 400
    assert f'value="{within or ask_after}"' in answer.text
    assert "aria-invalid" in answer.text
    assert fault in text_of(answer.text)


def test_a_pace_is_saved_and_shown_as_it_was_typed_and_reminders_stay(browser):
    remind(browser, "3h", "30m")
    answer = browser.request("POST", "/settings/pace", {"pace": "5s"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/settings?said=saved#pace")
    page = browser.look("/settings")
    assert 'value="5s"' in page
    assert 'value="3h"' in page


def test_nothing_typed_takes_the_pace_away(browser):
    browser.request("POST", "/settings/pace", {"pace": "5s"})
    browser.request("POST", "/settings/pace", {"pace": ""})

    assert 'value="5s"' not in browser.look("/settings")


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("soon", "is 'soon'; it must be like 30s, 5m, 1h 30m or 2d"),
        ("2m", "is 120 seconds; it must be 0 to 60 seconds"),
    ],
)
def test_a_pace_that_makes_no_sense_is_named_at_its_field_and_stays(browser, typed, fault):
    answer = browser.request("POST", "/settings/pace", {"pace": typed})

    assert answer.status_code == 400
    assert f'value="{typed}"' in answer.text
    assert fault in text_of(answer.text)
