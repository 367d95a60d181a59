"""The pages in a real browser: what somebody sees at a desk, and on a telephone at night."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from acceptance import node
from acceptance.chromium import DESK, PHONE, fill_in, page_of
from acceptance.servers import Tocsin, tocsin


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Tocsin]:
    with tocsin(tmp_path_factory.mktemp("pages") / "tocsin") as running:
        yield running


@pytest.fixture(autouse=True)
def quiet(server) -> Iterator[None]:
    """Resolve what a test leaves open."""
    yield
    for alert in server.call("GET", "alerts?status=open").json()["alerts"]:
        server.call("POST", f"alerts/{alert['id']}/resolve", {})


def report(server: Tocsin, title: str, **more: Any) -> str:
    """Send an event and give the id of its alert."""
    event = {"title": title, "severity": "critical", "dedup_key": title} | more
    sent = server.call("POST", "events", event).json()["events"][0]["id"]
    return server.call("GET", f"events/{sent}").json()["alert_id"]


def sign_in(server: Tocsin, page: Page, path: str = "/now") -> None:
    """Go to a page, by way of the form."""
    page.goto(server.url + path)
    fill_in(page, server.credentials["owner"])


def test_an_event_appears_without_a_reload_and_is_acknowledged(server, browser):
    with page_of(browser, server.url) as page:
        sign_in(server, page)
        expect(page.get_by_role("heading", name="All is quiet")).to_be_visible()

        alert = report(server, "Disk full")

        expect(page.get_by_role("link", name="Disk full")).to_be_visible()
        page.get_by_role("button", name="Acknowledge").first.click()
        expect(page.get_by_role("heading", name="Somebody has everything")).to_be_visible()
        assert server.call("GET", f"alerts/{alert}").json()["status"] == "acknowledged"


def test_an_alert_is_answered_on_a_telephone(server, browser):
    alert = report(server, "Latency is high", message="checkout takes 2 s")
    with page_of(browser, server.url, viewport=PHONE, has_touch=True) as page:
        sign_in(server, page, f"/alerts/{alert}")
        expect(page.get_by_role("heading", name="Latency is high")).to_be_visible()
        expect(page.get_by_text("What happened, and why")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

        page.get_by_label("Comment").fill("On my way")
        page.get_by_role("button", name="Acknowledge").tap()

        expect(page.get_by_text("Acknowledged by")).to_be_visible()
        held = server.call("GET", f"alerts/{alert}").json()["acknowledgement"]
        assert (held["comment"], held["how"]) == ("On my way", "web")


def test_without_scripts_alerts_are_read_acknowledged_and_resolved(server, browser):
    first, second = report(server, "One"), report(server, "Two")
    with page_of(browser, server.url, java_script_enabled=False) as page:
        sign_in(server, page)

        page.get_by_role("listitem").filter(has_text="One").get_by_role("button", name="Resolve").click()
        page.get_by_role("listitem").filter(has_text="Two").get_by_role("button", name="Acknowledge").click()

    states = [server.call("GET", f"alerts/{alert}").json()["status"] for alert in (first, second)]
    assert states == ["resolved", "acknowledged"]


def test_the_keyboard_is_enough(server, browser):
    alert = report(server, "Keyed")
    with page_of(browser, server.url) as page:
        sign_in(server, page)
        expect(page.get_by_role("link", name="Keyed")).to_be_visible()

        page.keyboard.press("j")
        page.keyboard.press("a")
        expect(page.get_by_text("Acknowledged by")).to_be_visible()
        page.keyboard.press("j")
        page.keyboard.press("o")
        expect(page.get_by_role("heading", name="Keyed")).to_be_visible()
        page.get_by_role("button", name="Resolve").focus()
        page.keyboard.press("Enter")

        expect(page.get_by_text("✓ Resolved").or_(page.get_by_text("Resolved", exact=True))).to_be_visible()
    assert server.call("GET", f"alerts/{alert}").json()["status"] == "resolved"


def test_the_picture_of_a_schedule_shows_the_shifts_of_its_timeline(server, browser):
    names = ("Ana Alba", "Ben Okafor")
    people = [
        server.call("POST", "users", {"email": f"{name[:3].lower()}@example.org", "name": name}).json()["id"]
        for name in names
    ]
    layer = {
        "name": "Daily",
        "effective_date": "2026-01-01T00:00:00Z",
        "rotation_start": "2026-01-05T08:00:00Z",
        "interval": {"days": 1},
        "members": [{"user_id": person} for person in people],
    }
    body = {"name": "Primary", "time_zone": "Europe/Berlin", "layers": [layer]}
    schedule = server.call("POST", "schedules", body).json()["id"]
    with page_of(browser, server.url) as page:
        sign_in(server, page, "/on-call")
        expect(page.get_by_role("heading", name="Primary")).to_be_visible()
        page.get_by_role("link", name="Primary").click()

        expect(page.get_by_role("img")).to_be_visible()
        rows = page.get_by_role("row").all()[1:]
        shown = [row.get_by_role("cell").first.inner_text() for row in rows]
        starts = page.locator("svg").get_attribute("data-starts-at")
        ends = page.locator("svg").get_attribute("data-ends-at")

    span = f"schedules/{schedule}/timeline?from={starts}&to={ends}"
    told = [shift["user"]["name"] for shift in server.call("GET", span).json()["shifts"]]
    assert shown == told
    assert set(told) == set(names)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious_on_any_page(server, browser, scheme, size):
    alert = report(server, "Disk full", message="on db-1", labels={"host": "db-1", "team": "data"})
    axe = (node.modules() / "axe-core" / "axe.min.js").read_text()
    found = {}
    with page_of(browser, server.url, color_scheme=scheme, viewport=size) as page:
        page.goto(server.url + "/login")
        found["/login"] = _violations(page, axe)
        sign_in(server, page)
        expect(page.get_by_role("link", name="Disk full")).to_be_visible()
        for path in (*PAGES, f"/alerts/{alert}", *_schedules(server)):
            page.goto(server.url + path)
            found[path] = _violations(page, axe)

    assert {path: faults for path, faults in found.items() if faults} == {}


def _schedules(server: Tocsin) -> list[str]:
    return [f"/schedules/{each['id']}" for each in server.call("GET", "schedules").json()["schedules"]]


PAGES = (
    "/now",
    "/on-call",
    "/policies",
    "/people",
    "/services",
    "/reports",
    "/keys",
    "/audit",
    "/silences?filter=a",
    "/now?by=severity&label=host%3Ddb-1",
    "/explain?title=Disk+full",
    "/prove?days=7",
    "/replay?days=30&silence=severity+%3D+info",
    "/drills",
    "/me",
    "/me/browser",
    "/me/account",
    "/offline",
)


def _violations(page: Page, axe: str) -> list[str]:
    """List what is serious or worse, each with the first place where it is."""
    page.evaluate(axe)
    faults = page.evaluate("axe.run().then((found) => found.violations)")
    return [
        f"{fault['id']}: {fault['nodes'][0]['html']} {fault['nodes'][0].get('failureSummary', '')}"
        for fault in faults
        if fault["impact"] in ("serious", "critical")
    ]
