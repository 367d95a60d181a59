"""One story of schedules and policies, the same on either database."""

import pytest

from conftest import ENGINES
from datadog_office import ANA, OPS, by_type, layer, policy, replacing, schedule, step, target
from tocsin.core.spelling import to_uuid


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


def test_what_is_made_is_read_listed_changed_and_gone(office):
    everything = "include=teams,layers.members.user"
    made = office.post(f"/schedules?{everything}", schedule(layer(), layer(name="B"), teams=(OPS,)))
    path = f"/schedules/{made['data']['id']}"
    body = replacing(schedule(layer(name="Ünique"), name="Größe", tags=["a"]), made["data"]["id"])
    asked = step(target("schedules", made["data"]["id"], "next"), target("teams", to_uuid(OPS.id)))
    chain = office.post("/escalation-policies?include=steps.targets", policy(asked, tags=["t"], retries=2))
    ladder = f"/escalation-policies/{chain['data']['id']}"
    stand_in = {
        "type": "overrides",
        "attributes": {"start": "2026-03-06T08:00:00Z", "end": "2026-03-06T10:00:00Z"},
        "relationships": {"user": {"data": {"type": "users", "id": ANA}}},
    }

    read, changed = office.get(f"{path}?{everything}"), office.put(f"{path}?{everything}", body)
    office.post(f"{path}/overrides", {"data": [stand_in]})

    assert read == made
    assert changed == office.get(f"{path}?{everything}")
    assert set(by_type(chain)) == {"steps", "schedule_target", "schedules", "teams"}
    assert office.get(ladder)["data"] == chain["data"]
    assert [each["attributes"]["name"] for each in office.get("/schedules")["data"]] == ["Größe"]
    assert office.get(f"{path}/on-call")["data"]["relationships"]["user"]["data"]["id"] == ANA
    assert office.call("DELETE", path).status_code == 409
    assert [office.call("DELETE", each).status_code for each in (ladder, path, path)] == [204, 204, 404]
