"""Configuring in a real browser: forms at a desk, on a telephone, by keyboard alone and without scripts."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from acceptance import node
from acceptance.chromium import DESK, PHONE, fill_in, page_of
from acceptance.configuration import configure, fault, review, take_turns
from acceptance.peers import http
from acceptance.servers import Tocsin, tocsin


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Tocsin]:
    with tocsin(tmp_path_factory.mktemp("configuring") / "tocsin") as running:
        yield running


@pytest.fixture(scope="module")
def pages(server) -> dict[str, str]:
    return configure(server)


@pytest.fixture(scope="module")
def owner(server, browser) -> dict[str, Any]:
    """Sign in once, and give what a browser keeps of it."""
    with page_of(browser, server.url) as page:
        page.goto(server.url + "/login")
        fill_in(page, server.credentials["owner"])
        expect(page.get_by_role("link", name="Policies")).to_be_visible()
        return {"storage_state": page.context.storage_state()}


def the(server: Tocsin, kind: str, name: str) -> Any:
    """Read the one thing of *kind* with that name."""
    found = server.call("GET", kind).json()[kind.replace("-", "_")]
    (one,) = [each for each in found if each["name"] == name]
    return one


def test_a_policy_is_changed_after_a_look_at_what_changes(server, browser, pages, owner):
    policy = pages["policy"].rpartition("/")[2]
    alert = {
        "title": "Cart is slow",
        "severity": "critical",
        "labels": {"env": "prod"},
        "service": "checkout",
    }
    server.call("POST", "events", alert | {"dedup_key": "cart"})
    with page_of(browser, server.url, **owner) as page:
        page.goto(server.url + pages["policy-edit"])
        page.get_by_role("button", name="Add a rule").click()
        expect(page.get_by_role("heading", name="Rule 3")).to_be_visible()
        page.get_by_role("button", name="Take away rule 3").click()
        expect(page.get_by_role("heading", name="Rule 3")).to_have_count(0)
        page.get_by_label("That fit this filter").nth(1).fill("labels.env = test")
        page.get_by_role("button", name="See what changes").click()

        shown = page.get_by_role("status").filter(has_text="This is what changes")
        expect(shown).to_contain_text("labels.env = prod")
        expect(shown).to_contain_text("labels.env = test")
        expect(shown).to_contain_text("1 would go elsewhere")
        expect(shown.get_by_role("link", name="Cart is slow")).to_be_visible()
        assert (
            server.call("GET", f"alert-policies/{policy}").json()["rules"][0]["filter"] == "labels.env = prod"
        )
        shown.get_by_role("button", name="Save it").click()
        expect(page.get_by_text("Saved.")).to_be_visible()

    rules = _rules(server, policy)
    assert rules[0]["filter"] == "labels.env = test"
    rules[0]["filter"] = "labels.env = prod"
    server.call("PATCH", f"alert-policies/{policy}", {"rules": rules})


def _rules(server: Tocsin, policy: str) -> Any:
    return server.call("GET", f"alert-policies/{policy}").json()["rules"]


def test_a_rule_is_given_steps_of_its_own_on_the_days_of_a_set(server, browser, pages, owner):
    del pages
    with page_of(browser, server.url, **owner) as page:
        page.goto(server.url + "/policies/new")
        page.get_by_label("Name", exact=True).first.fill("Own")
        page.get_by_role("button", name="Add steps of its own").click()
        own = page.get_by_label("Own steps of rule 1", exact=True)
        own.get_by_label("Whom it asks, 1").select_option("Eva Engel")
        own.get_by_role("button", name="Step 1: somebody by certain channels, or from outside").click()
        expect(own.get_by_label("Naming these people, 1")).to_be_hidden()
        own.get_by_label("Ask besides").select_option("#ops")
        expect(own.get_by_label("Naming these people, 1")).to_be_visible()
        own.get_by_label("Ask besides").select_option("somebody outside, at an address")
        own.get_by_label("At this address").fill("duty@example.org")
        page.get_by_role("button", name="Add steps for when it lasts").click()
        lasting = page.get_by_label("Steps for what lasts 1 of rule 1", exact=True)
        lasting.get_by_label("After it has lasted for").fill("2h")
        lasting.get_by_label("Whom it asks, 1").select_option("everybody in Platform")
        page.get_by_text("When, and what else it asks").click()
        taken = page.get_by_role("group", name="It takes alerts")
        taken.get_by_label("When", exact=True).select_option("on the days of date sets")
        taken.get_by_label("Date sets, 1").select_option("Public holidays")
        page.get_by_role("button", name="Save").last.click()
        expect(page.get_by_role("status")).to_contain_text("This is what it does")
        page.get_by_role("button", name="Save it", exact=True).click()
        expect(page.get_by_text("Saved.")).to_be_visible()

    (rule,) = the(server, "alert-policies", "Own")["rules"]
    asked = rule["plans"][0]["steps"][0]["action"]["targets"]
    assert [target["type"] for target in asked] == ["user", "address"]
    assert rule["lasting"][0]["plan"]["steps"][0]["after_s"] == 7_200
    assert len(rule["window"]["date_set_ids"]) == 1


def test_a_recurring_shift_is_put_on_a_schedule_beside_a_calendar(server, browser, pages, owner):
    schedule = pages["schedule-over"]
    with page_of(browser, server.url, **owner) as page:
        page.goto(server.url + schedule)
        expect(page.get_by_text("http://127.0.0.1:9/….ics")).to_be_visible()
        page.get_by_role("link", name="New recurring shift").click()
        page.get_by_label("Name", exact=True).fill("Last Fridays")
        page.get_by_label("It comes").select_option("every month")
        page.get_by_text("Months, certain days, several times a day").click()
        page.get_by_label("Certain weekdays of the month or year").fill("-1FR")
        page.get_by_label("People of group 1, 1", exact=True).select_option("Finn Fox")
        page.get_by_text("Where it meets others, and where it begins and ends").click()
        page.get_by_label("It decides over everything else on the schedule").check()
        page.get_by_role("button", name="Save").last.click()
        told = page.get_by_role("status")
        expect(told).to_contain_text("This is what it does")
        expect(told.get_by_role("heading", name="Around the sun")).to_be_visible()
        expect(told).to_contain_text("Finn Fox on call")
        page.get_by_role("button", name="Save it", exact=True).click()
        expect(page.get_by_text("Saved.")).to_be_visible()

        page.goto(server.url + pages["schedule-parts-edit"])
        page.get_by_role("button", name="Take away calendar 1").click()
        expect(page.get_by_role("heading", name="Calendar 1")).to_have_count(0)
        page.get_by_role("button", name="See what changes").click()
        page.get_by_role("button", name="Save it", exact=True).click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        expect(page.get_by_role("link", name="Last Fridays")).to_be_visible()

    shift = the(server, "recurring-shifts", "Last Fridays")
    assert (shift["rule"]["by_day"], shift["override"]) == (["-1FR"], True)
    kept = server.call("GET", schedule.removeprefix("/")).json()
    assert (shift["id"] in kept["recurring_shift_ids"], kept["feeds"]) == (True, [])


def test_an_integration_shows_its_first_event_as_it_comes(server, browser, pages, owner):
    with page_of(browser, server.url, **owner) as page:
        page.goto(server.url + pages["service"])
        page.get_by_role("link", name="New integration").click()
        page.get_by_label("What sends").select_option("Datadog (its Webhooks integration)")
        expect(page.get_by_label("Mapping")).to_be_visible()
        page.get_by_label("What sends").select_option("Anything that can send JSON (curl)")
        expect(page.get_by_label("Mapping")).to_be_hidden()
        page.get_by_label("Name").fill("Staging")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Waiting for the first event")).to_be_visible()
        address = page.locator("#address").inner_text()

        assert http("POST", address, {"title": "Hello", "dedup_key": "hello"}).status == 202

        expect(page.get_by_role("heading", name="Received")).to_be_visible()
        assert page.locator("#address").inner_text() == address


def test_an_escalation_policy_is_made_by_keyboard_alone(server, browser, pages, owner):
    del pages
    with page_of(browser, server.url, **owner) as page:
        page.goto(server.url + "/escalation-policies/new")
        expect(page.get_by_role("heading", name="New escalation policy")).to_be_visible()
        page.get_by_label("Name", exact=True).focus()
        page.keyboard.type("By keys")
        _tab_to(page, "Whom it asks, 1")
        page.keyboard.type("Eva")
        _tab_to(page, "Add a step")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Step 2")).to_be_visible()
        expect(page.get_by_label("After", exact=True)).to_be_focused()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("90s")
        _tab_to(page, "Whom it asks, 1")
        page.keyboard.type("everybody in Plat")
        _tab_to(page, "Move step 2 up", back=True)
        page.keyboard.press("Enter")
        expect(page.get_by_label("After the page begins")).to_have_value("90s")
        page.get_by_label("Name", exact=True).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Saved.")).to_be_visible()

    steps = the(server, "escalation-policies", "By keys")["steps"]
    assert [step["action"]["targets"][0]["type"] for step in steps] == ["team", "user"]


def _tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Press Tab until what has that name has the focus."""
    for _ in range(60):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        found = page.evaluate(
            "() => { const at = document.activeElement;"
            " return at.getAttribute('aria-label') || at.textContent.trim(); }"
        )
        if found == name:
            return
    raise AssertionError(f"the focus never came to {name}")


def test_without_scripts_lists_grow_and_faults_are_shown(server, browser, pages, owner):
    del pages
    with page_of(browser, server.url, **owner, quiet=False, java_script_enabled=False) as page:
        page.goto(server.url + "/escalation-policies/new")
        page.get_by_label("Name", exact=True).fill("Without scripts")
        page.get_by_label("Whom it asks, 1").select_option("Eva Engel")
        page.get_by_role("button", name="Add a step").click()
        page.get_by_label("After", exact=True).fill("soon")
        page.get_by_label("Whom it asks, 1").nth(1).select_option("everybody in Platform")
        page.get_by_role("button", name="Save").last.click()
        expect(page.get_by_role("alert")).to_contain_text("must be like 30s, 5m")
        expect(page.get_by_label("After", exact=True)).to_have_value("soon")
        page.get_by_label("After", exact=True).fill("2m")
        page.get_by_role("button", name="Save").last.click()
        expect(page.get_by_text("Saved.")).to_be_visible()

    steps = the(server, "escalation-policies", "Without scripts")["steps"]
    assert [step["after_s"] for step in steps] == [0, 120]


def test_two_people_who_edit_one_thing_lose_nothing(server, browser, pages, owner):
    path = pages["service"]
    with page_of(browser, server.url, **owner, quiet=False) as page:
        page.goto(f"{server.url}{path}/edit")
        expect(page.get_by_role("heading", name="Change Checkout")).to_be_visible()
        server.call("PATCH", path.removeprefix("/"), {"description": "What somebody else wrote"})
        page.get_by_label("Short name").fill("cart")
        page.get_by_role("button", name="Save").last.click()

        told = page.get_by_role("alert")
        expect(told).to_contain_text("while you had it open")
        expect(told).to_contain_text("What somebody else wrote")
        expect(page.get_by_label("Short name")).to_have_value("cart")
        expect(page.get_by_label("Description")).to_have_value("What somebody else wrote")
        page.get_by_role("button", name="Save").last.click()
        expect(page.get_by_text("Saved.")).to_be_visible()

    kept = server.call("GET", path.removeprefix("/")).json()
    assert (kept["slug"], kept["description"]) == ("cart", "What somebody else wrote")
    server.call("PATCH", path.removeprefix("/"), {"slug": "checkout", "description": "Where money comes in"})


def test_a_test_of_a_destination_tells_its_fate_as_it_comes(server, browser, pages, owner):
    with page_of(browser, server.url, **owner) as page:
        page.goto(server.url + pages["destination"])
        page.get_by_role("button", name="Test it now").click()

        expect(page.get_by_text("The test was delivered.")).to_be_visible()


def test_a_silence_is_made_on_a_telephone(server, browser, pages, owner):
    del pages
    with page_of(browser, server.url, **owner, viewport=PHONE, has_touch=True) as page:
        page.goto(server.url + "/silences/new?filter=severity+%3D+info")
        page.get_by_label("What for").fill("From the train")
        page.get_by_label("It lasts").select_option("for 30 minutes")
        page.get_by_role("button", name="See what it covers").tap()
        expect(page.get_by_role("status")).to_contain_text("This is what it does")
        page.get_by_role("button", name="Save it", exact=True).tap()
        expect(page.get_by_text("Saved.")).to_be_visible()

    assert the(server, "silences", "From the train")["filter"] == "severity = info"


LOOKS = [{"color_scheme": scheme, "viewport": size} for scheme in ("light", "dark") for size in (DESK, PHONE)]


@pytest.mark.parametrize("look", LOOKS, ids=["desk", "phone", "desk-dark", "phone-dark"])
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(server, browser, pages, owner, look):
    axe = (node.modules() / "axe-core" / "axe.min.js").read_text()
    found: dict[str, Any] = {}
    with page_of(browser, server.url, **owner, **look, quiet=False) as page:
        page.goto(server.url + "/policies")
        expect(page.get_by_role("heading", name="Which alerts go where")).to_be_visible()
        for name, path in pages.items():
            page.goto(server.url + path)
            found[name] = _wrong(page, axe, look["viewport"]["width"])
        for act, form in (
            (review, "policy-edit"),
            (fault, "policy-edit"),
            (take_turns, "recurring-shift-edit"),
        ):
            act(page, server.url + pages[form])
            expect(page.locator("#review, #faults")).to_be_visible()
            found[act.__name__] = _wrong(page, axe, look["viewport"]["width"])

    assert {name: faults for name, faults in found.items() if faults} == {}


def _wrong(page: Page, axe: str, width: int) -> list[str]:
    """List what axe calls serious or worse, and whether the page has to be scrolled sideways."""
    page.evaluate(axe)
    faults = page.evaluate("axe.run().then((found) => found.violations)")
    told = [
        f"{fault['id']}: {fault['nodes'][0]['html']} {fault['nodes'][0].get('failureSummary', '')}"
        for fault in faults
        if fault["impact"] in ("serious", "critical")
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [*told, f"it is {wide} wide"] if wide > width else told
