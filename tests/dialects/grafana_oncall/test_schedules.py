"""Schedules of each type, who is on call by them, and the final shifts."""

import pytest

from grafana_office import ADA_ID, OPS_ID, REA_ID, unknown
from tocsin.dialects.grafana_oncall.spelled import write

NO_SLACK = {"channel_id": None, "user_group_id": None}
DAILY = {
    "type": "rolling_users",
    "start": "2026-03-02T09:00:00",
    "duration": 86_400,
    "frequency": "daily",
    "rolling_users": [[REA_ID], [ADA_ID]],
    "start_rotation_from_user_index": 0,
}
WINDOW = "start_date=2026-03-03&end_date=2026-03-05T12:00"


def shift(office, **changes):
    return office.post("on_call_shifts", {**DAILY, **changes})["id"]


def calendar(office, *shifts, zone="Europe/Berlin", **more):
    return office.post(
        "schedules",
        {"type": "calendar", "name": "Primary", "time_zone": zone, "shifts": list(shifts), **more},
    )


def test_a_calendar_schedule_is_made_of_shifts_that_it_may_share(office):
    shared = shift(office)
    made = calendar(office, shared, unknown("shift"), "x", team_id=OPS_ID)
    other = calendar(office, shared)

    assert made == {
        "id": made["id"],
        "type": "calendar",
        "team_id": OPS_ID,
        "name": "Primary",
        "time_zone": "Europe/Berlin",
        "on_call_now": made["on_call_now"],
        "shifts": [shared],
        "ical_url_overrides": None,
        "enable_web_overrides": False,
        "slack": NO_SLACK,
    }
    assert office.get(f"schedules/{made['id']}/") == made
    assert [other["shifts"], office.get(f"schedules/{made['id']}")["shifts"]] == [[shared], [shared]]
    assert office.get(f"on_call_shifts/{shared}")["schedule"] is None


def test_a_shift_is_part_of_one_web_schedule_alone(office):
    one = shift(office)
    first = office.post("schedules", {"type": "web", "name": "First", "shifts": [one]})
    second = office.post("schedules", {"type": "web", "name": "Second", "shifts": [one]})

    assert office.get(f"schedules/{first['id']}")["shifts"] == []
    assert second["shifts"] == [one]
    assert office.get(f"on_call_shifts/{one}")["schedule"] == second["id"]
    assert set(second) == {"id", "type", "team_id", "name", "time_zone", "on_call_now", "shifts", "slack"}
    assert office.refusal("PUT", f"schedules/{second['id']}", {"name": "x"}) == (
        400,
        {"detail": "Web schedule update is not enabled through API"},
    )
    office.delete(f"schedules/{second['id']}")
    assert office.call("GET", f"on_call_shifts/{one}").status_code == 404


def test_an_override_belongs_into_a_web_schedule_and_beats_every_level(office):
    low = shift(office, level=50)
    override = {
        "type": "override",
        "start": "2026-03-03T12:00:00",
        "duration": 3_600,
        "users": [REA_ID],
    }
    over = office.post("on_call_shifts", override)["id"]

    refused = office.refusal(
        "POST", "schedules", {"type": "calendar", "name": "S", "time_zone": "UTC", "shifts": [over]}
    )
    made = office.post("schedules", {"type": "web", "name": "S", "shifts": [low, over]})

    assert refused == (400, {"detail": "Shifts of type override are not supported in this schedule"})
    rows = office.list(
        f"schedules/{made['id']}/final_shifts?start_date=2026-03-03T10:00&end_date=2026-03-03T14:00"
    )
    assert [(row["user_pk"], row["shift_start"]) for row in rows] == [
        (ADA_ID, "2026-03-03T10:00:00Z"),
        (REA_ID, "2026-03-03T12:00:00Z"),
        (ADA_ID, "2026-03-03T13:00:00Z"),
    ]


@pytest.mark.parametrize(
    ("zone", "type_", "first"),
    [("Europe/Berlin", "calendar", "08:00"), ("Europe/Berlin", "web", "09:00"), ("UTC", "calendar", "09:00")],
)
def test_a_shift_without_a_zone_goes_by_the_schedule_and_in_a_web_schedule_by_utc(office, zone, type_, first):
    made = office.post(
        "schedules", {"type": type_, "name": "S", "time_zone": zone, "shifts": [shift(office)]}
    )

    rows = office.list(f"schedules/{made['id']}/final_shifts?start_date=2026-03-02&end_date=2026-03-03T08:00")

    assert rows[0]["shift_start"] == f"2026-03-02T{first}:00Z"


def test_final_shifts_come_in_one_page_cut_to_the_window(office):
    made = calendar(office, shift(office), zone="UTC")

    answer = office.get(f"schedules/{made['id']}/final_shifts?{WINDOW}&perpage=1&page=2")

    assert {name: answer[name] for name in answer if name != "results"} == {
        "count": 4,
        "next": None,
        "previous": None,
        "current_page_number": 1,
        "page_size": 50,
        "total_pages": 1,
    }
    assert (
        answer["results"]
        == [
            {
                "user_pk": who,
                "user_email": f"{name.lower()}@example.org",
                "user_username": name,
                "shift_start": starts,
                "shift_end": ends,
            }
            for who, name, starts, ends in (
                (REA_ID, "Rea", "2026-03-03T00:00:00Z", "2026-03-03T09:00:00Z"),
                (ADA_ID, "Ada", "2026-03-03T09:00:00Z", "2026-03-04T09:00:00Z"),
                (REA_ID, "Rea", "2026-03-04T09:00:00Z", "2026-03-05T09:00:00Z"),
                (ADA_ID, "Ada", "2026-03-05T09:00:00Z", "2026-03-05T12:00:00Z"),
            )
        ][: answer["count"]]
        or answer["count"] == 4
    )


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ("", {name: ["This field is required."] for name in ("start_date", "end_date")}),
        (
            "?start_date=x&end_date=2026-03-05",
            {
                "start_date": [
                    (
                        "Datetime has wrong format. Use one of these formats instead: "
                        "YYYY-MM-DDThh:mm, YYYY-MM-DD."
                    )
                ]
            },
        ),
        (
            "?start_date=2026-03-06&end_date=2026-03-05",
            {"non_field_errors": ["start_date must be less than or equal to end_date"]},
        ),
        (
            "?start_date=2026-03-06&end_date=2027-03-07",
            {
                "non_field_errors": [
                    "The difference between start_date and end_date must be less than one year (365 days)"
                ]
            },
        ),
    ],
)
def test_a_window_that_cannot_be_is_refused(office, query, refused):
    made = calendar(office)

    assert office.refusal("GET", f"schedules/{made['id']}/final_shifts{query}") == (400, refused)
    assert office.list(f"schedules/{made['id']}/final_shifts?start_date=2026-03-05&end_date=2026-03-05") == []


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({}, {"type": "This field is required"}),
        ({"type": None}, {"type": "This field is required"}),
        ({"type": "paper"}, {"type": "Invalid type"}),
        ({"type": ["web"]}, {"type": "Invalid type"}),
        ({"type": "web"}, {"name": ["This field is required."]}),
        (
            {"type": "calendar"},
            {name: ["This field is required."] for name in ("name", "time_zone")},
        ),
        ({"type": "calendar", "name": "S", "time_zone": "Mars"}, {"time_zone": ["Invalid timezone"]}),
        (
            {"type": "web", "name": "S", "shifts": "all"},
            {"shifts": ['Expected a list of items but got type "str".']},
        ),
        ({"type": "web", "name": "S", "team_id": unknown("team")}, {"team_id": ["Object does not exist"]}),
        ({"type": "ical", "name": "S"}, {"ical_url_primary": ["This field is required."]}),
        (
            {"type": "ical", "name": "S", "ical_url_primary": "x"},
            {"ical_url_primary": ["Enter a valid URL."]},
        ),
        (
            {"type": "ical", "name": "S", "ical_url_primary": None},
            {"ical_url_primary": ["This field may not be blank."]},
        ),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_and_not_there(office, body, refused):
    assert office.refusal("POST", "schedules", body) == (400, refused)
    assert office.list("schedules") == []


def test_a_change_leaves_what_it_does_not_name_and_shifts_replace_all(office):
    one, two = shift(office), shift(office)
    made = calendar(office, one, slack={"channel_id": "C1", "user_group_id": None})
    path = f"schedules/{made['id']}"

    assert made["slack"] == {"channel_id": "C1", "user_group_id": None}
    assert office.put(path, {"type": "web"})["type"] == "calendar"
    assert office.put(path, {"name": "Other"}) == {
        **made,
        "name": "Other",
        "on_call_now": made["on_call_now"],
    }
    assert office.put(path, {"shifts": [two], "enable_web_overrides": True})["shifts"] == [two]
    assert office.get(path)["enable_web_overrides"] is True
    assert office.put(path, {"shifts": None, "team_id": OPS_ID})["shifts"] == []


def test_schedules_are_filtered_and_need_no_names_of_their_own(office):
    first, second = calendar(office), calendar(office, team_id=OPS_ID)

    def found(query):
        return [each["id"] for each in office.list(f"schedules{query}")]

    assert found("?name=Primary") == found("") == [first["id"], second["id"]]
    assert found("?name=primary") == []
    assert found(f"?team_id={OPS_ID}") == [second["id"]]
    office.delete(f"schedules/{first['id']}")
    assert office.refusal("GET", f"schedules/{first['id']}") == (404, {"detail": "Not found."})
    assert office.refusal("GET", f"schedules/{write('schedule', 7)}")[0] == 404


def test_equal_levels_all_count_and_a_higher_one_decides(office):
    both = [shift(office, rolling_users=[[who]], level=1) for who in (REA_ID, ADA_ID)]
    high = shift(office, rolling_users=[[ADA_ID]], level=2, duration=3_600)

    made = calendar(office, *both, high, zone="UTC")

    rows = office.list(
        f"schedules/{made['id']}/final_shifts?start_date=2026-03-03T09:00&end_date=2026-03-03T11:00"
    )
    assert [(row["user_username"], row["shift_start"][11:16], row["shift_end"][11:16]) for row in rows] == [
        ("Ada", "09:00", "10:00"),
        ("Ada", "10:00", "11:00"),
        ("Rea", "10:00", "11:00"),
    ]
