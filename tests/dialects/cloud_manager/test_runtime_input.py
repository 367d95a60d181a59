"""Whatever is sent, the answer is no fault of ours, and has the form that refusals have."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mongo_office import BASE, GROUP
from tocsin.core.spelling import to_hex_24

BEARER = {"grant_type": "client_credentials"}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["2027-01-01", "HOST_DOWN", "EQUALS", "EMAIL", "a@example.org", "********"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)
NOTIFICATION = st.fixed_dictionaries(
    {"typeName": st.sampled_from(["EMAIL", "SMS", "USER", "GROUP", "WEBHOOK", "SLACK", "TEAM"]) | JSON},
    optional=dict.fromkeys(
        ("delayMin", "intervalMin", "emailAddress", "roles", "webhookUrl", "apiToken", "channelName"), JSON
    ),
)
CONFIG = st.fixed_dictionaries(
    {
        "eventTypeName": st.sampled_from(["HOST_DOWN", "TOO_FEW_HEALTHY_MEMBERS", "A"]) | JSON,
        "notifications": st.lists(NOTIFICATION, max_size=3) | JSON,
    },
    optional=dict.fromkeys(("enabled", "matchers", "metricThreshold", "threshold", "typeName"), JSON),
)
HOLD = st.fixed_dictionaries({}, optional={"acknowledgedUntil": JSON, "acknowledgementComment": JSON})
WINDOW = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("startDate", "endDate", "alertTypeNames", "description"), JSON)
)
OFTEN = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def access(office) -> dict[str, str]:

    client = (f"mdb_sa_id_{to_hex_24(700)}", "owner-secret")
    given_token = office.bare("POST", "/api/oauth/token", auth=client, data=BEARER).json()
    return {"authorization": f"Bearer {given_token['access_token']}", "content-type": "application/json"}


def is_answer(found) -> bool:
    assert found.status_code < 500, found.text
    if found.status_code >= 400:
        said = found.json()
        assert (said["error"], bool(said["detail"])) == (found.status_code, True)
    return True


def written(body: Any) -> bytes:
    return json.dumps(body).encode("utf-8", "surrogatepass")


@given(body=HOLD | JSON)
@OFTEN
def test_of_an_acknowledgement(office, access, body):
    path = office.report()

    assert is_answer(office.bare("PATCH", path, headers=access, content=written(body)))


@given(body=CONFIG | JSON)
@OFTEN
def test_of_a_configuration(office, access, body):
    path = f"{BASE}/groups/{GROUP}/alertConfigs"

    assert is_answer(office.bare("POST", path, headers=access, content=written(body)))
    assert is_answer(office.bare("GET", path, headers=access))


@given(body=WINDOW | JSON)
@OFTEN
def test_of_a_window(office, access, body):
    path = f"{BASE}/groups/{GROUP}/maintenanceWindows"

    assert is_answer(office.bare("POST", path, headers=access, content=written(body)))
    assert is_answer(office.bare("GET", path, headers=access))


@given(
    query=st.dictionaries(
        st.sampled_from(["pageNum", "itemsPerPage", "status", "pretty", "createdOnOrAfter", "x"]),
        st.text(max_size=12) | st.integers().map(str),
        max_size=4,
    )
)
@OFTEN
def test_of_a_query(office, access, query):
    for path in (f"/groups/{GROUP}/alerts", "/globalAlerts"):
        safe = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}
        assert is_answer(office.bare("GET", path, headers=access, params=safe))


@given(header=st.binary(max_size=300))
@OFTEN
def test_of_credentials(office, header):
    path = f"{BASE}/groups/{GROUP}/alerts"
    sent = bytes(each for each in header if each >= 32 and each != 127)

    found = office.bare("GET", path, headers=[(b"authorization", b"Digest " + sent)])

    assert found.status_code == 401
