"""`notify_by_webhook`: the webhook that somebody has chosen is called, with what they say of themselves."""

import json

import pytest

from api_world import API, REA
from conftest import ENGINES
from grafana_office import REA_ID, Office
from sending import deliver
from tocsin.channels.base import HttpResponse
from tocsin.core.spelling import native
from tocsin.dialects.grafana_oncall.spelled import read
from tocsin.sources.grafana_oncall import oncall_address_door

PERSONAL = {
    "name": "Mine",
    "url": "https://desk.example.org/{{ event.user.pager }}",
    "http_method": "POST",
    "trigger_type": "personal notification",
}
REA_NATIVE = native("user", REA.id)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def office(database) -> Office:
    return Office(database, doors=(oncall_address_door,))


def choose(office: Office, hook: str, **body):
    """Let Rea choose a webhook by its id in this API."""
    way = {"channel": "webhook", "address": native("destination", read("webhook", hook))}
    url = f"{API}/users/{REA_NATIVE}/contact-methods"
    return office.api.call("POST", url, way | body, as_="responder")


def fire(office: Office) -> None:
    chain = office.post("escalation_chains", {"name": "All"})["id"]
    step = {"type": "notify_persons", "persons_to_notify": [REA_ID]}
    office.post("escalation_policies", {"escalation_chain_id": chain} | step)
    route = {"default_route": {"escalation_chain_id": chain}}
    made = office.post("integrations", {"type": "formatted_webhook", "name": "Shop"} | route)
    link = made["link"].removeprefix("http://tocsin.test")
    assert office.call("POST", link, {"alert_uid": "1", "title": "Disk full"}).status_code == 200


def test_the_chosen_webhook_is_called_as_a_personal_notification_with_the_persons_context(office):
    hook = office.post("webhooks", PERSONAL)["id"]
    answer = choose(office, hook, context={"pager": 17})
    assert (answer.status_code, answer.json()["verified"]) == (201, True)
    assert answer.json()["address"] == native("destination", read("webhook", hook))
    office.post("personal_notification_rules", {"user_id": REA_ID, "type": "notify_by_webhook"})
    fire(office)

    wire = deliver(office.api.world, HttpResponse(status=200, body=b"{}"))

    (request,) = wire.requests
    assert request.url == "https://desk.example.org/17"
    told = json.loads(request.body)
    assert (told["event"]["type"], told["event"]["user"]) == ("personal notification", {"pager": 17})
    assert told["user"]["id"] == REA_ID
    assert told["alert_group"]["title"] == "Disk full"
    (kept,) = office.list(f"webhooks/{hook}/responses")
    assert (kept["url"], kept["status_code"]) == ("https://desk.example.org/17", "200")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (
            lambda office, hook: office.put(f"webhooks/{hook}", {"is_webhook_enabled": False}),
            "is switched off",
        ),
        (lambda office, hook: office.delete(f"webhooks/{hook}"), "is no longer there"),
    ],
)
def test_a_webhook_that_cannot_be_called_fails_at_once_and_the_next_rule_follows(office, spoil, why):
    hook = office.post("webhooks", PERSONAL)["id"]
    choose(office, hook, context={"pager": 17})
    for type_ in ("notify_by_webhook", "wait", "notify_by_email"):
        office.post("personal_notification_rules", {"user_id": REA_ID, "type": type_})
    spoil(office, hook)
    fire(office)

    first = deliver(office.api.world)
    second = deliver(office.api.world)

    assert first.requests == []
    assert [mail.recipient for mail in second.mails] == ["rea@example.org"]
    (page,) = office.api.get("/pages")["pages"]
    story = [each["sentence"] for each in office.api.get(f"/pages/{page['id']}/timeline")["timeline"]]
    assert any(why in each and "given up" in each for each in story)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"address": native("destination", 424_242)}, "address"),
        ({"channel": "email", "address": "rea@example.net", "context": {"a": 1}}, "context"),
        ({"context": {"a": "x" * 20_000}}, "context"),
        ({"context": []}, "context"),
    ],
)
def test_what_leads_nowhere_or_says_too_much_is_refused(office, body, path):
    hook = office.post("webhooks", PERSONAL)["id"]

    answer = choose(office, hook, **body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == path


def test_a_room_is_no_way_to_reach_one_person(office):
    room = {"name": "#ops", "channel": "slack", "address": "https://hooks.slack.com/services/T0/B0/x"}
    made = office.api.call("POST", f"{API}/destinations", room, as_="admin").json()["id"]

    way = {"channel": "webhook", "address": made}
    answer = office.api.call("POST", f"{API}/users/{REA_NATIVE}/contact-methods", way, as_="responder")

    assert answer.status_code == 400
    assert "names a destination on slack" in answer.text
