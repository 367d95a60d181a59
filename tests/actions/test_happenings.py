"""Programs that hear of what becomes of alerts, whether or not anybody is paged."""

import json

import pytest

from api_world import API, Api
from sending import deliver


@pytest.fixture
def api(database) -> Api:
    return Api(database)


def subscribe(api: Api, *changes: str, **more) -> str:
    body = {"name": "Desk", "channel": "webhook", "address": "https://desk.example.org"}
    subscription = {"changes": list(changes)} | more
    answer = api.call("POST", "/destinations", body | {"subscription": subscription}, as_="admin")
    assert answer.status_code == 201, answer.text
    assert answer.json()["subscription"] == {
        "enabled": True,
        "changes": list(changes),
        "integration_ids": [],
        "team_id": None,
    }
    return answer.json()["id"]


def told(api: Api) -> list[dict]:
    """Send what waits for programs, and give what they were told."""
    wire = deliver(api.world, only=lambda each: each.notification.channel == "webhook")
    return [json.loads(request.body) for request in wire.requests]


def test_a_program_is_told_what_became_of_an_alert_by_whom(api):
    subscribe(api, "opened", "snoozed")
    alert = api.alert(title="Disk full")
    api.call("POST", f"{API}/alerts/{alert['id']}/snooze", {"for_s": 60})
    api.call("POST", f"{API}/alerts/{alert['id']}/resolve")

    opened, snoozed = sorted(told(api), key=lambda each: each["data"]["change"]["what"])

    assert opened["type"] == snoozed["type"] == "tocsin.change"
    assert opened["data"]["change"] == {
        "what": "opened",
        "at": "2026-03-06T09:00:00Z",
        "by": None,
        "until": None,
    }
    assert snoozed["data"]["change"]["by"] == "Rea"
    assert snoozed["data"]["change"]["until"] == "2026-03-06T09:01:00Z"
    assert (opened["data"]["title"], opened["data"]["service"]) == ("Disk full", "Shop")
    assert [each["id"] for each in opened["data"]["alerts"]] == [alert["id"]]


def test_only_what_is_asked_for_is_told(api):
    where = subscribe(api, "resolved")
    alert = api.alert()
    assert told(api) == []
    body = {"subscription": {"enabled": False, "changes": ["resolved"]}}
    api.call("PATCH", f"/destinations/{where}", body, as_="admin")
    api.call("POST", f"{API}/alerts/{alert['id']}/resolve")
    assert told(api) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"subscription": {"changes": ["exploded"]}}, "subscription.changes[0]"),
        ({"subscription": {"integration_ids": ["x"]}}, "subscription.integration_ids[0]"),
        (
            {"channel": "email", "address": "a@b.example", "subscription": {"changes": ["opened"]}},
            "subscription.changes",
        ),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(api, change, path):
    body = {"name": "Desk", "channel": "webhook", "address": "https://desk.example.org"}

    answer = api.call("POST", "/destinations", body | change, as_="admin")

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, path), answer.text
