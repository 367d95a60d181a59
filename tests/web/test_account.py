"""How somebody signs in, and where they are signed in."""

import json
import re

import pytest

from api_world import PEOPLE
from tocsin.actions import signing_in
from tocsin.actions.actor import Actor
from tocsin.actions.signing_in import Elsewhere
from tocsin.core.spelling import native
from tocsin.store import people
from web_office import PASSWORD, Browser, text_of

REA = PEOPLE["responder"]
NEW = "a new and longer one"


@pytest.fixture
def here(browser) -> Browser:
    browser.sign_in()
    return browser


def elsewhere(browser: Browser) -> dict[str, str]:
    """Sign in with a second browser, and give its cookies."""
    mine, browser.cookies = browser.cookies, {}
    browser.sign_in()
    second, browser.cookies = browser.cookies, mine
    return second


def is_inside(browser: Browser, cookies: dict[str, str]) -> bool:
    mine, browser.cookies = browser.cookies, dict(cookies)
    inside = browser.request("GET", "/now").status_code == 200
    browser.cookies = mine
    return inside


def test_sessions_are_listed_with_when_they_were_used_last(here):
    elsewhere(here)

    shown = text_of(here.look("/me/account"))

    assert shown.count("last used just now") == 2
    assert "this one" in shown
    assert "Sign out everywhere else" in shown


def test_one_session_is_ended(here):
    second = elsewhere(here)
    [session] = re.findall(r'name="session" value="([^"]+)"', here.look("/me/account"))

    here.request("POST", "/me/account/sign-out", {"session": session})

    assert not is_inside(here, second)
    assert is_inside(here, here.cookies)


def test_every_other_session_is_ended_at_once(here):
    second, third = elsewhere(here), elsewhere(here)

    here.request("POST", "/me/account/others")

    assert [is_inside(here, each) for each in (second, third, here.cookies)] == [False, False, True]


def test_nobody_ends_a_session_of_somebody_else_s(here):
    mine, here.cookies = here.cookies, {}
    here.sign_in("admin")
    elsewhere_of_admin = here.cookies
    here.cookies = {}
    here.sign_in("admin")
    [session] = re.findall(r'name="session" value="([^"]+)"', here.look("/me/account"))
    here.cookies = mine

    assert here.request("POST", "/me/account/sign-out", {"session": session}).status_code == 404
    assert is_inside(here, elsewhere_of_admin)


def test_a_changed_password_ends_all_other_sessions_and_not_this_one(here):
    second = elsewhere(here)

    done = here.request("POST", "/me/account/password", {"password": PASSWORD, "new_password": NEW})

    assert done.headers["location"] == "/me/account?done=password"
    assert is_inside(here, here.cookies)
    assert not is_inside(here, second)
    here.cookies = {}
    assert here.sign_in(password=PASSWORD).status_code == 401
    assert here.sign_in(password=NEW).status_code == 303


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"password": "wrong password", "new_password": NEW}, "is not your present one"),
        ({"new_password": NEW}, "is not your present one"),
        ({"password": PASSWORD, "new_password": "short"}, "new_password"),
        ({"password": PASSWORD, "new_password": "aaaaaaaaaaaa"}, "easy to guess"),
        ({"password": PASSWORD}, "new_password"),
    ],
)
def test_a_password_that_cannot_be_changed_so_stays_and_the_page_says_why(here, form, says):
    second = elsewhere(here)

    refused = here.request("POST", "/me/account/password", form)

    assert (refused.status_code, says in refused.text) == (400, True)
    assert is_inside(here, second)


def test_the_present_password_cannot_be_guessed_here_either(here):
    wrong = {"password": "wrong password", "new_password": NEW}
    for _ in range(10):
        here.request("POST", "/me/account/password", wrong)

    assert here.request("POST", "/me/account/password", wrong).status_code == 429


def test_a_provider_is_unlinked_while_there_is_another_way_in(here):
    who = Elsewhere(issuer="https://id.example.org", subject="rea", email=REA.email, email_verified=True)
    here.api.transact(lambda tx: signing_in.from_elsewhere(tx, who, now=here.api.clock()))
    page = here.look("/me/account")
    assert "https://id.example.org" in page
    identity = re.search(r'name="identity" value="([^"]+)"', page)[1]

    here.request("POST", "/me/account/unlink", {"identity": identity})

    assert "https://id.example.org" not in here.look("/me/account")


def test_the_only_way_to_sign_in_is_not_taken_away(here):
    actor = Actor.of_user(REA)

    def only_a_passkey(tx):
        people.set_password_hash(tx, REA.id, None)
        return signing_in.add_passkey(
            tx, actor, credential="AAAA", key="AAAA", count=0, label="Phone", now=here.api.clock()
        )

    passkey = here.api.transact(only_a_passkey)
    refused = here.request("POST", "/me/account/passkeys/remove", {"passkey": native("passkey", passkey.id)})

    assert refused.status_code == 400
    assert "only way in which you can sign in" in refused.text


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", "nonsense", json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "x"})]
)
def test_an_answer_that_is_no_passkey_lets_nobody_in_and_is_not_kept(browser, answer):
    browser.request("POST", "/login/passkey/begin")
    assert browser.request("POST", "/login/passkey", {"answer": answer}).status_code == 401

    browser.sign_in()
    browser.request("POST", "/me/account/passkeys/begin")
    assert browser.request("POST", "/me/account/passkeys", {"answer": answer}).status_code == 400


def test_without_having_been_asked_no_passkey_counts(browser):
    answer = json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}})

    assert browser.request("POST", "/login/passkey", {"answer": answer}).status_code == 401
