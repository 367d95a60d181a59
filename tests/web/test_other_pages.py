"""Explaining, silences, and what one sees of oneself."""

import re

import pytest

from api_world import ADA, REA, directory
from builders import plan, step, target
from routing_builders import policy, rule
from tocsin.actions.key_kinds import KeyKind
from tocsin.core.receipt import Outcome
from tocsin.core.spelling import from_native, native
from tocsin.store import outbox
from tocsin.web.agents import browser_of
from web_office import Browser, text_of


def test_an_event_is_explained_as_the_api_explains_it_and_nothing_is_stored(browser):
    browser.sign_in()

    page = text_of(browser.look("/explain?title=Disk+full&severity=critical&labels=team%3Ddata"))

    event = {"title": "Disk full", "severity": "critical", "labels": {"team": "data"}}
    told = browser.api.post("/explain", {"event": event})
    for verdict in told["verdicts"]:
        assert verdict["sentence"] in page
    for run in told["pages"]:
        for moment in run["moments"]:
            assert all(reason["sentence"] in page for reason in (*moment["because"], *moment["messages"]))
    assert browser.api.get("/alerts")["alerts"] == []


def test_an_alert_is_explained_from_its_page(browser):
    alert = browser.api.alert(title="Disk full")["id"]
    browser.sign_in()
    assert f"/explain?alert={alert}" in browser.look(f"/alerts/{alert}")

    page = text_of(browser.look(f"/explain?alert={alert}&at=2026-03-07T02:30"))

    assert "Sat 07 Mar 2026, 02:30:00 UTC, if nobody answers" in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("title=x&labels=nonsense", "line 1 of the labels"),
        ("title=x&at=yesterday", "the time is"),
        ("title=x&severity=loud", "severity"),
        ("title=x&service=nowhere", "service"),
        ("alert=alrt_000000000000", "there is no alert"),
    ],
)
def test_what_cannot_be_explained_is_said_and_what_was_typed_stays(browser, query, words):
    browser.sign_in()

    page = browser.look(f"/explain?{query}")

    assert words in text_of(page)
    assert 'value="x"' in page or "alert" in query


def test_one_sees_how_one_is_reached_and_tests_it(browser):
    browser.sign_in("responder")
    page = browser.look("/me")
    assert REA.contact_methods[0].address in page

    method = native("contact_method", REA.contact_methods[0].id)
    answer = browser.request("POST", "/me/test", {"method": method})

    assert answer.status_code == 303
    (sent,) = browser.api.get("/notifications")["notifications"]
    assert (sent["kind"], sent["address"]) == ("test", REA.contact_methods[0].address)
    assert "The test is on its way" in text_of(browser.look(answer.headers["location"]))
    browser.deliver(Outcome.NEVER)
    assert "The test failed. nobody listens" in text_of(browser.look(answer.headers["location"]))


def test_the_fate_of_somebody_else_s_test_is_nobody_s_to_see(browser):
    browser.sign_in("responder")
    form = {"method": native("contact_method", REA.contact_methods[0].id)}
    place = browser.request("POST", "/me/test", form).headers["location"]
    browser.sign_in("admin")

    assert browser.request("GET", place).status_code == 404
    assert browser.request("GET", "/me?test=nonsense").status_code == 404


def test_one_signs_out_another_browser(database):
    here, there = Browser(database), None
    here.sign_in()
    there = dict(here.cookies)
    here.cookies = {}
    here.sign_in()
    page = here.look("/me/account")
    other = page.split('name="session" value="')[1]

    here.request("POST", "/me/account/sign-out", {"session": other.partition('"')[0]})

    assert here.request("GET", "/me").status_code == 200
    here.cookies = there
    assert here.request("GET", "/me").status_code == 303


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        ("curl/8", "A browser"),
        ("", "A browser"),
    ],
)
def test_browsers_are_called_by_names_that_people_know(agent, name):
    assert browser_of(agent) == name


def test_the_policies_say_in_words_which_alerts_go_where(database):
    pages_rea = rule(plan(step(target(REA)), name="Loud"), when="severity = critical", name="The bad ones")
    browser = Browser(database, configuration=directory(policies=(policy(pages_rea, name="Shop"),)))
    browser.sign_in("viewer")

    page = text_of(browser.look("/policies"))

    assert "Shop" in page
    assert "The bad ones severity = critical" in page
    assert "asks Rea" in page
    assert "goes to the catch-all, Everything" in page


def test_people_are_shown_with_how_they_are_reached(browser):
    browser.sign_in("viewer")

    page = text_of(browser.look("/people"))

    assert "Rea rea@example.org email" in page
    assert "responder" in page


def test_somebody_stands_in_by_a_form_and_stands_down_again(browser):
    layer = {
        "name": "Daily",
        "effective_date": "2026-01-01T00:00:00Z",
        "rotation_start": "2026-01-05T08:00:00Z",
        "interval": {"days": 1},
        "members": [{"user_id": native("user", REA.id)}],
    }
    made = {"name": "Primary", "time_zone": "UTC", "layers": [layer]}
    schedule = browser.api.post("/schedules", made)["id"]
    browser.sign_in("responder")
    ada = native("user", ADA.id)

    form = {"user": ada, "starts_at": "2026-03-06T09:00", "ends_at": "2026-03-06T12:00"}
    answer = browser.request("POST", f"/schedules/{schedule}/overrides", form)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/schedules/{schedule}")
    (holder,) = browser.api.get(f"/schedules/{schedule}/on-call")["on_call"]
    assert holder["user"]["name"] == "Ada"
    page = browser.look(f"/schedules/{schedule}")
    assert "Ada Fri 6 Mar, 09:00 to 12:00" in text_of(page)

    (end,) = re.findall(r'action="(/schedules/[^"]+/end)"', page)
    assert browser.request("POST", end).status_code == 303
    (holder,) = browser.api.get(f"/schedules/{schedule}/on-call")["on_call"]
    assert holder["user"]["name"] == "Rea"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"ends_at": "2026-03-06T08:00"}, "is not later than the beginning"),
        ({"ends_at": ""}, "is missing"),
        ({"ends_at": "soon"}, "must be a date"),
    ],
)
def test_a_stand_in_that_cannot_be_is_said_and_what_was_typed_stays(browser, form, words):
    schedule = browser.api.post("/schedules", {"name": "Primary", "time_zone": "UTC"})["id"]
    browser.sign_in("responder")
    ada = native("user", ADA.id)

    answer = browser.request(
        "POST", f"/schedules/{schedule}/overrides", {"user": ada, "starts_at": "2026-03-06T09:00"} | form
    )

    assert answer.status_code == 400
    assert words in text_of(answer.text)
    assert f'value="{ada}" selected' in answer.text
    assert 'value="2026-03-06T09:00"' in answer.text


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_key_is_made_shown_once_and_revoked(browser, kind):
    browser.sign_in("admin")

    page = browser.request("POST", "/keys", {"kind": kind.value, "name": "Terraform"}).text

    secrets = re.findall(r"<dd><code>([^<]+)</code></dd>", page)
    assert secrets
    again = browser.look("/keys")
    assert "Terraform" in again
    shown = [secret for secret in secrets if secret in again]
    assert len(shown) == (1 if kind is KeyKind.CLOUD_MANAGER else 0)  # a public key is no secret
    (made,) = [
        key for key in browser.api.get("/api-keys", as_="admin")["api_keys"] if key["name"] == "Terraform"
    ]
    browser.request("POST", f"/keys/{made['id']}/revoke")
    assert "revoked" in browser.look("/keys")


def test_a_responder_sees_their_own_keys_alone_and_no_log(browser):
    browser.sign_in("responder")

    page = text_of(browser.look("/keys"))

    assert "for Rea" in page
    assert "for Ada" not in page
    assert browser.request("GET", "/audit").status_code == 403


def test_the_log_says_who_changed_what_field_by_field(browser):
    service = browser.api.get("/services")["services"][0]["id"]
    browser.api.call("PATCH", f"/services/{service}", {"description": "All of it"}, as_="admin")
    browser.sign_in("admin")

    page = text_of(browser.look("/audit"))

    assert "Ada changed service Shop api" in page
    assert "description" in page
    assert "All of it" in page
    assert "Ada signed in user Ada web" in page


def test_a_new_way_is_used_once_its_code_was_typed_in(browser):
    browser.sign_in("responder")
    form = {"channel": "email", "address": "rea@home.example", "label": "home"}

    assert browser.request("POST", "/me/ways", form).status_code == 303
    page = browser.look("/me")
    assert "rea@home.example home not confirmed, and not used" in text_of(page)
    (verify,) = re.findall(r'action="(/me/ways/[^"]+/verify)"', page)
    wrong = browser.request("POST", verify, {"code": "000000"})
    assert wrong.status_code == 400
    assert "is not the one that was sent" in wrong.text
    sent = browser.api.get("/notifications", as_="admin")["notifications"][0]
    code = browser.api.transact(lambda tx: outbox.get_many(tx, [from_native(sent["id"])]))[0].body
    (digits,) = re.findall(r"[0-9]{6,}", code)

    assert browser.request("POST", verify, {"code": digits}).status_code == 303

    assert "not confirmed" not in text_of(browser.look("/me"))


def test_a_program_of_the_workspace_is_chosen_to_be_told_in_my_place(browser):
    hook = {"name": "Pager", "channel": "webhook", "address": "https://pager.example.org/hook"}
    made = browser.api.call("POST", "/destinations", hook, as_="admin").json()["id"]
    browser.sign_in("responder")
    assert "A program that is told in my place Pager" in text_of(browser.look("/me"))

    assert browser.request("POST", "/me/ways/through", {"destination": made}).status_code == 303

    page = text_of(browser.look("/me"))
    assert "webhook Pager Test it now" in page
    assert "A program that is told in my place" not in page
    rule = {"importance": "default", "how": "webhook"}
    assert browser.request("POST", "/me/rules", rule).status_code == 303
    assert "1. webhook, every address" in text_of(browser.look("/me"))
    again = browser.request("POST", "/me/ways/through", {"destination": made})
    assert again.status_code == 400
    assert "has this address on webhook already" in again.text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"channel": "email", "address": "nonsense"}, "is not an e-mail address"),
        ({"channel": "sms", "address": "12"}, "telephone number"),
        ({"channel": "webhook", "address": "https://x.example"}, "must be one of email, sms"),
        ({"channel": "email", "address": REA.email}, "has this address on email already"),
    ],
)
def test_a_way_that_cannot_be_is_said_and_what_was_typed_stays(browser, form, words):
    browser.sign_in("responder")

    answer = browser.request("POST", "/me/ways", form)

    assert answer.status_code == 400
    assert words in text_of(answer.text)
    assert f'value="{form["address"]}"' in answer.text


def test_the_last_way_by_which_a_policy_reaches_somebody_stays(browser):
    browser.sign_in("responder")
    (take_away,) = re.findall(r'action="(/me/ways/[^"]+/delete)"', browser.look("/me"))

    answer = browser.request("POST", take_away)

    assert answer.status_code == 400
    assert REA.email in browser.look("/me")


def test_rules_are_added_put_in_order_and_taken_away(browser):
    browser.sign_in("responder")
    for form in ({"how": "wait", "minutes": "5"}, {"how": "email", "minutes": "5"}):
        answer = browser.request("POST", "/me/rules", form | {"importance": "important"})
        assert answer.status_code == 303
    page = text_of(browser.look("/me"))
    assert "1. wait 5 minutes" in page
    assert "2. email, every address" in page

    (later,) = re.findall(r'action="(/me/rules/[^"]+/later)"', browser.look("/me"))
    browser.request("POST", later)
    assert "1. email, every address" in text_of(browser.look("/me"))
    browser.request("POST", later.replace("later", "sooner"))
    assert "1. wait 5 minutes" in text_of(browser.look("/me"))

    (sooner,) = re.findall(r'action="(/me/rules/[^"]+/sooner)"', browser.look("/me"))
    browser.request("POST", sooner)
    page = browser.look("/me")
    assert "1. email, every address" in text_of(page)
    for take_away in re.findall(r'action="(/me/rules/[^"]+/delete)"', page):
        assert browser.request("POST", take_away).status_code == 303
    assert text_of(browser.look("/me")).count("No rules: at once on every confirmed way") == 2


def test_a_rule_names_one_address_where_that_is_chosen(browser):
    browser.sign_in("responder")
    mine = native("contact_method", REA.contact_methods[0].id)

    browser.request("POST", "/me/rules", {"how": mine, "minutes": "5", "importance": "default"})

    assert f"1. email to {REA.email}" in text_of(browser.look("/me"))


@pytest.mark.parametrize("form", [{"how": "wait", "minutes": "7"}, {"how": "pigeon"}, {"importance": "x"}])
def test_a_rule_that_cannot_be_is_refused(browser, form):
    browser.sign_in("responder")
    good = {"how": "email", "minutes": "5", "importance": "default"}

    assert browser.request("POST", "/me/rules", good | form).status_code == 400
