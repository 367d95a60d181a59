"""Services and their integrations: made, changed, set up, heard of, and closed."""

import re
from html import unescape

import pytest

from api_world import DEPOT, SHOP
from tocsin.core.spelling import native
from tocsin.web.senders import BY_KEY, SENDERS
from web_office import filled_in, text_of

SHOP_ID, DEPOT_ID = native("service", SHOP), native("service", DEPOT)


@pytest.fixture
def admin(browser):
    browser.sign_in("admin")
    return browser


def made_by(browser, sender: str, **more: str) -> str:
    """Make an integration by the form, and give the page that answers."""
    form = filled_in(browser.look(f"/services/integrations/new?sender={sender}&service={SHOP_ID}"))
    answer = browser.request("POST", "/services/integrations/new", form | {"name": "Production"} | more)
    assert answer.status_code == 200, text_of(answer.text)
    return answer.text


@pytest.mark.parametrize("sender", [sender.key for sender in SENDERS])
def test_each_kind_of_sender_is_set_up_by_what_the_page_says(admin, sender):
    page = made_by(admin, sender)

    (url,) = set(re.findall(r"http://tocsin\.test/integrations/\w+/[\w=-]+", page))
    (made,) = admin.api.get("/integrations")["integrations"]
    assert url.split("/")[4] == made["kind"]
    assert "Waiting for the first event" in page
    assert unescape(BY_KEY[sender].lines_for(url)) in unescape(page)
    assert url not in admin.look(f"/services/integrations/{made['id']}")


def test_the_first_event_shows_where_it_was_waited_for(admin):
    url = re.findall(r"/integrations/native/[\w=-]+", made_by(admin, "native"))[0]
    (made,) = admin.api.get("/integrations")["integrations"]
    page = f"/services/integrations/{made['id']}"
    assert "Waiting" in admin.look(f"{page}/arrival")

    assert admin.request("POST", url, json={"title": "Disk full", "dedup_key": "a"}).status_code == 202

    for path in (page, f"{page}/arrival"):
        assert "Received The last event came just now" in text_of(admin.look(path))
    assert "just now" in admin.look("/services")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "name"),
        ({"service": ""}, "Choose the service"),
        ({"service": "svc_000000000000"}, "must be a service that is here"),
        ({"sender": "pigeon"}, "must be one of the choices"),
        ({"heartbeat": "soon"}, "must be like 30s, 5m"),
        ({"heartbeat": "1s"}, "must be 30 to 2592000 seconds"),
        ({"sender": "generic", "mapping": ""}, "must say at least where the title is"),
        ({"sender": "generic", "mapping": "{"}, "is no JSON object"),
        ({"sender": "generic", "mapping": '{"nonsense": 1}'}, "nonsense"),
    ],
)
def test_an_integration_that_cannot_be_is_said_and_what_was_typed_stays(admin, typed, words):
    form = {"sender": "native", "service": SHOP_ID, "name": "Mine", "description": "About it"} | typed

    answer = admin.request("POST", "/services/integrations/new", form)

    assert answer.status_code == 400
    assert words in text_of(answer.text)
    assert "About it" in answer.text
    assert admin.api.get("/integrations")["integrations"] == []


def test_an_integration_gets_another_address_and_is_closed(admin):
    old = re.findall(r"/integrations/native/[\w=-]+", made_by(admin, "native"))[0]
    (made,) = admin.api.get("/integrations")["integrations"]
    page = f"/services/integrations/{made['id']}"

    new = re.findall(r"/integrations/native/[\w=-]+", admin.request("POST", f"{page}/rotate").text)[0]

    assert new != old
    event = {"title": "x"}
    assert admin.request("POST", old, json=event).status_code == 404
    assert admin.request("POST", new, json=event).status_code == 202
    assert admin.request("POST", f"{page}/revoke").status_code == 303
    assert admin.request("POST", new, json=event).status_code == 410
    assert "takes nothing any more" in text_of(admin.look(page))
    assert admin.request("POST", f"{page}/rotate").status_code == 409


def test_a_service_is_made_changed_and_deleted(admin):
    made = admin.request(
        "POST", "/services/new", {"name": "Check out", "description": "Where money comes in"}
    )
    page = made.headers["location"].partition("?")[0]
    assert "Where money comes in" in text_of(admin.look(page))

    form = filled_in(admin.look(f"{page}/edit")) | {"name": "Checkout"}
    assert admin.request("POST", f"{page}/edit", form).status_code == 303
    kept = admin.api.get(page)
    assert (kept["name"], kept["slug"], kept["description"]) == (
        "Checkout",
        "check-out",
        "Where money comes in",
    )

    assert admin.request("POST", f"{page}/delete").status_code == 303
    assert admin.request("GET", page).status_code == 404


def test_a_service_that_is_needed_stays_and_the_page_says_by_what(admin):
    admin.api.call("POST", "/silences", {"name": "Quiet", "service_ids": [SHOP_ID]}, as_="admin")

    answer = admin.request("POST", f"/services/{SHOP_ID}/delete")

    assert answer.status_code == 409
    assert "It stays: service Shop is in use by silence Quiet" in text_of(answer.text)
    assert admin.api.get(f"/services/{SHOP_ID}")["name"] == "Shop"
