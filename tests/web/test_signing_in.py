"""Signing in, staying in, and out again."""

import html
import re
from datetime import timedelta

import pytest

from api_world import NOW
from tocsin.actions import people, retention
from tocsin.actions.actor import Actor
from web_office import PASSWORD, PEOPLE, Browser, text_of

COOKIE = "tocsin_session"


def test_who_has_not_signed_in_is_led_to_the_form_and_from_there_back(browser):
    sent_away = browser.request("GET", "/on-call")
    assert (sent_away.status_code, sent_away.headers["location"]) == (303, "/login?next=%2Fon-call")

    form = browser.look(sent_away.headers["location"])
    assert 'name="next" value="/on-call"' in form

    inside = browser.sign_in(onward="/on-call")
    assert (inside.status_code, inside.headers["location"]) == (303, "/on-call")
    assert "Who is on call" in browser.look("/on-call")


def test_the_cookie_is_for_this_site_and_no_script(browser):
    cookie = browser.sign_in().headers["set-cookie"].lower()

    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie


@pytest.mark.parametrize(("who", "password"), [("responder", "wrong password"), ("responder", "")])
def test_a_wrong_password_is_refused_and_the_address_kept(browser, who, password):
    answer = browser.sign_in(who, password)

    assert answer.status_code == 401
    assert PEOPLE[who].email in answer.text
    assert "do not belong together" in answer.text
    assert COOKIE not in browser.cookies


def test_an_address_that_is_nobodys_is_refused_in_the_same_words(browser):
    known = browser.sign_in("responder", "wrong password")

    unknown = browser.request("POST", "/login", {"email": "x@example.org", "password": "wrong password"})

    assert unknown.status_code == known.status_code == 401
    assert text_of(unknown.text) == text_of(known.text)


def test_after_too_many_tries_even_the_right_password_waits(browser):
    for _ in range(10):
        assert browser.sign_in("responder", "wrong password").status_code == 401

    refused = browser.sign_in()

    assert refused.status_code == 429
    assert "Try again in 5 minutes" in refused.text
    assert browser.sign_in("admin").status_code == 303
    browser.api.clock.pass_time(minutes=5)
    assert browser.sign_in().status_code == 303


@pytest.mark.parametrize(
    "onward", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/a\nb"]
)
def test_nobody_is_led_to_another_site(browser, onward):
    assert browser.sign_in(onward=onward).headers["location"] == "/now"


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(browser):
    browser.sign_in()
    copy = dict(browser.cookies)

    out = browser.request("POST", "/logout")

    assert out.headers["location"] == "/login"
    browser.cookies = copy
    assert browser.request("GET", "/now").status_code == 303


def test_a_session_that_is_not_used_for_a_month_is_over(browser):
    browser.sign_in()
    for _ in range(3):
        browser.api.clock.pass_time(days=29)
        assert browser.request("GET", "/now").status_code == 200

    browser.api.clock.pass_time(days=31)

    assert browser.request("GET", "/now").status_code == 303


def test_whoever_is_let_go_is_out_at_once(browser):
    browser.sign_in()
    owner = Actor.of_user(PEOPLE["owner"])

    browser.api.transact(
        lambda tx: people.deactivate(tx, owner, PEOPLE["responder"].id, now=browser.api.clock())
    )

    assert browser.request("GET", "/now").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://tocsin.test"},
    ],
)
def test_a_form_of_another_site_is_refused(browser, headers):
    browser.sign_in()
    alert = browser.api.alert()

    for path, form in [
        ("/alerts/answer", {"say": "resolve", "alert": alert["id"]}),
        ("/logout", {}),
        ("/login", {"email": "x", "password": "y"}),
    ]:
        assert browser.request("POST", path, form, headers=headers).status_code == 403

    assert browser.api.get(f"/alerts/{alert['id']}")["status"] == "firing"
    assert browser.request("GET", "/now").status_code == 200


def test_a_new_password_ends_every_session_of_that_person(database):
    first, second = Browser(database), None
    first.sign_in()
    second = dict(first.cookies)
    me = Actor.of_user(PEOPLE["responder"])

    first.api.transact(
        lambda tx: people.change(
            tx, me, PEOPLE["responder"].id, lambda was: was, password_hash="x", now=first.api.clock()
        )
    )

    first.cookies = second
    assert first.request("GET", "/now").status_code == 303


def carried(page: str) -> dict[str, str]:
    """Read the hidden fields of the form that asks who somebody is."""
    inputs = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    areas = dict(re.findall(r'<textarea name="(\w+)" hidden>([^<]*)</textarea>', page))
    return {name: html.unescape(value) for name, value in (inputs | areas).items()}


TYPED = {"channel": "email", "address": "rea@home.example", "label": "Zu Hause & unterwegs <b>"}


def test_what_was_typed_when_the_session_had_ended_is_kept_and_sent_after_signing_in_again(browser):
    browser.sign_in()
    browser.api.clock.pass_time(days=31)

    asked = browser.request("POST", "/me/ways", TYPED, headers={"referer": "http://tocsin.test/me"})

    assert asked.status_code == 401
    assert "what you typed is kept" in asked.text
    kept = carried(asked.text)
    who = {"email": PEOPLE["responder"].email, "password": PASSWORD}
    assert browser.request("POST", "/login", kept | who | {"password": "wrong password"}).status_code == 401
    again = browser.request("POST", "/login", kept | who)
    assert again.status_code == 200
    assert "Zu Hause &amp; unterwegs &lt;b&gt;" in again.text
    assert 'action="/me/ways"' in again.text
    assert 'href="/me"' in again.text
    assert browser.request("POST", "/me/ways", carried(again.text)).status_code == 303
    assert "rea@home.example" in browser.look("/me")


def test_a_password_that_was_typed_is_not_carried_along_and_asked_for_anew(browser):
    form = {"old_password": "very secret words", "name": "Rea"}

    asked = browser.request("POST", "/me/ways", form)
    who = {"email": PEOPLE["responder"].email, "password": PASSWORD}
    again = browser.request("POST", "/login", carried(asked.text) | who)

    assert "very secret words" not in asked.text + again.text
    assert '<input type="password" name="old_password"' in again.text


@pytest.mark.parametrize("resume", ["//evil.example/x", "https://evil.example/", "javascript:alert(1)"])
def test_what_was_typed_is_never_sent_to_another_site(browser, resume):
    who = {"email": PEOPLE["responder"].email, "password": PASSWORD}

    inside = browser.request("POST", "/login", who | {"resume": resume, "typed": "a=b"})

    assert (inside.status_code, inside.headers["location"]) == (303, "/now")


def test_a_form_of_another_site_is_not_kept_when_nobody_has_signed_in(browser):
    refused = browser.request("POST", "/me/ways", TYPED, headers={"origin": "https://evil.example"})

    assert refused.status_code == 403
    assert "rea@home.example" not in refused.text


def test_sessions_that_have_expired_are_forgotten(browser):
    browser.sign_in()
    now = browser.api.clock()

    def sweep(at):
        swept = browser.api.transact(
            lambda tx: retention.sweep(tx, events_before=NOW, alerts_before=NOW, now=at)
        )
        return swept.by_table.get("sessions", 0)

    assert sweep(now + timedelta(days=29)) == 0
    assert sweep(now + timedelta(days=31)) == 1
