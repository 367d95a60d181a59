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


HIDDEN = {"manual_order", "source", "password", "authorization_header"}
CHAIN = {"name": "Night"}
START = {"start": "2026-03-01T09:00:00", "duration": 3_600}
STEPS = (
    {"type": "wait", "duration": 90},
    {"type": "wait"},
    {"type": "notify_persons", "persons_to_notify": [REA_ID], "important": True},
    {"type": "notify_persons", "persons_to_notify": []},
    {"type": "notify_person_next_each_time", "persons_to_notify_next_each_time": [ADA_ID, REA_ID]},
    {"type": "notify_team_members", "team_to_notify": OPS_ID},
    {"type": "notify_if_time_from_to", "notify_if_time_from": "22:00:00Z", "notify_if_time_to": "06:00:00Z"},
    {"type": "notify_if_num_alerts_in_window", "num_alerts_in_window": 3, "num_minutes_in_window": 5},
    {"type": "trigger_webhook", "action_to_trigger": None},
    {"type": "resolve"},
    {"type": "repeat_escalation"},
)
SHIFTS = (
    {"type": "single_event", "users": [REA_ID]},
    {"type": "override", "users": [REA_ID]},
    {"type": "recurrent_event", "frequency": "daily", "interval": 2, "by_month": [3, 4], "users": None},
    {"type": "recurrent_event", "frequency": "monthly", "by_monthday": [-1, 15], "level": 2},
    {
        "type": "rolling_users",
        "frequency": "weekly",
        "week_start": "MO",
        "by_day": ["MO", "WE"],
        "until": "2027-01-01T00:00:00",
        "time_zone": "Europe/Paris",
        "rolling_users": [[REA_ID], [ADA_ID, REA_ID]],
        "start_rotation_from_user_index": 1,
        "source": 3,
    },
)
TEMPLATES = {
    "grouping_key": "{{ payload.id }}",
    "web": {"title": "{{ payload.title }}", "message": None, "image_url": None},
    "telegram": {"title": None, "message": "x", "image_url": None},
}


def written(office):
    """What a plan writes, piece by piece: where, and what."""
    chain = office.post("escalation_chains", CHAIN)["id"]
    door = office.post("integrations", {"type": "webhook", "name": "Routes"})["id"]
    yield from (
        ("personal_notification_rules", {"user_id": REA_ID, "type": type_})
        for type_ in ("wait", "notify_by_sms")
    )
    yield "escalation_chains", {"name": "Day", "team_id": OPS_ID}
    yield from (("escalation_policies", {"escalation_chain_id": chain, **step}) for step in STEPS)
    yield from (("on_call_shifts", {"name": "Shift", "team_id": "", **START, **shift}) for shift in SHIFTS)
    shift = office.post("on_call_shifts", {"name": "Mine", **START, **SHIFTS[0]})["id"]
    yield (
        "schedules",
        {"type": "calendar", "name": "Calendar", "time_zone": "Europe/Paris", "shifts": [shift]},
    )
    yield "integrations", {"type": "alertmanager", "name": "AM", "team_id": OPS_ID, "templates": TEMPLATES}
    yield "integrations", {"type": "manual", "name": "By hand"}
    yield (
        "integrations",
        {"type": "webhook", "default_route": {"escalation_chain_id": chain, "email": {"enabled": True}}},
    )
    route = {"integration_id": door, "escalation_chain_id": chain}
    yield "routes", {**route, "routing_regex": "us-(east|west)", "position": 0, "manual_order": True}
    yield "routes", {**route, "routing_regex": "{{ payload.a == 1 }}", "routing_type": "jinja2"}
    hook = {"url": "https://x.example/{{ alert_group_id }}", "http_method": "PUT", "preset": ""}
    yield (
        "webhooks",
        {
            **hook,
            "name": "Hook",
            "trigger_type": "status change",
            "password": "secret",
            "username": "me",
            "authorization_header": "Bearer x",
            "headers": '{"a": "b"}',
            "data": "{{ event.type }}",
            "trigger_template": "{{ true }}",
            "forward_all": False,
            "integration_filter": [door],
        },
    )
    yield "webhooks", {**hook, "name": "Bare", "trigger_type": "escalation", "integration_filter": []}


def test_whatever_terraform_has_written_it_finds_unchanged_also_when_it_writes_that_again(office):
    for where, body in written(office):
        made = office.post(where, body)
        path = f"{where}/{made['id']}/"

        found = office.get(path)
        again = office.put(path, made)

        assert found == made, where
        assert again == made, where
        assert office.get(path) == made, where
        plain = {name: value for name, value in body.items() if not isinstance(value, dict)}
        said = {name for name, value in plain.items() if name not in HIDDEN and value not in ("", [], None)}
        assert {name: made[name] for name in said} == {name: body[name] for name in said}, where
        office.delete(path)
        assert office.call("GET", path).status_code == 404, where
