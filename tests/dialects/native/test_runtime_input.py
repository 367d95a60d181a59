"""Whatever is sent to act or to ask: a clear refusal, and never a fault of ours."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api_world import API, REA
from dialects.native.test_bad_input import BROKEN, JUNK, spoilt
from tocsin.core.spelling import native

EVENT = {
    "dedup_key": "db-1/disk",
    "status": "firing",
    "severity": "critical",
    "title": "Disk full",
    "message": "98 %",
    "source": "prometheus",
    "service": "shop",
    "labels": {"team": "data", "shard": 7},
    "occurred_at": "2026-03-06T08:59:58Z",
    "links": ["https://example.org"],
    "images": ["https://example.org/i.png"],
    "details": {"a": [1]},
    "event_type": "x",
    "metric": {"name": "m", "value": 1.5, "units": "s"},
    "host": "h",
    "monitor_id": "1",
    "monitor_name": "n",
    "monitor_labels": ["l"],
    "dimensions": {"d": "v"},
}
USER = {"type": "user", "id": native("user", REA.id), "via": ["email"]}
BODIES = {
    "/events": EVENT,
    "/explain": {"event": EVENT, "at": "2026-12-24T20:00:00Z"},
    "/pages": {"title": "x", "message": "y", "targets": [USER], "importance": "default", "service": "shop"},
    "/alerts/acknowledge": {"ids": ["{alert}"], "for_s": 60, "comment": "c"},
    "/alerts/unacknowledge": {"ids": ["{alert}"]},
    "/alerts/resolve": {"ids": ["{alert}"]},
    "/alerts/{alert}/acknowledge": {"until": "2026-03-06T10:00:00Z", "comment": "c"},
    "/pages/{page}/acknowledge": {"until": "2026-03-06T10:00:00Z", "comment": "c"},
}
EMPTY_IS_FINE = {"/alerts/{alert}/acknowledge", "/pages/{page}/acknowledge"}
LISTS = [
    "/events",
    "/alerts",
    "/pages",
    "/notifications",
    "/alerts/{alert}/timeline",
    "/pages/{page}/timeline",
]
FILTERS = {
    "status": "open",
    "service": "shop",
    "label": "a:b",
    "severity": "error",
    "q": "x",
    "alert": "{alert}",
    "page": "{page}",
    "user": native("user", REA.id),
    "state": "sent",
    "since": "2026-03-06T09:00:00Z",
    "limit": "5",
    "cursor": "WyJhbGVydHMiLDFd",
}


@pytest.fixture
def place(api):
    """Put the ids of an alert and its page into a path or a body."""
    alert = api.alert()
    names = {"{alert}": alert["id"], "{page}": api.get("/pages")["pages"][0]["id"]}

    def put(value):
        if isinstance(value, str):
            for name, identifier in names.items():
                value = value.replace(name, identifier)
            return value
        if isinstance(value, dict):
            return {name: put(each) for name, each in value.items()}
        return [put(each) for each in value] if isinstance(value, list) else value

    return put


every_route = pytest.mark.parametrize("route", BODIES)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
@every_route
def test_a_body_that_is_broken_is_refused(api, place, route, broken):
    answer = api.call(
        "POST", API + place(route), content=broken, headers={"content-type": "application/json"}
    )

    taken = not broken.strip() and route in EMPTY_IS_FINE
    assert answer.status_code == (200 if taken else 400), answer.text
    if not taken:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


@every_route
def test_a_body_over_the_limit_is_413(api, place, route):
    content = b'{"title": "' + b"x" * 10_000_000 + b'"}'

    assert api.call("POST", API + place(route), content=content).status_code == 413


@every_route
def test_a_key_that_is_wrong_is_401_whatever_the_body(api, place, route):
    for who in (None, "nobody"):
        assert api.call("POST", API + place(route), content=b"{", as_=who).status_code == 401


@every_route
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_value_that_does_not_belong_there_is_no_fault_of_ours(api, place, route, data):
    body = data.draw(spoilt(place(BODIES[route])))

    answer = api.call("POST", API + place(route), body)

    assert answer.status_code in {200, 201, 202, 400, 404, 409}, answer.text
    if answer.status_code == 400:
        (error,) = answer.json()["errors"]
        assert error["path"] or "body" in error["problem"] or "event" in error["problem"]


@pytest.mark.parametrize("route", LISTS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_query_of_any_kind_is_answered_or_refused(api, place, route, data):
    names = data.draw(st.lists(st.sampled_from(sorted(FILTERS)), max_size=4))
    query = [
        (name, data.draw(st.sampled_from([place(FILTERS[name]), str(data.draw(JUNK))[:200]])))
        for name in names
    ]

    answer = api.call("GET", API + place(route), params=query)

    assert answer.status_code in {200, 400, 404}, answer.text


@pytest.mark.parametrize("route", LISTS)
@pytest.mark.parametrize(
    "query", ["%", "a=%zz", "a=%ff", "limit=%00", "&&", "=", "limit=1&limit=2", "a" * 5_000]
)
def test_a_query_that_is_broken_is_refused(api, place, route, query):
    assert api.call("GET", f"{API}{place(route)}?{query}").status_code in {200, 400}
