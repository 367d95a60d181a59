import base64
import json

import pytest

import sending
from api_world import ADA
from grafana_office import ADA_ID, OPS_ID, Office, unknown
from message_builders import RecordingWire
from tocsin.actions import paging
from tocsin.channels.base import HttpResponse, Unsent
from tocsin.core.receipt import Outcome
from tocsin.dialects.grafana_oncall.spelled import read
from tocsin.sources.grafana_oncall import oncall_address_door

MASK = "*" * 16
HOOK = {"name": "Desk", "url": "https://desk.example.org/hook", "http_method": "POST"}
LOOPS = "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}"


@pytest.fixture
def office(database) -> Office:
    return Office(database, doors=(oncall_address_door,))


@pytest.fixture
def door(office) -> dict:
    return office.post("integrations", {"type": "formatted_webhook", "name": "Web"})


def hook(office: Office, trigger: str = "alert group created", **fields):
    return office.post("webhooks", HOOK | {"trigger_type": trigger} | fields)


def fire(office: Office, door: dict, uid: str = "1", **payload) -> str:
    body = {"alert_uid": uid, "title": f"Trouble {uid}"} | payload
    assert office.call("POST", door["link"].removeprefix("http://tocsin.test"), body).status_code == 200
    return office.list("alerts")[0]["alert_group_id"]


def act(office: Office, group: str, verb: str, body=None) -> None:
    assert office.call("POST", f"alert_groups/{group}/{verb}", body).status_code == 200


def deliver(office: Office, *answers) -> RecordingWire:
    """Send what is in the outbox over a wire that records and answers."""
    ticket = HttpResponse(status=200, body=b'{"ticket": "T-1"}')
    return sending.deliver(office.api.world, *(answers or (ticket,)))


def told(wire: RecordingWire) -> list[dict]:
    return [json.loads(request.body) for request in wire.requests]


def test_a_webhook_reads_back_as_it_was_written_with_its_secrets_masked(office):
    made = hook(office, team=OPS_ID, username="u", password="p", authorization_header="Bearer x", preset="")

    assert made == HOOK | {
        "id": made["id"],
        "is_webhook_enabled": True,
        "team": OPS_ID,
        "data": None,
        "username": "u",
        "password": MASK,
        "authorization_header": MASK,
        "trigger_template": None,
        "headers": None,
        "forward_all": True,
        "trigger_type": "alert group created",
        "integration_filter": None,
        "preset": None,
    }
    assert made["id"].startswith("WH")
    assert office.get(f"webhooks/{made['id']}") == made
    assert office.list("webhooks") == [made] == office.list(f"webhooks?team={OPS_ID}")
    changed = office.put(f"webhooks/{made['id']}", {"password": MASK, "authorization_header": None})
    assert (changed["password"], changed["authorization_header"]) == (MASK, None)
    native = office.api.get("/destinations")["destinations"][0]
    assert (native["channel"], native["options"]["password"]) == ("grafana_oncall", "***")
    assert native["subscription"]["changes"] == ["opened"]
    office.delete(f"webhooks/{made['id']}")
    assert office.refusal("GET", f"webhooks/{made['id']}")[0] == 404


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": None}, {"name": ["This field may not be null."]}),
        ({"http_method": "TRACE"}, "Must be one of"),
        ({"trigger_type": "full moon"}, "trigger_type must one of"),
        ({"url": "ftp://example.org"}, "must look like"),
        ({"url": "https://{{"}, "Template Error"),
        ({"data": "{% for %}"}, "Template Error"),
        ({"headers": 7, "forward_all": "perhaps"}, {"forward_all": ["Must be a valid boolean."]}),
        ({"preset": "jira"}, {"detail": "Preset webhooks must be modified through web UI"}),
        ({"team": unknown("team")}, {"team": ["Object does not exist"]}),
        ({"integration_filter": ["x"]}, {"integration_filter": {"0": ["Object does not exist"]}}),
        ({"integration_filter": "x"}, "Expected a list of items"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused_and_leaves_nothing(office, change, said):
    status, body = office.refusal("POST", "webhooks", HOOK | {"trigger_type": "resolve"} | change)

    assert status == 400
    assert body == said if isinstance(said, dict) else said in json.dumps(body), body
    assert office.list("webhooks") == []


def test_a_webhook_needs_four_fields_and_a_name_of_its_own(office):
    needed = office.refusal("POST", "webhooks", {})
    assert needed == (
        400,
        {name: ["This field is required."] for name in ("name", "url", "http_method", "trigger_type")},
    )
    hook(office)
    taken = office.refusal("POST", "webhooks", HOOK | {"trigger_type": "resolve"})
    sentence = "The fields name, organization must make a unique set."
    assert taken == (400, {"non_field_errors": [sentence]})


@pytest.mark.parametrize(
    ("trigger", "hears"),
    [
        ("alert group created", ["alert group created"]),
        ("acknowledge", ["acknowledge"]),
        ("unacknowledge", ["unacknowledge"]),
        ("silence", ["silence"]),
        ("unsilence", ["unsilence"]),
        ("resolve", ["resolve"]),
        ("unresolve", ["unresolve"]),
        (
            "status change",
            [
                *("acknowledge", "unacknowledge", "silence", "unsilence", "resolve", "unresolve"),
            ],
        ),
        ("escalation", []),
        ("personal notification", []),
    ],
)
def test_each_trigger_type_hears_of_its_changes(office, door, trigger, hears):
    made = hook(office, trigger)
    group = fire(office, door)
    for verb in ("acknowledge", "unacknowledge", "silence", "unsilence", "resolve", "unresolve"):
        act(office, group, verb, {"delay": 60})

    wire = deliver(office)

    assert sorted(each["event"]["type"] for each in told(wire)) == sorted(hears)
    assert office.get(f"webhooks/{made['id']}")["trigger_type"] == trigger


@pytest.mark.parametrize(
    ("trigger", "said", "hears"),
    [
        ("resolve", {"state": "ok"}, ["resolve"]),
        ("status change", {"state": "ok"}, ["resolve"]),
        ("alert group created", {"state": "ok"}, ["alert group created"]),
        ("acknowledge", {"mine": "1"}, ["acknowledge"]),
    ],
)
def test_what_is_over_or_taken_as_soon_as_it_is_new_is_heard_of(office, door, trigger, said, hears):
    office.put(f"integrations/{door['id']}", {"templates": {"acknowledge_signal": "{{ payload.mine }}"}})
    hook(office, trigger)

    fire(office, door, **said)

    assert [each["event"]["type"] for each in told(deliver(office))] == hears


def test_a_silence_that_is_prolonged_or_covered_by_another_is_heard_of_as_well(office, door):
    hook(office, "silence")
    group = fire(office, door)
    for delay in (60, 120):
        act(office, group, "silence", {"delay": delay})
    act(office, group, "unsilence")
    body = {"mode": "maintenance", "duration": 3600}
    office.post(f"integrations/{door['id']}/maintenance_start", body, status=200)
    office.database.transact(lambda tx: paging.turn(tx, now=office.api.clock()))
    act(office, group, "silence", {"delay": 60})

    assert [each["event"]["type"] for each in told(deliver(office))] == ["silence"] * 3


def test_a_webhook_is_told_all_there_is_to_know(office, door):
    hook(office, "acknowledge")
    group = fire(office, door, host="db-1")
    fire(office, door, host="db-2")
    act(office, group, "acknowledge")

    (said,) = told(deliver(office))

    ada = {"id": ADA_ID, "username": ADA.display_name, "email": ADA.email}
    assert said["event"] == {"type": "acknowledge", "time": "2026-03-06T09:00:00Z"}
    assert said["user"] == said["alert_group_acknowledged_by"] == ada
    assert said["alert_group_id"] == said["alert_group"]["id"] == group
    assert (said["alert_group"]["state"], said["alert_group"]["alerts_count"]) == ("acknowledged", 2)
    assert said["alert_payload"]["host"] == "db-1"
    assert said["alert_group"]["last_alert"]["payload"]["host"] == "db-2"
    assert said["integration"] == {
        "id": door["id"],
        "type": "formatted_webhook",
        "name": "Web",
        "team": None,
        "labels": {},
    }
    assert said["alert_group"]["permalinks"]["web"].startswith("http://tocsin.test/alerts/")
    assert said["alert_group_resolved_by"] is None
    assert said["responses"] == {}


@pytest.mark.parametrize("verb", ["acknowledge", "silence", "resolve"])
def test_a_webhook_is_told_of_a_group_what_the_api_shows_of_it(office, door, verb):
    hook(office, verb)
    group = fire(office, door, host="db-1", labels={"team": "data"})
    act(office, group, verb, {"delay": 60})

    (said,) = told(deliver(office))

    shown = office.get(f"alert_groups/{group}")
    labels = {each["key"]["id"]: each["value"]["id"] for each in shown["labels"]}
    assert labels == {"team": "data"}
    assert said["alert_group"] == shown | {"labels": labels}


def test_every_part_of_the_request_is_a_template(office, door):
    made = hook(
        office,
        url="https://desk.example.org/{{ alert_payload.host }}",
        http_method="PUT",
        forward_all=False,
        data='{"text": {{ alert_group.title | tojson }}}',
        headers='{"X-Group": "{{ alert_group_id }}", "Host": "evil"}',
        username="u",
        password="p4ssw0rd",
    )
    office.put(f"webhooks/{made['id']}", {"headers": '{"X-Group": "{{ alert_group_id }}"}'})
    group = fire(office, door, host="db-1")

    (request,) = deliver(office).requests

    headers = dict(request.headers)
    assert (request.method, request.url) == ("PUT", "https://desk.example.org/db-1")
    assert json.loads(request.body) == {"text": "Trouble 1"}
    assert headers["X-Group"] == group
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"u:p4ssw0rd").decode()
    assert headers["Content-Type"] == "application/json"
    (response,) = office.list(f"webhooks/{made['id']}/responses")
    assert response == {
        "timestamp": "2026-03-06T09:00:00Z",
        "url": "https://desk.example.org/db-1",
        "request_trigger": None,
        "request_headers": f"X-Group: {group}\nAuthorization: {MASK}\nContent-Type: application/json",
        "request_data": '{"text": "Trouble 1"}',
        "status_code": "200",
        "content": '{"ticket": "T-1"}',
        "event_data": response["event_data"],
    }
    native = office.api.get("/destinations")["destinations"][0]["id"]
    shown = office.api.call("GET", f"/destinations/{native}/exchanges", as_="admin").json()
    assert (shown["total"], shown["exchanges"][0]["status"]) == (1, 200)


def test_a_request_without_a_body_has_none(office, door):
    hook(office, http_method="GET", authorization_header="Bearer abcdef")
    fire(office, door)

    (request,) = deliver(office).requests

    assert (request.method, request.body) == ("GET", b"")
    assert dict(request.headers) == {"Authorization": "Bearer abcdef"}


def test_a_condition_that_does_not_hold_makes_no_request_and_is_told(office, door):
    made = hook(office, trigger_template="{{ alert_payload.severity == 'critical' }}")
    fire(office, door, "1", severity="warning")
    fire(office, door, "2", severity="critical")

    wire = deliver(office)

    assert [each["alert_payload"]["severity"] for each in told(wire)] == ["critical"]
    shown = office.list(f"webhooks/{made['id']}/responses")
    assert sorted((each["request_trigger"], each["status_code"]) for each in shown) == [
        ("False", None),
        ("True", "200"),
    ]


def test_what_was_answered_is_there_for_the_next_webhook_about_the_same_group(office, door):
    first = hook(office)
    hook(office, "resolve", name="Close", forward_all=False, data=f'{{{{ responses["{first["id"]}"] }}}}')
    group = fire(office, door)
    deliver(office)
    act(office, group, "resolve")

    (request,) = deliver(office).requests

    assert json.loads(request.body) == {"ticket": "T-1"}


def test_only_the_chosen_integrations_are_heard_of_and_a_switched_off_webhook_hears_nothing(office, door):
    other = office.post("integrations", {"type": "formatted_webhook", "name": "Other"})
    made = hook(office, integration_filter=[other["id"]])
    assert made["integration_filter"] == [other["id"]]
    fire(office, door, "1")
    fire(office, other, "2")
    assert [each["alert_group"]["title"] for each in told(deliver(office))] == ["Trouble 2"]

    office.put(f"webhooks/{made['id']}", {"is_webhook_enabled": False, "integration_filter": None})
    fire(office, other, "3")
    assert deliver(office).requests == []


def test_a_webhook_that_fails_is_tried_again_and_nobody_is_told_twice(office, door):
    made = hook(office)
    fire(office, door)

    assert len(deliver(office, Unsent(Outcome.TRY_AGAIN, "no answer")).requests) == 1
    assert deliver(office).requests == []
    office.api.clock.pass_time(minutes=1)
    assert len(deliver(office, HttpResponse(status=500, body=b"oh")).requests) == 1
    office.api.clock.pass_time(minutes=1)
    assert len(deliver(office).requests) == 1
    assert deliver(office).requests == []

    codes = [each["status_code"] for each in office.list(f"webhooks/{made['id']}/responses")]
    assert codes == ["200", "500"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"url": "{{ alert_payload.nothing }}"}, "address is empty"),
        ({"headers": "nonsense"}, "does not make JSON"),
        ({"headers": '{"Host": "x"}'}, "which is no header"),
        ({"forward_all": False, "data": "{{ alert_payload.a.b }}"}, "cannot be filled in"),
        (
            {
                "forward_all": False,
                "data": "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
            },
            "too much work",
        ),
    ],
)
def test_what_cannot_be_filled_in_is_a_failed_message_that_says_why(office, door, fields, said):
    hook(office, **fields)
    fire(office, door)

    assert deliver(office).requests == []

    (message,) = office.api.get("/notifications")["notifications"]
    assert (message["state"], said in message["last_error"]) == ("failed", True), message


def test_a_step_calls_a_webhook_with_the_group_it_is_about(office, door):
    made = hook(office, "escalation")
    native = office.api.get("/destinations")["destinations"][0]["id"]
    step = {"action": {"type": "notify", "targets": [{"type": "destination", "id": native}]}}
    policy = office.api.call("POST", "/escalation-policies", {"name": "Desk", "steps": [step]}, as_="admin")
    chain = office.api.call("PATCH", "/workspace", {"catch_all_policy_id": policy.json()["id"]}, as_="owner")
    assert chain.status_code == 200
    body = {"title": "Native", "severity": "critical"}
    office.api.post("/events", body)
    office.database.transact(lambda tx: paging.turn(tx, now=office.api.clock()))

    (said,) = told(deliver(office))

    assert (said["event"]["type"], said["alert_group"]["title"]) == ("escalation", "Native")
    assert read("webhook", made["id"]) is not None
    office.put(f"webhooks/{made['id']}", {"is_webhook_enabled": False})
    office.api.post("/events", body | {"title": "Again"})
    office.database.transact(lambda tx: paging.turn(tx, now=office.api.clock()))
    assert deliver(office).requests == []


def test_the_old_name_shows_the_same_webhooks_with_their_old_fields(office):
    made = office.post(
        "actions",
        {"name": "Old", "url": "https://a.example.org", "team_id": OPS_ID, "user": "u", "password": "p"},
    )

    assert (made["team_id"], made["user"], made["password"]) == (OPS_ID, "u", MASK)
    assert (made["forward_whole_payload"], made["trigger_type"]) == (True, "escalation")
    assert office.list("webhooks")[0]["id"] == made["id"]
    changed = office.put(f"actions/{made['id']}", {"forward_whole_payload": False, "data": "x"})
    assert (changed["forward_whole_payload"], changed["data"]) == (False, "x")
    assert office.list("actions") == [changed]
    office.delete(f"actions/{made['id']}")
    assert office.list("webhooks") == []
    robot = office.refusal("GET", "actions", as_="robot")
    assert robot == (403, {"detail": "Invalid token."})


def test_only_admins_write_webhooks(office):
    denied = (403, {"detail": "You do not have permission to perform this action."})

    refused = office.refusal("POST", "webhooks", HOOK | {"trigger_type": "resolve"}, as_="responder")

    assert refused == denied
    assert office.list("webhooks", as_="viewer") == []
