"""Destinations: made, changed without their secrets being shown, tested, and deleted."""

import pytest

from builders import WORKSPACE
from tocsin.core.ids import DestinationId
from tocsin.core.receipt import Outcome
from tocsin.core.spelling import from_native
from tocsin.store import destinations as store
from web_office import filled_in, text_of

NEW = "/destinations/new"
HOOK = "https://hooks.slack.com/services/T000/B000/verysecret"


@pytest.fixture
def admin(browser):
    browser.sign_in("admin")
    return browser


def destinations(browser):
    return {each["name"]: each for each in browser.api.get("/destinations")["destinations"]}


def made(browser, **more: str) -> str:
    form = {"name": "#ops", "channel": "slack", "address": HOOK} | more
    answer = browser.request("POST", NEW, form)
    assert answer.status_code == 303, text_of(answer.text)
    return answer.headers["location"].partition("?")[0]


def test_a_destination_is_made_and_its_address_is_shown_in_part_alone(admin):
    page = made(admin)

    for path in (page, "/destinations", f"{page}/edit"):
        text = admin.look(path)
        assert "verysecret" not in text
        assert "https://hooks.slack.com/…cret" in text


def test_what_is_shown_in_part_stays_whole_when_it_is_left_alone(admin):
    body = {
        "name": "Program",
        "channel": "webhook",
        "address": "https://example.org/hook/secret",
        "secret": "whsec_" + "A" * 32,
        "options": {"headers": {"Authorization": "Bearer verysecret"}},
    }
    was = admin.api.call("POST", "/destinations", body, as_="admin").json()
    page = f"/destinations/{was['id']}/edit"
    assert "verysecret" not in admin.look(page)
    before = admin.api.transact(lambda tx: _stored(tx, was["id"]))

    assert admin.request("POST", page, filled_in(admin.look(page)) | {"name": "Robot"}).status_code == 303

    after = admin.api.transact(lambda tx: _stored(tx, was["id"]))
    assert (after.name, after.address, after.secret, after.options) == (
        "Robot",
        before.address,
        before.secret,
        before.options,
    )
    admin.request("POST", page, filled_in(admin.look(page)) | {"no_secret": "on"})
    assert admin.api.transact(lambda tx: _stored(tx, was["id"])).secret == ""


def _stored(tx, spelled):
    return store.find(tx, WORKSPACE, DestinationId(from_native(spelled, "destination")))


@pytest.mark.parametrize(
    ("typed", "name", "words"),
    [
        ({"name": ""}, "name", "This is empty"),
        ({"address": "nonsense"}, "address", "is not an http or https URL"),
        ({"channel": "pigeon"}, "channel", "is no channel"),
        ({"options": "{"}, "options", "is no JSON object"),
        ({"options": '{"colour": "red"}'}, "options", "colour"),
        ({"changes": "opened"}, "changes", "People read this channel"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(admin, typed, name, words):
    form = {"name": "Mine", "channel": "slack", "address": HOOK, "options": "", "changes": ""} | typed

    answer = admin.request("POST", NEW, form)

    assert answer.status_code == 400
    assert words in text_of(answer.text)
    assert f'id="e-{name}"' in answer.text
    assert destinations(admin) == {}


@pytest.mark.parametrize(
    ("outcome", "words"),
    [(Outcome.DELIVERED, "The test was delivered"), (Outcome.NEVER, "The test failed. nobody listens")],
)
def test_a_test_is_sent_and_the_page_says_what_became_of_it(admin, outcome, words):
    sent = admin.request("POST", f"{made(admin)}/test").headers["location"]
    assert "The test is on its way" in text_of(admin.look(sent))

    admin.deliver(outcome)

    assert words in text_of(admin.look(sent))


def test_a_destination_that_a_plan_tells_stays_and_the_page_says_by_which(admin):
    page = made(admin)
    step = {
        "action": {
            "type": "notify",
            "targets": [{"type": "destination", "id": destinations(admin)["#ops"]["id"]}],
        }
    }
    admin.api.call("POST", "/escalation-policies", {"name": "Room", "steps": [step]}, as_="admin")
    assert "Escalation policy Room" in text_of(admin.look(page))

    kept = admin.request("POST", f"{page}/delete")

    assert kept.status_code == 409
    assert "It stays: destination #ops is in use by escalation policy Room" in text_of(kept.text)
    assert list(destinations(admin)) == ["#ops"]


def test_a_destination_that_nothing_tells_goes(admin):
    page = made(admin)

    assert admin.request("POST", f"{page}/delete").status_code == 303

    assert destinations(admin) == {}
