"""App Platform's alerts through the vendor's own Python client, over TLS, up to the messages that arrive."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from pydo import Client

from acceptance.peers import Mail, MailCatcher, Receiver, http, trust, wait_for
from acceptance.servers import Tocsin, tocsin
from acceptance.tls import certificate_in
from tocsin.actions.key_kinds import KeyKind
from tocsin.web.clients import clients_of

SPEC = {
    "name": "shop",
    "region": "ams",
    "alerts": [{"rule": "DEPLOYMENT_FAILED"}, {"rule": "DOMAIN_FAILED"}],
    "services": [
        {
            "name": "web",
            "instance_count": 1,
            "alerts": [
                {
                    "rule": "CPU_UTILIZATION",
                    "operator": "GREATER_THAN",
                    "value": 75,
                    "window": "FIVE_MINUTES",
                }
            ],
        }
    ],
}


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """A server that speaks HTTPS, a client of it, and what stands around them."""

    server: Tocsin
    client: Client
    mail: MailCatcher
    slack: Receiver
    chain: Path

    @property
    def owner(self) -> str:
        """The owner's address."""
        return self.server.credentials["owner"]["email"]

    @property
    def hook(self) -> str:
        """A webhook that the operator allows."""
        return f"{self.slack.url}/services/T0/B0/XXXX"

    def alerts(self, app: str) -> dict[str, Any]:
        """Give the alerts of an app by rule."""
        return {each["spec"]["rule"]: each for each in self.client.apps.list_alerts(app)["alerts"]}


@pytest.fixture(scope="module")
def vendor(tmp_path_factory) -> Iterator[Vendor]:
    folder = tmp_path_factory.mktemp("vendor")
    chain, key = certificate_in(folder)
    trust(chain)
    with MailCatcher() as mail, Receiver((chain, key)) as slack:
        settings = {
            "SSL_CERT_FILE": str(chain),
            "TOCSIN_TLS_CERT": str(chain),
            "TOCSIN_TLS_KEY": str(key),
            "TOCSIN_SMTP_URL": mail.url,
            "TOCSIN_SLACK_HOSTS": slack.url.removeprefix("https://"),
        }
        with tocsin(folder / "tocsin", **settings) as server:
            token = server.credentials["credentials"]["digitalocean"]["token"]
            client = Client(token=token, endpoint=server.url, connection_verify=str(chain))
            yield Vendor(server=server, client=client, mail=mail, slack=slack, chain=chain)


@pytest.fixture
def app(vendor) -> Iterator[str]:
    made = vendor.client.apps.create({"spec": SPEC})["app"]
    yield made["id"]
    assert vendor.client.apps.delete(made["id"]) == {"id": made["id"]}


def test_the_vendors_client_makes_reads_changes_and_deletes_apps(vendor, app):
    client = vendor.client

    read = client.apps.get(app)["app"]
    listed = client.apps.list(page=1, per_page=200)
    named = client.apps.get("", name="shop")["app"]
    changed = client.apps.update(app, {"spec": SPEC | {"region": "fra"}})["app"]
    deployments = client.apps.list_deployments(app)["deployments"]

    assert read["spec"] == SPEC
    assert read in listed["apps"]
    assert listed["meta"]["total"] == len(listed["apps"])
    assert named == read
    assert changed["spec"]["region"] == "fra"
    assert [each["phase"] for each in deployments] == ["ACTIVE"]


def test_what_a_new_key_says_to_copy_into_a_script_lists_the_apps(vendor, app):
    keys = vendor.server.credentials["credentials"]["digitalocean"]
    clients = clients_of(KeyKind.DIGITALOCEAN, keys, vendor.server.url)
    (python,) = (each for each in clients if each.title == "Python")

    done = subprocess.run(
        [sys.executable, "-c", python.lines],
        env={"REQUESTS_CA_BUNDLE": str(vendor.chain)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert app in done.stdout, done.stderr


def test_the_documents_own_request_is_answered_as_the_document_says(vendor, app):
    alert = vendor.alerts(app)["DEPLOYMENT_FAILED"]
    webhook = {
        "url": "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "channel": "Channel Name",
    }
    request = {"emails": [vendor.owner], "slack_webhooks": [webhook]}

    told = vendor.client.apps.assign_alert_destinations(app, alert["id"], request)["alert"]

    assert told["id"] == alert["id"]
    assert told["spec"] == {"rule": "DEPLOYMENT_FAILED"}
    assert told["emails"] == [vendor.owner]
    assert told["slack_webhooks"] == [webhook]
    assert told["phase"] == "ACTIVE"
    assert told["progress"]["steps"][0]["name"] == "alert-configure-insight-alert"
    assert told["progress"]["steps"][0]["status"] == "SUCCESS"


def test_a_body_may_be_a_stream(vendor, app):
    alert = vendor.alerts(app)["DOMAIN_FAILED"]

    told = vendor.client.apps.assign_alert_destinations(app, alert["id"], BytesIO(b'{"emails": []}'))

    assert told["alert"]["emails"] == []


def test_what_is_not_there_is_given_back_as_a_document_and_not_raised(vendor):
    missing = {"id": "not_found", "message": "The resource you requested could not be found."}

    answers = [
        vendor.client.apps.assign_alert_destinations("12345", "24556", {"emails": []}),
        vendor.client.apps.get("12345"),
        vendor.client.apps.list_alerts("12345"),
    ]

    for answer in answers:
        assert {name: answer[name] for name in missing} == missing


def test_refusals_are_raised_as_the_client_knows_them(vendor, app):
    alert = vendor.alerts(app)["DOMAIN_FAILED"]["id"]
    wrong = Client(token="wrong", endpoint=vendor.server.url, connection_verify=str(vendor.chain))

    with pytest.raises(ClientAuthenticationError):
        wrong.apps.list()
    with pytest.raises(HttpResponseError) as stranger:
        vendor.client.apps.assign_alert_destinations(app, alert, {"emails": ["nobody@example.org"]})
    with pytest.raises(HttpResponseError) as taken:
        vendor.client.apps.create({"spec": SPEC})

    assert (stranger.value.status_code, taken.value.status_code) == (422, 409)


def test_an_event_is_told_to_the_alerts_destinations_and_a_new_webhook_is_tried_first(vendor, app):
    alert = vendor.alerts(app)["CPU_UTILIZATION"]["id"]
    webhooks = [{"url": vendor.hook, "channel": "#ops"}]

    vendor.client.apps.assign_alert_destinations(
        app, alert, {"emails": [vendor.owner], "slack_webhooks": webhooks}
    )
    (test,) = vendor.slack.requests.wait(1)
    event = {
        "title": "CPU is high",
        "severity": "critical",
        "labels": {"app_id": app, "rule": "CPU_UTILIZATION", "component": "web"},
        "metric": {"name": "cpu", "value": 93.0, "units": "PERCENT"},
    }
    sent = vendor.server.call("POST", "events", event)

    assert sent.status == 202
    vendor.mail.mails.wait(1, that=lambda mail: _is_about(mail, vendor.owner, "CPU is high"))
    posts = vendor.slack.requests.wait(2)
    assert test.json()["channel"] == posts[1].json()["channel"] == "#ops"
    assert "CPU is high" in posts[1].json()["text"]
    wait_for(lambda: steps(vendor, app) == ["SUCCESS", "SUCCESS"], what=lambda: steps(vendor, app))
    vendor.server.call("POST", "events", event | {"status": "resolved"})


def test_the_vendors_curl_example_works_but_for_its_method(vendor, app):
    alert = vendor.alerts(app)["DOMAIN_FAILED"]["id"]
    url = f"{vendor.server.url}/v2/apps/{app}/alerts/{alert}/destinations"
    token = vendor.server.credentials["credentials"]["digitalocean"]["token"]

    answers = [http(method, url, {"emails": [vendor.owner]}, token=token) for method in ("POST", "PUT")]

    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].json()["alert"]["emails"] == [vendor.owner]


def steps(vendor: Vendor, app: str) -> list[str]:
    """Tell how far the steps of an alert have come."""
    alert = vendor.alerts(app)["CPU_UTILIZATION"]
    return [step["status"] for step in alert["progress"]["steps"]]


def _is_about(mail: Mail, address: str, title: str) -> bool:
    return mail.recipients == (address,) and title in mail.subject
