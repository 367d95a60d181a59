"""Who may do what on the pages: every action, asked for by somebody of every role; and text from anywhere."""

import re
from html import unescape

import pytest

from api_world import REA, SHOP, VIC
from tocsin.core.people import Role
from tocsin.core.spelling import native
from web_office import filled_in, text_of

ADMINS = {"owner", "admin"}
RESPONDERS = {*ADMINS, "responder"}
EVERYBODY = {*RESPONDERS, "viewer"}
NOBODY = "none_000000000000"
REA_ID, VIC_ID, SHOP_ID = native("user", REA.id), native("user", VIC.id), native("service", SHOP)

LOOKS = [
    ("/policies", EVERYBODY),
    ("/policies/new", ADMINS),
    ("/escalation-policies", EVERYBODY),
    ("/escalation-policies/new", ADMINS),
    ("/recurring-shifts", EVERYBODY),
    ("/recurring-shifts/new", RESPONDERS),
    ("/date-sets", EVERYBODY),
    ("/date-sets/new", ADMINS),
    ("/silences", EVERYBODY),
    ("/silences/new", ADMINS),
    ("/services", EVERYBODY),
    (f"/services/{SHOP_ID}", EVERYBODY),
    (f"/services/{SHOP_ID}/edit", ADMINS),
    ("/services/new", ADMINS),
    ("/services/integrations/new", ADMINS),
    ("/destinations", EVERYBODY),
    ("/destinations/new", ADMINS),
    ("/people", EVERYBODY),
    (f"/people/{REA_ID}", EVERYBODY),
    (f"/people/{REA_ID}/edit", ADMINS),
    ("/people/new", ADMINS),
    ("/teams", EVERYBODY),
    ("/teams/new", ADMINS),
    ("/keys", RESPONDERS),
    ("/audit", ADMINS),
    ("/settings", ADMINS),
    ("/me", EVERYBODY),
]


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_each_page_opens_to_those_who_may_see_it(browser, role):
    browser.sign_in(role)

    shown = {path for path, _ in LOOKS if browser.request("GET", path).status_code == 200}

    assert shown == {path for path, who in LOOKS if role in who}


ACTS = [
    ("/policies/new", ADMINS),
    ("/policies/{alert_policy}/edit", ADMINS),
    ("/policies/{alert_policy}/delete", ADMINS),
    ("/escalation-policies/new", ADMINS),
    ("/escalation-policies/{escalation_policy}/edit", ADMINS),
    ("/escalation-policies/{escalation_policy}/catch-all", ADMINS),
    ("/escalation-policies/{escalation_policy}/delete", ADMINS),
    ("/schedules/parts/{schedule}/edit", RESPONDERS),
    ("/recurring-shifts/new", RESPONDERS),
    ("/recurring-shifts/{recurring_shift}/edit", RESPONDERS),
    ("/recurring-shifts/{recurring_shift}/delete", RESPONDERS),
    ("/date-sets/new", ADMINS),
    ("/date-sets/{date_set}/edit", ADMINS),
    ("/date-sets/{date_set}/delete", ADMINS),
    ("/silences/new", ADMINS),
    ("/silences/{silence}/edit", ADMINS),
    ("/silences/{silence}/end", ADMINS),
    ("/silences/{silence}/delete", ADMINS),
    ("/services/new", ADMINS),
    ("/services/{service}/edit", ADMINS),
    ("/services/{service}/delete", ADMINS),
    ("/services/integrations/new", ADMINS),
    ("/services/integrations/{integration}/edit", ADMINS),
    ("/services/integrations/{integration}/rotate", ADMINS),
    ("/services/integrations/{integration}/revoke", ADMINS),
    ("/destinations/new", ADMINS),
    ("/destinations/{destination}/edit", ADMINS),
    ("/destinations/{destination}/test", ADMINS),
    ("/destinations/{destination}/delete", ADMINS),
    ("/people/new", ADMINS),
    ("/people/{user}/edit", ADMINS),
    ("/people/{user}/password", ADMINS),
    ("/people/{user}/deactivate", ADMINS),
    ("/people/{user}/activate", ADMINS),
    ("/teams/new", ADMINS),
    ("/teams/{team}/edit", ADMINS),
    ("/teams/{team}/delete", ADMINS),
    ("/keys", RESPONDERS),
    ("/me/ways", RESPONDERS),
    ("/me/ways/through", RESPONDERS),
    ("/me/rules", RESPONDERS),
]


SENT = {"channel": "email", "address": "a@example.org", "how": "email", "importance": "default"}


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_each_action_is_refused_to_those_who_may_not_do_it(browser, role):
    """Nothing that is named is there: whoever may act is told so, or that the form is empty."""
    browser.sign_in(role)
    allowed = set()
    for path, _ in ACTS:
        there = re.sub(r"\{(\w+)\}", lambda found: native(found[1], 1), path)
        answer = browser.request("POST", there, SENT)
        assert answer.status_code < 500, path
        if answer.status_code != 403:
            allowed.add(path)

    assert allowed == {path for path, who in ACTS if role in who}


def test_a_role_that_was_taken_away_ends_what_one_had_begun(browser):
    browser.sign_in("admin")
    form = filled_in(browser.look("/services/new")) | {"name": "Mine"}
    ada = next(each for each in browser.api.get("/users")["users"] if each["name"] == "Ada")
    browser.api.call("PATCH", f"/users/{ada['id']}", {"role": "viewer"}, as_="owner")

    assert browser.request("POST", "/services/new", form).status_code == 403

    assert len(browser.api.get("/services")["services"]) == 2


ASKS_REA = {"steps.0.targets": f"user:{REA_ID}"}
LISTS = (
    "/policies",
    "/date-sets",
    "/escalation-policies",
    "/silences",
    "/services",
    "/destinations",
    "/people",
    "/teams",
)
NAMED = ("/services/new", "/teams/new", "/silences/new", "/policies/new", "/escalation-policies/new")
HOSTILE = [
    '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "'\"&<>`{{ 7 * 7 }}{% raw %}",
    "\u202edesrever\u202c لا يعمل \U0001f6a8\U0001f469\u200d\U0001f692",
    "x" * 240,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_typed_is_shown_as_text_and_nothing_else(browser, text):
    browser.sign_in("admin")
    made = {}
    for path, form in (
        ("/services/new", {"name": text, "slug": "odd", "description": text}),
        ("/teams/new", {"name": text, "handle": "odd", "description": text}),
        (
            "/escalation-policies/new",
            {"name": text, "description": text, **ASKS_REA},
        ),
        ("/silences/new", {"name": text, "comment": text, "lasts": "1h"}),
        ("/destinations/new", {"name": text, "channel": "log", "address": "odd"}),
        ("/date-sets/new", {"name": text, "dates": "2096-12-24"}),
        ("/people/new", {"name": text, "email": "odd@example.org"}),
    ):
        answer = browser.request("POST", path, filled_in(browser.look(path)) | form)
        assert answer.status_code == 303, (path, text_of(answer.text))
        made[path] = answer.headers["location"].partition("?")[0]
    plan = made["/escalation-policies/new"].rpartition("/")[2]
    rule = {"name": text, "rules.0.name": text, "rules.0.escalation_policies": plan}
    for path, form in (("/policies/new", rule), ("/recurring-shifts/new", {"name": text})):
        shown = browser.request("POST", path, filled_in(browser.look(path)) | form)
        browser.request("POST", path, filled_in(shown.text))

    for path in (*made.values(), *(f"{page}/edit" for page in made.values()), *LISTS):
        page = browser.look(path)
        assert text in unescape(page), path
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "49" not in re.findall(r"\{\{.{0,20}", page)


@pytest.mark.parametrize("path", NAMED)
def test_a_name_of_ten_thousand_characters_is_refused_beside_its_field(browser, path):
    browser.sign_in("admin")
    form = filled_in(browser.look(path)) | {"name": "é" * 10_000, **ASKS_REA}

    answer = browser.request("POST", path, form)

    assert answer.status_code == 400
    assert 'id="e-name"' in answer.text
    assert "é" * 10_000 in answer.text
