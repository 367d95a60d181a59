"""Alerts in a real browser: many at once by keyboard alone, handed over, explained, noted down, printed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from acceptance.chromium import PHONE, page_of
from acceptance.servers import Tocsin, tocsin
from acceptance.test_pages_in_a_browser import report, sign_in

HOSTILE = '<img src=x onerror="window.taken=1"><script>window.taken=1</script>'
ARABIC = "القرص ممتلئ 🔥 db-1"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Tocsin]:
    with tocsin(tmp_path_factory.mktemp("alerts") / "tocsin") as running:
        running.call("POST", "users", {"email": "ben@example.org", "name": "Ben Okafor", "role": "responder"})
        yield running


@pytest.fixture(autouse=True)
def quiet(server) -> Iterator[None]:
    """Resolve what a test leaves open."""
    yield
    for alert in server.call("GET", "alerts?status=open").json()["alerts"]:
        server.call("POST", f"alerts/{alert['id']}/resolve", {})


def states(server: Tocsin, *alerts: str) -> list[str]:
    return [server.call("GET", f"alerts/{alert}").json()["status"] for alert in alerts]


def stands_at(page: Page, title: str) -> None:
    """Wait until the keys are for the alert of that title."""
    expect(page.locator("li.at").get_by_role("link", name=title, exact=True)).to_be_visible()


def test_many_are_acknowledged_and_resolved_by_keyboard_alone(server, browser):
    first, second, third = (report(server, name) for name in ("One", "Two", "Three"))
    with page_of(browser, server.url) as page:
        sign_in(server, page)
        expect(page.get_by_role("link", name="Three", exact=True)).to_be_visible()

        page.keyboard.press("j")
        stands_at(page, "Three")
        page.keyboard.press("x")
        page.keyboard.press("j")
        stands_at(page, "Two")
        page.keyboard.press("x")
        expect(page.get_by_text("2 ticked")).to_be_visible()
        page.keyboard.press("a")
        expect(page.get_by_text("Acknowledged by")).to_have_count(2)
        assert states(server, first, second, third) == ["firing", "acknowledged", "acknowledged"]

        page.keyboard.press("*")
        expect(page.get_by_text("3 ticked")).to_be_visible()
        page.keyboard.press("r")
        expect(page.get_by_role("heading", name="All is quiet")).to_be_visible()
    assert states(server, first, second, third) == ["resolved"] * 3


def test_the_question_mark_lists_the_keys_and_escape_closes_the_list(server, browser):
    with page_of(browser, server.url) as page:
        sign_in(server, page)
        expect(page.get_by_role("heading", name="All is quiet")).to_be_visible()

        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_what_changes_comes_by_the_stream_alone_and_keeps_what_is_ticked(server, browser):
    report(server, "Before")
    with page_of(browser, server.url) as page:
        sign_in(server, page)
        page.get_by_label("Choose Before").check()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))

        report(server, "After")

        expect(page.get_by_role("link", name="After", exact=True)).to_be_visible()
        expect(page.get_by_label("Choose Before")).to_be_checked()
        assert [url for url in asked if "/live" not in url] == []


def test_what_somebody_is_typing_is_not_lost_when_the_alert_changes(server, browser):
    alert = report(server, "Typed on")
    with page_of(browser, server.url) as page:
        sign_in(server, page, f"/alerts/{alert}")
        page.get_by_label("Comment").fill("half a sen")

        report(server, "Typed on", message="seen again")
        page.get_by_label("Comment").press_sequentially("tence")

        expect(page.get_by_label("Comment")).to_have_value("half a sentence")
        page.get_by_role("button", name="Acknowledge").click()
        expect(page.get_by_text("Acknowledged by")).to_be_visible()
    assert server.call("GET", f"alerts/{alert}").json()["acknowledgement"]["comment"] == "half a sentence"


def test_an_alert_is_handed_over_on_a_telephone(server, browser):
    alert = report(server, "Yours now")
    with page_of(browser, server.url, viewport=PHONE, has_touch=True) as page:
        sign_in(server, page, f"/alerts/{alert}")
        page.get_by_role("link", name="Hand over").tap()
        page.get_by_label("Hand over to").select_option(label="Ben Okafor")
        page.get_by_label("What they need to know").fill("The failover is half done")
        page.get_by_role("button", name="Hand over").tap()

        expect(page.get_by_text("hands over to Ben Okafor")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    held = server.call("GET", f"alerts/{alert}").json()["acknowledgement"]
    assert held["until"] is not None


def test_an_alert_is_explained_and_drawn_as_it_would_have_been_yesterday(server, browser):
    alert = report(server, "Explained", labels={"team": "data"})
    with page_of(browser, server.url) as page:
        sign_in(server, page, f"/alerts/{alert}")
        page.get_by_role("link", name="What would it have done yesterday?").click()

        expect(page.get_by_role("img", name="Who is told when")).to_be_visible()
        expect(page.get_by_text("at once").first).to_be_visible()

        page.get_by_role("link", name="Another event").click()
        page.get_by_text("Or paste an event").click()
        page.get_by_label("As POST /events takes it").fill('{"title": "Pasted", "severity": "info"}')
        page.get_by_role("button", name="Explain").click()
        expect(page.get_by_text("severity info")).to_be_visible()


def test_a_note_is_written_in_markdown_and_does_no_harm(server, browser):
    alert = report(server, HOSTILE)
    with page_of(browser, server.url) as page:
        sign_in(server, page, f"/alerts/{alert}")
        page.get_by_label("What was wrong").fill(
            f"**Rotate** the logs\n\n{HOSTILE}\n\n[x](javascript:alert(1))"
        )
        page.get_by_role("button", name="Keep the note").click()

        expect(page.locator(".note strong", has_text="Rotate")).to_be_visible()
        expect(page.locator(".note img, .note script, .note a")).to_have_count(0)
        assert page.evaluate("window.taken") is None
        expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x")


def test_text_that_goes_the_other_way_and_pictures_of_faces_stay_in_their_place(server, browser):
    report(server, ARABIC)
    with page_of(browser, server.url, viewport=PHONE) as page:
        sign_in(server, page)
        title = page.get_by_role("link", name=ARABIC)
        expect(title).to_be_visible()

        assert title.evaluate("(link) => getComputedStyle(link).direction") == "rtl"
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_an_alert_is_printed_without_its_buttons_and_kept_as_one_file(server, browser, tmp_path):
    alert = report(server, "On paper", message="as it was")
    with page_of(browser, server.url) as page:
        sign_in(server, page, f"/alerts/{alert}")
        expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()

        page.emulate_media(media="print")
        expect(page.get_by_role("button", name="Acknowledge")).to_be_hidden()
        expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
        expect(page.get_by_role("heading", name="What happened, and why")).to_be_visible()
        assert page.pdf().startswith(b"%PDF")
        page.emulate_media(media="screen")

        with page.expect_download() as kept:
            page.get_by_role("link", name="Keep as a file").click()
        file = tmp_path / "kept.html"
        kept.value.save_as(file)
    with page_of(browser, file.as_uri()) as page:  # and it asks nobody for anything
        page.goto(file.as_uri())
        expect(page.get_by_role("heading", name="On paper")).to_be_visible()
        expect(page.get_by_text("The source reported new trouble")).to_be_visible()


def test_a_drill_shows_what_arrives_while_one_looks(server, browser):
    with page_of(browser, server.url) as page:
        sign_in(server, page, "/drills")
        page.get_by_label("Title").fill("Can you hear me?")
        page.get_by_role("button", name="Begin the drill").click()

        expect(page.get_by_role("heading", name="Can you hear me?")).to_be_visible()
        expect(page.get_by_role("row").nth(1)).to_contain_text("failed")  # no mail server is set up here
        page.get_by_role("button", name="End the drill").click()
        expect(page.get_by_role("button", name="End the drill")).to_have_count(0)
