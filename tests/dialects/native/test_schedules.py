import pytest

from api_world import ADA, REA
from native_office import ANA, LAYER
from refusals import conflicts, put_at, refused
from tocsin.core.spelling import native

BEN = native("user", ADA.id)
DAILY = LAYER | {"interval": {"days": 1}, "members": [{"user_id": ANA}, {"user_id": BEN}]}


@pytest.fixture
def primary(api):
    return api.post("/schedules", {"name": "Primary", "layers": [DAILY]})


def on_call(api, schedule, moment="2026-03-06T09:00:00Z"):
    answer = api.get(f"/schedules/{schedule['id']}/on-call", params={"at": moment})
    return [(each["user"]["name"], each["starts_at"], each["ends_at"]) for each in answer["on_call"]]


def test_a_schedule_says_who_is_on_call_who_was_and_who_is_next(api, primary):
    answer = api.get(f"/schedules/{primary['id']}/on-call")

    assert answer["at"] == "2026-03-06T09:00:00Z"
    (shift,) = answer["on_call"]
    assert shift == {
        "user": {"id": ANA, "name": "Rea", "email": "rea@example.org", "status": "active"},
        "starts_at": "2026-03-06T08:00:00Z",
        "ends_at": "2026-03-07T08:00:00Z",
        "layer_id": primary["layers"][0]["id"],
        "override_id": None,
        "recurring_shift_id": None,
        "feed_id": None,
        "shift_swap_id": None,
    }
    assert [each["user"]["id"] for each in answer["next"]] == [BEN]
    assert [each["user"]["id"] for each in answer["previous"]] == [BEN]


def test_somebody_stands_in_and_the_timeline_shows_it(api, primary):
    body = {"user_id": BEN, "starts_at": "2026-03-06T10:00:00+01:00", "ends_at": "2026-03-06T12:00:00Z"}
    made = api.post(f"/schedules/{primary['id']}/overrides", body)

    assert (made["starts_at"], made["instead_of_user_id"]) == ("2026-03-06T09:00:00Z", None)
    assert on_call(api, primary) == [("Ada", "2026-03-06T09:00:00Z", "2026-03-06T12:00:00Z")]
    span = {"from": "2026-03-06T08:00:00Z", "to": "2026-03-06T18:00:00Z"}
    timeline = api.get(f"/schedules/{primary['id']}/timeline", params=span)
    assert [(each["user"]["name"], each["override_id"]) for each in timeline["shifts"]] == [
        ("Rea", None),
        ("Ada", made["id"]),
        ("Rea", None),
    ]
    assert timeline["gaps"] == []
    one = f"/schedules/{primary['id']}/overrides/{made['id']}"
    assert api.get(one) == made
    assert api.get(f"/schedules/{primary['id']}/overrides")["overrides"] == [made]
    assert api.call("DELETE", one).status_code == 204
    assert api.call("GET", one).status_code == 404
    assert on_call(api, primary)[0][0] == "Rea"


def test_a_stand_in_for_one_person_changes_nobody_else_s_turns(api, primary):
    body = {
        "user_id": BEN,
        "starts_at": "2026-03-06T00:00:00Z",
        "ends_at": "2026-03-16T00:00:00Z",
        "instead_of_user_id": ANA,
    }
    api.post(f"/schedules/{primary['id']}/overrides", body)

    assert {
        each[0] for day in range(6, 16) for each in on_call(api, primary, f"2026-03-{day:02}T09:00:00Z")
    } == {"Ada"}


def test_overrides_come_in_stretches(api, primary):
    for hour in range(5):
        body = {
            "user_id": BEN,
            "starts_at": f"2026-03-06T0{hour}:00:00Z",
            "ends_at": f"2026-03-06T0{hour + 1}:00:00Z",
        }
        api.post(f"/schedules/{primary['id']}/overrides", body)

    first = api.get(f"/schedules/{primary['id']}/overrides?limit=3")
    rest = api.get(f"/schedules/{primary['id']}/overrides?limit=3&cursor={first['next']}")

    assert (len(first["overrides"]), len(rest["overrides"]), rest["next"], rest["total"]) == (3, 2, None, 5)


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"user_id": "usr_00000000000z"}, "user_id", "is no user here"),
        ({"user_id": "x"}, "user_id", "usr_"),
        ({"user_id": "team_00000000000a"}, "user_id", "which is no user id"),
        ({"instead_of_user_id": "usr_00000000000z"}, "instead_of_user_id", "is no user here"),
        ({"ends_at": "2026-03-06T09:00:00Z"}, "ends_at", "must be later than starts_at"),
        ({"ends_at": "2026-03-06T10:00:00"}, "ends_at", "with its offset"),
        ({"ends_at": "9999-12-31T23:59:59-14:00"}, "ends_at", "between 1970 and 2200"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at", "between 1970 and 2200"),
        ({"ends_at": 1.0}, "ends_at", "RFC 3339"),
    ],
)
def test_a_stand_in_who_cannot_be_is_refused_by_the_name_of_the_field(api, primary, change, path, said):
    body = {"user_id": BEN, "starts_at": "2026-03-06T09:00:00Z", "ends_at": "2026-03-06T12:00:00Z"}

    refused(api.call("POST", f"/schedules/{primary['id']}/overrides", body | change), path, said)


@pytest.mark.parametrize(
    ("query", "path", "said"),
    [
        ("", "from", "is missing"),
        ("from=2026-03-06T09:00:00Z", "to", "is missing"),
        ("from=2026-03-06T09:00:00Z&to=2026-03-06T09:00:00Z", "to", "must be later"),
        ("from=2026-03-06T09:00:00Z&to=2028-03-06T09:00:00Z", "to", "at most 366 days later"),
        ("from=yesterday&to=2026-03-06T09:00:00Z", "from", "RFC 3339"),
        ("from=2026-03-06T09:00:00Z&to=2026-03-07T09:00:00Z&zone=x", "zone", "must be left out"),
    ],
)
def test_a_span_that_cannot_be_is_refused_in_the_caller_s_words(api, primary, query, path, said):
    refused(api.call("GET", f"/schedules/{primary['id']}/timeline?{query}"), path, said)


@pytest.mark.parametrize(
    ("way", "value", "path", "said"),
    [
        (("time_zone",), "Mars/Olympus", "time_zone", "IANA name"),
        (("name",), "", "name", "1 to 255"),
        (("tags",), [""], "tags[0]", "1 to 255"),
        (("team_ids",), ["x"], "team_ids[0]", "team_"),
        (("team_ids",), ["team_00000000000z"], "team_ids[0]", "is no team here"),
        (("layers", 0, "name"), "", "layers[0].name", "1 to 255"),
        (("layers", 0, "members"), [], "layers[0].members", "1 to 500"),
        (
            ("layers", 0, "members", 1, "user_id"),
            "usr_00000000000z",
            "layers[0].members[1].user_id",
            "no user",
        ),
        (("layers", 0, "members", 1, "user_id"), 7, "layers[0].members[1].user_id", "text"),
        (("layers", 0, "interval"), {}, "layers[0].interval", "at least 60 s together"),
        (("layers", 0, "interval", "days"), 401, "layers[0].interval.days", "0 to 400"),
        (("layers", 0, "interval", "days"), -1, "layers[0].interval.days", "0 to 400"),
        (("layers", 0, "interval", "seconds"), 10**20, "layers[0].interval.seconds", "0 to 2592000"),
        (
            ("layers", 0, "end_date"),
            "2026-03-02T00:00:00Z",
            "layers[0].end_date",
            "later than effective_date",
        ),
        (("layers", 0, "rotation_start"), "2026-03-02", "layers[0].rotation_start", "RFC 3339"),
        (("layers", 0, "time_zone"), "UTC+2", "layers[0].time_zone", "IANA name"),
        (("layers", 0, "id"), "lay_00000000000a", "layers[0].id", "must be left out for a new one"),
        (("layers", 0, "restrictions"), [{}], "layers[0].restrictions[0].start_day", "monday"),
        (("layers", 0, "rotation"), 7, "layers[0].rotation", "rotation_start"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_by_the_name_of_the_field(api, way, value, path, said):
    body = put_at({"name": "Primary", "layers": [DAILY]}, way, value)

    refused(api.call("POST", "/schedules", body), path, said)
    assert api.get("/schedules")["total"] == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("start_time", "25:00:00"),
        ("start_time", "09:00:00Z"),
        ("end_time", "09:00:00.5"),
        ("start_day", "mon"),
        ("end_day", 0),
    ],
)
def test_hours_that_no_clock_shows_are_refused(api, field, value):
    hours = {"start_day": "monday", "start_time": "09:00:00", "end_day": "friday", "end_time": "17:00:00"}
    body = {"name": "Primary", "layers": [DAILY | {"restrictions": [hours | {field: value}]}]}

    refused(api.call("POST", "/schedules", body), f"layers[0].restrictions[0].{field}")


def test_two_layers_of_one_name_are_refused(api):
    refused(
        api.call("POST", "/schedules", {"name": "P", "layers": [DAILY, DAILY]}), "layers[1].name", "unique"
    )


def test_a_turn_that_begins_in_the_missing_hour_begins_after_it(api):
    layer = DAILY | {
        "effective_date": "2026-03-01T00:00:00Z",
        "rotation_start": "2026-03-28T02:30:00+01:00",
        "time_zone": "Europe/Madrid",
    }
    rota = api.post("/schedules", {"name": "Night", "layers": [layer]})

    assert on_call(api, rota, "2026-03-29T02:00:00Z")[0][1] == "2026-03-29T01:30:00Z"
    assert on_call(api, rota, "2026-10-26T00:00:00Z")[0][1] == "2026-10-25T00:30:00Z"


def test_a_layer_is_changed_by_its_id_and_others_come_and_go(api, primary):
    (layer,) = primary["layers"]
    nights = DAILY | {"name": "nights", "members": [None]}

    changed = api.call(
        "PATCH", f"/schedules/{primary['id']}", {"layers": [layer | {"name": "days"}, nights]}
    ).json()

    assert [each["name"] for each in changed["layers"]] == ["days", "nights"]
    assert changed["layers"][0]["id"] == layer["id"]
    assert changed["name"] == "Primary"
    answer = api.call("PATCH", f"/schedules/{primary['id']}", {"layers": [layer, layer | {"name": "again"}]})
    refused(answer, "layers[1].id", "there twice")


def test_a_schedule_that_a_policy_asks_is_not_deleted(api, primary):
    step = {"action": {"type": "notify", "targets": [{"type": "schedule", "id": primary["id"]}]}}
    api.post("/escalation-policies", {"name": "Backend", "steps": [step]}, as_="admin")

    conflicts(api.call("DELETE", f"/schedules/{primary['id']}"), "escalation policy Backend")


def test_a_turn_of_somebody_who_left_is_shown_as_theirs_and_marked(api, primary):
    api.call("DELETE", f"/users/{native('user', REA.id)}", as_="admin")

    answer = api.get(f"/schedules/{primary['id']}/on-call", as_="admin")

    assert answer["on_call"][0]["user"]["status"] == "deactivated"


def test_a_team_knows_who_is_on_call_for_it(api):
    team = api.post("/teams", {"name": "DB"}, as_="admin")["id"]
    rota = api.post("/schedules", {"name": "Primary", "layers": [DAILY], "team_ids": [team]})

    answer = api.get(f"/teams/{team}/on-call")

    assert [(each["user"]["name"], each["schedule_id"]) for each in answer["on_call"]] == [
        ("Rea", rota["id"])
    ]
    conflicts(api.call("DELETE", f"/teams/{team}", as_="admin"), "schedule Primary")
