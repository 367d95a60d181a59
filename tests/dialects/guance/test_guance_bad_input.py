"""Whatever is sent to whatever path: an answer in the envelope, never a fault of the server."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guance_office import REA_, TRACE, opt, strategy, target
from tocsin.dialects.guance.door import routes

KEYS = (
    *("name", "desc", "ruleTimezone", "alertOpt", "permissionSet", "openPermissionSet", "checkerUUIDs"),
    *("silentTimeout", "alertTarget", "targets", "to", "status", "tags", "filterString", "upgradeTargets"),
    *("crontab", "crontabDuration", "customDateUUIDs", "customStartTime", "customDuration", "alertType"),
    *("type", "optSet", "url", "webhook", "secret", "noticeDates", "accountUUIDs", "jsonScript", "title"),
    *("muteRanges", "timezone", "repeatTimeSet", "startTime", "endTime", "repeatCrontabSet", "min", "date"),
    *("timeRange", "customTags", "limit", "alertPolicyUUIDs", "notifyObjectUUID", "ruleUUIDs"),
)
WORDS = st.sampled_from(
    [
        "",
        "x",
        "UTC",
        "critical",
        "0 9 * * *",
        "09:30",
        "2026/12/25",
        "custom",
        "member",
        "byAI",
        REA_,
        "a:b",
        "\ud800",
    ]
) | st.text(max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=15,
)
POSTS = sorted({route.path for route in routes() if route.method == "POST"})
GETS = sorted({route.path for route in routes() if route.method == "GET"})


def must_be_enveloped(answer) -> None:
    body = answer.json()
    assert answer.status_code != 500, (answer.request.url, answer.request.content, body)
    assert body["code"] == answer.status_code
    assert body["success"] is (answer.status_code == 200)
    assert TRACE.fullmatch(body["traceId"])


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(POSTS), body=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8))
def test_any_body_is_answered_in_the_envelope(office, path, body):
    must_be_enveloped(office.call("POST", path.replace("{uuid}", "altpl_x"), json.dumps(body)))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(KEYS), value=VALUES, deep=st.integers(0, 2))
def test_a_strategy_with_anything_in_one_place_is_taken_or_refused(office, name, value, deep):
    made = opt({"targets": [target(upgradeTargets=[{"to": [REA_], "duration": 5}])]})
    entry = made["alertTarget"][0]
    place = (made, entry, entry["targets"][0])[deep]
    place[name] = value

    answer = office.call("POST", "/alert_policy/add_v2", json.dumps(strategy(alertOpt=made)))

    must_be_enveloped(answer)
    if answer.status_code == 200:
        uuid = answer.json()["content"]["uuid"]
        must_be_enveloped(office.call("POST", "/alert_policy/delete", {"alertPolicyUUIDs": [uuid]}))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(GETS),
    name=st.sampled_from(
        ["search", "pageIndex", "pageSize", "groupUUID", "notifyObjectUUID", "checkerUUID", "x"]
    ),
    value=st.text(alphabet="a1-_%&=é ", max_size=8),
)
def test_any_query_is_answered_in_the_envelope(office, path, name, value):
    url = path.replace("{uuid}", "x")

    must_be_enveloped(office.call("GET", url, params={name: value}))


@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_is_too_large_is_refused(office, path):
    answer = office.call("POST", path.replace("{uuid}", "altpl_x"), b'{"x":"' + b"x" * (2 << 20) + b'"}')

    must_be_enveloped(answer)
    assert answer.status_code in (200, 404, 413)


@pytest.mark.parametrize("odd", ["1e400", '{"deep": [-1e999]}'])
def test_a_mute_rule_with_a_number_beyond_all_bounds_in_a_field_of_no_meaning_is_refused(office, odd):
    body = '{"type": "custom", "tags": {"host": ["a"]}, "declaration": {"team": ODD}, "x": ODD}'

    refused = office.call("POST", "/monitor/mute/create", body.replace("ODD", odd))
    made = office.post("/monitor/mute/create", json.loads(body.replace("ODD", "1")))["uuid"]
    kept = office.call("POST", f"/monitor/mute/{made}/modify", body.replace("ODD", odd))

    assert [refused.status_code, kept.status_code] == [400, 400]
    must_be_enveloped(refused)
    assert [row["x"] for row in office.rows("/monitor/mute/list")] == [1]
