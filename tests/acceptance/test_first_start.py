"""A new server, set up in a real browser by the code that is in its log."""

import re

from playwright.sync_api import expect

from acceptance.axe import violations
from acceptance.chromium import PHONE, chromium, page_of
from acceptance.peers import wait_for
from acceptance.servers import Tocsin


def test_a_new_server_is_set_up_on_a_telephone_and_takes_its_first_alert(tmp_path):
    server = Tocsin(data_dir=tmp_path)
    server.start()
    try:
        code = wait_for(lambda: re.search(r"code=(\w{5}-\w{5})", server.log), what="no code was logged")[1]
        with chromium() as browser, page_of(browser, server.url, viewport=PHONE) as page:
            page.goto(server.url)
            page.wait_for_url(re.compile("/setup$"))
            assert violations(page) == []
            page.get_by_label("The code in the log").fill(code)
            page.get_by_label("Your name").fill("Ana Alba")
            page.get_by_label("Your e-mail address").fill("ana@example.org")
            page.get_by_label("A password").fill("a long enough one")
            page.get_by_label("What your team or company is called").fill("Example")
            page.get_by_role("button", name="Set it up, and sign in").click()

            expect(page.get_by_role("heading", name="Tocsin is ready")).to_be_visible()
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
            token = re.search(r"Bearer (\S+?)'", page.locator("pre").inner_text())[1]
            server.credentials = {"credentials": {"tocsin": {"token": token}}}
            page.get_by_role("link", name="See what is burning").click()
            expect(page.get_by_role("heading", name="All is quiet")).to_be_visible()
            server.call("POST", "events", {"title": "Hello, on-call", "severity": "critical"})
            expect(page.get_by_role("link", name="Hello, on-call")).to_be_visible()
    finally:
        server.stop()
