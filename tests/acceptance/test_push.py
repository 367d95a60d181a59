"""Push messages to a real browser: its service worker shows them, and takes the answers back.

No Chromium without a window can subscribe: that takes the push service of its maker. So the page is given a
subscription whose keys are the test's, a push service of ours takes and opens what Tocsin sends, and what it
reads is handed to the browser as from its push service. Page, service worker and server are the real ones.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, Worker, expect

from acceptance.chromium import PHONE, fill_in, page_of
from acceptance.peers import wait_for
from acceptance.push_service import Pushed, PushService
from acceptance.servers import Tocsin, tocsin

SUBSCRIBES = """
Notification.requestPermission = async () => "granted";
const made = (given) => ({ endpoint: given.endpoint, toJSON: () => given, unsubscribe: async () => true });
PushManager.prototype.subscribe = async function (options) {
  if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new Error("bad options");
  localStorage.setItem("subscribed", "yes");
  return made(GIVEN);
};
PushManager.prototype.getSubscription = async () => (localStorage.getItem("subscribed") ? made(GIVEN) : null);
"""
SHOWN = "self.registration.getNotifications().then((all) => all.map((each) => [each.title, each.body]))"
CLICK = """([title, action]) => self.registration.getNotifications().then((all) => {
  const notification = all.find((each) => each.title.includes(title));
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
})"""


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Tocsin]:
    with tocsin(tmp_path_factory.mktemp("push") / "tocsin") as running:
        yield running


@dataclass
class Phone:
    """A browser on a telephone whose owner has opened the page that subscribes it."""

    server: Tocsin
    service: PushService
    page: Page
    cdp: CDPSession
    registrations: list[str]

    @property
    def worker(self) -> Worker:
        return self.page.context.service_workers[0]

    def hear(self, pushed: Pushed) -> None:
        """Let the browser get a message, as from its push service."""
        wait_on(self.page, lambda: self.registrations)
        message = {"origin": self.server.url, "registrationId": self.registrations[-1]}
        self.cdp.send("ServiceWorker.deliverPushMessage", message | {"data": json.dumps(pushed.said)})

    def shown(self) -> list[list[str]]:
        found: list[list[str]] = self.worker.evaluate(SHOWN)
        return found

    def click(self, title: str, action: str = "") -> None:
        """Click on the notification with this in its title, or on one of its buttons."""
        self.worker.evaluate(CLICK, [title, action])

    def subscribe(self) -> None:
        """Subscribe, and let the first message verify it."""
        self.page.get_by_role("button", name="Let this browser take them").click()
        self.page.wait_for_url(re.compile("sent=first"))
        (first,) = self.service.messages.wait(that=lambda each: each.said["kind"] == "verification")
        self.hear(first)
        expect(self.page.get_by_role("button", name="Test it now")).to_be_visible()

    def page_about(self, title: str) -> tuple[str, Pushed]:
        """Let an alert page the owner, and give its id and the message."""
        event = {"title": title, "severity": "critical", "dedup_key": title}
        sent = self.server.call("POST", "events", event).json()["events"][0]["id"]
        (message,) = self.service.messages.wait(that=lambda each: title in each.said["title"])
        return self.server.call("GET", f"events/{sent}").json()["alert_id"], message

    def alert(self, alert: str) -> Any:
        return self.server.call("GET", f"alerts/{alert}").json()


def wait_on(page: Page, found: Any) -> Any:
    """Wait for what the browser tells, which comes in while one waits on it."""

    def look() -> Any:
        page.wait_for_timeout(20)  # in which it tells
        return found()

    return wait_for(look, what="the browser told nothing")


@pytest.fixture
def phone(browser, server) -> Iterator[Phone]:
    with (
        PushService() as service,
        page_of(browser, server.url, viewport=PHONE, has_touch=True, quiet=False) as page,
    ):
        page.context.grant_permissions(["notifications"], origin=server.url)
        page.add_init_script(f"const GIVEN = {json.dumps(service.subscription)};{SUBSCRIBES}")
        cdp = page.context.new_cdp_session(page)
        known: list[str] = []
        cdp.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda told: known.extend(each["registrationId"] for each in told["registrations"]),
        )
        cdp.send("ServiceWorker.enable")
        page.goto(f"{server.url}/me/browser")
        fill_in(page, server.credentials["owner"])
        page.wait_for_url(re.compile("/me/browser"))
        yield Phone(server, service, page, cdp, known)
        clear(server)


def clear(server: Tocsin) -> None:
    """Resolve what is open, and take the browsers of the owner away."""
    for alert in server.call("GET", "alerts?status=open").json()["alerts"]:
        server.call("POST", f"alerts/{alert['id']}/resolve", {})
    ways = f"users/{server.credentials['owner']['id']}/contact-methods"
    for each in server.call("GET", ways).json()["contact_methods"]:
        if each["channel"] == "push":
            assert server.call("DELETE", f"{ways}/{each['id']}?force=true").status == 204


def test_a_browser_subscribes_is_verified_by_its_first_message_and_can_be_tested(phone):
    phone.page.get_by_role("button", name="Let this browser take them").click()
    phone.page.wait_for_url(re.compile("sent=first"))
    (first,) = phone.service.messages.wait()
    assert first.said["kind"] == "verification"
    expect(phone.page.get_by_text("not confirmed, and not used")).to_be_visible()

    phone.hear(first)
    phone.page.get_by_role("button", name="Test it now").click()
    (test,) = phone.service.messages.wait(that=lambda each: each.said["kind"] == "test")

    expect(phone.page.get_by_text("this one", exact=True)).to_be_visible()
    assert (test.headers["Urgency"], test.sender) == ("high", first.sender)
    assert list(phone.service.refused) == []


def test_an_alert_is_shown_as_a_notification_and_acknowledged_on_it_without_a_session(phone):
    phone.subscribe()
    phone.page.context.clear_cookies()
    alert, message = phone.page_about("Disk full on db-1")

    phone.hear(message)
    shown = wait_on(phone.page, lambda: [each for each in phone.shown() if "Disk full" in each[0]])
    assert shown[0][0] == "[Critical] Disk full on db-1"
    wait_for(lambda: _state(phone) == "delivered", what="no receipt came back")
    phone.click("Disk full", "acknowledge")

    wait_for(lambda: phone.alert(alert)["status"] == "acknowledged", what="nobody has it")
    assert phone.alert(alert)["acknowledgement"]["how"] == "push"
    said = wait_on(phone.page, lambda: [each for each in phone.shown() if each[0] == "You have it"])
    assert said == [["You have it", "Disk full on db-1"]]


def test_an_alert_is_resolved_on_its_notification(phone):
    phone.subscribe()
    alert, message = phone.page_about("Latency is high")
    phone.hear(message)
    wait_on(phone.page, lambda: [each for each in phone.shown() if "Latency" in each[0]])

    phone.click("Latency", "resolve")

    wait_for(lambda: phone.alert(alert)["status"] == "resolved", what="it still fires")


def test_an_answer_that_does_not_get_through_says_so_and_can_be_tried_again(phone):
    phone.subscribe()
    alert, message = phone.page_about("Queue is long")
    phone.hear(message)
    wait_on(phone.page, lambda: [each for each in phone.shown() if "Queue" in each[0]])

    phone.server.kill()
    phone.click("Queue", "acknowledge")
    failed = wait_on(phone.page, lambda: [each for each in phone.shown() if each[0] == "Not answered"])
    assert "nothing was changed" in failed[0][1]
    phone.server.start()
    phone.click("Not answered", "acknowledge")

    wait_for(lambda: phone.alert(alert)["status"] == "acknowledged", what="nobody has it")


def test_a_click_opens_the_alert(phone):
    phone.subscribe()
    alert, message = phone.page_about("Certificate ends")
    phone.hear(message)
    wait_on(phone.page, lambda: [each for each in phone.shown() if "Certificate" in each[0]])

    phone.click("Certificate")

    phone.page.wait_for_url(re.compile(f"/alerts/{alert}$"))


def test_without_a_connection_the_app_says_so_and_shows_nothing_old(phone):
    wait_on(phone.page, lambda: phone.page.evaluate("Boolean(navigator.serviceWorker.controller)"))

    phone.page.context.set_offline(True)
    phone.page.goto(f"{phone.server.url}/now")

    expect(phone.page.get_by_role("heading", name="Tocsin cannot be reached")).to_be_visible()
    assert phone.page.evaluate("getComputedStyle(document.body).marginTop") == "0px"
    phone.page.context.set_offline(False)
    phone.page.get_by_role("link", name="Try again").click()
    expect(phone.page.get_by_role("heading", name="All is quiet")).to_be_visible()


def test_a_browser_whose_subscription_has_ended_is_shown_as_not_used(phone):
    phone.subscribe()
    phone.service.gone = True

    phone.page.get_by_role("button", name="Test it now").click()

    def unused() -> bool:
        phone.page.goto(f"{phone.server.url}/me/browser")
        return phone.page.get_by_text("not confirmed, and not used").is_visible()

    wait_for(unused, what="it still counts")


def test_the_app_can_be_installed(phone):
    manifest = phone.page.evaluate(
        "fetch(document.querySelector('link[rel=manifest]').href).then((answer) => answer.json())"
    )
    faults = phone.cdp.send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert (manifest["display"], manifest["start_url"]) == ("standalone", "/now")
    assert [each["errorId"] for each in faults if each["errorId"] != "in-incognito"] == []


def _state(phone: Phone) -> str:
    told = phone.server.call("GET", "notifications").json()["notifications"]
    return next((each["state"] for each in told if (each["channel"], each["kind"]) == ("push", "page")), "")
