"""Schedules of imported calendars: read before they are kept, and who is on call by them."""

import pytest

from calendar_worlds import CalendarWire, calendar_of, event
from grafana_office import ADA_ID, REA_ID, Office
from tocsin.channels.base import HttpResponse
from tocsin.core.feed import SIZE_MAX

PRIMARY, OVERRIDES = "https://example.org/primary.ics", "https://example.org/overrides.ics"
TODAY = calendar_of(event("Rea", "20260306T000000Z", "20260307T000000Z"))
FAILED = (400, {"ical_url_primary": ["Ical download failed"]})


@pytest.fixture
def wire():
    return CalendarWire({PRIMARY: TODAY})


@pytest.fixture
def office(database, wire):
    return Office(database, wire=wire)


def body(**more):
    return {"type": "ical", "name": "Imported", "ical_url_primary": PRIMARY, **more}


def test_a_calendar_is_read_at_once_and_tells_who_is_on_call(office, wire):
    wire.at[OVERRIDES] = calendar_of(event("ada@EXAMPLE.org", "20260306T120000Z", "20260306T130000Z"))

    made = office.post("schedules", body(ical_url_overrides=OVERRIDES))

    assert made == {
        "id": made["id"],
        "type": "ical",
        "team_id": None,
        "name": "Imported",
        "on_call_now": [REA_ID],
        "ical_url_primary": PRIMARY,
        "ical_url_overrides": OVERRIDES,
        "slack": {"channel_id": None, "user_group_id": None},
    }
    rows = office.list(f"schedules/{made['id']}/final_shifts?start_date=2026-03-06&end_date=2026-03-08")
    assert [(row["user_pk"], row["shift_start"][11:13]) for row in rows] == [
        (REA_ID, "00"),
        (ADA_ID, "12"),
        (REA_ID, "13"),
    ]


@pytest.mark.parametrize(
    "lies",
    [
        None,
        404,
        500,
        b"<html>",
        b"BEGIN:VCALENDAR" + b" " * SIZE_MAX,
        HttpResponse(status=302, headers={"location": PRIMARY}),
    ],
)
def test_what_cannot_be_read_is_refused_and_not_kept(office, wire, lies):
    wire.at[PRIMARY] = lies

    assert office.refusal("POST", "schedules", body()) == FAILED
    assert office.list("schedules") == []


def test_an_address_may_lead_on(office, wire):
    wire.at["https://example.org/old"] = HttpResponse(status=301, headers={"location": "/primary.ics"})

    assert office.post("schedules", body(ical_url_primary="https://example.org/old"))["on_call_now"] == [
        REA_ID
    ]


def test_an_address_that_stays_is_not_read_again_and_a_new_one_is(office, wire):
    made = office.post("schedules", body())
    path = f"schedules/{made['id']}"
    wire.at = {OVERRIDES: calendar_of(event("Ada", "20260306T000000Z", "20260307T000000Z"))}

    same = office.put(path, body(name="Other"))
    moved = office.put(path, {"ical_url_primary": OVERRIDES})

    assert (same["name"], same["on_call_now"]) == ("Other", [REA_ID])
    assert moved["on_call_now"] == [ADA_ID]
    assert wire.asked == [PRIMARY, OVERRIDES]
    assert office.refusal("PUT", path, {"ical_url_primary": PRIMARY}) == FAILED
    assert office.refusal("PUT", path, {"ical_url_primary": ""}) == (
        400,
        {"ical_url_primary": ["This field may not be blank."]},
    )
    assert office.get(path)["ical_url_primary"] == OVERRIDES


def test_overrides_of_a_calendar_schedule_are_imported_and_taken_out_again(office, wire):
    wire.at[OVERRIDES] = TODAY
    made = office.post(
        "schedules",
        {"type": "calendar", "name": "S", "time_zone": "UTC", "ical_url_overrides": OVERRIDES},
    )

    assert (made["ical_url_overrides"], made["on_call_now"]) == (OVERRIDES, [REA_ID])
    gone = office.put(f"schedules/{made['id']}", {"ical_url_overrides": None})
    assert (gone["ical_url_overrides"], gone["on_call_now"]) == (None, [])


def test_a_viewer_makes_nobody_fetch_anything(office, wire):
    assert office.call("POST", "schedules", body(), as_="viewer").status_code == 403
    assert wire.asked == []
