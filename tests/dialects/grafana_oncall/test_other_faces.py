"""One list of rules and one chain, seen and changed through two vendors' APIs."""

from typing import Any

import pytest

from api_world import ADA, NOW, REA
from datadog_office import ANA, Office
from tocsin.core.credential import Key
from tocsin.core.ids import KeyId
from tocsin.core.spelling import to_uuid
from tocsin.dialects.grafana_oncall.door import grafana_oncall_door
from tocsin.dialects.grafana_oncall.spelled import read, write
from tocsin.store import credentials
from tocsin.store.secrets import token_hash

RULES = "personal_notification_rules"
REA_ID = write("user", REA.id)


class Both(Office):
    """Datadog's API, and OnCall's beside it."""

    def oncall(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.api.call(method, f"/api/v1/{path}", body, as_=None, headers={"authorization": "token"})
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
def office(database):
    made = Both(database, doors=(grafana_oncall_door,))
    key = Key(
        id=KeyId(990),
        workspace=ADA.workspace,
        kind="grafana_oncall",
        name="both",
        user=ADA.id,
        created_at=NOW,
    )
    database.transact(lambda tx: credentials.add(tx, key, secret_hash=token_hash("token")))
    return made


def rules(office):
    return [
        (each["position"], each.get("duration") or each["type"])
        for each in office.oncall("GET", f"{RULES}?user_id={REA_ID}&important=true")["results"]
    ]


def test_rules_are_the_same_in_both(office):
    for type_, position in (("notify_by_email", 4), ("wait", 7), ("notify_by_email", 9)):
        body = {"user_id": REA_ID, "type": type_, "important": True, "position": position}
        office.oncall("POST", RULES, body)
    path = f"/users/{ANA}/notification-rules"
    channel = office.get(f"/users/{ANA}/notification-channels")["data"][0]
    link = {"channel": {"data": {"id": channel["id"], "type": "notification_channels"}}}

    assert [each["attributes"]["delay_minutes"] for each in office.get(path)["data"]] == [0, 5]
    attributes = {"delay_minutes": 2, "category": "high_urgency"}
    body = {"type": "notification_rules", "attributes": attributes, "relationships": link}
    made = office.post(path, {"data": body})["data"]["id"]

    # The wait is cut in two, and what is new takes the numbers behind it.
    assert rules(office) == [
        (4, "notify_by_email"),
        (7, 120),
        (8, "notify_by_email"),
        (9, 180),
        (10, "notify_by_email"),
    ]
    assert office.call("DELETE", f"{path}/{made}").status_code == 204
    assert [each["attributes"]["delay_minutes"] for each in office.get(path)["data"]] == [0, 5]
    assert [said for _, said in rules(office)] == ["notify_by_email", 300, "notify_by_email"]


def test_a_chain_is_a_policy_in_both(office):
    chain = office.oncall("POST", "escalation_chains", {"name": "Both"})["id"]
    for step in (
        {"type": "notify_persons", "persons_to_notify": [REA_ID]},
        {"type": "wait", "duration": 600},
        {"type": "notify_persons", "persons_to_notify": [write("user", ADA.id)]},
        {"type": "repeat_escalation"},
    ):
        office.oncall("POST", "escalation_policies", {"escalation_chain_id": chain} | step)
    path = f"/escalation-policies/{to_uuid(read('chain', chain) or 0)}"

    shown = office.get(f"{path}?include=steps")
    waits = [each["attributes"]["escalate_after_seconds"] for each in shown["included"]]
    assert (shown["data"]["attributes"]["retries"], waits[0]) == (5, 600)
    data = shown["data"]
    steps = [
        {
            "id": each["id"],
            "escalate_after_seconds": 1_200,
            "targets": [{"type": "users", "id": to_uuid(REA.id)}],
        }
        for each in shown["included"]
    ]
    attributes = {"name": "Both", "retries": 5, "steps": steps}
    office.put(path, {"data": {"type": "policies", "id": data["id"], "attributes": attributes}})

    listed = office.oncall("GET", f"escalation_policies?escalation_chain_id={chain}")["results"]
    assert [(each["type"], each.get("duration")) for each in listed] == [
        ("notify_persons", None),
        ("wait", 1_200),
        ("notify_persons", None),
        ("wait", 1_200),
        ("repeat_escalation", None),
    ]
    assert listed[2]["persons_to_notify"] == [REA_ID]
