"""Recurring shifts, feeds and swaps as parts of schedules, and who is on call by them."""

import pytest

from api_world import ADA, API, REA
from native_office import ANA, LAYER
from tocsin.core.spelling import native

BEN = native("user", ADA.id)
NIGHTS = {
    "start": "2026-03-02T18:00:00",
    "duration_s": 54_000,
    "rule": {"frequency": "daily"},
    "groups": [[BEN]],
}


def make(api, path, body, *, status=201):
    answer = api.call("POST", API + path, body, as_="responder")
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture
def nights(api):
    return make(api, "/recurring-shifts", NIGHTS)["id"]


@pytest.fixture
def schedule(api, nights):
    layer = {**LAYER, "members": [{"user_id": ANA}], "effective_date": "2026-03-01T00:00:00Z"}
    body = {"name": "Primary", "layers": [layer], "recurring_shift_ids": [nights]}
    return make(api, "/schedules", body)["id"]


def duty(api, schedule, at):
    found = api.get(f"/schedules/{schedule}/on-call?at={at}")["on_call"]
    return [(each["user"]["id"], each["layer_id"] is not None, each["recurring_shift_id"]) for each in found]


def test_a_recurring_shift_lies_over_the_layers_of_a_schedule(api, schedule, nights):
    assert duty(api, schedule, "2026-03-06T17:59:00Z") == [(ANA, True, None)]
    assert duty(api, schedule, "2026-03-06T18:00:00Z") == [(BEN, False, nights)]
    timeline = api.get(f"/schedules/{schedule}/timeline?from=2026-03-06T00:00:00Z&to=2026-03-07T00:00:00Z")
    assert [each["recurring_shift_id"] for each in timeline["shifts"]] == [nights, None, nights]
    assert timeline["gaps"] == []


def test_what_a_schedule_is_made_of_is_replaced_and_kept_where_it_is_not_named(api, schedule, nights):
    path = f"{API}/schedules/{schedule}"

    kept = api.call("PATCH", path, {"name": "Other"}, as_="responder").json()
    gone = api.call("PATCH", path, {"recurring_shift_ids": []}, as_="responder").json()

    assert (kept["recurring_shift_ids"], gone["recurring_shift_ids"]) == ([nights], [])
    refused = api.call("PATCH", path, {"recurring_shift_ids": ["rsh_000000000001"]}, as_="responder")
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (400, "recurring_shift_ids[0]")


def test_a_deleted_shift_leaves_its_schedules(api, schedule, nights):
    assert api.call("DELETE", f"{API}/recurring-shifts/{nights}", as_="responder").status_code == 204

    assert api.get(f"/schedules/{schedule}")["recurring_shift_ids"] == []
    assert duty(api, schedule, "2026-03-06T20:00:00Z") == [(ANA, True, None)]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"duration_s": 0}, "duration_s"),
        ({"duration_s": 10**12}, "duration_s"),
        ({"start": "2026-03-02T18:00:00Z"}, "start"),
        ({"start": "0001-01-01T00:00:00"}, "start"),
        ({"rule": {"frequency": "daily", "by_month": [13]}}, "rule.by_month[0]"),
        ({"rule": {"frequency": "daily", "interval": 0}}, "rule.interval"),
        ({"groups": [["usr_000000000001"]]}, "groups[0][0]"),
        ({"groups": [[BEN], [ANA]]}, "groups"),
        ({"time_zone": "Mars"}, "time_zone"),
        ({"team_id": "team_000000000001"}, "team_id"),
    ],
)
def test_a_shift_that_cannot_be_is_refused_by_name(api, changes, path):
    answer = api.call("POST", f"{API}/recurring-shifts", {**NIGHTS, **changes}, as_="responder")

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, path)


def test_a_feed_is_part_of_a_schedule_and_tells_how_it_goes_with_it(api):
    url = "https://example.org/a.ics"
    made = make(api, "/schedules", {"name": "Imported", "feeds": [{"url": url}]})
    path = f"/schedules/{made['id']}"
    (feed,) = made["feeds"]

    (told,) = api.get(f"{path}/feeds")["feeds"]
    same = api.call("PATCH", API + path, {"feeds": [{**feed, "overrides": True}]}, as_="responder").json()
    other = api.call("PATCH", API + path, {"feeds": [{**feed, "url": f"{url}?b"}]}, as_="responder").json()

    assert told == {
        **feed,
        "checked_at": None,
        "read_at": None,
        "problem": "",
        "events": 0,
        "skipped": 0,
        "remark": "",
    }
    assert same["feeds"] == [{**feed, "overrides": True}]
    assert other["feeds"][0]["id"] != feed["id"]
    refused = api.call("POST", f"{API}/schedules", {"name": "x", "feeds": [{"url": "ftp://a"}]}, as_="owner")
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (400, "feeds[0].url")


def test_a_swap_is_asked_for_taken_and_taken_back(api, schedule, nights):
    wish = {
        "schedule_id": schedule,
        "starts_at": "2026-03-07T00:00:00Z",
        "ends_at": "2026-03-08T00:00:00Z",
        "beneficiary_id": BEN,
    }
    swap = make(api, "/shift-swaps", wish)
    path = f"/shift-swaps/{swap['id']}"

    taken = make(api, f"{path}/take", {"benefactor_id": ANA}, status=200)

    assert (swap["status"], taken["status"], taken["benefactor_id"]) == ("open", "taken", ANA)
    (found,) = api.get(f"/schedules/{schedule}/on-call?at=2026-03-07T20:00:00Z")["on_call"]
    assert (found["user"]["id"], found["shift_swap_id"], found["recurring_shift_id"]) == (
        ANA,
        swap["id"],
        nights,
    )
    assert api.call("POST", f"{API}{path}/take", {"benefactor_id": ANA}, as_="owner").status_code == 409
    changed = api.call("PATCH", API + path, {"description": "a wedding"}, as_="responder").json()
    assert changed["description"] == "a wedding"
    assert [each["id"] for each in api.get("/shift-swaps")["shift_swaps"]] == [swap["id"]]
    assert api.call("DELETE", API + path, as_="responder").status_code == 204
    assert duty(api, schedule, "2026-03-07T20:00:00Z") == [(BEN, False, nights)]
    assert native("user", REA.id) == ANA


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"starts_at": "2026-03-05T00:00:00Z"}, "starts_at"),
        ({"ends_at": "2026-03-07T00:00:00Z"}, "ends_at"),
        ({"beneficiary_id": "usr_000000000001"}, "beneficiary_id"),
        ({"schedule_id": "sch_000000000001"}, "schedule_id"),
    ],
)
def test_a_swap_that_cannot_be_is_refused_by_name(api, schedule, changes, path):
    wish = {
        "schedule_id": schedule,
        "starts_at": "2026-03-07T00:00:00Z",
        "ends_at": "2026-03-08T00:00:00Z",
        "beneficiary_id": BEN,
    }

    answer = api.call("POST", f"{API}/shift-swaps", wish | changes, as_="responder")

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, path)
