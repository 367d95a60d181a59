"""Reading and writing take a number of queries that does not grow; answers are repeated while they stand."""

import pytest

from counting import Counting
from grafana_office import OPS_ID, REA_ID, Office

READS = {
    "users": "users?roles=1",
    "teams": "teams",
    "rules": "personal_notification_rules?important=false",
    "chains": f"escalation_chains?team_id={OPS_ID}",
    "steps": "escalation_policies",
}


def grow(office: Office, more: int) -> str:
    """Let there be *more* of everything; give the last chain."""
    chain = ""
    for number in range(more):
        user = {"email": f"p{more}-{number}@many.example", "name": "P"}
        office.api.post("/users", user, as_="owner")
        office.api.post("/teams", {"name": f"t{more}-{number}"}, as_="owner")
        rule = {"user_id": REA_ID, "type": "notify_by_sms", "position": 0}
        office.post("personal_notification_rules", rule)
        chain = office.post("escalation_chains", {"name": f"c{more}-{number}", "team_id": OPS_ID})["id"]
        step = {"escalation_chain_id": chain, "type": "notify_persons", "persons_to_notify": [REA_ID]}
        office.post("escalation_policies", step)
    return chain


def test_the_number_of_queries_does_not_depend_on_how_many_there_are(database):
    counting = Counting(database)
    office = Office(counting)

    def counts(chain: str) -> dict[str, int]:
        office.get("users")
        found = {name: counting.count(lambda path=path: office.get(path)) for name, path in READS.items()}
        rule = office.list("personal_notification_rules")[-1]["id"]
        moved = f"personal_notification_rules/{rule}"
        found["move"] = counting.count(lambda: office.put(moved, {"position": 0, "type": "notify_by_email"}))
        step = {"escalation_chain_id": chain, "type": "wait"}
        found["step"] = counting.count(lambda: office.post("escalation_policies", step))
        return found

    few = counts(grow(office, 2))
    many = counts(grow(office, 9))

    assert many == few


@pytest.mark.parametrize("path", READS.values())
def test_an_answer_is_given_again_until_something_changes_and_to_nobody_who_may_not_have_it(office, path):
    first = office.get(path)
    again = office.get(path)

    assert again == first
    assert office.call("GET", path, headers={"accept": "application/xml"}).status_code == 406
    assert office.call("GET", path, headers={"authorization": "wrong"}).status_code == 403
    if path.startswith("personal"):
        assert office.call("GET", path, as_="robot").status_code == 403
    other = office.get(path, as_="stranger") if OPS_ID not in path else None
    assert other is None or other != first or not first["results"]
    grow(office, 1)
    assert office.get(path)["count"] == first["count"] + 1
