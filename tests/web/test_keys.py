"""Keys that are narrowed: to what they may do, and from where they may be used."""

import re
from html import unescape

import pytest

from tocsin.actions.key_kinds import KeyKind
from tocsin.web.clients import clients_of
from web_office import text_of


def made(browser):
    return {each["name"]: each for each in browser.api.get("/api-keys", as_="admin")["api_keys"]}


def test_a_key_is_narrowed_to_what_it_needs(browser):
    browser.sign_in("admin")
    form = {
        "kind": "datadog",
        "name": "Watcher",
        "may": ["read"],
        "scopes": "on_call_read",
        "networks": "192.0.2.0/24",
    }

    answer = browser.request("POST", "/keys", form)

    assert answer.status_code == 200
    key = made(browser)["Watcher"]
    assert (key["scopes"], key["networks"]) == (["read", "on_call_read"], ["192.0.2.0/24"])
    assert "on_call_read 192.0.2.0/24" in text_of(browser.look("/keys"))


@pytest.mark.parametrize(
    ("typed", "name", "words"),
    [
        ({"name": ""}, "name", "This is empty"),
        ({"kind": "pigeon"}, "kind", "is no kind of key"),
        ({"service": "x"}, "service", "must be a service that is here"),
        ({"scopes": "fly"}, "scopes", "is no permission"),
        ({"networks": "here"}, "networks", "must be a network"),
    ],
)
def test_a_key_that_cannot_be_is_said_at_its_field_and_what_was_typed_stays(browser, typed, name, words):
    browser.sign_in("responder")
    form = {"kind": "tocsin", "name": "Mine", "service": "", "scopes": "", "networks": ""} | typed

    answer = browser.request("POST", "/keys", form)

    assert answer.status_code == 400
    assert words in text_of(answer.text)
    assert f'id="e-{name}"' in answer.text
    assert "Mine" not in made(browser)


@pytest.mark.parametrize(
    "kind", ["tocsin", "datadog", "grafana_oncall", "cloud_manager", "guance", "digitalocean"]
)
def test_a_new_key_comes_with_what_points_its_clients_here_and_neither_is_shown_again(browser, kind):
    browser.sign_in("admin")

    page = unescape(browser.request("POST", "/keys", {"kind": kind, "name": "Mine"}).text)

    secrets = dict(re.findall(r"<dt>(\w+)</dt><dd><code>([^<]+)</code>", page))
    clients = clients_of(KeyKind(kind), secrets, "http://tocsin.test")
    assert clients
    for client in clients:
        assert client.lines in page
        assert "<<" not in client.lines
    again = unescape(browser.look("/keys"))
    assert not any(secret in again for secret in secrets.values() if len(secret) > 8)


def test_a_key_of_a_calendar_is_for_no_client(browser):
    browser.sign_in("admin")

    page = browser.request("POST", "/keys", {"kind": "calendar", "name": "Mine"}).text

    assert "Point a client here" not in page
