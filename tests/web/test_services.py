"""Services and their integrations: made, changed, set up, heard of, and closed."""

import re
from html import unescape

import pytest

from api_world import ADA, NOW, OLA, SHOP
from configured import entropy
from tocsin.actions import integrations
from tocsin.actions.actor import Actor
from tocsin.core.ids import IntegrationId
from tocsin.core.service import Integration
from tocsin.core.spelling import native
from tocsin.web.senders import BY_KEY, SENDERS
from web_office import filled_in, text_of

SHOP_ID = native("service", SHOP)


@pytest.fixture
def admin(browser):
    browser.sign_in("admin")
    return browser


def made_by(browser, sender: str, **more: str) -> str:
    """Make an integration by the form, and give the page that answers."""
    form = filled_in(browser.look(f"/services/integrations/new?sender={sender}&service={SHOP_ID}"))
    answer = browser.request("POST", "/services/integrations/new", form | {"name": "Production"} | more)
    assert answer.status_code == 200, text_of(answer.text)
    return answer.text


@pytest.mark.parametrize("sender", [sender.key for sender in SENDERS])
def test_each_kind_of_sender_is_set_up_by_what_the_page_says(admin, sender):
    page = made_by(admin, sender)

    (url,) = set(re.findall(r"http://tocsin\.test/integrations/\w+/[\w=-]+", page))
    (made,) = admin.api.get("/integrations")["integrations"]
    assert url.split("/")[4] == made["kind"]
    assert "Waiting for the first event" in page
    assert unescape(BY_KEY[sender].lines_for(url)) in unescape(page)
    assert url not in admin.look(f"/services/integrations/{made['id']}")


def test_the_first_event_shows_where_it_was_waited_for(admin):
    url = re.findall(r"/integrations/native/[\w=-]+", made_by(admin, "native"))[0]
    (made,) = admin.api.get("/integrations")["integrations"]
    page = f"/services/integrations/{made['id']}"
    assert "Waiting" in admin.look(f"{page}/arrival")

    assert admin.request("POST", url, json={"title": "Disk full", "dedup_key": "a"}).status_code == 202

    for path in (page, f"{page}/arrival"):
        assert "Received The last event came just now" in text_of(admin.look(path))
    assert "just now" in admin.look("/services")


_GUANCE = {  # Guance, "Webhook Customization", event information
    "timestamp": 1625638440,
    "df_status": "warning",
    "df_event_id": "event-xxxxxxxxxx",
    "df_title": "web001 has issues",
    "df_message": "web001 has issues\nCPU usage greater than 90",
    "df_dimension_tags": '{"host":"web001"}',
    "df_monitor_checker_id": "rul_xxxxxxxxxx",
    "df_monitor_checker_name": "CPU",
    "df_event_link": "https://console.guance.com/keyevents/monitorChart?xxxxxxxxxx",
    "Result": 99,
}
_CLOUD_MANAGER = {  # Cloud Manager, "Alerts", as its webhooks carry one
    "id": "533dc40ae4b00835ff81eaee",
    "groupId": "535683b3794d371327b",
    "eventTypeName": "OUTSIDE_METRIC_THRESHOLD",
    "status": "OPEN",
    "created": "2014-07-01T16:27:11Z",
    "updated": "2014-07-01T16:27:11Z",
    "hostnameAndPort": "db-1:27017",
    "metricName": "ASSERT_REGULAR",
    "currentValue": {"number": 0.0, "units": "RAW"},
}


@pytest.mark.parametrize(
    ("sender", "payload", "over", "alert"),
    [
        ("guance", _GUANCE, {"df_status": "ok"}, ("web001 has issues", "warning")),
        (
            "cloud-manager",
            _CLOUD_MANAGER,
            {"status": "CLOSED"},
            ("OUTSIDE_METRIC_THRESHOLD on db-1:27017", "error"),
        ),
    ],
)
def test_what_a_vendor_sends_by_its_webhook_opens_an_alert_and_closes_it(admin, sender, payload, over, alert):
    url = re.findall(r"/integrations/generic/[\w=-]+", made_by(admin, sender))[0]

    assert admin.request("POST", url, json=payload).status_code == 202
    (opened,) = admin.api.get("/alerts?status=firing&service=shop")["alerts"]
    assert admin.request("POST", url, json=payload | over).status_code == 202

    assert (opened["title"], opened["severity"]) == alert
    assert admin.api.get(f"/alerts/{opened['id']}")["status"] == "resolved"


def test_a_failed_deployment_tells_by_a_job_of_the_apps_spec(admin):
    lines = made_by(admin, "digitalocean")
    url = re.findall(r"/integrations/native/[\w=-]+", lines)[0]
    spoken = re.findall(
        r"'(\{.*?\})'", unescape(re.search(r"<code>(jobs:.*?)</code>", lines, re.DOTALL)[1]), re.DOTALL
    )

    for body in spoken:
        headers = {"content-type": "application/json"}
        assert admin.request("POST", url, content=body, headers=headers).status_code == 202, body

    (alert,) = admin.api.get("/alerts?status=resolved&service=shop")["alerts"]
    assert (alert["title"], alert["labels"]["rule"]) == ("A deployment failed", "DEPLOYMENT_FAILED")


@pytest.mark.parametrize(
    ("type_", "address"),
    [
        ("webhook", "http://tocsin.test/integrations/v1/webhook/{token}/"),
        ("zabbix", "http://tocsin.test/integrations/v1/zabbix/{token}/"),
        ("inbound_email", "{token}@tocsin.test"),
    ],
)
def test_an_address_that_may_be_shown_again_is_shown_as_it_was_given(admin, type_, address):
    token = "t0ken" * 8
    draft = Integration(
        id=IntegrationId(0),
        workspace=OLA.workspace,
        service=SHOP,
        kind="templated",
        name="x",
        mapping={"type": type_},
    )
    made = admin.api.transact(
        lambda tx: integrations.create(tx, Actor.of_user(ADA), draft, token=token, entropy=entropy, now=NOW)
    )
    page = f"/services/integrations/{native('integration', made.integration.id)}"

    assert unescape(admin.look(page)).count(f">{address.format(token=token)}<") == 1
    admin.cookies = {}
    admin.sign_in("viewer")
    seen = admin.look(page)
    assert token not in seen
    assert address.format(token="…0ken") in seen


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "name"),
        ({"service": ""}, "Choose the service"),
        ({"service": "svc_000000000000"}, "must be a service that is here"),
        ({"sender": "pigeon"}, "must be one of the choices"),
        ({"heartbeat": "soon"}, "must be like 30s, 5m"),
        ({"heartbeat": "1s"}, "must be 30 to 2592000 seconds"),
        ({"sender": "generic", "mapping": ""}, "must say at least where the title is"),
        ({"sender": "generic", "mapping": "{"}, "is no JSON object"),
        ({"sender": "generic", "mapping": '{"nonsense": 1}'}, "nonsense"),
    ],
)
def test_an_integration_that_cannot_be_is_said_and_what_was_typed_stays(admin, typed, words):
    form = {"sender": "native", "service": SHOP_ID, "name": "Mine", "description": "About it"} | typed

    answer = admin.request("POST", "/services/integrations/new", form)

    assert answer.status_code == 400
    assert words in text_of(answer.text)
    assert "About it" in answer.text
    assert admin.api.get("/integrations")["integrations"] == []


def test_an_integration_gets_another_address_and_is_closed(admin):
    old = re.findall(r"/integrations/native/[\w=-]+", made_by(admin, "native"))[0]
    (made,) = admin.api.get("/integrations")["integrations"]
    page = f"/services/integrations/{made['id']}"

    new = re.findall(r"/integrations/native/[\w=-]+", admin.request("POST", f"{page}/rotate").text)[0]

    assert new != old
    event = {"title": "x"}
    assert admin.request("POST", old, json=event).status_code == 404
    assert admin.request("POST", new, json=event).status_code == 202
    assert admin.request("POST", f"{page}/revoke").status_code == 303
    assert admin.request("POST", new, json=event).status_code == 410
    assert "takes nothing any more" in text_of(admin.look(page))
    assert admin.request("POST", f"{page}/rotate").status_code == 409


def test_a_service_is_made_changed_and_deleted(admin):
    made = admin.request(
        "POST", "/services/new", {"name": "Check out", "description": "Where money comes in"}
    )
    page = made.headers["location"].partition("?")[0]
    assert "Where money comes in" in text_of(admin.look(page))

    form = filled_in(admin.look(f"{page}/edit")) | {"name": "Checkout"}
    assert admin.request("POST", f"{page}/edit", form).status_code == 303
    kept = admin.api.get(page)
    assert (kept["name"], kept["slug"], kept["description"]) == (
        "Checkout",
        "check-out",
        "Where money comes in",
    )

    assert admin.request("POST", f"{page}/delete").status_code == 303
    assert admin.request("GET", page).status_code == 404


def test_a_service_that_is_needed_stays_and_the_page_says_by_what(admin):
    admin.api.call("POST", "/silences", {"name": "Quiet", "service_ids": [SHOP_ID]}, as_="admin")

    answer = admin.request("POST", f"/services/{SHOP_ID}/delete")

    assert answer.status_code == 409
    assert "It stays: service Shop is in use by silence Quiet" in text_of(answer.text)
    assert admin.api.get(f"/services/{SHOP_ID}")["name"] == "Shop"
