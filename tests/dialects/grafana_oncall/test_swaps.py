"""Shift swaps: asked for, taken, and what that does to who is on call."""

import pytest

from grafana_office import ADA_ID, OLA_ID, REA_ID, unknown

SPAN = {"swap_start": "2026-03-07T00:00:00.000000Z", "swap_end": "2026-03-09T00:00:00.000000Z"}
BAD_TIME = (
    "Datetime has wrong format. Use one of these formats instead: "
    "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
)


def detail(sentence):
    return {"detail": sentence}


@pytest.fixture
def schedule(office):
    """A schedule on which Rea and Ada take turns of a day."""
    shift = office.post(
        "on_call_shifts",
        {
            "type": "rolling_users",
            "start": "2026-03-02T00:00:00",
            "duration": 86_400,
            "frequency": "daily",
            "rolling_users": [[REA_ID], [ADA_ID]],
            "start_rotation_from_user_index": 0,
        },
    )
    made = office.post(
        "schedules", {"type": "calendar", "name": "Primary", "time_zone": "UTC", "shifts": [shift["id"]]}
    )
    return made["id"]


@pytest.fixture
def swap(office, schedule):
    return office.post("shift_swaps", {**SPAN, "schedule": schedule, "beneficiary": REA_ID})


def duty(office, schedule):
    path = f"schedules/{schedule}/final_shifts?start_date=2026-03-06&end_date=2026-03-10"
    return [row["user_username"] for row in office.list(path)]


def test_a_swap_is_open_until_somebody_takes_it_over(office, schedule, swap):
    assert {
        name: swap[name] for name in swap if name not in ("id", "created_at", "updated_at", "shifts")
    } == {
        "status": "open",
        "schedule": schedule,
        **SPAN,
        "description": None,
        "beneficiary": REA_ID,
        "benefactor": None,
    }
    assert swap["id"].startswith("SSR")
    assert [(each["start"], each["users"][0]["pk"]) for each in swap["shifts"]] == [
        ("2026-03-08T00:00:00.000000Z", REA_ID)
    ]
    assert duty(office, schedule) == ["Rea", "Ada", "Rea", "Ada"]

    taken = office.post(f"shift_swaps/{swap['id']}/take/", {"benefactor": OLA_ID}, status=200)

    assert (taken["status"], taken["benefactor"]) == ("taken", OLA_ID)
    assert duty(office, schedule) == ["Rea", "Ada", "Ola", "Ada"]
    assert office.get(f"shift_swaps/{swap['id']}") == taken


def test_a_swap_that_is_taken_back_never_was(office, schedule, swap):
    office.post(f"shift_swaps/{swap['id']}/take", {"benefactor": OLA_ID}, status=200)

    office.delete(f"shift_swaps/{swap['id']}")

    assert duty(office, schedule) == ["Rea", "Ada", "Rea", "Ada"]
    assert office.refusal("GET", f"shift_swaps/{swap['id']}") == (404, detail("Not found."))


def test_a_swap_that_nobody_takes_is_past_due(office, swap):
    office.api.clock.pass_time(days=2)

    assert office.get(f"shift_swaps/{swap['id']}")["status"] == "past_due"
    assert office.refusal("POST", f"shift_swaps/{swap['id']}/take", {"benefactor": ADA_ID}) == (
        400,
        detail("The shift swap request is not in a state which allows it to be taken"),
    )


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({}, detail("benefactor user ID is required")),
        ({"benefactor": unknown("user")}, detail("Invalid benefactor user ID")),
        ({"benefactor": 5}, detail("Invalid benefactor user ID")),
        (
            {"benefactor": REA_ID},
            detail("A shift swap request cannot be created and taken by the same user"),
        ),
    ],
)
def test_who_cannot_take_it_is_told_why(office, swap, body, refused):
    assert office.refusal("POST", f"shift_swaps/{swap['id']}/take", body) == (400, refused)
    assert office.get(f"shift_swaps/{swap['id']}") == swap


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"beneficiary": None}, detail("beneficiary user ID is required")),
        ({"beneficiary": unknown("user")}, detail("Invalid beneficiary user ID")),
        ({"schedule": None}, {"schedule": ["This field may not be null."]}),
        ({"schedule": unknown("schedule")}, {"schedule": ["Object does not exist"]}),
        ({"swap_start": "2026-03-07T00:00:00"}, {"swap_start": [BAD_TIME]}),
        ({"swap_end": "tomorrow"}, {"swap_end": [BAD_TIME]}),
        ({"swap_end": 5}, {"swap_end": [BAD_TIME]}),
        (
            {"swap_start": "2026-03-06T08:00:00Z"},
            {"non_field_errors": ["swap_start must be a datetime in the future"]},
        ),
        (
            {"swap_end": "2026-03-07T00:00:00Z"},
            {"non_field_errors": ["swap_end must occur after swap_start"]},
        ),
        (
            {"description": "x" * 3_001},
            {"description": ["Ensure this field has no more than 3000 characters."]},
        ),
    ],
)
def test_a_swap_that_cannot_be_is_refused_and_not_there(office, schedule, changes, refused):
    body = {**SPAN, "schedule": schedule, "beneficiary": REA_ID, **changes}

    assert office.refusal("POST", "shift_swaps", body) == (400, refused)
    assert office.list("shift_swaps?starting_after=2026-01-01T00:00:00Z") == []


def test_swaps_are_changed_listed_and_filtered(office, schedule, swap):
    other = office.post(
        "shift_swaps",
        {
            "schedule": schedule,
            "swap_start": "2026-03-06T10:00:00+00:00",
            "swap_end": "2026-03-06T11:00:00+00:00",
            "beneficiary": ADA_ID,
            "description": "a walk",
        },
    )
    office.post(f"shift_swaps/{other['id']}/take", {"benefactor": REA_ID}, status=200)
    path = f"shift_swaps/{swap['id']}"

    def found(query=""):
        return [each["id"] for each in office.list(f"shift_swaps{query}")]

    assert office.put(path, {"description": "please"})["description"] == "please"
    assert found() == [other["id"], swap["id"]]
    assert all("shifts" not in each for each in office.list("shift_swaps"))
    assert found("?open_only=true") == found(f"?beneficiary={REA_ID}") == [swap["id"]]
    assert found(f"?benefactor={REA_ID}") == [other["id"]]
    assert found(f"?schedule_id={unknown('schedule')}") == []
    assert office.list("shift_swaps?expand_users=true")[0]["beneficiary"]["username"] == "Ada"
    office.api.clock.pass_time(hours=2)
    assert found() == [swap["id"]]
    assert found("?starting_after=2026-03-06T00:00:00Z") == [other["id"], swap["id"]]
    assert office.refusal("GET", "shift_swaps?starting_after=x") == (400, {"starting_after": [BAD_TIME]})


def test_viewers_ask_for_nothing(office, schedule):
    body = {**SPAN, "schedule": schedule, "beneficiary": REA_ID}

    assert office.call("POST", "shift_swaps", body, as_="viewer").status_code == 403
