"""Whatever is sent, it is taken or refused in the API's own words, and nothing breaks."""

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grafana_office import OPS_ID, REA_ID, unknown

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from([REA_ID, OPS_ID, unknown("user"), "", "\0", "wait", "resolve", "notify_persons", "🐙"]),
)
VALUES = st.recursive(
    ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
)
NAMES = {
    "personal_notification_rules": ["user_id", "type", "duration", "position", "important", "manual_order"],
    "escalation_chains": ["name", "team_id"],
    "escalation_policies": [
        "escalation_chain_id",
        "type",
        "position",
        "duration",
        "important",
        "persons_to_notify",
        "team_to_notify",
        "notify_if_time_from",
        "num_alerts_in_window",
        "num_minutes_in_window",
    ],
    "escalation": ["users", "team", "title", "message", "source_url", "alert_group_id"],
    "make_call": ["email", "message"],
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("resource", NAMES)
def test_no_body_breaks_the_server(office, resource, data):
    names = st.sampled_from(NAMES[resource])
    body = data.draw(st.dictionaries(names, VALUES) | VALUES, label="body")
    methods = ["POST"] if resource in {"escalation", "make_call"} else ["POST", "PUT", "PATCH"]
    method = data.draw(st.sampled_from(methods), label="method")
    path = f"{resource}/"
    if method != "POST":
        listed = office.list(path)
        path += listed[0]["id"] if listed else unknown("rule")

    raw = json.dumps(body).encode()
    answer = office.call(method, path, content=raw, headers={"content-type": "application/json"})

    assert answer.status_code in {200, 201, 400, 404}, (answer.status_code, answer.text)
    assert answer.status_code < 400 or isinstance(answer.json(), dict)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    query=st.text(max_size=30), value=st.text(max_size=30), name=st.sampled_from(["page", "perpage", "name"])
)
@pytest.mark.parametrize("resource", ["users", "teams", "escalation_chains"])
def test_no_query_breaks_the_server(office, resource, name, query, value):
    answer = office.call("GET", resource, params={name: value, query: value})

    assert answer.status_code == 200
    assert math.isfinite(answer.json()["count"])


def test_a_form_cannot_break_what_a_body_cannot(office):
    for resource, names in NAMES.items():
        form = dict.fromkeys(names, "x\0y")
        for sent in ({"data": form}, {"files": {name: (None, text) for name, text in form.items()}}):
            assert office.call("POST", resource, **sent).status_code in {400, 404}
