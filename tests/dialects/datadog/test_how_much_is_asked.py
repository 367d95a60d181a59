"""Reading people, teams, rules and routing takes a number of queries that does not grow with them."""

from typing import Any

from counting import Counting
from datadog_office import ANA, OPS, Office, step, target
from tocsin.core.spelling import to_uuid
from tocsin.store.database import Database

OPS_ID = to_uuid(OPS.id)
READS = {
    "users": "/api/v2/users?page[size]=100&sort=modified_at",
    "teams": "/api/v2/team?page[size]=100",
    "members": f"/api/v2/team/{OPS_ID}/memberships?page[size]=100",
    "memberships": f"/api/v2/users/{ANA}/memberships",
    "channels": f"/users/{ANA}/notification-channels",
    "rules": f"/users/{ANA}/notification-rules?include=channel",
    "routing": f"/teams/{OPS_ID}/routing-rules?include=rules",
    "on call": f"/teams/{OPS_ID}/on-call?include=responders,escalations.responders",
}


def grow(office: Office, more: int) -> None:
    """Let there be *more* of everything that is read."""
    people = []
    for number in range(more):
        name = f"p{more}-{number}"
        draft = {"data": {"type": "users", "attributes": {"email": f"{name}@many.example", "title": "T"}}}
        people.append(office.call("POST", "/api/v2/users", draft).json()["data"]["id"])
        team = {"type": "team", "attributes": {"handle": name, "name": name, "avatar": "x"}}
        members = {"users": {"data": [{"id": ANA, "type": "users"}]}}
        office.post("/api/v2/team", {"data": team | {"relationships": members}})
        config = {"type": "email", "address": f"{name}@home.example", "formats": ["text"]}
        home = {"type": "notification_channels", "attributes": {"config": config}}
        channel = office.post(f"/users/{ANA}/notification-channels", {"data": home})["data"]["id"]
        link = {"channel": {"data": {"id": channel, "type": "notification_channels"}}}
        rule = {"type": "notification_rules", "attributes": {"delay_minutes": number}, "relationships": link}
        office.post(f"/users/{ANA}/notification-rules", {"data": rule})
    asked = [target("users", each) for each in people]
    ladder = office.policy(*(step(*asked) for _ in range(more)))
    rules: list[dict[str, Any]] = [{"query": f"tags.a:b{n}", "policy_id": ladder} for n in range(more)]
    body = {"type": "team_routing_rules", "attributes": {"rules": [*rules, {"policy_id": ladder}]}}
    office.put(f"/teams/{OPS_ID}/routing-rules", {"data": body})


def test_the_number_of_queries_does_not_depend_on_how_many_there_are(database: Database):
    counting = Counting(database)
    office = Office(counting)

    def counts() -> dict[str, int]:
        office.get("/schedules")
        return {
            name: counting.count(lambda path=path: office.call("GET", path)) for name, path in READS.items()
        }

    grow(office, 1)
    few = counts()
    grow(office, 8)

    assert counts() == few
    assert max(few.values()) <= 3
