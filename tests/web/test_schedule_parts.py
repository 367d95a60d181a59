"""What lies over the layers of a schedule: recurring shifts chosen, calendars imported, and their state."""

from datetime import timedelta

import pytest

from api_world import ADA, REA
from tocsin.actions import feeds
from tocsin.core.feed import Calendar
from tocsin.core.spelling import native
from tocsin.store.feeds import Copy
from web_office import filled_in, save_after_a_look, text_of

ADA_ID, REA_ID = native("user", ADA.id), native("user", REA.id)
SECRET = "https://calendar.example.org/private-9f2c/duty.ics"
SHOWN = "https://calendar.example.org/….ics"


@pytest.fixture
def responder(browser):
    browser.sign_in("responder")
    return browser


@pytest.fixture
def schedule(responder) -> str:
    body = {"name": "Primary", "feeds": [{"url": SECRET, "overrides": True}], "tags": ["a, b", "c"]}
    return responder.api.post("/schedules", body)["id"]


def form_at(schedule: str) -> str:
    return f"/schedules/parts/{schedule}/edit"


def shift(browser, name: str, who: str, **more) -> str:
    body = {"name": name, "start": "2026-03-02T09:00:00", "duration_s": 28_800, "groups": [[who]]}
    return browser.api.post("/recurring-shifts", body | {"rule": {"frequency": "daily"}} | more)["id"]


def test_shifts_are_chosen_after_a_look_at_whose_duty_changes(responder, schedule):
    early, late = shift(responder, "Early", ADA_ID), shift(responder, "Late", REA_ID, level=1)
    form = filled_in(responder.look(form_at(schedule)))
    form |= {"shifts": [early, late], "shift_zone": "Europe/Madrid"}

    words = save_after_a_look(responder, form_at(schedule), form)

    assert "Recurring shifts Early Late" in words
    assert "Rea on call" in words
    kept = responder.api.get(f"/schedules/{schedule}")
    assert (kept["recurring_shift_ids"], kept["shift_time_zone"]) == ([early, late], "Europe/Madrid")
    page = text_of(responder.look(f"/schedules/{schedule}?said=saved"))
    assert "Saved." in page
    assert "Late daily, 09:00 for 8 hours: Rea level 1" in page


def test_what_is_left_alone_stays_as_it_is_and_an_address_is_shown_in_part_alone(responder, schedule):
    was = responder.api.get(f"/schedules/{schedule}")
    page = responder.look(form_at(schedule))
    assert "private-9f2c" not in page + responder.look(f"/schedules/{schedule}")
    assert filled_in(page)["feeds.0.url"] == [SHOWN]

    save_after_a_look(responder, form_at(schedule), filled_in(page) | {"tags": "a, b\nd"})

    assert responder.api.get(f"/schedules/{schedule}") == was | {"tags": ["a, b", "d"]}


def test_a_calendar_is_imported_and_another_taken_away(responder, schedule):
    path = form_at(schedule)
    form = filled_in(
        responder.request("POST", path, filled_in(responder.look(path)) | {"do": "add:feeds"}).text
    )
    form = filled_in(responder.request("POST", path, form | {"do": "remove:feeds.0"}).text)

    words = save_after_a_look(responder, path, form | {"feeds.0.url": "https://example.org/team.ics"})

    assert f"{SHOWN}, over everything else https://example.org/….ics" in words
    assert "One calendar has not been read yet" in words
    (feed,) = responder.api.get(f"/schedules/{schedule}")["feeds"]
    assert (feed["url"], feed["overrides"]) == ("https://example.org/team.ics", False)


def test_the_schedule_says_how_it_goes_with_its_calendars(responder, schedule):
    assert "Not read yet" in text_of(responder.look(f"/schedules/{schedule}"))
    now = responder.api.clock() + timedelta(seconds=1)
    (due,) = responder.api.transact(lambda tx: feeds.claim(tx, now=now))

    copy = Copy(calendar=Calendar(), digest="1", skipped=2, remark="an event without a beginning")
    responder.api.transact(lambda tx: feeds.read(tx, due, copy, now=now))
    words = text_of(responder.look(f"/schedules/{schedule}"))
    assert "Read just now" in words
    assert "0 events; 2 made no sense: an event without a beginning" in words

    responder.api.transact(lambda tx: feeds.failed(tx, due, "it answered 404", now=now))
    words = text_of(responder.look(f"/schedules/{schedule}"))
    assert "It could not be read just now" in words
    assert "it answered 404. Its last good copy, of just now" in words


@pytest.mark.parametrize(
    ("typed", "name", "words"),
    [
        ({"feeds.0.url": "ftp://example.org/a.ics"}, "feeds.0.url", "must be an http or https address"),
        ({"feeds.0.url": ""}, "feeds.0.url", "is empty"),
        ({"shifts": "rec_00000000000z"}, "shifts", "must be a recurring shift that is here"),
        ({"shift_zone": "Mars"}, "shift_zone", "is no time zone"),
        ({"tags": "x" * 256}, "tags", "256"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(
    responder, schedule, typed, name, words
):
    shift(responder, "Early", ADA_ID)
    form = filled_in(responder.look(form_at(schedule))) | {"feeds.0.overrides": []} | typed

    answer = responder.request("POST", form_at(schedule), form)

    assert answer.status_code == 400
    assert words in text_of(answer.text)
    assert f'id="e-{name}"' in answer.text, name
    assert "feeds.0.overrides" not in filled_in(answer.text)


def test_whoever_saves_second_is_told_what_the_first_changed(responder, schedule):
    early = shift(responder, "Early", ADA_ID)
    mine = filled_in(responder.look(form_at(schedule))) | {"tags": "mine"}
    responder.api.call("PATCH", f"/schedules/{schedule}", {"recurring_shift_ids": [early]})

    told = responder.request("POST", form_at(schedule), mine)

    assert told.status_code == 409
    assert "Recurring shifts Early" in text_of(told.text)
    both = filled_in(told.text)
    assert (both["shifts"], both["tags"]) == ([early, ""], ["mine"])


def test_without_any_shift_the_form_leads_to_the_first(responder, schedule):
    assert f'href="/recurring-shifts/new?schedule={schedule}"' in responder.look(form_at(schedule))
    assert responder.request("GET", "/schedules/parts/new").status_code == 404
