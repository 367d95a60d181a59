"""Schedules in a real browser: built, changed, drawn over, swapped and subscribed to."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from acceptance import node
from acceptance.chromium import DESK, PHONE, fill_in, page_of
from acceptance.peers import http
from acceptance.servers import Tocsin, tocsin

PASSWORD = "correct horse battery"
PEOPLE = ("Ana Alba", "Ben Okafor", "Cem Yılmaz")
HOUR = timedelta(hours=1)
SECONDS_OF_A_PIXEL = timedelta(seconds=30)


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Tocsin]:
    with tocsin(tmp_path_factory.mktemp("schedules") / "tocsin") as running:
        for name in PEOPLE:
            body = {"email": email_of(name), "name": name, "role": "responder", "password": PASSWORD}
            assert running.call("POST", "users", body).status == 201
        yield running


def email_of(name: str) -> str:
    return f"{name.split(maxsplit=1)[0].lower()}@example.org"


def people(server: Tocsin) -> dict[str, str]:
    return {user["name"]: user["id"] for user in server.call("GET", "users").json()["users"]}


@contextmanager
def opened(
    browser: Browser, server: Tocsin, path: str, name: str = "Ana Alba", **options: Any
) -> Iterator[Page]:
    """Open a page as somebody; each signs in once, for too many tries at one address have to wait."""
    known = server.credentials.setdefault("browsers", {})
    with page_of(browser, server.url, **{"storage_state": known.get(name)} | options) as page:
        page.goto(server.url + path)
        if name not in known:
            sign_in(page, name)
            page.wait_for_url(re.compile(re.escape(path.partition("?")[0])))
            known[name] = page.context.storage_state()
        yield page


def sign_in(page: Page, name: str) -> None:
    fill_in(page, {"email": email_of(name), "password": PASSWORD})


def made(server: Tocsin, name: str, *members: str, **more: Any) -> str:
    """Make a schedule with a daily rotation by the API; give its id."""
    known = people(server)
    layer = {
        "name": "Daily",
        "effective_date": "2026-01-01T00:00:00Z",
        "rotation_start": "2026-01-05T08:00:00Z",
        "interval": {"days": 1},
        "members": [{"user_id": known[each]} for each in members],
    }
    body = {"name": name, "time_zone": "UTC", "layers": [layer]} | more
    return server.call("POST", "schedules", body).json()["id"]


def drawn(page: Page, row: str = "On call") -> list[tuple[datetime, datetime, str]]:
    """Read from where its bars stand when whose duty is in a row of the picture."""
    svg = page.locator("svg.duty").first
    starts, ends = (instant(svg.get_attribute(f"data-{end}-at") or "") for end in ("starts", "ends"))
    found = []
    for bar in svg.locator(f'g[data-row="{row}"] > g:not(.gap)').all():
        x, width = (float(bar.locator("rect").get_attribute(name) or "") for name in ("x", "width"))
        title = bar.locator("title").text_content() or ""
        begins, until = (starts + (ends - starts) * share / 1_000 for share in (x, x + width))
        found.append((begins, until, title.partition(",")[0]))
    return sorted(found)


def told(server: Tocsin, page: Page, schedule: str) -> list[tuple[datetime, datetime, str]]:
    """Ask the API for the same, and join what one person has in a row, as the picture does."""
    svg = page.locator("svg.duty").first
    starts, ends = (svg.get_attribute(f"data-{end}-at") for end in ("starts", "ends"))
    answer = server.call("GET", f"schedules/{schedule}/timeline?from={starts}&to={ends}").json()
    joined: list[tuple[datetime, datetime, str]] = []
    kept: list[bool] = []
    for shift in answer["shifts"]:
        begins, until = instant(shift["starts_at"]), instant(shift["ends_at"])
        name, stands_in = shift["user"]["name"], shift["override_id"] is not None
        if joined and joined[-1][1:] == (begins, name) and kept[-1] == stands_in:
            joined[-1] = (joined[-1][0], until, name)
        else:
            joined.append((begins, until, name))
            kept.append(stands_in)
    return joined


def the_same(
    found: list[tuple[datetime, datetime, str]], wanted: list[tuple[datetime, datetime, str]]
) -> bool:
    return len(found) == len(wanted) and all(
        one[2] == other[2] and all(abs(one[end] - other[end]) < SECONDS_OF_A_PIXEL for end in (0, 1))
        for one, other in zip(found, wanted, strict=True)
    )


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def join(page: Page, name: str) -> None:
    """Let somebody take turns in the layer of the form."""
    page.get_by_label("Somebody to add to").select_option(label=name)
    page.get_by_role("button", name="Add to").click()
    expect(page.locator("ol.members").get_by_text(name)).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_schedule_with_a_rotation_and_an_override_is_drawn_as_the_timeline_says(server, browser, scripts):
    with opened(browser, server, "/schedules/new", java_script_enabled=scripts) as page:
        page.get_by_label("Name", exact=True).fill("Backend الليل 🦉")
        page.get_by_label("Time zone", exact=True).fill("Europe/Berlin")
        join(page, "Ana Alba")
        join(page, "Ben Okafor")
        page.get_by_label("Each turn lasts").fill("1")
        page.get_by_label("Unit of a turn").select_option("days")
        page.get_by_label("The first turn begins").fill("2026-01-05T09:00")
        page.get_by_role("button", name="See what changes").last.click()
        expect(page.locator("#preview li").first).to_contain_text("on call")
        page.get_by_role("button", name="Save").click()
        page.wait_for_url(re.compile(r"/schedules/sch_\w+$"))
        schedule = page.url.rpartition("/")[2]
        assert the_same(drawn(page), told(server, page, schedule))

        day = datetime.now(UTC).date() + timedelta(days=2)
        page.get_by_role("combobox", name="Who", exact=True).select_option(label="Cem Yılmaz")
        page.get_by_label("From; empty is now").fill(f"{day}T12:00")
        page.get_by_label("Until", exact=True).fill(f"{day}T18:00")
        page.get_by_role("button", name="See what changes").click()
        expect(page.locator("#preview li").first).to_contain_text("Cem Yılmaz on call instead of")
        assert server.call("GET", f"schedules/{schedule}/overrides").json()["total"] == 0
        page.get_by_role("button", name="Take over").click()
        expect(page.get_by_role("button", name="Take it away: Cem Yılmaz")).to_be_visible()

        found = drawn(page)
        assert "Cem Yılmaz" in {name for _, _, name in found}
        assert the_same(found, told(server, page, schedule))
        page.get_by_role("button", name="Take it away: Cem Yılmaz").click()
        expect(page.get_by_role("button", name="Take it away")).to_have_count(0)
        assert the_same(drawn(page), told(server, page, schedule))


def test_an_override_is_drawn_over_the_picture_with_the_mouse(server, browser):
    schedule = made(server, "Drawn", "Ana Alba", "Ben Okafor", time_zone="America/New_York")
    with opened(browser, server, f"/schedules/{schedule}") as page:
        box = row_of(page).bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 2

        page.mouse.move(box["x"] + box["width"] * 2 / 7, y)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 3.5 / 7, y, steps=5)
        page.mouse.up()

        expect(page.get_by_role("combobox", name="Who", exact=True)).to_be_focused()
        page.get_by_role("combobox", name="Who", exact=True).select_option(label="Cem Yılmaz")
        starts = instant(page.locator("svg.duty").get_attribute("data-starts-at") or "")
        page.get_by_role("button", name="Take over").click()
        expect(page.get_by_role("button", name="Take it away: Cem Yılmaz")).to_be_visible()
    (override,) = server.call("GET", f"schedules/{schedule}/overrides").json()["overrides"]
    assert abs(instant(override["starts_at"]) - starts - timedelta(days=2)) <= HOUR
    assert abs(instant(override["ends_at"]) - starts - timedelta(days=3.5)) <= HOUR


def row_of(page: Page) -> Locator:
    return page.locator("svg.duty rect.ground")


def test_a_finger_scrolls_the_picture_and_draws_when_it_is_told_to(server, browser):
    schedule = made(server, "Touched", "Ana Alba", "Ben Okafor")
    with opened(
        browser, server, f"/schedules/{schedule}", viewport=PHONE, has_touch=True, is_mobile=True
    ) as page:
        drag_finger(page)
        assert page.get_by_label("Until", exact=True).input_value() == ""

        page.get_by_role("button", name="Draw with a finger").tap()
        drag_finger(page)

        expect(page.get_by_label("Until", exact=True)).not_to_have_value("")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def drag_finger(page: Page) -> None:
    row_of(page).scroll_into_view_if_needed()
    box = row_of(page).bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    y = box["y"] + box["height"] / 2
    for kind, x in (("touchStart", 60), ("touchMove", 120), ("touchMove", 200), ("touchEnd", None)):
        points = [] if x is None else [{"x": x, "y": y}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_shift_is_swapped_between_two_people(server, browser):
    schedule = made(server, "Swapped", "Ana Alba", "Ben Okafor")
    with (
        opened(browser, server, "/my-shifts") as ana,
        opened(browser, server, "/swaps", "Ben Okafor") as ben,
    ):
        ana.get_by_role("row").filter(has_text="Swapped").nth(1).get_by_role(
            "link", name="ask to swap"
        ).click()
        ana.get_by_label("What others should know").fill("A wedding 💍")
        ana.get_by_role("button", name="Ask").click()
        expect(ana.get_by_text("A wedding 💍")).to_be_visible()
        expect(ana.get_by_role("button", name="I take over from")).to_have_count(0)

        ben.get_by_role("button", name="I take over from Ana Alba, Swapped").click()

        expect(ben.get_by_text("taken over", exact=True)).to_be_visible()
        expect(ana.get_by_text("taken over", exact=True)).to_be_visible()  # without a reload
    (swap,) = server.call("GET", "shift-swaps").json()["shift_swaps"]
    at = instant(swap["starts_at"]) + HOUR
    asked = f"schedules/{schedule}/on-call?at={at.isoformat().replace('+00:00', 'Z')}"
    (holder,) = server.call("GET", asked).json()["on_call"]
    assert holder["user"]["name"] == "Ben Okafor"


def test_the_keyboard_is_enough_to_make_a_schedule_and_to_stand_in(server, browser):
    with opened(browser, server, "/schedules/new") as page:
        tab_to(page, "name")
        page.keyboard.type("Keyed")
        tab_to(page, "0.new")
        page.keyboard.type("Ana")
        press_on(page, "join-0")
        expect(page.locator("ol.members").get_by_text("Ana Alba")).to_be_visible()
        expect(page.locator("#join-0")).to_be_focused()
        press_on(page, "save")
        page.wait_for_url(re.compile(r"/schedules/sch_\w+$"))

        page.get_by_role("link", name="cover").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("starts_at="))
        tab_to(page, "user")
        page.keyboard.type("Ben")
        page.get_by_role("button", name="Take over").focus()
        page.keyboard.press("Enter")

        expect(page.get_by_role("button", name="Take it away: Ben Okafor")).to_be_visible()


def tab_to(page: Page, name: str, most: int = 80) -> None:
    """Press the tabulator until the field of that name has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name || document.activeElement.id") == name:
            return
    raise AssertionError(f"{name} is not reached by the keyboard")


def press_on(page: Page, identifier: str, most: int = 80) -> None:
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == identifier:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{identifier} is not reached by the keyboard")


def test_what_a_change_comes_to_is_shown_while_one_makes_it(server, browser):
    schedule = made(server, "Previewed", "Ana Alba", "Ben Okafor")
    with opened(browser, server, f"/schedules/{schedule}/edit") as page:
        page.get_by_label("Each turn lasts").fill("2")
        page.get_by_label("Each turn lasts").blur()

        expect(page.locator("#preview")).to_contain_text("Daily: length of a turn")
        expect(page.locator("#preview li").first).to_contain_text("on call instead of")
        expect(page.locator("#preview svg")).to_be_visible()
        assert page.url.endswith("/edit")
    assert server.call("GET", f"schedules/{schedule}").json()["layers"][0]["interval"]["days"] == 1


def test_the_second_of_two_people_is_told_and_loses_nothing(server, browser):
    schedule = made(server, "Contested", "Ana Alba", "Ben Okafor")
    with opened(
        browser, server, f"/schedules/{schedule}/edit", quiet=False
    ) as page:  # a browser logs an answer of 409
        page.get_by_label("Name of the layer").fill("Mine")
        assert server.call("PATCH", f"schedules/{schedule}", {"name": "Theirs"}).status == 200

        page.get_by_role("button", name="Save").click()

        expect(page.get_by_role("heading", name="changed this schedule while you were at it")).to_be_visible()
        expect(page.get_by_label("Name", exact=True)).to_have_value("Theirs")
        expect(page.get_by_label("Name of the layer")).to_have_value("Mine")
        page.get_by_role("button", name="Save").click()
        page.wait_for_url(re.compile(rf"/{schedule}$"))
    now = server.call("GET", f"schedules/{schedule}").json()
    assert (now["name"], now["layers"][0]["name"]) == ("Theirs", "Mine")


def test_what_was_typed_outlives_the_session(server, browser):
    schedule = made(server, "Outlived", "Ana Alba", "Ben Okafor")
    with opened(browser, server, f"/schedules/{schedule}/edit", "Cem Yılmaz", quiet=False) as page:
        page.get_by_label("Name of the layer").fill("Typed for long")
        other = page.context.new_page()
        other.goto(server.url + "/calendars")
        other.get_by_role("button", name="Sign out").click()
        other.wait_for_url(re.compile("/login"))

        page.get_by_role("button", name="Save").click()

        expect(page.get_by_text("You are signed out.")).to_be_visible()
        expect(page.get_by_label("Name of the layer")).to_have_value("Typed for long")
        sign_in(other, "Cem Yılmaz")
        expect(other.get_by_role("button", name="Sign out")).to_be_visible()
        page.get_by_role("button", name="Save").click()
        page.wait_for_url(re.compile(rf"/{schedule}$"))
    assert server.call("GET", f"schedules/{schedule}").json()["layers"][0]["name"] == "Typed for long"


def test_a_calendar_is_subscribed_to_and_revoked(server, browser):
    made(server, "Subscribed", "Ana Alba")
    with opened(browser, server, "/calendars", permissions=["clipboard-read", "clipboard-write"]) as page:
        page.get_by_role("button", name="Make an address").click()
        page.get_by_role("button", name="Copy", exact=True).click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        address = page.evaluate("navigator.clipboard.readText()")

        calendar = http("GET", address)
        assert (calendar.status, calendar.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
        assert b"SUMMARY:On call: Subscribed" in calendar.body
        page.goto(server.url + "/calendars")
        page.get_by_role("button", name="Revoke My shifts").click()
        expect(page.get_by_role("button", name="Revoke")).to_have_count(0)
    assert http("GET", address).status == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(server, browser, scheme, size):
    schedule = made(server, "x" * 255, "Ana Alba", "Ben Okafor", layers=[])
    known = people(server)
    body = {
        "user_id": known["Cem Yılmaz"],
        "starts_at": "2030-01-01T00:00:00Z",
        "ends_at": "2030-01-02T00:00:00Z",
    }
    server.call("POST", f"schedules/{schedule}/overrides", body)
    own = made(server, "Looked at", "Ana Alba", "Ben Okafor")
    axe = (node.modules() / "axe-core" / "axe.min.js").read_text()
    paths = ("/on-call", "/my-shifts", "/swaps", "/calendars", "/schedules/new", f"/schedules/{own}/edit")
    spans = [f"/schedules/{each}?days={days}" for each in (own, schedule) for days in (1, 14, 28, 365)]
    found: dict[str, list[str]] = {}
    with opened(browser, server, "/on-call", color_scheme=scheme, viewport=size, quiet=False) as page:
        for path in (*paths, *spans):
            page.goto(server.url + path)
            found[path] = faults_of(page, axe, size)
        page.goto(f"{server.url}/schedules/{own}/edit")
        page.get_by_label("Name", exact=True).fill("")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Nothing was saved")).to_be_visible()
        found["faults"] = faults_of(page, axe, size)
        page.get_by_label("Name", exact=True).fill("Good")
        page.get_by_label("Each turn lasts").fill("3")
        page.get_by_role("button", name="See what changes").last.click()
        expect(page.locator("#preview svg")).to_be_visible()
        found["preview"] = faults_of(page, axe, size)

    assert {path: faults for path, faults in found.items() if faults} == {}


def faults_of(page: Page, axe: str, size: dict[str, int]) -> list[str]:
    """List what is serious or worse, each with the first place where it is; and what sticks out."""
    page.evaluate(axe)
    faults = page.evaluate("axe.run().then((found) => found.violations)")
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [
        f"{fault['id']}: {fault['nodes'][0]['html']} {fault['nodes'][0].get('failureSummary', '')}"
        for fault in faults
        if fault["impact"] in ("serious", "critical")
    ] + ([f"{wide} wide"] if wide > size["width"] else [])
