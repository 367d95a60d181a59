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
