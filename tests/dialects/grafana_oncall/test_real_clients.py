"""What scripts that move people in, and Terraform's client, send: byte for byte oddities, on both engines."""

import pytest

from conftest import ENGINES
from grafana_office import ADA_ID, OPS_ID, REA_ID

RULES = "personal_notification_rules"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


def test_terraforms_client_makes_a_ladder_and_a_chain(office):
    """Explicit positions with ``manual_order``, null lists, empty texts for references."""
    agent = {"user-agent": "Terraform/1.9 terraform-provider-grafana/v3"}
    for position, type_ in enumerate(("notify_by_email", "wait", "notify_by_sms")):
        body = {"user_id": REA_ID, "position": position, "type": type_, "manual_order": True}
        body |= {"duration": 300} if type_ == "wait" else {}
        body |= {"important": False}
        made = office.call("POST", RULES + "/", body, headers=agent)
        assert made.status_code == 201
        assert made.json()["position"] == position
    swap = office.list(f"{RULES}/?user_id={REA_ID}")[2]["id"]
    office.put(f"{RULES}/{swap}/", {"position": 0, "type": "notify_by_sms", "manual_order": True})
    order = [(each["type"], each["position"]) for each in office.list(f"{RULES}/?user_id={REA_ID}")]
    assert order == [("notify_by_sms", 0), ("wait", 1), ("notify_by_email", 2)]

    chain = office.post("escalation_chains/", {"name": "tf", "team_id": ""})
    assert chain["team_id"] is None
    steps = [
        {"type": "wait", "duration": 60, "persons_to_notify": None},
        {"type": "notify_persons", "persons_to_notify": [REA_ID, ADA_ID], "duration": None},
        {"type": "notify_team_members", "team_to_notify": OPS_ID, "persons_to_notify": None},
    ]
    for position, step in enumerate(steps):
        usual = {"escalation_chain_id": chain["id"], "position": position, "manual_order": True}
        assert office.post("escalation_policies/", usual | step)["position"] == position
    listed = office.list(f"escalation_policies/?escalation_chain_id={chain['id']}")
    assert [each["type"] for each in listed] == [step["type"] for step in steps]


def test_a_migrator_finds_people_by_mail_and_sets_up_their_rules_anew(office):
    """Unslashed paths, users matched whatever the case, old rules deleted after new ones, 404 ignored."""
    users = {user["email"].lower(): user for user in office.list("users")}
    rea = users["REA@example.org".lower()]["id"]
    office.post(RULES, {"user_id": rea, "type": "notify_by_slack", "important": True})
    old = [each["id"] for each in office.list(f"{RULES}?user_id={rea}&important=true")]

    for type_ in ("notify_by_sms", "wait", "notify_by_phone_call"):
        body = {"user_id": rea, "type": type_, "important": True}
        office.post(RULES, body | ({"duration": 900} if type_ == "wait" else {}))
    for rule in (*old, *old):
        assert office.call("DELETE", f"{RULES}/{rule}").status_code in {204, 404}

    left = office.list(f"{RULES}?user_id={rea}&important=true")
    assert [(each["type"], each["position"]) for each in left] == [
        ("notify_by_sms", 1),
        ("wait", 2),
        ("notify_by_phone_call", 3),
    ]


def test_a_script_goes_through_all_pages_by_next(office):
    for _ in range(7):
        office.post(RULES, {"user_id": REA_ID, "type": "notify_by_sms"})
    found, url = [], f"{RULES}/?perpage=3"
    while url:
        page = office.get(url)
        found += page["results"]
        url = (page["next"] or "").removeprefix("http://tocsin.test")

    assert [each["position"] for each in found] == list(range(7))


def test_people_are_paged_directly_on_either_engine(office):
    body = {"users": [{"id": REA_ID, "important": True}, {"id": ADA_ID}], "title": "Größe 🐙"}
    group = office.post("escalation", body, status=200)

    assert group["title"] == "Größe 🐙"
    added = office.post("escalation", {"team": OPS_ID, "alert_group_id": group["id"]}, status=200)
    assert added["id"] == group["id"]
    assert len(office.api.get("/pages")["pages"]) == 2
