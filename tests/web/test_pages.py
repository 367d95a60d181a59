"""What the pages show, and what their buttons do."""

import re

import pytest

from api_world import ADA, REA, directory
from builders import plan, step, target
from routing_builders import policy, rule
from tocsin.store.database import Database
from web_office import Browser, text_of

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def test_with_nothing_open_all_is_quiet_and_it_says_how_to_try(browser):
    browser.sign_in()

    page = text_of(browser.look("/now"))

    assert "All is quiet" in page
    assert "tocsin send" in page


def test_an_open_alert_is_shown_with_who_has_it(browser):
    alert = browser.api.alert(title="Disk full", labels={"host": "db-1"})
    browser.sign_in()

    page = text_of(browser.look("/now"))
    assert "1 alert needs somebody" in page
    assert "Critical Disk full" in page
    assert "host=db-1" in page

    assert browser.answer("acknowledge", alert["id"], comment="On it").status_code == 303

    page = text_of(browser.look("/now"))
    assert "Somebody has everything" in page
    assert "Acknowledged by Rea" in page
    shown = browser.api.get(f"/alerts/{alert['id']}")
    assert shown["acknowledgement"]["by_name"] == "Rea"
    assert shown["acknowledgement"]["comment"] == "On it"
    assert shown["acknowledgement"]["how"] == "web"


@pytest.mark.parametrize(
    ("say", "status", "words"),
    [
        ("acknowledge", "acknowledged", "Acknowledged"),
        ("snooze", "firing", "Snoozed"),
        ("resolve", "resolved", "Resolved"),
    ],
)
def test_each_button_does_what_it_says_for_all_that_are_ticked(browser, say, status, words):
    ids = [browser.api.alert(title=f"Trouble {number}", dedup_key=str(number))["id"] for number in range(3)]
    browser.sign_in()

    browser.answer(say, *ids[:2])

    for identifier in ids[:2]:
        assert browser.api.get(f"/alerts/{identifier}")["status"] == status
        assert words in text_of(browser.look(f"/alerts/{identifier}"))
    assert "Firing" in text_of(browser.look(f"/alerts/{ids[2]}"))


def test_the_button_beside_an_alert_is_for_that_one_alone_whatever_is_ticked(browser):
    first, second = (browser.api.alert(dedup_key=key)["id"] for key in "ab")
    browser.sign_in()

    form = {"say": "resolve", "alert": [first]}
    browser.request("POST", f"/alerts/answer?only={second}", form)

    assert browser.api.get(f"/alerts/{first}")["status"] == "firing"
    assert browser.api.get(f"/alerts/{second}")["status"] == "resolved"


def test_an_acknowledgement_holds_for_as_long_as_was_chosen_and_can_be_taken_back(browser):
    alert = browser.api.alert()["id"]
    browser.sign_in()

    browser.answer("acknowledge", alert, **{"for": "1h"})
    assert browser.api.get(f"/alerts/{alert}")["acknowledgement"]["until"] == "2026-03-06T10:00:00Z"

    browser.answer("release", alert)
    assert browser.api.get(f"/alerts/{alert}")["acknowledgement"] is None


def test_what_was_resolved_in_the_meantime_does_not_stop_the_others(browser):
    gone, left = (browser.api.alert(dedup_key=key)["id"] for key in "ab")
    browser.sign_in()
    browser.answer("resolve", gone)

    answer = browser.answer("acknowledge", gone, left)

    assert answer.status_code == 303
    assert browser.api.get(f"/alerts/{left}")["acknowledgement"]["by_name"] == "Rea"


def test_an_alert_tells_its_story_with_every_reason(browser):
    alert = browser.api.alert(title="Disk full", labels={"team": "data"})["id"]
    browser.sign_in()

    page = text_of(browser.look(f"/alerts/{alert}"))

    for entry in browser.api.get(f"/alerts/{alert}/timeline")["timeline"]:
        assert entry["sentence"] in page
    assert "team data" in page


def test_a_link_from_a_message_leads_to_the_alert(browser):
    alert = browser.api.alert()["id"]
    (page,) = browser.api.get("/pages")["pages"]
    browser.sign_in()

    answer = browser.request("GET", f"/pages/{page['id']}")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/alerts/{alert}")


def test_text_from_outside_is_text_and_never_markup(browser):
    alert = browser.api.alert(
        title=HOSTILE, message=HOSTILE, labels={"x": HOSTILE}, links=["javascript:alert(3)"]
    )["id"]
    browser.sign_in()

    for path in ("/now", f"/alerts/{alert}", f"/now?q={HOSTILE}"):
        page = browser.look(path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'href="javascript:' not in page


def test_every_page_forbids_what_it_does_not_need(browser):
    alert = browser.api.alert()["id"]
    browser.sign_in()

    for path in ("/login", "/now", f"/alerts/{alert}", "/on-call", "/nothing-here"):
        answer = browser.request("GET", path)
        if answer.status_code == 200:
            rules = answer.headers["content-security-policy"]
            assert "default-src 'none'" in rules
            assert "unsafe" not in rules
            assert answer.headers["cache-control"] == "no-store"
            assert " style=" not in answer.text
            assert " onclick=" not in answer.text


def test_a_viewer_sees_no_button_and_can_press_none(browser):
    alert = browser.api.alert()["id"]
    browser.sign_in("viewer")

    assert "Acknowledge" not in browser.look("/now")
    assert browser.answer("resolve", alert).status_code == 403
    assert browser.api.get(f"/alerts/{alert}")["status"] == "firing"


@pytest.mark.parametrize("query", ["severity=critical", "q=disk", "service=shop", "mine=1"])
def test_alerts_are_found_by_what_they_are(database: Database, query):
    to_rea = rule(plan(step(target(REA))), when="severity = critical")
    to_ada = rule(plan(step(target(ADA))), when="severity = info")
    browser = Browser(database, configuration=directory(policies=(policy(to_rea, to_ada),)))
    browser.api.report(title="Disk full", severity="critical", service="shop", dedup_key="a")
    browser.api.report(title="Other thing", severity="info", service="depot", dedup_key="b")
    browser.turn()
    browser.sign_in()

    page = text_of(browser.look(f"/now?{query}"))

    assert "Disk full" in page
    assert "Other thing" not in page


def test_files_are_kept_for_ever_under_an_address_made_of_their_content(browser):
    page = browser.look("/login")
    (style,) = re.findall(r'href="(/static/[0-9a-f]{12}/tocsin\.css)"', page)

    answer = browser.request("GET", style)

    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert browser.request("GET", "/static/000000000000/tocsin.css").status_code == 404


@pytest.mark.parametrize("path", ["/alerts/alrt_000000000000", "/alerts/x", "/pages/x", "/schedules/x"])
def test_what_is_not_there_is_said_in_words(browser, path):
    browser.sign_in()

    answer = browser.request("GET", path)

    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


@pytest.mark.parametrize("path", ["/now", "/login", "/static"])
def test_pages_and_files_come_compressed_to_whoever_understands_that(browser, path):
    if path == "/static":
        (path,) = re.findall(r'href="(/static/[0-9a-f]{12}/tocsin\.css)"', browser.look("/login"))
    if path != "/login":
        browser.sign_in()

    small = browser.request("GET", path, headers={"accept-encoding": "gzip"})
    plain = browser.request("GET", path, headers={"accept-encoding": "identity"})

    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < len(plain.content)
    assert small.content == plain.content
    assert "content-encoding" not in plain.headers


def test_the_pages_can_be_put_on_a_telephones_first_screen(browser):
    (address,) = re.findall(r'rel="manifest" href="([^"]+)"', browser.look("/login"))

    answer = browser.request("GET", address)

    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = answer.json()
    assert (manifest["start_url"], manifest["display"]) == ("/now", "standalone")
    icon = browser.request("GET", manifest["icons"][0]["src"])
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/png")
