"""Date sets: made, changed for all rules that name them, chosen in rules, and kept while in use."""

import pytest

from api_world import REA
from tocsin.core.spelling import native
from web_office import filled_in, text_of

NEW = "/date-sets/new"


@pytest.fixture
def admin(browser):
    browser.sign_in("admin")
    return browser


@pytest.fixture
def holidays(admin) -> str:
    body = {"name": "Holidays", "dates": ["2020-01-01", "2096-12-25"]}
    return admin.api.call("POST", "/date-sets", body, as_="admin").json()["id"]


def date_sets(browser):
    return {each["name"]: each for each in browser.api.get("/date-sets")["date_sets"]}


def rule_on(*sets: str):
    step = {"action": {"type": "notify", "targets": [{"type": "user", "id": native("user", REA.id)}]}}
    window = {"type": "date_sets", "date_set_ids": list(sets), "start": "08:00:00", "duration_s": 36_000}
    return {"name": "Quiet days", "plans": [{"steps": [step]}], "window": window | {"time_zone": "UTC"}}


def policy_on(browser, *sets: str):
    body = {"name": "Shop", "rules": [rule_on(*sets)]}
    return browser.api.call("POST", "/alert-policies", body, as_="admin").json()


def test_a_date_set_is_made_of_single_dates_and_of_all_from_one_to_another(admin):
    typed = "2096-12-24..2096-12-26\n2097-01-01, 2097-01-06"

    answer = admin.request("POST", NEW, {"name": "Christmas", "dates": typed})

    assert answer.status_code == 303, text_of(answer.text)
    made = date_sets(admin)["Christmas"]
    assert made["dates"] == ["2096-12-24", "2096-12-25", "2096-12-26", "2097-01-01", "2097-01-06"]
    page = text_of(admin.look(f"/date-sets/{made['id']}"))
    assert "5 days to come December 2096 Mon 24 Tue 25 Wed 26 January 2097 Tue 1 Sun 6" in page
    assert "5 days, next on Mon 24 Dec 2096; in no policy" in text_of(admin.look("/date-sets"))


@pytest.mark.parametrize(
    ("typed", "name", "words"),
    [
        ({"name": ""}, "name", "This is empty"),
        ({"dates": ""}, "dates", "Type at least one date"),
        ({"dates": "2096-02-30"}, "dates", "must be dates like 2026-12-24"),
        ({"dates": "2096-02-03..2096-02-01"}, "dates", "must have spans that end after they begin"),
        ({"dates": "2096-02-03..2099-02-01"}, "dates", "of at most 366 days"),
        ({"dates": "2096-01-01..2096-12-31 " * 40}, "dates", "has more than 5000 dates"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(admin, typed, name, words):
    form = {"name": "Sales", "dates": "2096-11-29"} | typed

    answer = admin.request("POST", NEW, form)

    assert answer.status_code == 400
    assert words in text_of(answer.text)
    assert f'id="e-{name}"' in answer.text
    assert {field: filled_in(answer.text)[field] for field in form} == {
        field: [value.strip()] for field, value in form.items()
    }
    assert date_sets(admin) == {}


def test_a_change_says_first_which_days_come_and_go_and_for_which_policies(admin, holidays):
    policy_on(admin, holidays)
    page = f"/date-sets/{holidays}/edit"
    form = filled_in(admin.look(page)) | {"dates": "2020-01-01\n2096-12-24"}

    shown = admin.request("POST", page, form)

    words = text_of(shown.text)
    assert "Tue 2096-12-25 Mon 2096-12-24" in words
    assert "It counts for this alert policy: Shop ." in words
    assert date_sets(admin)["Holidays"]["dates"] == ["2020-01-01", "2096-12-25"]
    assert admin.request("POST", page, filled_in(shown.text)).status_code == 303
    assert date_sets(admin)["Holidays"]["dates"] == ["2020-01-01", "2096-12-24"]


def test_whoever_saves_second_is_told_what_the_first_changed(admin, holidays):
    page = f"/date-sets/{holidays}/edit"
    mine = filled_in(admin.look(page)) | {"name": "Free days"}
    admin.api.call("PATCH", f"/date-sets/{holidays}", {"dates": ["2096-05-01"]}, as_="owner")

    told = admin.request("POST", page, mine)

    assert told.status_code == 409
    assert "Tue 2096-05-01" in text_of(told.text)
    both = filled_in(told.text)
    assert (both["name"], both["dates"]) == (["Free days"], ["2096-05-01"])


def test_a_set_that_a_rule_names_says_where_and_is_not_deleted(admin, holidays):
    policy = policy_on(admin, holidays)
    page = f"/date-sets/{holidays}"
    assert f'href="/policies/{policy["id"]}"' in admin.look(page)

    refused = admin.request("POST", f"{page}/delete")

    assert refused.status_code == 409
    assert "It stays: " in text_of(refused.text)
    assert "alert policy Shop" in text_of(refused.text)
    admin.api.call("DELETE", f"/alert-policies/{policy['id']}", as_="admin")
    assert admin.request("POST", f"{page}/delete").headers["location"] == "/date-sets?said=deleted"
    assert date_sets(admin) == {}


def test_a_rule_is_given_the_sets_on_whose_days_it_is_open(admin, holidays):
    sales = admin.api.call("POST", "/date-sets", {"name": "Sales", "dates": ["2096-11-29"]}, as_="admin")
    policy = policy_on(admin, holidays)
    page = f"/policies/{policy['id']}/edit"
    form = filled_in(admin.look(page))
    assert (form["rules.0.window.when"], form["rules.0.window.sets"]) == (["sets"], [holidays, ""])

    form |= {"rules.0.window.sets": [holidays, sales.json()["id"]], "rules.0.window.start": "09:30"}
    shown = admin.request("POST", page, form)

    assert "on the days of Holidays and Sales, from 09:30 for 10 hours, in UTC" in text_of(shown.text)
    assert admin.request("POST", page, filled_in(shown.text)).status_code == 303
    window = admin.api.get(f"/alert-policies/{policy['id']}")["rules"][0]["window"]
    assert (window["date_set_ids"], window["start"]) == ([holidays, sales.json()["id"]], "09:30:00")


@pytest.mark.parametrize(
    ("chosen", "words"),
    [("", "Choose the date sets"), ("dat_00000000000z", "must be a date set that is here")],
)
def test_a_rule_names_no_set_that_is_not_there(admin, holidays, chosen, words):
    policy = policy_on(admin, holidays)
    page = f"/policies/{policy['id']}/edit"

    answer = admin.request("POST", page, filled_in(admin.look(page)) | {"rules.0.window.sets": chosen})

    assert answer.status_code == 400
    assert words in text_of(answer.text)


def test_where_there_is_no_set_the_form_says_where_one_is_made(admin):
    assert "There is no date set yet. Make one first." in text_of(admin.look("/policies/new"))


def test_days_that_are_all_over_are_warned_of(admin):
    body = {"name": "Old", "dates": ["2020-01-01"]}
    made = admin.api.call("POST", "/date-sets", body, as_="admin").json()

    assert "All of its days are over" in text_of(admin.look(f"/date-sets/{made['id']}"))
    assert "Old all over 1 day; in no policy" in text_of(admin.look("/date-sets"))
