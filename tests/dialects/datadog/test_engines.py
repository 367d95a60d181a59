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


def test_people_teams_rules_and_pages_are_the_same_on_either(office):
    user = {"data": {"type": "users", "attributes": {"email": "Cleo@example.org", "title": "Größe"}}}
    cleo = office.call("POST", "/api/v2/users", user).json()["data"]["id"]
    members = {"users": {"data": [{"id": cleo, "type": "users"}]}}
    attributes = {"handle": "data", "name": "Data", "avatar": "🐙"}
    team = {"data": {"type": "team", "attributes": attributes, "relationships": members}}
    data = office.post("/api/v2/team", team)["data"]["id"]
    config = {"type": "email", "address": "cleo@home.example", "formats": ["text"]}
    channels, rules = (f"/users/{cleo}/notification-{what}" for what in ("channels", "rules"))
    home = {"data": {"type": "notification_channels", "attributes": {"config": config}}}
    link = {
        "channel": {"data": {"id": office.post(channels, home)["data"]["id"], "type": home["data"]["type"]}}
    }
    for delay in (30, 0):
        fires = {"delay_minutes": delay}
        rule = {"type": "notification_rules", "attributes": fires, "relationships": link}
        office.post(rules, {"data": rule})
    routed = [{"query": "tags.a:b", "actions": [{"type": "workflow", "handle": "w"}]}, {}]
    routed[1]["policy_id"] = office.policy(step(target("teams", data)))
    path = f"/teams/{data}/routing-rules"
    routing = {"data": {"type": "team_routing_rules", "attributes": {"rules": routed}}}
    put = office.put(path, routing, params={"include": "rules"})
    asked = {"title": "Look", "urgency": "high", "target": {"type": "team_id", "identifier": data}}
    page = office.post("/pages", {"data": {"type": "pages", "attributes": asked}})["data"]["id"]

    assert [each["attributes"]["delay_minutes"] for each in office.get(rules)["data"]] == [0, 30]
    assert office.get(path, params={"include": "rules"}) == put
    assert office.get(f"/teams/{data}/on-call?include=responders")["included"][0]["id"] == cleo
    for what in ("acknowledge", "escalate", "resolve"):
        assert office.call("POST", f"/pages/{page}/{what}").status_code == 202
    assert office.call("DELETE", f"/api/v2/team/{data}").status_code == 409  # the policy asks it
    assert office.call("DELETE", f"/api/v2/users/{cleo}").status_code == 204
    assert office.get(channels)["data"][1]["attributes"]["config"] == config
