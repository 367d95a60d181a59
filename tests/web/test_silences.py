"""Silences and maintenance: made, looked at before, changed and ended."""

import pytest

from api_world import SHOP
from tocsin.core.spelling import native
from web_office import filled_in, text_of

NEW = "/silences/new"


@pytest.fixture
def admin(browser):
    browser.sign_in("admin")
    return browser


def silences(browser):
    return {each["name"]: each for each in browser.api.get("/silences")["silences"]}


def test_a_silence_is_made_from_an_alert_and_ended(admin):
    alert = admin.api.alert(title="Disk full", labels={"host": "db 1"})["id"]
    assert "labels.host" in admin.look(f"/alerts/{alert}").replace("%22", '"').replace("%20", " ")
    led = admin.request("GET", '/silences?filter=labels.host = "db 1"').headers["location"]
    form = filled_in(admin.look(led)) | {"name": "Moving"}

    made = admin.request("POST", NEW, form)

    page = made.headers["location"].partition("?")[0]
    (silence,) = silences(admin).values()
    assert (silence["filter"], silence["ends_at"]) == ('labels.host = "db 1"', "2026-03-06T10:00:00Z")
    words = text_of(admin.look(page))
    assert "Moving in force" in words
    assert "Of the 1 open alerts, it covers 1: Critical Disk full" in words

    admin.api.clock.pass_time(minutes=1)
    assert admin.request("POST", f"{page}/end").status_code == 303
    assert "Moving over" in text_of(admin.look("/silences"))


def test_what_a_silence_would_cover_is_seen_before_it_is_made(admin):
    admin.api.alert(title="Disk full", severity="critical")
    admin.api.alert(title="Other", severity="info")
    form = filled_in(admin.look(NEW)) | {"name": "Loud ones", "filter": "severity = critical"}

    seen = admin.request("POST", NEW, form | {"do": "look"})

    assert "Of the 2 open alerts, it covers, while it is in force, 1: Critical Disk full" in text_of(
        seen.text
    )
    assert silences(admin) == {}
    assert admin.request("POST", NEW, filled_in(seen.text)).status_code == 303
    assert list(silences(admin)) == ["Loud ones"]


def test_maintenance_comes_again_and_again_and_is_changed(admin):
    form = filled_in(admin.look(NEW)) | {
        "name": "Backups",
        "lasts": "ever",
        "services": native("service", SHOP),
        "recurring.when": "cron",
        "recurring.expression": "0 2 * * 0",
        "recurring.duration": "4h",
        "recurring.time_zone": "Europe/Madrid",
    }
    page = admin.request("POST", NEW, form).headers["location"].partition("?")[0]
    words = text_of(admin.look(page))
    assert "only for 4 hours from each '0 2 * * 0' on, in Europe/Madrid" in words
    assert "It begins in 1 day 16 hours" in words

    form = filled_in(admin.look(f"{page}/edit")) | {"recurring.duration": "2h"}
    shown = admin.request("POST", f"{page}/edit", form)
    assert "for 4 hours from each '0 2 * * 0' on, in Europe/Madrid for 2 hours from each" in text_of(
        shown.text
    )
    assert admin.request("POST", f"{page}/edit", filled_in(shown.text)).status_code == 303
    assert silences(admin)["Backups"]["recurring"]["duration_s"] == 7_200


def test_a_silence_that_is_saved_as_it_is_stays_as_it_is(admin):
    body = {
        "name": "x",
        "starts_at": "2026-03-06T09:00:17Z",
        "ends_at": "2026-03-07T09:00:59.5Z",
        "filter": "title ~ a",
    }
    admin.api.call("POST", "/silences", body, as_="admin")
    was = silences(admin)["x"]
    page = f"/silences/{was['id']}/edit"

    admin.request("POST", page, filled_in(admin.look(page)))

    assert silences(admin)["x"] == was


@pytest.mark.parametrize(
    ("typed", "name", "words"),
    [
        ({"filter": "labels.host ="}, "filter", "does not read at column 14"),
        ({"lasts": "until", "ends_at": ""}, "ends_at", "Say until when"),
        ({"lasts": "until", "ends_at": "soon"}, "ends_at", "must be a date"),
        ({"lasts": "until", "ends_at": "2026-03-05T09:00"}, "ends_at", "must be later"),
        ({"lasts": "x"}, "lasts", "Choose one of these"),
        ({"starts_at": "x"}, "starts_at", "must be a date"),
        ({"name": ""}, "name", "This is empty"),
        ({"services": "x"}, "services", "must be a service that is here"),
        ({"recurring.when": "cron", "recurring.expression": "x"}, "recurring.expression", "five"),
        ({"recurring.when": "hours"}, "recurring.spans", "Say which hours"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(admin, typed, name, words):
    answer = admin.request(
        "POST", NEW, filled_in(admin.look(NEW)) | {"name": "Mine", "comment": "Why"} | typed
    )

    assert answer.status_code == 400
    assert words in text_of(answer.text)
    assert f'id="e-{name}"' in answer.text
    assert "Why" in answer.text
    assert silences(admin) == {}


def test_one_that_has_not_begun_is_deleted(admin):
    admin.api.call("POST", "/silences", {"name": "Later", "starts_at": "2026-04-01T00:00:00Z"}, as_="admin")
    later = silences(admin)["Later"]["id"]
    assert "Later to come" in text_of(admin.look("/silences"))

    admin.request("POST", f"/silences/{later}/end")

    assert silences(admin) == {}


def test_a_responder_may_look_at_silences_and_not_make_them(browser):
    browser.sign_in("responder")

    assert "New silence" not in browser.look("/silences?filter=a")
    assert browser.request("GET", NEW).status_code == 403
    assert browser.request("POST", NEW, {"name": "x"}).status_code == 403
