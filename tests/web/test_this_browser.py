"""Browsers that take push messages, as their owner sees them; and what makes the pages an app."""

import json
import re
from dataclasses import replace

import pytest

from browser_keys import BrowserKeys, decoded
from tocsin.actions import people
from tocsin.actions.actor import Actor
from tocsin.core.people import Role
from web_office import PASSWORD, PEOPLE, Browser, text_of

ENDPOINT = "https://push.example.net/wpush/v2/secret"
AGENT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"


@pytest.fixture
def signed_in(browser) -> Browser:
    browser.sign_in()
    return browser


def subscribe(browser, given=None, **headers):
    body = json.dumps(given or BrowserKeys().as_json(ENDPOINT)).encode()
    sent = {"content-type": "application/json", "user-agent": AGENT} | headers
    return browser.request(
        "POST", "/me/browser", content=body, headers={"origin": "http://tocsin.test"} | sent
    )


def test_a_browser_subscribes_itself_and_is_named_by_what_it_is(signed_in):
    answer = subscribe(signed_in)

    assert answer.status_code == 201
    shown = text_of(signed_in.look("/me/browser"))
    assert "Chrome on Android" in shown
    assert "not confirmed, and not used" in shown
    assert "push Chrome on Android" in text_of(signed_in.look("/me"))
    assert ENDPOINT not in signed_in.look("/me/browser") + signed_in.look("/me")


def test_the_page_gives_browsers_the_key_by_which_they_know_us(signed_in):
    first, second = (re.search(r'data-key="([^"]+)"', signed_in.look("/me/browser"))[1] for _ in range(2))

    assert first == second
    assert len(decoded(first)) == 65


@pytest.mark.parametrize(
    "given",
    [
        {"endpoint": "ftp://x.example/", "keys": {"p256dh": "AAAA", "auth": "AAAA"}},
        {"endpoint": ENDPOINT, "keys": {"p256dh": "AAAA", "auth": "AAAA"}},
        {"endpoint": ENDPOINT},
        {"endpoint": 7, "keys": {}},
        {"endpoint": "x" * 3_000, "keys": {"p256dh": "", "auth": ""}},
        ["x"],
    ],
)
def test_what_is_no_subscription_is_refused_and_nothing_is_kept(signed_in, given):
    assert subscribe(signed_in, given).status_code == 400
    assert "None yet" in text_of(signed_in.look("/me/browser"))


def test_a_browser_is_taken_away_without_a_script(signed_in):
    method = subscribe(signed_in).json()["id"]

    gone = signed_in.request("POST", "/me/browser/remove", {"method": method})

    assert gone.headers["location"] == "/me/browser"
    assert "None yet" in text_of(signed_in.look("/me/browser"))


def test_one_that_is_not_confirmed_cannot_be_tested_and_the_page_says_why(signed_in):
    method = subscribe(signed_in).json()["id"]

    answer = signed_in.request("POST", "/me/browser/test", {"method": method})

    assert answer.status_code == 400
    assert "verify it first" in answer.text


def test_rules_may_name_the_channel(signed_in):
    form = {"importance": "important", "how": "push"}

    assert signed_in.request("POST", "/me/rules", form).status_code == 303
    assert "push, every address" in signed_in.look("/me")


def test_whoever_only_looks_has_no_browser_that_is_paged(browser):
    browser.sign_in("viewer")

    assert browser.request("GET", "/me/browser").status_code == 403
    assert subscribe(browser).status_code == 403


def test_a_role_that_is_taken_away_counts_at_the_next_click(signed_in):
    method = subscribe(signed_in).json()["id"]
    owner, rea = Actor.of_user(PEOPLE["owner"]), PEOPLE["responder"].id

    def to_viewer(was):
        return replace(was, role=Role.VIEWER)

    signed_in.api.transact(lambda tx: people.change(tx, owner, rea, to_viewer, now=signed_in.api.clock()))

    assert signed_in.request("GET", "/me/browser").status_code == 403
    assert subscribe(signed_in).status_code == 403
    for act in ("test", "remove"):
        assert signed_in.request("POST", f"/me/browser/{act}", {"method": method}).status_code == 403
    form = {"password": PASSWORD, "new_password": "a new and longer one"}
    assert signed_in.request("POST", "/me/account/password", form).status_code == 403
    assert signed_in.request("GET", "/now").status_code == 200


def test_another_site_subscribes_nobody(signed_in):
    refused = subscribe(signed_in, origin="https://evil.example", **{"sec-fetch-site": "cross-site"})

    assert refused.status_code == 403
    assert "None yet" in text_of(signed_in.look("/me/browser"))


def test_the_worker_keeps_nothing_but_what_says_that_there_is_no_connection(browser):
    answer = browser.request("GET", "/service-worker.js")

    kept = json.loads(re.search(r"const SHELL = (\[.*\]);", answer.text)[1])
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert kept[0] == "/offline"
    assert all(browser.request("GET", path).status_code == 200 for path in kept)
    assert all(path.startswith(("/offline", "/static/")) for path in kept)
    drawn = re.findall(r'(?:src|href)="(/static/[^"]+\.(?:css|js|svg))"', browser.look("/offline"))
    assert set(drawn) == set(kept[1:])


def test_every_icon_of_the_app_is_there(browser):
    login = browser.look("/login")
    manifest = browser.request("GET", re.search(r'rel="manifest" href="([^"]+)"', login)[1]).json()

    for icon in manifest["icons"]:
        answer = browser.request("GET", icon["src"])
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, icon["type"])
    assert {"any", "maskable"} == {icon["purpose"] for icon in manifest["icons"]}
