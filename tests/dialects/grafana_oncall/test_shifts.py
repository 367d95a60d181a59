"""On-call shifts: every type and recurrence, each sentence about what cannot be, and when they count."""

import pytest

from grafana_office import ADA_ID, OPS_ID, REA_ID, VIC_ID, unknown

SINGLE = {
    "name": "One day",
    "type": "single_event",
    "start": "2026-03-07T09:00:00",
    "duration": 28_800,
    "users": [REA_ID],
}
WEEKLY = {
    "name": "Weekly",
    "type": "recurrent_event",
    "start": "2026-03-02T09:00:00",
    "duration": 3_600,
    "frequency": "weekly",
    "week_start": "MO",
    "by_day": ["MO", "FR"],
    "users": [REA_ID, ADA_ID],
}
ROLLING = {
    "name": "In turns",
    "type": "rolling_users",
    "start": "2026-03-02T00:00:00",
    "duration": 86_400,
    "frequency": "daily",
    "interval": 1,
    "rolling_users": [[REA_ID], [ADA_ID]],
    "start_rotation_from_user_index": 0,
}
OVERRIDE = {**SINGLE, "name": "Instead", "type": "override"}
BAD_TIME = {"detail": "Invalid datetime format, should be \"yyyy-mm-dd'T'hh:mm:ss\""}


def detail(sentence):
    return {"detail": sentence}


def test_a_single_event_has_the_fields_of_its_type(office):
    made = office.post(
        "on_call_shifts", {**SINGLE, "team_id": OPS_ID, "time_zone": "Europe/Berlin", "level": 2}
    )

    assert made == {
        "id": made["id"],
        "team_id": OPS_ID,
        "schedule": None,
        "name": "One day",
        "type": "single_event",
        "time_zone": "Europe/Berlin",
        "level": 2,
        "start": "2026-03-07T09:00:00",
        "duration": 28_800,
        "rotation_start": "2026-03-07T09:00:00",
        "users": [REA_ID],
    }
    assert made["id"][0] == "O"
    assert len(made["id"]) == 13
    assert office.get(f"on_call_shifts/{made['id']}") == made


def test_a_recurrent_event_has_a_rule_and_its_users(office):
    made = office.post("on_call_shifts/", {**WEEKLY, "until": "2026-04-01T00:00:00", "source": 3})

    assert {name: made[name] for name in made if name not in ("id", "team_id", "schedule", "time_zone")} == {
        "name": "Weekly",
        "type": "recurrent_event",
        "level": 0,
        "start": "2026-03-02T09:00:00",
        "duration": 3_600,
        "rotation_start": "2026-03-02T09:00:00",
        "frequency": "weekly",
        "interval": 1,
        "until": "2026-04-01T00:00:00",
        "week_start": "MO",
        "by_day": ["MO", "FR"],
        "by_month": None,
        "by_monthday": None,
        "users": [REA_ID, ADA_ID],
    }


def test_rolling_users_have_groups_and_an_index_and_no_users(office):
    made = office.post("on_call_shifts", {**ROLLING, "rotation_start": "2026-03-05T00:00:00"})

    assert made["rolling_users"] == [[REA_ID], [ADA_ID]]
    assert made["start_rotation_from_user_index"] == 0
    assert made["rotation_start"] == "2026-03-05T00:00:00"
    assert not {"users", "week_start"} & set(made)


def test_an_override_has_no_level(office):
    made = office.post("on_call_shifts", {**OVERRIDE, "level": 5})

    assert not {"level", "frequency", "rolling_users"} & set(made)
    assert made["users"] == [REA_ID]


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"type": None}, {"type": ["This field may not be null."]}),
        ({"type": "yearly_event"}, detail("Invalid shift type")),
        ({"type": 7}, detail("Invalid shift type")),
        ({"start": "2026-03-02"}, BAD_TIME),
        ({"start": "2026-03-02T09:00:00Z"}, BAD_TIME),
        ({"start": "2026-13-02T09:00:00"}, BAD_TIME),
        ({"start": "0001-01-01T00:00:00"}, BAD_TIME),
        ({"start": 5}, BAD_TIME),
        ({"start": None}, {"start": ["This field may not be null."]}),
        ({"rotation_start": "yesterday"}, BAD_TIME),
        ({"until": "9999-99-99T00:00:00"}, BAD_TIME),
        ({"duration": None}, {"duration": ["This field may not be null."]}),
        ({"duration": 0}, {"duration": ["Ensure this value is greater than or equal to 1."]}),
        ({"duration": -5}, {"duration": ["Ensure this value is greater than or equal to 1."]}),
        (
            {"duration": "soon"},
            {
                "duration": [
                    "Duration has wrong format. Use one of these formats instead: [DD] [HH:[MM:]]ss[.uuuuuu]."
                ]
            },
        ),
        ({"duration": 10**30}, {"duration": ["Ensure this value is less than or equal to 3155760000."]}),
        ({"frequency": None}, detail("Field 'frequency' is required for this on-call shift type")),
        ({"frequency": "yearly"}, detail("Invalid frequency type")),
        ({"week_start": None}, detail("Field 'week_start' is required for frequency type 'weekly'")),
        (
            {"week_start": "XX"},
            detail(
                "Invalid day format for week start field. Should be one of the following: "
                "'MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'"
            ),
        ),
        ({"interval": 0}, detail("Invalid value for interval")),
        ({"interval": -1}, detail("Invalid value for interval")),
        ({"interval": "often"}, {"interval": ["A valid integer is required."]}),
        (
            {"by_day": ["MONDAY"]},
            detail(
                "Invalid day value in by_day field. Valid values: 'MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'"
            ),
        ),
        ({"by_day": "MO"}, {"by_day": ['Expected a list of items but got type "str".']}),
        ({"by_month": [13]}, detail("Invalid month value in by_month field. Valid values: from 1 to 12")),
        ({"by_month": ["1"]}, detail("Invalid month value in by_month field. Valid values: from 1 to 12")),
        (
            {"by_monthday": [0]},
            detail(
                "Invalid monthday value in by_monthday field. Valid values: from 1 to 31 and from -31 to -1"
            ),
        ),
        ({"time_zone": "Mars/Base"}, {"time_zone": ["Invalid timezone"]}),
        ({"level": "high"}, {"level": ["A valid integer is required."]}),
        ({"team_id": unknown("team")}, {"team_id": ["Object does not exist"]}),
        ({"name": "x" * 256}, {"name": ["Ensure this field has no more than 255 characters."]}),
        ({"users": "everybody"}, {"users": ['Expected a list of items but got type "str".']}),
        (
            {"duration": "x", "level": "y"},
            {
                "duration": [
                    "Duration has wrong format. Use one of these formats instead: [DD] [HH:[MM:]]ss[.uuuuuu]."
                ],
                "level": ["A valid integer is required."],
            },
        ),
    ],
)
def test_what_cannot_be_is_refused_in_the_vendors_words_and_leaves_nothing(office, changes, refused):
    assert office.refusal("POST", "on_call_shifts", {**WEEKLY, **changes}) == (400, refused)
    assert office.list("on_call_shifts") == []


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        (
            {"start_rotation_from_user_index": None},
            detail("Field 'start_rotation_from_user_index' is required for this on-call shift type"),
        ),
        (
            {"by_monthday": [1]},
            detail(
                "Day limits are temporarily disabled for on-call shifts with type 'rolling_users' "
                "and frequency 'daily'"
            ),
        ),
        (
            {"by_day": ["MO", "TU"], "interval": 3},
            detail("Interval must be less than or equal to the number of selected days"),
        ),
        ({"rolling_users": "x"}, {"rolling_users": ['Expected a list of items but got type "str".']}),
        (
            {"rolling_users": [[REA_ID], [unknown("user")]]},
            {"rolling_users": {"1": [f"User does not exist {{'{unknown('user')}'}}"]}},
        ),
        (
            {"rolling_users": [REA_ID]},
            {"rolling_users": {"0": ['Expected a list of items but got type "str".']}},
        ),
        (
            {"start_rotation_from_user_index": -1},
            {"start_rotation_from_user_index": ["Ensure this value is greater than or equal to 0."]},
        ),
    ],
)
def test_rolling_users_have_sentences_of_their_own(office, changes, refused):
    assert office.refusal("POST", "on_call_shifts", {**ROLLING, **changes}) == (400, refused)


def test_a_missing_field_is_named(office):
    assert office.refusal("POST", "on_call_shifts", {}) == (
        400,
        {name: ["This field is required."] for name in ("type", "duration", "start")},
    )


def test_what_terraform_sends_is_taken(office):
    """Empty texts and nulls for what is not set."""
    body = {
        **SINGLE,
        "team_id": "",
        "time_zone": None,
        "by_day": None,
        "by_month": None,
        "by_monthday": None,
        "rolling_users": None,
        "interval": None,
        "source": 3,
    }

    made = office.post("on_call_shifts/", body)

    assert (made["team_id"], made["time_zone"]) == (None, None)
    assert office.post("on_call_shifts/", {**SINGLE, "users": None})["users"] == []


def test_unknown_users_vanish_and_a_large_index_is_kept(office):
    assert office.post("on_call_shifts", {**SINGLE, "users": [unknown("user"), REA_ID, "x"]})["users"] == [
        REA_ID
    ]
    made = office.post("on_call_shifts", {**ROLLING, "start_rotation_from_user_index": 99})
    assert made["start_rotation_from_user_index"] == 99


def test_a_change_leaves_what_it_does_not_name(office):
    made = office.post("on_call_shifts", WEEKLY)
    path = f"on_call_shifts/{made['id']}"

    assert office.put(path, {}) == made
    assert office.put(path, {"name": "Other", "by_day": []}) == {**made, "name": "Other", "by_day": None}
    changed = office.put(path, {"type": "single_event"})
    assert "frequency" not in changed
    status, said = office.refusal("PATCH", path, {"type": "rolling_users", "frequency": "daily"})
    assert (status, said) == (
        400,
        detail("Field 'start_rotation_from_user_index' is required for this on-call shift type"),
    )


def test_shifts_are_filtered_and_deleted(office):
    one, two = (
        office.post("on_call_shifts", {**SINGLE, "team_id": OPS_ID}),
        office.post("on_call_shifts", WEEKLY),
    )
    schedule = office.post(
        "schedules", {"type": "calendar", "name": "S", "time_zone": "UTC", "shifts": [two["id"]]}
    )

    def found(query):
        return [each["id"] for each in office.list(f"on_call_shifts{query}")]

    assert found("") == found("?x=1") == [one["id"], two["id"]]
    assert found("?name=Weekly") == [two["id"]]
    assert found(f"?team_id={OPS_ID}") == [one["id"]]
    assert found(f"?schedule_id={schedule['id']}") == [two["id"]]
    assert found(f"?schedule_id={unknown('schedule')}") == []
    office.delete(f"on_call_shifts/{two['id']}/")
    assert found("") == [one["id"]]
    assert office.get(f"schedules/{schedule['id']}")["shifts"] == []
    assert office.refusal("DELETE", f"on_call_shifts/{two['id']}") == (404, detail("Not found."))


def test_a_started_shift_of_a_web_schedule_ends_instead_and_the_past_stays_true(office):
    shift = office.post("on_call_shifts", {**ROLLING, "source": 0})
    later = office.post("on_call_shifts", {**ROLLING, "start": "2027-03-02T00:00:00", "source": 0})
    schedule = office.post("schedules", {"type": "web", "name": "S", "shifts": [shift["id"], later["id"]]})
    path = f"schedules/{schedule['id']}/final_shifts?start_date=2026-03-03&end_date=2026-03-09"
    before = office.get(path)["results"]

    office.delete(f"on_call_shifts/{shift['id']}")
    office.delete(f"on_call_shifts/{later['id']}")

    now = office.api.clock.now.strftime("%Y-%m-%dT%H:%M:%S")
    assert office.get(f"on_call_shifts/{shift['id']}")["until"] == now
    assert office.call("GET", f"on_call_shifts/{later['id']}").status_code == 404
    after = office.get(path)["results"]
    assert after[-1]["shift_end"] == f"{now}Z"
    assert after[:-1] == before[: len(after) - 1]
    assert office.get(f"schedules/{schedule['id']}")["on_call_now"] == []


@pytest.mark.parametrize(("who", "may"), [("admin", True), ("responder", True), ("viewer", False)])
def test_editors_write_shifts_and_viewers_read_them(office, who, may):
    assert office.call("POST", "on_call_shifts", SINGLE, as_=who).status_code == (201 if may else 403)
    assert office.call("GET", "on_call_shifts", as_=who).status_code == 200


def test_a_viewer_on_a_shift_counts_as_nobody(office):
    high = office.post("on_call_shifts", {**ROLLING, "rolling_users": [[VIC_ID]], "level": 9})
    low = office.post("on_call_shifts", ROLLING)
    made = office.post(
        "schedules",
        {"type": "calendar", "name": "S", "time_zone": "UTC", "shifts": [high["id"], low["id"]]},
    )

    assert made["on_call_now"] in ([REA_ID], [ADA_ID])
