"""Who is on call, by every rule that the API has for it, and how it is told."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from datadog_office import ANA, BEN, UNKNOWN, Office, by_type, crowd, layer, refusal
from tocsin.core.spelling import to_uuid

CLO, DAN = (to_uuid(each) for each in list(crowd())[:2])
NAMES = {ANA: "Ana", BEN: "Ben", CLO: "Clo", DAN: "Dan"}
NEW_YORK = "America/New_York"
OFFICE_HOURS = {"start_day": "monday", "start_time": "09:00:00", "end_day": "friday", "end_time": "17:00:00"}


def turns(*people: str | None) -> list[dict]:
    return [{} if each is None else {"user": {"id": each}} for each in people]


def rota(*people: str | None, **changes) -> dict:
    """Make a layer of *people* from the first of March 2026, a day each from nine o'clock on."""
    return layer(members=turns(*people)) | changes


def shift_at(office: Office, schedule: str, at: str | None = None) -> dict | None:
    params = {} if at is None else {"filter[at_ts]": at}
    return office.get(f"/schedules/{schedule}/on-call", params=params)["data"]


def told(shift: dict | None) -> tuple[str, str, str] | None:
    """Say a shift in short: who, from when, until when."""
    if shift is None:
        return None
    times = shift["attributes"]
    return NAMES[shift["relationships"]["user"]["data"]["id"]], times["start"], times["end"]


DAILY = [rota(ANA, BEN, CLO)]
LATE = [rota(ANA, BEN, effective_date="2026-03-02T12:00:00Z", end_date="2026-03-05T12:00:00Z")]
EARLY = [rota(ANA, BEN, CLO, rotation_start="2026-03-10T09:00:00Z")]
HOURS = [rota(ANA, restrictions=[OFFICE_HOURS], interval={"days": 7})]
OVER_SUNDAY = OFFICE_HOURS | {"start_day": "saturday", "end_day": "monday"}
WHOLE_WEEK = OFFICE_HOURS | {"end_day": "monday", "end_time": "09:00:00"}
WEEKLY_HOURS = [OFFICE_HOURS | {"end_day": "monday"}, OFFICE_HOURS | {"start_day": "wednesday"}]
COVERED = [
    rota(ANA, name="always"),
    rota(BEN, name="office", restrictions=[OFFICE_HOURS]),
    rota(None, CLO, name="odd days"),
]

RULES = [
    # 1: a layer applies from its effective date on, and not at its end.
    (LATE, "2026-03-02T11:59:59Z", None),
    (LATE, "2026-03-02T12:00:00Z", ("Ben", "2026-03-02T12:00:00Z", "2026-03-03T09:00:00Z")),
    (LATE, "2026-03-05T11:59:59Z", ("Ana", "2026-03-05T09:00:00Z", "2026-03-05T12:00:00Z")),
    (LATE, "2026-03-05T12:00:00Z", None),
    # 2: turns are counted from the start of the rotation, in both directions.
    (DAILY, "2026-03-01T09:00:00Z", ("Ana", "2026-03-01T09:00:00Z", "2026-03-02T09:00:00Z")),
    (DAILY, "2026-03-02T09:00:00Z", ("Ben", "2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z")),
    (DAILY, "2026-03-04T08:59:59Z", ("Clo", "2026-03-03T09:00:00Z", "2026-03-04T09:00:00Z")),
    (DAILY, "2026-03-04T09:00:00Z", ("Ana", "2026-03-04T09:00:00Z", "2026-03-05T09:00:00Z")),
    (DAILY, "2026-03-01T08:59:59Z", ("Clo", "2026-03-01T00:00:00Z", "2026-03-01T09:00:00Z")),
    (EARLY, "2026-03-10T08:00:00Z", ("Clo", "2026-03-09T09:00:00Z", "2026-03-10T09:00:00Z")),
    (EARLY, "2026-03-09T08:00:00Z", ("Ben", "2026-03-08T09:00:00Z", "2026-03-09T09:00:00Z")),
    # 2: a turn of one is followed by a turn of the same, which is another shift.
    ([rota(ANA)], "2026-03-05T10:00:00Z", ("Ana", "2026-03-05T09:00:00Z", "2026-03-06T09:00:00Z")),
    # 4: windows are unbroken spans of the week; their start is in, their end is out.
    (HOURS, "2026-03-02T08:59:59Z", None),
    (HOURS, "2026-03-02T09:00:00Z", ("Ana", "2026-03-02T09:00:00Z", "2026-03-06T17:00:00Z")),
    (HOURS, "2026-03-04T03:00:00Z", ("Ana", "2026-03-02T09:00:00Z", "2026-03-06T17:00:00Z")),
    (HOURS, "2026-03-06T17:00:00Z", None),
    (
        [rota(ANA, restrictions=[OVER_SUNDAY], interval={"days": 7})],
        "2026-03-08T12:00:00Z",
        ("Ana", "2026-03-08T09:00:00Z", "2026-03-09T17:00:00Z"),
    ),
    ([rota(ANA, restrictions=[OVER_SUNDAY])], "2026-03-06T12:00:00Z", None),
    (
        [rota(ANA, restrictions=[WHOLE_WEEK])],
        "2026-03-07T12:00:00Z",
        ("Ana", "2026-03-07T09:00:00Z", "2026-03-08T09:00:00Z"),
    ),
    ([rota(ANA, restrictions=WEEKLY_HOURS)], "2026-03-03T12:00:00Z", None),
    (
        [rota(ANA, restrictions=WEEKLY_HOURS, interval={"days": 7})],
        "2026-03-05T12:00:00Z",
        ("Ana", "2026-03-04T09:00:00Z", "2026-03-06T17:00:00Z"),
    ),
    # 5: the last layer that has somebody decides; a turn of no-one lets the ones above be seen.
    (COVERED, "2026-03-07T12:00:00Z", ("Ana", "2026-03-07T09:00:00Z", "2026-03-08T09:00:00Z")),
    (COVERED, "2026-03-05T12:00:00Z", ("Ben", "2026-03-05T09:00:00Z", "2026-03-06T09:00:00Z")),
    (COVERED, "2026-03-06T12:00:00Z", ("Clo", "2026-03-06T09:00:00Z", "2026-03-07T09:00:00Z")),
    ([rota(None)], "2026-03-06T12:00:00Z", None),
    # 6: a shift ends where a layer that covers it begins, and begins where that ends.
    (
        [rota(ANA, interval={"days": 7}), rota(BEN, name="office", restrictions=[OFFICE_HOURS])],
        "2026-03-07T12:00:00Z",
        ("Ana", "2026-03-06T17:00:00Z", "2026-03-08T09:00:00Z"),
    ),
    (
        [rota(ANA, interval={"days": 30}), rota(BEN, name="b", effective_date="2026-03-10T12:00:00Z")],
        "2026-03-05T12:00:00Z",
        ("Ana", "2026-03-01T09:00:00Z", "2026-03-10T12:00:00Z"),
    ),
]


@pytest.mark.parametrize(("layers", "at", "who"), RULES)
def test_who_is_on_call_at_an_instant_and_since_and_until_when(office, layers, at, who):
    assert told(shift_at(office, office.schedule(*layers), at)) == who


SPRING = [
    # 3: days are days of the wall clock, on the ones that have 23 hours as well; seconds are elapsed ones.
    ({"days": 1}, "2026-03-08T08:00:00Z", "2026-03-07T09:00:00-05:00", "2026-03-08T09:00:00-04:00"),
    ({"days": 1}, "2026-03-08T13:00:00Z", "2026-03-08T09:00:00-04:00", "2026-03-09T09:00:00-04:00"),
    ({"seconds": 86_400}, "2026-03-08T08:00:00Z", "2026-03-07T09:00:00-05:00", "2026-03-08T10:00:00-04:00"),
    ({"days": 7}, "2026-03-08T08:00:00Z", "2026-03-07T09:00:00-05:00", "2026-03-14T09:00:00-04:00"),
    (
        {"days": 1, "seconds": 3600},
        "2026-03-08T14:30:00Z",
        "2026-03-08T10:00:00-04:00",
        "2026-03-09T11:00:00-04:00",
    ),
]


@pytest.mark.parametrize(("interval", "at", "start", "end"), SPRING)
def test_a_hand_over_stays_at_its_time_of_day_when_the_clock_is_set_forward(office, interval, at, start, end):
    begins = {"effective_date": "2026-03-07T14:00:00Z", "rotation_start": "2026-03-07T14:00:00Z"}
    identifier = office.schedule(rota(ANA, interval=interval, **begins), time_zone=NEW_YORK)

    assert told(shift_at(office, identifier, at)) == ("Ana", start, end)


@pytest.mark.parametrize(
    ("rotation_start", "day", "start"),
    [
        ("2026-03-07T02:30:00-05:00", "2026-03-08", "2026-03-08T03:30:00-04:00"),  # there is no 02:30
        ("2026-03-07T02:30:00-05:00", "2026-03-09", "2026-03-09T02:30:00-04:00"),
        ("2026-10-31T01:30:00-04:00", "2026-11-01", "2026-11-01T01:30:00-04:00"),  # there are two
        ("2026-10-31T01:30:00-04:00", "2026-11-02", "2026-11-02T01:30:00-05:00"),
    ],
)
def test_a_hand_over_in_a_missing_hour_comes_after_it_and_in_a_repeated_one_once(
    office, rotation_start, day, start
):
    identifier = office.schedule(
        rota(ANA, effective_date="2026-01-01T00:00:00Z", rotation_start=rotation_start), time_zone=NEW_YORK
    )

    assert told(shift_at(office, identifier, f"{day}T12:00:00Z"))[1] == start


@pytest.mark.parametrize(
    ("at", "start", "end"),
    [
        ("2026-03-08T07:30:00Z", "2026-03-08T01:00:00-05:00", "2026-03-08T05:00:00-04:00"),  # 3 hours
        ("2026-11-01T07:30:00Z", "2026-11-01T01:00:00-04:00", "2026-11-01T05:00:00-05:00"),  # 5 hours
    ],
)
def test_a_window_over_a_clock_change_is_as_long_as_the_clock_shows(office, at, start, end):
    window = {"start_day": "sunday", "start_time": "01:00:00", "end_day": "sunday", "end_time": "05:00:00"}
    identifier = office.schedule(rota(ANA, restrictions=[window], interval={"days": 100}), time_zone=NEW_YORK)

    assert told(shift_at(office, identifier, at)) == ("Ana", start, end)


def test_a_layer_has_its_own_zone_if_it_says_so_and_shifts_are_told_in_it(office):
    tokyo = {"start_day": "monday", "start_time": "09:00:00", "end_day": "monday", "end_time": "17:00:00"}
    identifier = office.schedule(
        rota(ANA, interval={"days": 7}),
        rota(BEN, name="Tokyo", time_zone="Asia/Tokyo", restrictions=[tokyo], interval={"days": 7}),
        time_zone=NEW_YORK,
    )

    there = shift_at(office, identifier, "2026-03-09T03:00:00Z")
    here = shift_at(office, identifier, "2026-03-09T12:00:00Z")

    assert told(there) == ("Ben", "2026-03-09T09:00:00+09:00", "2026-03-09T17:00:00+09:00")
    assert told(here) == ("Ana", "2026-03-09T04:00:00-04:00", "2026-03-15T04:00:00-04:00")


def test_a_deactivated_user_keeps_their_turns(office):
    identifier = office.schedule(rota(CLO))
    path = f"/users/{CLO}"
    office.api.call("DELETE", path, as_="owner").raise_for_status()

    answer = office.get(f"/schedules/{identifier}/on-call?include=user")

    assert answer["included"][0]["attributes"]["status"] == "deactivated"
    assert answer["data"]["relationships"]["user"]["data"]["id"] == CLO


# --- on-call --------------------------------------------------------------------------------------------


def test_a_shift_has_the_recorded_form(office):
    start = "2026-03-06T03:33:53.520152Z"
    identifier = office.schedule(
        rota(ANA, effective_date=start, rotation_start="2026-03-05T09:00:00Z"), time_zone=NEW_YORK
    )

    answer = office.get(f"/schedules/{identifier}/on-call?include=user&filter[at_ts]=2026-03-06T04:00:00Z")

    assert answer == {
        "data": {
            "id": f"{ANA}-2026-03-05T22:33:53-05:00-2026-03-06T04:00:00-05:00",
            "type": "shifts",
            "attributes": {"start": "2026-03-05T22:33:53.520152-05:00", "end": "2026-03-06T04:00:00-05:00"},
            "relationships": {"user": {"data": {"id": ANA, "type": "users"}}},
        },
        "included": [
            {
                "id": ANA,
                "type": "users",
                "attributes": {"email": "rea@example.org", "name": "Rea", "status": "active"},
            }
        ],
    }


def test_now_is_asked_about_unless_an_instant_is(office):
    identifier = office.schedule(rota(ANA, BEN))
    told_now = told(shift_at(office, identifier))
    office.api.clock.pass_time(days=1)

    assert told_now == ("Ben", "2026-03-06T09:00:00Z", "2026-03-07T09:00:00Z")
    assert told(shift_at(office, identifier)) == ("Ana", "2026-03-07T09:00:00Z", "2026-03-08T09:00:00Z")


def test_nobody_on_call_is_null(office):
    identifier = office.schedule(rota(None))

    assert office.get(f"/schedules/{identifier}/on-call") == {"data": None}
    assert office.get(f"/schedules/{identifier}/on-call?include=user") == {"data": None, "included": []}


@pytest.mark.parametrize("under", ["on-call", "responders"])
def test_an_instant_may_have_any_offset_and_a_plus_that_was_not_encoded(office, under):
    path = f"/schedules/{office.schedule()}/{under}?filter[at_ts]="
    wanted = office.get(f"{path}2026-03-06T08:00:00Z")

    for text in ("2026-03-06T09:00:00%2B01:00", "2026-03-06T09:00:00+01:00", "2026-03-06T08:00:00.000Z"):
        assert office.get(path + text) == wanted


@pytest.mark.parametrize(
    "query",
    [
        "filter[at_ts]=",
        "filter[at_ts]=now",
        "filter[at_ts]=2026-03-06T09:00:00",
        "filter[at_ts]=1772787600",
        "filter[at_ts]=2026-03-06",
        "filter[at_ts]=2026-03-06T09:00:00Z&filter[at_ts]=2026-03-06T09:00:00Z",
        "filter[at_ts]=0001-01-01T00:00:00Z",
        "include=users",
        "include=user.team",
    ],
)
def test_what_cannot_be_asked_is_refused(office, query):
    path = f"/schedules/{office.schedule()}"

    for under in ("on-call", "responders"):
        answer = office.call("GET", f"{path}/{under}?{query}")
        assert answer.status_code == 400
        assert f'attribute "{query.partition("=")[0]}"' in refusal(answer)


@pytest.mark.parametrize("at", ["0001-01-02T00:00:00Z", "1900-01-01T00:00:00Z", "9999-12-30T00:00:00Z"])
def test_the_ends_of_time_can_be_asked_about(office, at):
    ever = rota(ANA, effective_date="0001-01-02T00:00:00Z", rotation_start="0001-01-02T00:00:00Z")
    identifier = office.schedule(ever, time_zone="Asia/Tokyo")

    assert shift_at(office, identifier, at)["relationships"]["user"]["data"]["id"] == ANA
    every = "filter[position]=previous,current,next&include=responders.shifts"
    assert office.get(f"/schedules/{identifier}/responders?filter[at_ts]={at}&{every}")


# --- responders -----------------------------------------------------------------------------------------


def test_responders_have_the_recorded_form(office):
    identifier = office.schedule(rota(ANA, BEN))
    every = "schedule,responders,responders.shifts,responders.shifts.user"

    answer = office.get(f"/schedules/{identifier}/responders?include={every}")

    lookup, shift = f"{identifier}-1772787600", f"{BEN}-2026-03-06T09:00:00Z-2026-03-07T09:00:00Z"
    assert answer["data"] == {
        "id": lookup,
        "type": "schedule_oncall_responders",
        "attributes": {"scheduled_at": "2026-03-06T09:00:00Z"},
        "relationships": {
            "responders": {"data": [{"id": f"{lookup}-current", "type": "schedule_oncall_responder"}]},
            "schedule": {"data": {"id": identifier, "type": "schedules"}},
        },
    }
    found = by_type(answer)
    assert found["schedules"] == [office.get(f"/schedules/{identifier}")["data"]]
    assert found["schedule_oncall_responder"] == [
        {
            "id": f"{lookup}-current",
            "type": "schedule_oncall_responder",
            "attributes": {"position": "current"},
            "relationships": {"shifts": {"data": [{"id": shift, "type": "shifts"}]}},
        }
    ]
    assert found["shifts"] == [shift_at(office, identifier)]
    assert [each["id"] for each in found["users"]] == [BEN]


@pytest.mark.parametrize(
    ("include", "types"),
    [
        ("schedule", {"schedules"}),
        ("responders", {"schedule_oncall_responder"}),
        ("responders.shifts", {"schedule_oncall_responder", "shifts"}),
        ("responders.shifts.user", {"schedule_oncall_responder", "shifts", "users"}),
        ("responders.shifts.user,schedule", {"schedule_oncall_responder", "shifts", "users", "schedules"}),
    ],
)
def test_each_path_brings_what_lies_along_it(office, include, types):
    identifier = office.schedule(rota(ANA))
    positions = "filter[position]=previous,current,next"

    answer = office.get(f"/schedules/{identifier}/responders?{positions}&include={include}")

    assert set(by_type(answer)) == types
    assert "included" not in office.get(f"/schedules/{identifier}/responders?{positions}")


def held(office: Office, identifier: str, position: str, at: str) -> list[tuple[str, tuple[str, str, str]]]:
    params = {"filter[position]": position, "filter[at_ts]": at, "include": "responders.shifts"}
    answer = office.get(f"/schedules/{identifier}/responders", params=params)
    shifts = {each["id"]: each for each in by_type(answer).get("shifts", ())}
    groups = {each["id"]: each for each in by_type(answer).get("schedule_oncall_responder", ())}
    told_of = []
    for one in answer["data"]["relationships"]["responders"]["data"]:
        group = groups[one["id"]]
        (shift,) = group["relationships"]["shifts"]["data"]
        told_of.append((group["attributes"]["position"], told(shifts[shift["id"]])))
    return told_of


ANA_S = ("Ana", "2026-03-05T09:00:00Z", "2026-03-06T09:00:00Z")
BEN_S = ("Ben", "2026-03-06T09:00:00Z", "2026-03-07T09:00:00Z")
CLO_S = ("Clo", "2026-03-07T09:00:00Z", "2026-03-08T09:00:00Z")
OFFICE_1 = ("Ana", "2026-03-02T09:00:00Z", "2026-03-06T17:00:00Z")
OFFICE_2 = ("Ana", "2026-03-09T09:00:00Z", "2026-03-13T17:00:00Z")
THREE = [rota(ANA, BEN, CLO, rotation_start="2026-03-05T09:00:00Z", effective_date="2026-03-05T09:00:00Z")]

POSITIONS = [
    (THREE, "current", "2026-03-06T10:00:00Z", [("current", BEN_S)]),
    (THREE, "next", "2026-03-06T10:00:00Z", [("next", CLO_S)]),
    (THREE, "previous", "2026-03-06T10:00:00Z", [("previous", ANA_S)]),
    (THREE, "previous", "2026-03-05T10:00:00Z", []),
    (
        THREE,
        "previous,current,next",
        "2026-03-06T09:00:00Z",
        [("previous", ANA_S), ("current", BEN_S), ("next", CLO_S)],
    ),
    (THREE, "next, current,next", "2026-03-06T10:00:00Z", [("next", CLO_S), ("current", BEN_S)]),
    (HOURS, "previous,current,next", "2026-03-07T12:00:00Z", [("previous", OFFICE_1), ("next", OFFICE_2)]),
    (HOURS, "current,next", "2026-03-04T12:00:00Z", [("current", OFFICE_1), ("next", OFFICE_2)]),
    (HOURS, "previous", "2026-03-06T17:00:00Z", [("previous", OFFICE_1)]),
    ([rota(None)], "previous,current,next", "2026-03-06T10:00:00Z", []),
]


@pytest.mark.parametrize(("layers", "position", "at", "who"), POSITIONS)
def test_positions_are_seen_from_the_instant_and_those_that_nobody_holds_are_left_out(
    office, layers, position, at, who
):
    assert held(office, office.schedule(*layers), position, at) == who


def test_the_same_person_before_now_and_after_comes_along_once(office):
    identifier = office.schedule(rota(ANA))
    params = {"filter[position]": "previous,current,next", "include": "responders.shifts.user"}

    found = by_type(office.get(f"/schedules/{identifier}/responders", params=params))

    assert {kind: len(each) for kind, each in found.items()} == {
        "schedule_oncall_responder": 3,
        "shifts": 3,
        "users": 1,
    }


@pytest.mark.parametrize("position", ["", "now", "current,", "current,later", "CURRENT"])
def test_a_position_that_is_none_is_refused(office, position):
    answer = office.call("GET", f"/schedules/{office.schedule()}/responders?filter[position]={position}")

    assert answer.status_code == 400
    assert refusal(answer).startswith('attribute "filter[position]" is ')


# --- overrides ------------------------------------------------------------------------------------------


def stand_in(user: str = CLO, start: str = "2026-03-06T10:00:00Z", end: str = "2026-03-06T12:00:00Z") -> dict:
    return {
        "type": "overrides",
        "attributes": {"start": start, "end": end},
        "relationships": {"user": {"data": {"id": user, "type": "users"}}},
    }


def test_somebody_who_stands_in_wins_over_all_layers(office):
    identifier = office.schedule(rota(ANA), rota(BEN, name="b"))
    sent = stand_in(start="2026-03-06T11:00:00.120+01:00")

    made = office.post(f"/schedules/{identifier}/overrides", {"data": [sent]})
    (override,) = made["data"]

    assert override == sent | {"id": override["id"]}
    assert told(shift_at(office, identifier, "2026-03-06T11:00:00Z")) == (
        "Clo",
        "2026-03-06T10:00:00.12Z",
        "2026-03-06T12:00:00Z",
    )
    assert told(shift_at(office, identifier, "2026-03-06T12:00:00Z"))[0] == "Ben"
    (listed,) = office.get(f"/schedules/{identifier}/overrides")["data"]
    assert listed["attributes"] == {"start": "2026-03-06T10:00:00.12Z", "end": "2026-03-06T12:00:00Z"}


def test_of_two_who_stand_in_the_later_decides(office):
    identifier = office.schedule(rota(ANA))

    office.post(f"/schedules/{identifier}/overrides", {"data": [stand_in(CLO), stand_in(DAN)]})

    assert told(shift_at(office, identifier, "2026-03-06T11:00:00Z"))[0] == "Dan"


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("", [1, 2, 3]),
        ("filter[start]=2026-03-02T00:00:00Z&filter[end]=2026-03-03T00:00:00Z", [2]),
        ("filter[start]=2026-03-02T12:00:00Z", [3]),
        ("filter[start]=2026-03-02T11:59:59Z", [2, 3]),
        ("filter[end]=2026-03-02T10:00:00Z", [1]),
        ("filter[end]=2026-03-02T10:00:01Z", [1, 2]),
        ("filter[start]=2026-03-04T00:00:00Z&filter[end]=2026-03-01T00:00:00Z", []),
    ],
)
def test_those_who_stand_in_are_listed_by_the_span_they_reach_into(office, query, days):
    identifier = office.schedule()
    sent = [stand_in(CLO, f"2026-03-0{day}T10:00:00Z", f"2026-03-0{day}T12:00:00Z") for day in (3, 1, 2)]
    office.post(f"/schedules/{identifier}/overrides", {"data": sent})

    listed = office.get(f"/schedules/{identifier}/overrides?{query}")["data"]

    assert [each["attributes"]["start"] for each in listed] == [f"2026-03-0{day}T10:00:00Z" for day in days]


def test_nobody_stands_in_once_that_is_taken_back(office):
    identifier = office.schedule(rota(ANA))
    (override,) = office.post(f"/schedules/{identifier}/overrides", {"data": [stand_in()]})["data"]
    path = f"/schedules/{identifier}/overrides/{override['id']}"
    elsewhere = f"/schedules/{office.schedule(name='Other')}/overrides/{override['id']}"

    assert office.call("DELETE", elsewhere).status_code == 404
    gone, again = office.call("DELETE", path), office.call("DELETE", path)

    assert (gone.status_code, gone.content, again.status_code) == (204, b"", 404)
    assert refusal(again) == f"override[{override['id']}] not found"
    assert told(shift_at(office, identifier, "2026-03-06T11:00:00Z"))[0] == "Ana"


def test_whoever_stands_in_goes_on_when_the_schedule_is_replaced(office):
    made = office.schedule(rota(ANA))
    office.post(f"/schedules/{made}/overrides", {"data": [stand_in()]})
    body = {
        "data": {
            "id": made,
            "type": "schedules",
            "attributes": {"name": "New", "time_zone": "UTC", "layers": [rota(BEN)]},
        }
    }

    office.put(f"/schedules/{made}", body)

    assert told(shift_at(office, made, "2026-03-06T11:00:00Z"))[0] == "Clo"


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"data": []}, "data"),
        ({"data": stand_in()}, "data"),
        ({"data": [stand_in()] * 101}, "data"),
        ({"data": [stand_in(), stand_in(end="2026-03-06T10:00:00Z")]}, "data[1].attributes.end"),
        ({"data": [stand_in(), stand_in(end="later")]}, "data[1].attributes.end"),
        ({"data": [stand_in(start="2026-03-06")]}, "data[0].attributes.start"),
        ({"data": [stand_in(), stand_in(UNKNOWN)]}, "data[1].relationships.user.data.id"),
        ({"data": [stand_in("clo")]}, "data[0].relationships.user.data.id"),
        ({"data": [stand_in() | {"type": "override"}]}, "data[0].type"),
        (
            {"data": [stand_in() | {"relationships": {"user": {"data": None}}}]},
            "data[0].relationships.user.data",
        ),
    ],
)
def test_people_stand_in_all_of_a_list_or_nobody(office, wrong, path):
    identifier = office.schedule()

    answer = office.call("POST", f"/schedules/{identifier}/overrides", wrong)

    assert answer.status_code == 400
    assert refusal(answer).startswith(f'attribute "{path}" ')
    assert office.get(f"/schedules/{identifier}/overrides") == {"data": []}


def test_an_override_s_ids_are_looked_at_before_its_schedule(office):
    identifier = office.schedule()

    for schedule, override, status in (
        ("{schedule_id}", UNKNOWN, 400),
        (identifier, "abc", 400),
        (UNKNOWN, "abc", 400),
        (UNKNOWN, UNKNOWN, 404),
        (identifier, UNKNOWN, 404),
    ):
        answer = office.call("DELETE", f"/schedules/{schedule}/overrides/{override}")
        assert answer.status_code == status, refusal(answer)


def test_a_shift_that_a_stand_in_cuts_in_two_is_two_shifts(office):
    identifier = office.schedule(rota(ANA))
    office.post(f"/schedules/{identifier}/overrides", {"data": [stand_in()]})

    before, after = (shift_at(office, identifier, f"2026-03-06T{hour}:00:00Z") for hour in ("09", "13"))

    assert told(before) == ("Ana", "2026-03-06T09:00:00Z", "2026-03-06T10:00:00Z")
    assert told(after) == ("Ana", "2026-03-06T12:00:00Z", "2026-03-07T09:00:00Z")


def test_the_answers_agree_with_a_walk_through_the_days(office):
    identifier = office.schedule(*COVERED)
    at, end = "2026-03-01T09:00:00Z", "2026-03-21T09:00:00Z"
    walked = []

    while at < end:
        shift = shift_at(office, identifier, at)
        (following,) = [
            held_by for position, held_by in held(office, identifier, "next", at) if position == "next"
        ]
        walked.append(told(shift))
        at = shift["attributes"]["end"]
        assert following[1] == at

    assert walked[0][1] == "2026-03-01T09:00:00Z"
    assert all(one[2] == other[1] for one, other in pairwise(walked))
    longest = max(datetime.fromisoformat(one[2]) - datetime.fromisoformat(one[1]) for one in walked)
    assert longest == timedelta(days=1)
