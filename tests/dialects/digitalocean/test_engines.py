"""One story of an app and its alerts, the same on either database; and writers that come at once."""

import threading

import pytest

from conftest import ENGINES
from droplet_office import ADMIN, HOOK, OWNER, RESPONDER, fault, spec


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


def test_an_app_is_made_assigned_changed_and_gone(office):
    app = office.app()
    alert = office.alerts(app["id"])["DEPLOYMENT_FAILED"]["id"]
    webhooks = [{"url": HOOK, "channel": "Größe"}]

    told = office.assign(app["id"], alert, emails=[RESPONDER], slack_webhooks=webhooks)
    office.put(app["id"], spec("renamed"))

    assert office.alerts(app["id"])["DEPLOYMENT_FAILED"] == told
    assert office.get("/?name=renamed")["app"]["id"] == app["id"]
    assert office.call("DELETE", f"/{app['id']}").status_code == 200
    assert fault(office.call("GET", f"/{app['id']}")) == (404, "not_found")
    assert office.api.get("/destinations", as_="admin")["destinations"] == []


def test_of_writers_that_come_at_once_one_whole_state_remains(office):
    app = office.app()["id"]
    alert = office.alerts(app)["DEPLOYMENT_FAILED"]["id"]
    bodies = [
        {"emails": [address], "slack_webhooks": [{"url": f"{HOOK}{number}", "channel": f"#{number}"}]}
        for number, address in enumerate((OWNER, ADMIN, RESPONDER))
    ]
    threads = [
        threading.Thread(target=office.assign, args=(app, alert), kwargs=body)
        for body in bodies
        for _ in "123"
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    left = office.alerts(app)["DEPLOYMENT_FAILED"]
    assert {"emails": left["emails"], "slack_webhooks": left["slack_webhooks"]} in bodies
    assert len(office.api.get("/destinations", as_="admin")["destinations"]) == 1
