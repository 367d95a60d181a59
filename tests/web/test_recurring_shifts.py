"""Recurring shifts: made of every kind, put on schedules, changed after a look at whose duty changes."""

import pytest

from api_world import ADA, OLA, REA
from tocsin.core.spelling import native
from web_office import filled_in, save_after_a_look, text_of

ADA_ID, REA_ID, OLA_ID = (native("user", each.id) for each in (ADA, REA, OLA))
NEW = "/recurring-shifts/new"
START = "2026-03-02T09:00:00"


@pytest.fixture
def responder(browser):
    browser.sign_in("responder")
    return browser


@pytest.fixture
def schedule(responder) -> str:
    return responder.api.post("/schedules", {"name": "Primary", "time_zone": "Europe/Berlin"})["id"]


def shifts(browser):
    return {each["name"]: each for each in browser.api.get("/recurring-shifts")["recurring_shifts"]}


def made(browser, *schedules: str, **more) -> str:
    """Make a weekly shift of Ada and Rea in turn by the API; give the page of its form."""
    rule = {"frequency": "weekly", "by_day": ["MO", "TU"]}
    body = {"name": "Weekly", "start": START, "duration_s": 28_800, "rule": rule, "in_turn": True}
    shift = browser.api.post("/recurring-shifts", body | {"groups": [[ADA_ID], [REA_ID]]} | more)["id"]
    for each in schedules:
        change = {"recurring_shift_ids": [shift]}
        assert browser.api.call("PATCH", f"/schedules/{each}", change).status_code == 200
    return f"/recurring-shifts/{shift}/edit"


def save(browser, path, form):
    return save_after_a_look(browser, path, form, to="/recurring-shifts?said=saved")


KINDS = [
    (
        {"rule.frequency": "", "in_turn": "", "groups.0.people": [ADA_ID, REA_ID]},
        {"rule": None, "in_turn": False, "groups": [[ADA_ID, REA_ID]], "duration_s": 28_800},
    ),
    (
        {"rule.frequency": "monthly", "rule.by_numbered_day": "1mo, -1FR", "in_turn": "", "level": "3"},
        {"rule": {"frequency": "monthly", "by_day": ["1MO", "-1FR"]}, "level": 3},
    ),
    (
        {"rule.frequency": "weekly", "rule.interval": "2", "rule.by_day": ["MO", "FR"], "first_group": "2"},
        {"rule": {"frequency": "weekly", "interval": 2, "by_day": ["MO", "FR"]}, "first_group": 1},
    ),
    (
        {"rule.frequency": "yearly", "rule.by_month": ["1", "12"], "rule.by_month_day": "1, -1"},
        {"rule": {"frequency": "yearly", "by_month": [1, 12], "by_month_day": [1, -1]}},
    ),
    (
        {"rule.frequency": "daily", "rule.by_hour": "9, 17", "rule.by_minute": "0, 30", "duration": "30m"},
        {"rule": {"frequency": "daily", "by_hour": [9, 17], "by_minute": [0, 30]}, "duration_s": 1_800},
    ),
    (
        {"rule.frequency": "hourly", "rule.until": "2026-04-01T09:00", "duration": "10m"},
        {"rule": {"frequency": "hourly", "until": "2026-04-01T09:00:00"}, "duration_s": 600},
    ),
    (
        {"override": "on", "rotation_start": "2026-03-09T00:00", "cut": "on", "time_zone": "Asia/Tokyo"},
        {"override": True, "rotation_start": "2026-03-09T00:00:00", "cut": True, "time_zone": "Asia/Tokyo"},
    ),
    ({"ends_at": "2026-06-01T09:00"}, {"ends_at": "2026-06-01T09:00:00Z"}),
]


@pytest.mark.parametrize(("typed", "kept"), KINDS)
def test_a_shift_of_each_kind_is_made_and_put_on_a_schedule(responder, schedule, typed, kept):
    page = f"{NEW}?schedule={schedule}"
    form = filled_in(responder.look(page)) | {"name": "Mine", "start": "2026-03-02T09:00"}
    form |= {"groups.0.people": [ADA_ID]} | typed

    save(responder, NEW, form)

    shift = shifts(responder)["Mine"]
    assert (shift["start"], shift["groups"][0][0]) == (START, ADA_ID)
    for name, value in kept.items():
        found = shift[name]
        if isinstance(value, dict):
            found = {each: found[each] for each in value}
        assert found == value
    assert responder.api.get(f"/schedules/{schedule}")["recurring_shift_ids"] == [shift["id"]]


def test_groups_are_added_put_in_order_and_taken_away(responder):
    page = made(responder)
    form = filled_in(responder.look(page))
    for button in ("add:groups", "up:groups.2", "remove:groups.0"):
        form = filled_in(responder.request("POST", page, form | {"do": button}).text)
        if button == "add:groups":
            form["groups.2.people"] = [OLA_ID]

    words = save(responder, page, form)

    assert "in turn 1. Ada 1. Ola 2. Rea" in words
    assert shifts(responder)["Weekly"]["groups"] == [[OLA_ID], [REA_ID]]


def test_whose_duty_changes_is_shown_for_each_schedule_before_it_is_saved(responder, schedule):
    page = made(responder, schedule)
    other = responder.api.post("/schedules", {"name": "Secondary"})["id"]
    form = filled_in(responder.look(page)) | {"groups.1.people": [OLA_ID], "schedules": [schedule, other]}

    shown = responder.request("POST", page, form)

    words = text_of(shown.text)
    assert "1. Ada 2. Rea 2. Ola" in words
    assert 'aria-label="What changes on Primary"' in shown.text
    assert "Ola on call instead of Rea" in words
    assert 'aria-label="What changes on Secondary"' in shown.text
    assert shifts(responder)["Weekly"]["groups"] == [[ADA_ID], [REA_ID]]
    assert responder.request("POST", page, filled_in(shown.text)).status_code == 303
    shift = shifts(responder)["Weekly"]
    assert shift["groups"] == [[ADA_ID], [OLA_ID]]
    assert responder.api.get(f"/schedules/{other}")["recurring_shift_ids"] == [shift["id"]]


def test_a_shift_is_taken_off_a_schedule(responder, schedule):
    page = made(responder, schedule)

    words = save(responder, page, filled_in(responder.look(page)) | {"schedules": ""})

    assert "Ada no longer on call" in words
    assert responder.api.get(f"/schedules/{schedule}")["recurring_shift_ids"] == []


@pytest.mark.parametrize(
    ("typed", "name", "words"),
    [
        ({"start": ""}, "start", "Say when it begins"),
        ({"start": "soon"}, "start", "must be a date and a time of day"),
        ({"start": "2026-03-02T09:00Z"}, "start", "must be as the clock on the wall shows it"),
        ({"start": "1066-10-14T09:00"}, "start", "must lie between 1970 and 2200"),
        ({"duration": "long"}, "duration", "must be like 30s"),
        ({"duration": "0m"}, "duration", "must be 1 to"),
        ({"duration": "999d"}, "duration", "must be 1 to"),
        ({"rule.frequency": "now and then"}, "rule.frequency", "Choose one of these"),
        ({"rule.interval": "0"}, "rule.interval", "must be 1 to"),
        ({"rule.interval": "two"}, "rule.interval", "must be whole numbers"),
        ({"rule.by_month": ["13"]}, "rule.by_month", "must be 1 to 12"),
        ({"rule.by_month_day": "0"}, "rule.by_month_day", "must be -31 to 31"),
        ({"rule.by_numbered_day": "77MO", "rule.by_day": []}, "rule", "must be MO to SU"),
        ({"rule.until": "x"}, "rule.until", "must be a date and a time of day"),
        ({"rule.week_start": "X"}, "rule.week_start", "Choose one of these"),
        ({"groups.0.people": ["usr_00000000000z"]}, "groups.0.people", "must be a user that is here"),
        ({"in_turn": ""}, "groups", "must have one unless in turn"),
        ({"first_group": "x"}, "first_group", "must be whole numbers"),
        ({"level": "99999999999"}, "level", "must be whole numbers"),
        ({"time_zone": "Mars"}, "time_zone", "which is no time zone"),
        ({"team": "team_00000000000z"}, "team", "must be a team that is here"),
        ({"schedules": "sch_00000000000z"}, "schedules", "must be a schedule that is here"),
        ({"ends_at": "1969-01-01T00:00"}, "ends_at", "must lie between"),
        ({"name": "x" * 256}, "name", "256"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(responder, typed, name, words):
    page = made(responder)

    answer = responder.request(
        "POST", page, filled_in(responder.look(page)) | {"rotation_start": START} | typed
    )

    assert answer.status_code == 400
    assert words in text_of(answer.text)
    assert f'id="e-{name}"' in answer.text, name
    assert filled_in(answer.text)["rotation_start"] == [START]


def test_whoever_saves_second_is_told_what_the_first_changed(responder, schedule):
    page = made(responder)
    mine = filled_in(responder.look(page)) | {"name": "Mine"}
    shift = shifts(responder)["Weekly"]["id"]
    responder.api.call("PATCH", f"/schedules/{schedule}", {"recurring_shift_ids": [shift]})

    told = responder.request("POST", page, mine)

    assert told.status_code == 409
    assert "Part of Primary" in text_of(told.text)
    both = filled_in(told.text)
    assert (both["name"], both["schedules"]) == (["Mine"], [schedule, ""])


def test_the_list_says_when_each_comes_who_has_it_and_where_it_counts(responder, schedule):
    made(responder, schedule)
    made(responder, name="Spare", override=True)

    words = text_of(responder.look("/recurring-shifts"))

    assert "Weekly Weekly on Mon and Tue, 09:00 for 8 hours: Ada → Rea Primary" in words
    assert "Spare over everything" in words
    assert "on no schedule" in words


def test_a_shift_is_deleted_from_every_schedule(responder, schedule):
    page = made(responder, schedule)
    assert "Its duty is gone from every schedule" in text_of(responder.look(page))

    answer = responder.request("POST", page.replace("/edit", "/delete"))

    assert answer.headers["location"] == "/recurring-shifts?said=deleted"
    assert shifts(responder) == {}
    assert responder.api.get(f"/schedules/{schedule}")["recurring_shift_ids"] == []


RICH = {
    "name": "All that there is",
    "start": "2026-03-02T09:00:30",
    "duration_s": 3_601,
    "rule": {
        "frequency": "monthly",
        "interval": 2,
        "by_day": ["1MO", "FR", "-1SU", "MO"],
        "by_month": [12, 1],
        "by_month_day": [15, -1],
        "by_year_day": [-1],
        "by_hour": [17, 9],
        "by_minute": [30],
        "by_position": [-1, 1],
        "week_start": "SU",
        "until": "2030-01-01T00:00:01",
    },
    "groups": [[REA_ID, ADA_ID], [], [OLA_ID]],
    "in_turn": True,
    "first_group": 2,
    "rotation_start": "2026-03-09T00:00:00",
    "cut": True,
    "ends_at": "2029-12-31T23:59:59Z",
    "level": -3,
    "override": True,
    "time_zone": "Asia/Tokyo",
}


def test_a_shift_that_is_saved_as_it_is_stays_as_it_is(responder, schedule):
    page = made(responder, schedule, **RICH)
    was = shifts(responder)["All that there is"]

    answer = responder.request("POST", page, filled_in(responder.look(page)))

    assert answer.status_code == 303, text_of(answer.text)
    assert shifts(responder)["All that there is"] == was


def test_a_viewer_sees_the_shifts_and_changes_none(browser, responder, schedule):
    page = made(responder, schedule)
    browser.cookies.clear()
    browser.sign_in("viewer")

    assert "New recurring shift" not in browser.look("/recurring-shifts") + browser.look(
        f"/schedules/{schedule}"
    )
    assert browser.request("POST", page, {"name": "Mine"}).status_code == 403
