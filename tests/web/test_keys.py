"""Keys that are narrowed: to what they may do, and from where they may be used."""

import pytest

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
