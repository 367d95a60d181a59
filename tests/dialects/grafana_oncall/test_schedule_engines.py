"""The story of shifts, schedules and swaps on either database, and what reading them asks of it."""

import pytest

from calendar_worlds import CalendarWire, calendar_of, event
from conftest import ENGINES
from counting import Counting
from grafana_office import ADA_ID, OLA_ID, REA_ID, Office

URL = "https://example.org/a.ics"
SHIFT = {
    "name": "Größe 🐙",
    "type": "rolling_users",
    "start": "2026-03-02T00:00:00",
    "duration": 86_400,
    "frequency": "daily",
    "rolling_users": [[REA_ID], [ADA_ID]],
    "start_rotation_from_user_index": 0,
    "until": "2027-01-01T00:00:00",
}
SPAN = {"swap_start": "2026-03-07T00:00:00Z", "swap_end": "2026-03-09T00:00:00Z"}
WINDOW = "final_shifts?start_date=2026-03-06&end_date=2026-03-09"
WIRE = CalendarWire({URL: calendar_of(event("ola@example.org", "20260307T000000Z", "20260307T120000Z"))})


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


def test_what_is_made_is_read_changed_swapped_and_gone(database):
    office = Office(database, wire=WIRE)
    shift = office.post("on_call_shifts", SHIFT)
    schedule = office.post(
        "schedules",
        {
            "type": "calendar",
            "name": "Prímary",
            "time_zone": "UTC",
            "shifts": [shift["id"]],
            "ical_url_overrides": URL,
        },
    )
    path = f"schedules/{schedule['id']}"
    swap = office.post("shift_swaps", {**SPAN, "schedule": schedule["id"], "beneficiary": REA_ID})

    office.post(f"shift_swaps/{swap['id']}/take", {"benefactor": ADA_ID}, status=200)
    rows = office.list(f"{path}/{WINDOW}")
    changed = office.put(f"on_call_shifts/{shift['id']}", {"level": 3, "rolling_users": [[OLA_ID], []]})

    assert (
        office.get(f"on_call_shifts/{shift['id']}")
        == changed
        == {**shift, "level": 3, "rolling_users": [[OLA_ID], []]}
    )
    assert [(row["user_pk"], row["shift_start"][8:13]) for row in rows] == [
        (REA_ID, "06T00"),
        (OLA_ID, "07T00"),
        (ADA_ID, "07T12"),
        (ADA_ID, "08T00"),
    ]
    assert [row["user_pk"] for row in office.list(f"{path}/{WINDOW}")] == [OLA_ID] * 3
    office.delete(path)
    assert office.call("GET", f"shift_swaps/{swap['id']}").status_code == 404
    office.delete(f"on_call_shifts/{shift['id']}")
    assert [office.list(each) for each in ("schedules", "on_call_shifts", "shift_swaps")] == [[], [], []]


def test_the_number_of_queries_does_not_depend_on_how_many_there_are(database):
    counting = Counting(database)
    office = Office(counting, wire=WIRE)

    def grow(number):
        for place in range(number):
            shift = office.post("on_call_shifts", SHIFT)["id"]
            kinds = {"type": "calendar", "time_zone": "UTC", "ical_url_overrides": URL}
            schedule = office.post("schedules", {**kinds, "name": f"S{place}", "shifts": [shift]})["id"]
            office.post("shift_swaps", {**SPAN, "schedule": schedule, "beneficiary": REA_ID})

    def counts():
        lists = ("on_call_shifts", "schedules", "shift_swaps", f"on_call_shifts?schedule_id={REA_ID}")
        return {each: counting.count(lambda each=each: office.get(each)) for each in lists}

    grow(1)
    few = counts()
    grow(6)

    assert counts() == few
