"""Looking for something in a long list: by a form, without scripts, at the same cost however long it is."""

import pytest

from api_world import REA
from counting import Counting
from tocsin.core.spelling import native
from web_office import Browser, text_of

MANY = 12
STEP = {"action": {"type": "notify", "targets": [{"type": "user", "id": native("user", REA.id)}]}}
RULE = {"filter": "severity = info", "escalation_policy_ids": [native("escalation_policy", 40)]}


def fill(browser: Browser) -> None:
    """Make a dozen of each thing that is listed, one of which is called by a word of its own."""
    for number in range(MANY):
        name = f"Thing {number}" if number else "Zürich Ops_100%"
        for path, body in (
            ("/services", {"name": name}),
            ("/users", {"email": f"u{number}@example.org", "name": name}),
            ("/teams", {"name": name}),
            ("/destinations", {"name": name, "channel": "email", "address": f"d{number}@example.org"}),
            ("/escalation-policies", {"name": name, "steps": [STEP]}),
            ("/silences", {"name": name, "filter": "severity = info", "comment": "as every night"}),
            ("/date-sets", {"name": name, "dates": ["2026-12-24"]}),
            ("/alert-policies", {"name": name, "rules": [RULE]}),
            ("/api-keys", {"name": name, "kind": "tocsin"}),
        ):
            answer = browser.api.call("POST", path, body, as_="owner")
            assert answer.status_code == 201, (path, answer.text)


LISTS = (
    "/services",
    "/people",
    "/teams",
    "/destinations",
    "/policies",
    "/escalation-policies",
    "/silences",
    "/date-sets",
    "/keys",
    "/audit",
)


@pytest.fixture
def admin(browser) -> Browser:
    fill(browser)
    browser.sign_in("owner")
    return browser


@pytest.mark.parametrize("path", LISTS)
def test_a_long_list_is_searched_by_words_in_any_case_and_order(admin, path):
    assert 'type="search"' in admin.look(path)

    words = "OPS_100%25" if path == "/audit" else "ops_100%25+z%C3%BCrich"
    found = text_of(admin.look(f"{path}?q={words}").partition('type="search"')[2])

    assert "Zürich Ops_100%" in found
    assert "Thing 3" not in found


@pytest.mark.parametrize("path", LISTS)
def test_what_is_nowhere_is_said_with_a_way_back_and_what_was_asked_stays(admin, path):
    page = admin.look(f"{path}?q=%3Cscript%3Enowhere")

    assert "has “<bdi>&lt;script&gt;nowhere</bdi>”" in page
    assert f'href="{path}">Show all' in page
    assert 'name="q" value="&lt;script&gt;nowhere"' in page
    assert "There is no" not in page


@pytest.mark.parametrize("path", LISTS)
def test_a_search_costs_as_many_queries_as_the_list(database, path):
    counting = Counting(database)
    browser = Browser(counting)
    browser.sign_in("owner")
    browser.look(path)
    few = counting.count(lambda: browser.look(path))
    fill(browser)
    browser.look(path)

    assert counting.count(lambda: browser.look(path)) == few
    assert counting.count(lambda: browser.look(f"{path}?q=thing")) == few


def test_a_short_list_has_no_form_above_it(browser):
    browser.sign_in("owner")

    assert 'type="search"' not in browser.look("/services")


def test_of_a_very_long_list_the_first_are_shown_and_the_others_found(browser):
    browser.sign_in("owner")
    for number in range(505):
        body = {"name": f"Service {number:03}"}
        assert browser.api.call("POST", "/services", body, as_="owner").status_code == 201

    page = text_of(browser.look("/services"))

    assert "500 of 507 are shown; search for the others." in page
    assert "Service 504" not in page
    assert "Service 504" in text_of(browser.look("/services?q=504"))


def test_the_next_page_of_the_audit_log_goes_on_with_the_search(admin):
    for number in range(120):
        admin.api.call("POST", "/services", {"name": f"More {number}"}, as_="owner")

    first = admin.look("/audit?q=created")

    assert "&amp;q=created" in first
    assert admin.request("GET", f"/audit?q={'x' * 201}").status_code == 400
