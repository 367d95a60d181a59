import pytest

from api_world import API, NOW
from grafana_office import OPS_ID, Office, unknown
from tocsin.dialects.grafana_oncall.integrations.types import ALIASES, TYPES
from tocsin.dialects.grafana_oncall.spelled import write
from tocsin.sources import presets
from tocsin.sources.grafana_oncall import oncall_address_door

CHANNELS = {"slack", "web", "sms", "phone_call", "telegram", "email", "mobile_app", "webhook"}


@pytest.fixture
def office(database) -> Office:
    return Office(database, doors=(oncall_address_door,))


def made(office: Office, **fields):
    return office.post("integrations", {"type": "webhook"} | fields)


def path_of(link: str) -> str:
    return link.removeprefix("http://tocsin.test")


def test_a_new_integration_has_a_link_a_default_route_and_the_types_own_templates(office):
    shown = made(office, type="alertmanager", name="Prometheus")

    assert shown["id"].startswith("C")
    assert shown["link"].startswith("http://tocsin.test/integrations/v1/alertmanager/")
    key = shown["link"].rstrip("/").rpartition("/")[2]
    assert (len(key), key.isalnum()) == (25, True)
    assert shown["heartbeat"] == {"link": f"{shown['link']}heartbeat/"}
    assert shown["default_route"]["id"].startswith("R")
    assert shown["default_route"]["escalation_chain_id"] is None
    assert set(shown["templates"]) == CHANNELS | {
        "grouping_key",
        "resolve_signal",
        "acknowledge_signal",
        "source_link",
    }
    assert shown["templates"]["web"] == {"title": None, "message": None, "image_url": None}
    assert (shown["inbound_email"], shown["maintenance_mode"], shown["team_id"]) == (None, None, None)
    assert office.get(f"integrations/{shown['id']}") == shown
    assert office.list("integrations") == [shown]


def test_every_type_that_can_be_made_is_one_that_the_sources_read():
    assert set(TYPES) == set(presets.PRESETS)
    assert ALIASES == presets.ALIASES
    for name, type_ in TYPES.items():
        preset = presets.PRESETS[name]
        assert (type_.by_link, type_.beats) == (preset.by_link, preset.beats), name


@pytest.mark.parametrize("name", sorted({*TYPES, "pagerduty"} - {"direct_paging"}))
def test_every_type_can_be_made(office, name):
    shown = made(office, type=name)

    assert shown["type"] == name
    assert shown["name"]
    by_link = name not in {"inbound_email", "manual", "maintenance"}
    assert (shown["link"] is not None) is by_link
    assert (shown["heartbeat"] is not None) is (by_link and name != "kapacitor")
    if name == "inbound_email":
        assert shown["inbound_email"].endswith("@tocsin.test")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, {"type": ["This field is required."]}),
        ({"type": "carrier_pigeon"}, {"detail": "Invalid integration type"}),
        ({"type": ["webhook"]}, {"detail": "Invalid integration type"}),
        ({"type": "legacy_alertmanager"}, {"detail": "This integration type is deprecated"}),
        ({"type": "direct_paging"}, {"detail": "Direct paging integrations can't be created"}),
        ({"type": "webhook", "team_id": unknown("team")}, {"team_id": ["Object does not exist"]}),
        (
            {"type": "webhook", "templates": {"grouping_key": "{{"}},
            {"detail": "Invalid grouping_key template data"},
        ),
        (
            {"type": "webhook", "templates": {"web": {"title": "{% for %}"}}},
            {"detail": "invalid web title template"},
        ),
        ({"type": "webhook", "templates": {"sms": {"message": "x"}}}, {"detail": "Invalid template data"}),
        ({"type": "webhook", "templates": []}, {"detail": "Invalid template data"}),
        (
            {"type": "webhook", "default_route": {"slack": {"channel_id": "C1"}}},
            {"detail": "Slack isn't connected to this workspace"},
        ),
        (
            {"type": "webhook", "default_route": {"escalation_chain_id": unknown("chain")}},
            {"escalation_chain_id": ["Object does not exist"]},
        ),
        (
            {"type": "webhook", "name": "x" * 151},
            {"name": ["Ensure this field has no more than 150 characters."]},
        ),
        ({"type": "webhook", "name": "\0"}, {"name": ["Null characters are not allowed."]}),
    ],
)
def test_what_cannot_be_made_is_refused_and_leaves_nothing(office, body, said):
    assert office.refusal("POST", "integrations", body) == (400, said)

    assert office.list("integrations") == []
    assert [each["name"] for each in office.api.get("/services")["services"]] == ["Shop", "Depot"]


def test_a_name_is_taken_once_in_a_team(office):
    made(office, name="Web", team_id=OPS_ID)
    made(office, name="Web", team_id="")

    taken = (400, {"detail": "An integration with this name already exists for this team"})
    assert office.refusal("POST", "integrations", {"type": "webhook", "name": "Web"}) == taken


def test_a_change_merges_and_the_type_stays(office):
    shown = made(office, name="Web", templates={"grouping_key": "{{ payload.id }}", "sms": {"title": "a"}})

    changed = office.put(
        f"integrations/{shown['id']}",
        {
            "type": "alertmanager",
            "team_id": OPS_ID,
            "description_short": "the shop",
            "templates": {"sms": None, "web": {"title": "{{ payload.title }}"}, "pigeon": {"title": "x"}},
        },
    )

    assert (changed["type"], changed["name"], changed["team_id"]) == ("webhook", "Web", OPS_ID)
    assert changed["description_short"] == "the shop"
    assert changed["templates"]["grouping_key"] == "{{ payload.id }}"
    assert changed["templates"]["sms"] == {"title": None}
    assert changed["templates"]["web"]["title"] == "{{ payload.title }}"
    assert office.list(f"integrations?team_id={OPS_ID}") == [changed]
    assert office.list("integrations?team_id=null") == []
    assert office.list("integrations?name=Web") == [changed]
    assert office.refusal("GET", f"integrations?team_id={unknown('team')}")[1] == {
        "team_id": ["Select a valid choice. That choice is not one of the available choices."]
    }


def test_maintenance_lets_groups_open_and_notifies_nobody_until_it_is_over(office):
    shown = made(office)
    address = f"integrations/{shown['id']}"

    started = office.post(f"{address}/maintenance_start", {"mode": "debug", "duration": 3600}, status=200)
    office.call("POST", path_of(shown["link"]), {"a": 1})

    assert started["maintenance_mode"] == "debug"
    assert started["maintenance_started_at"] == NOW.isoformat().replace("+00:00", "Z")
    assert started["maintenance_end_at"] == "2026-03-06T10:00:00Z"
    assert [group["state"] for group in office.list("alert_groups")] == ["firing"]
    assert office.api.get("/alerts")["alerts"][0]["routing"] == "silenced"
    again = office.refusal("POST", f"{address}/maintenance_start", {"mode": "debug", "duration": 3600})
    assert again == (400, {"detail": "Already on maintenance"})
    office.api.clock.pass_time(minutes=1)
    assert office.post(f"{address}/maintenance_stop", status=200)["maintenance_mode"] is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"mode": "nap", "duration": 60}, {"mode": ["Unknown mode"]}),
        ({"mode": "debug", "duration": "x"}, {"duration": ["Invalid duration"]}),
        ({"mode": "debug", "duration": 0}, {"duration": ["Invalid duration"]}),
        ({}, {"mode": ["Unknown mode"], "duration": ["Invalid duration"]}),
    ],
)
def test_maintenance_needs_a_mode_and_a_duration(office, body, said):
    address = f"integrations/{made(office)['id']}/maintenance_start"

    assert office.refusal("POST", address, body) == (400, said)


def test_a_deleted_integration_takes_nothing_more_and_its_groups_stay(office):
    shown = made(office)
    office.call("POST", path_of(shown["link"]), {"a": 1})

    office.delete(f"integrations/{shown['id']}")

    refused = office.call("POST", path_of(shown["link"]), {"a": 2})
    assert (refused.status_code, "Permission denied" in refused.text) == (403, True)
    assert office.refusal("GET", f"integrations/{shown['id']}")[0] == 404
    assert office.refusal("DELETE", f"integrations/{shown['id']}")[0] == 404
    (group,) = office.list("alert_groups")
    assert group["integration_id"] == shown["id"]
    assert office.list("routes") == []


def test_only_admins_write_integrations_and_everybody_reads_them(office):
    shown = made(office)

    assert office.get(f"integrations/{shown['id']}", as_="viewer") == shown
    for who in ("viewer", "responder"):
        denied = (403, {"detail": "You do not have permission to perform this action."})
        assert office.refusal("POST", "integrations", {"type": "webhook"}, as_=who) == denied
    assert office.refusal("GET", f"integrations/{shown['id']}", as_="stranger")[0] == 404


def test_what_is_made_natively_is_seen_here_and_the_other_way_round(office):
    shown = made(office, name="Web", type="formatted_webhook")

    ours = office.api.get("/integrations")["integrations"][0]
    assert (ours["kind"], ours["name"], ours["mapping"]) == (
        "templated",
        "Web",
        {"type": "formatted_webhook"},
    )
    office.api.call("PATCH", f"{API}/integrations/{ours['id']}", {"name": "Shop"}, as_="admin")
    assert office.get(f"integrations/{shown['id']}")["name"] == "Shop"
    policy = office.api.get("/alert-policies")["alert_policies"][0]
    assert (policy["mode"], policy["scope"]["integration_ids"]) == ("first", [ours["id"]])
    assert [(rule["name"], rule["nobody"]) for rule in policy["rules"]] == [("default", True)]


def test_an_integration_of_our_own_has_a_default_route_once_it_is_given_one(office):
    service = office.api.get("/services")["services"][0]["id"]
    body = {"service_id": service, "kind": "alertmanager", "name": "Native"}
    office.api.call("POST", "/integrations", body, as_="admin")

    (shown,) = office.list("integrations")
    assert (shown["type"], shown["link"]) == ("alertmanager", None)
    (route,) = office.list(f"routes?integration_id={shown['id']}")
    assert route["is_the_last_route"] is True
    assert office.api.get("/alert-policies")["alert_policies"] == []
    chain = office.api.get("/escalation-policies")["escalation_policies"][0]
    changed = office.put(f"routes/{route['id']}", {"escalation_chain_id": office_chain(office)})
    assert changed["escalation_chain_id"] == office_chain(office)
    (policy,) = office.api.get("/alert-policies")["alert_policies"]
    assert policy["rules"][0]["escalation_policy_ids"] == [chain["id"]]


def office_chain(office: Office) -> str:
    (number,) = office.api.configuration.escalation_policies

    return write("chain", number)
