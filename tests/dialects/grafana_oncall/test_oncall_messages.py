"""Templates of single channels: what people are told on each, by the templates of the integration."""

import json
from dataclasses import replace
from urllib.parse import unquote_plus

import pytest

from api_world import API, NOW, REA
from conftest import ENGINES
from grafana_office import REA_ID, Office
from sending import deliver
from tocsin.channels.base import HttpResponse
from tocsin.channels.registry import connected
from tocsin.channels.twilio import Twilio
from tocsin.core.ids import ContactMethodId
from tocsin.core.people import ContactMethod
from tocsin.sources.grafana_oncall import oncall_address_door

WAYS = {
    "email": "rea@example.org",
    "sms": "+4930123456",
    "voice": "+4930123456",
    "slack": "https://hooks.slack.com/services/T0/B0/x",
    "webhook": "https://rea.example.org/hook",
}
REACHED = replace(
    REA,
    contact_methods=tuple(
        ContactMethod(
            id=ContactMethodId(7_000 + number), user=REA.id, channel=channel, address=address, verified_at=NOW
        )
        for number, (channel, address) in enumerate(WAYS.items())
    ),
)
TEMPLATES = {
    "web": {"title": "web {{ payload.host }}"},
    "slack": {"title": "*slack* {{ payload.host }}", "message": "_sees_ {{ payload.n }}"},
    "sms": {"title": "sms {{ payload.host }}"},
    "phone_call": {"title": "call {{ payload.host }}"},
    "email": {"title": "mail {{ payload.host }}", "message": "reads {{ payload.n }}"},
    "webhook": {"title": "hook {{ payload.host }}", "image_url": "https://x.example/{{ payload.host }}.png"},
}
LOOPS = "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def office(database) -> Office:
    return Office(database, doors=(oncall_address_door,), more={REA.id: REACHED})


def door(office: Office, templates: dict) -> dict:
    """Make an integration whose alerts ask Rea at once in every way."""
    chain = office.post("escalation_chains", {"name": "All"})["id"]
    step = {"type": "notify_persons", "persons_to_notify": [REA_ID]}
    office.post("escalation_policies", {"escalation_chain_id": chain} | step)
    route = {"default_route": {"escalation_chain_id": chain}}
    return office.post("integrations", {"type": "webhook", "name": "Shop", "templates": templates} | route)


def fire(office: Office, made: dict, **payload) -> None:
    link = made["link"].removeprefix("http://tocsin.test")
    assert office.call("POST", link, payload).status_code == 200


def told(office: Office) -> dict[str, str]:
    """Send what waits; give what went out, by the channel."""
    twilio = Twilio(account_sid="AC1", auth_token="secret", sender="+15550100")
    taken = HttpResponse(status=201, body=b'{"sid": "SM1", "status": "queued"}')
    wire = deliver(office.api.world, taken, channels=connected(twilio))
    said = {_channel(request.url): unquote_plus(request.body.decode()) for request in wire.requests}
    (mail,) = wire.mails
    return said | {"email": mail.content.decode()}


def _channel(url: str) -> str:
    parts = {"Messages.json": "sms", "Calls.json": "voice", "slack.com": "slack", "rea.example": "webhook"}
    return next(channel for part, channel in parts.items() if part in url)


def story(office: Office) -> list[str]:
    """Read what the page's story says."""
    (page,) = office.api.get("/pages")["pages"]
    return [each["sentence"] for each in office.api.get(f"/pages/{page['id']}/timeline")["timeline"]]


def test_each_channel_says_what_its_templates_make_of_the_alert(office):
    made = door(office, TEMPLATES)
    fire(office, made, host="db-1", n=7)

    said = told(office)

    assert "sms db-1" in said["sms"]
    assert "call db-1" in said["voice"]
    assert "Subject: [Error] mail db-1" in said["email"]
    assert "reads 7" in said["email"]
    slack = said["slack"]
    assert "*slack* db-1" in slack
    assert "_sees_ 7" in slack
    hook = json.loads(said["webhook"])["data"]
    assert (hook["title"], hook["alerts"][0]["title"]) == ("hook db-1", "hook db-1")
    assert hook["alerts"][0]["image_url"] == "https://x.example/db-1.png"
    assert office.list("alert_groups")[0]["title"] == "web db-1"
    assert not any("could not be filled in" in each for each in story(office))


@pytest.mark.parametrize("template", [LOOPS, "{{ payload.a.b }}", "{{ 1 // 0 }}"])
def test_a_template_that_cannot_be_filled_in_changes_nothing_and_the_story_says_so(office, template):
    made = door(office, {"web": {"title": "web {{ payload.host }}"}, "sms": {"title": template}})
    fire(office, made, host="db-1")

    said = told(office)

    assert "web db-1" in said["sms"]
    failed = [each for each in story(office) if "could not be filled in" in each]
    assert len(failed) == 1
    assert failed[0].startswith("The sms title template of Shop could not be filled in (it ")


def test_a_template_that_is_taken_back_leaves_what_every_channel_says(office):
    made = door(office, TEMPLATES)
    changed = office.put(f"integrations/{made['id']}", {"templates": {"sms": None, "email": {"title": None}}})
    fire(office, made, host="db-1", n=7)

    said = told(office)

    assert changed["templates"]["sms"] == {"title": None}
    assert changed["templates"]["email"] == {"title": None, "message": "reads {{ payload.n }}"}
    assert "web db-1" in said["sms"]
    assert "Subject: [Error] web db-1" in said["email"]
    assert "reads 7" in said["email"]


def test_the_native_api_shows_and_changes_the_same_templates(office):
    made = door(office, TEMPLATES)
    (native,) = office.api.get("/integrations")["integrations"]

    assert native["message_templates"]["voice"] == {"title": "call {{ payload.host }}"}
    assert "web" not in native["message_templates"]
    assert "channels" not in native["mapping"]
    url = f"/integrations/{native['id']}"
    office.api.call("PATCH", f"{API}{url}", {"message_templates": {"voice": {"title": "ring"}}}, as_="admin")
    shown = office.get(f"integrations/{made['id']}")["templates"]
    assert (shown["phone_call"], shown["sms"]) == ({"title": "ring"}, {"title": None})
    assert shown["web"]["title"] == "web {{ payload.host }}"
    answer = office.api.call(
        "PATCH", f"{API}{url}", {"message_templates": {"sms": {"title": "{{"}}}, as_="admin"
    )
    assert answer.status_code == 400
    assert "message_templates.sms.title" in answer.text
