"""Calendar exports: opened by tokens of their own, and read by another library."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import recurring_ical_events
from icalendar import Calendar

from api_world import NOW, REA, VIC
from grafana_office import ADA_ID, REA_ID, unknown
from tocsin.core.credential import Key
from tocsin.core.ids import KeyId, WorkspaceId
from tocsin.core.people import UserStatus
from tocsin.httpkit.calendar_text import Entry, write_calendar
from tocsin.store import credentials, people
from tocsin.store.secrets import token_hash

INVALID = (403, {"detail": "Invalid token."})


@pytest.fixture
def schedule(office):
    def add(tx):
        for number, user in ((800, REA), (801, VIC)):
            key = Key(
                id=KeyId(number),
                workspace=WorkspaceId(1),
                kind="calendar",
                name="calendar",
                user=user.id,
                created_at=NOW,
            )
            credentials.add(tx, key, secret_hash=token_hash(f"{user.name}-export"))

    office.database.transact(add)
    shift = office.post(
        "on_call_shifts",
        {
            "type": "rolling_users",
            "start": "2026-03-02T09:00:00",
            "duration": 86_400,
            "frequency": "daily",
            "rolling_users": [[REA_ID], [ADA_ID]],
            "start_rotation_from_user_index": 0,
        },
    )
    made = office.post(
        "schedules",
        {"type": "calendar", "name": "Größe; a, b\\c", "time_zone": "Europe/Berlin", "shifts": [shift["id"]]},
    )
    return made["id"]


def export(office, path, who="Rea"):
    answer = office.call("GET", f"{path}?token={who}-export", headers={"authorization": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    return Calendar.from_ical(answer.content)


def test_a_schedule_is_exported_from_15_days_back_to_180_days_ahead(office, schedule):
    calendar = export(office, f"schedules/{schedule}/export/")

    events = calendar.walk("VEVENT")
    assert str(calendar["X-WR-CALNAME"]) == "Größe\\; a\\, b\\\\c"  # as it stands: it is no standard property
    assert len({str(event["UID"]) for event in events}) == len(events) > 180
    day = datetime(2026, 3, 29, 5, tzinfo=UTC)  # the clocks in Berlin have just been set
    (now,) = recurring_ical_events.of(calendar).at(day)
    rows = office.list(
        f"schedules/{schedule}/final_shifts?start_date=2026-03-28T08:00&end_date=2026-03-29T07:00"
    )
    assert [(row["user_username"], row["shift_start"]) for row in rows] == [
        (str(now["SUMMARY"]), now["DTSTART"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    ]
    last = max(event["DTEND"].dt for event in events)
    assert last == NOW.replace(hour=0) + timedelta(days=180)


def test_a_user_exports_their_own_duty_of_every_schedule(office, schedule):
    events = export(office, f"users/{REA_ID}/schedule_export").walk("VEVENT")

    assert {str(event["SUMMARY"]) for event in events} == {"Größe; a, b\\c"}
    assert {str(event["ATTENDEE"]) for event in events} == {"mailto:rea@example.org"}
    assert len(events) > 85


def test_two_exports_name_the_same_duty_alike(office, schedule):
    first = {str(event["UID"]) for event in export(office, f"schedules/{schedule}/export").walk("VEVENT")}
    office.api.clock.pass_time(hours=3)
    second = {str(event["UID"]) for event in export(office, f"schedules/{schedule}/export").walk("VEVENT")}

    assert first == second


@pytest.mark.parametrize(
    "query", ["", "?token=", "?token=wrong", "?token=admin-token", "?token=%00", "?token=%ff%fe"]
)
def test_without_a_token_of_its_own_nothing_is_exported(office, schedule, query):
    assert office.refusal("GET", f"schedules/{schedule}/export/{query}") == INVALID
    assert office.refusal("GET", f"users/{REA_ID}/schedule_export/{query}") == INVALID
    assert office.refusal("GET", "on_call_shifts", headers={"authorization": "Rea-export"}) == INVALID


def test_a_token_opens_only_what_is_its_users(office, schedule):
    path = f"users/{ADA_ID}/schedule_export?token=Rea-export"

    assert office.refusal("GET", path) == INVALID
    assert office.refusal("GET", "users/x/schedule_export?token=Rea-export") == INVALID
    assert office.refusal("GET", f"schedules/{unknown('schedule')}/export?token=Rea-export")[0] == 404
    assert office.call("GET", f"schedules/{schedule}/export?token=Vic-export").status_code == 200


def test_the_token_of_somebody_who_left_opens_nothing(office, schedule):
    def leave(tx):
        user = people.find(tx, WorkspaceId(1), REA.id)
        people.save(tx, replace(user, status=UserStatus.DEACTIVATED), user)

    office.database.transact(leave)

    assert office.refusal("GET", f"schedules/{schedule}/export?token=Rea-export") == INVALID


def test_long_names_are_folded_and_line_ends_cannot_be_smuggled_in():
    entry = Entry(
        uid="1",
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        summary="ä" * 200 + "\r\nATTENDEE:mailto:x@y\x00",
        email="rea@example.org",
    )

    written = write_calendar("n", [entry], now=NOW)

    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    (event,) = Calendar.from_ical(written).walk("VEVENT")
    assert str(event["SUMMARY"]) == "ä" * 200 + "\nATTENDEE:mailto:x@y"
    assert str(event["ATTENDEE"]) == "mailto:rea@example.org"
