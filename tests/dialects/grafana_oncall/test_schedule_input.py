"""Whatever is sent about shifts, schedules and swaps, it is taken or refused in the vendor's shapes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grafana_office import REA_ID

SHIFT_FIELDS = [
    *("name", "type", "time_zone", "level", "start", "duration", "rotation_start", "until", "frequency"),
    *("interval", "week_start", "by_day", "by_month", "by_monthday", "users", "rolling_users"),
    *("start_rotation_from_user_index", "source", "team_id"),
]
FIELDS = {
    "on_call_shifts": SHIFT_FIELDS,
    "schedules": ["name", "type", "time_zone", "team_id", "shifts", "ical_url_primary", "slack"],
    "shift_swaps": ["schedule", "swap_start", "swap_end", "beneficiary", "description"],
}
GOOD = {
    "on_call_shifts": {
        "type": "rolling_users",
        "start": "2026-03-02T00:00:00",
        "duration": 3_600,
        "frequency": "daily",
        "rolling_users": [[REA_ID]],
        "start_rotation_from_user_index": 0,
    },
    "schedules": {"type": "web", "name": "S"},
    "shift_swaps": {"beneficiary": REA_ID},
}
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        [
            "",
            "MO",
            "weekly",
            "daily",
            "web",
            "calendar",
            "single_event",
            "override",
            REA_ID,
            "2026-03-02T00:00:00",
            "\x00",
        ]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=6,
)
RAW = [
    b"{",
    b'{"type": ',
    b"\xff\xfe",
    b'{"duration": NaN}',
    b'{"duration": 1e999}',
    b'{"level": ' + b"9" * 5_000 + b"}",
    b'{"name": "\\ud800"}',
    b'{"name": "\\u0000"}',
    b'{"users": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    b"[]",
    b'"text"',
    b"null",
    b" " * 100,
]


@pytest.mark.parametrize("path", FIELDS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_odd_fields_are_taken_or_refused(office, path, data):
    names = data.draw(st.lists(st.sampled_from(FIELDS[path]), min_size=1, max_size=4, unique=True))
    odd = {name: data.draw(ODD) for name in names}

    answer = office.call("POST", path, {**GOOD[path], **odd})

    assert answer.status_code in (201, 400), (odd, answer.text)
    if answer.status_code == 201 and path == "on_call_shifts":
        one = f"on_call_shifts/{answer.json()['id']}"
        assert office.get(one) == answer.json()
        assert office.put(one, answer.json()) == answer.json()
        schedule = office.post("schedules", {"type": "web", "name": "S", "shifts": [answer.json()["id"]]})
        office.get(f"schedules/{schedule['id']}/final_shifts?start_date=2026-03-01&end_date=2026-03-20")


@pytest.mark.parametrize("path", FIELDS)
@pytest.mark.parametrize("raw", RAW)
def test_odd_bodies_are_refused_or_read_as_nothing(office, path, raw):
    answer = office.call("POST", path, content=raw, headers={"content-type": "application/json"})

    assert answer.status_code == 400, (raw[:40], answer.text)
    assert office.call("GET", path).json()["count"] == 0


@pytest.mark.parametrize("path", ["on_call_shifts", "schedules", "shift_swaps"])
@pytest.mark.parametrize("identifier", ["x", "O", "OAAAAAAAAAAAA", "S" * 13, "SSR999999999999", "a/b"])
def test_an_id_of_nothing_is_not_found(office, path, identifier):
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert office.call(method, f"{path}/{identifier}/", {}).status_code in (404, 405), method


def test_forms_are_read_as_well(office):
    made = office.call(
        "POST",
        "on_call_shifts/",
        content=b"type=single_event&start=2026-03-02T00%3A00%3A00&duration=3600&level=2&users="
        + REA_ID.encode(),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )

    assert (made.status_code, made.json()["level"], made.json()["users"]) == (201, 2, [REA_ID])
