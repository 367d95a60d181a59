"""What Chromium itself says of the first page, beside what was measured at the server.

The times are its own navigation timing, from the moment in which the page is asked for; the bytes are those
of the page and of all styles, scripts and pictures that came with it, as they went over the wire to a browser
that was never there before. Then it looks once more, on a throttled line with a throttled processor.
"""

import shutil
from typing import Any

from harness import median, verdict
from playwright.sync_api import Browser, Page, sync_playwright

LOOKS = 9
PATIENCE_MS = 30_000
# A telephone with a bad line: 1.6 Mbit/s down, 150 ms there and back, a processor a quarter as fast.
BAD_LINE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
SLOWER = 4
_TIMING = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const parts = performance.getEntriesByType("resource");
  return {
    first: page.responseStart, whole: page.responseEnd, ready: page.domContentLoadedEventEnd,
    bytes: page.transferSize + parts.reduce((sum, each) => sum + each.transferSize, 0),
  };
}"""


def browse(server: Any) -> list[dict[str, Any]]:
    """Look at the first page as people do."""
    binary = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert binary is not None, "Chromium is not installed: scripts/test-needs.sh does it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=["--no-sandbox"])
        try:
            return _at_a_desk(browser, server) + _on_a_bad_line(browser, server)
        finally:
            browser.close()


def _at_a_desk(browser: Browser, server: Any) -> list[dict[str, Any]]:
    known = _signed_in(browser, server)
    weight = _look(_fresh(browser, known), server)["bytes"] / 1024
    looks = [_look(known, server) for _ in range(LOOKS)]
    first, ready = (median([each[name] for each in looks]) for name in ("first", "ready"))
    print(f"  Chromium: whole page after {median([each['whole'] for each in looks]):.0f} ms")
    return [
        verdict("Chromium, the first byte of the first page", first, 150, at_least=False, unit=" ms"),
        verdict("Chromium, the first page ready", ready, 500, at_least=False, unit=" ms"),
        verdict("Chromium, all that the first look brings", weight, 150, at_least=False, unit=" KB"),
    ]


def _on_a_bad_line(browser: Browser, server: Any) -> list[dict[str, Any]]:
    page = _fresh(browser, _signed_in(browser, server))
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", BAD_LINE)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    ready = _look(page, server)["ready"]
    name = "Chromium, the first page ready on a telephone with a bad line, nothing cached"
    return [verdict(name, ready, 3_000, at_least=False, unit=" ms")]


def _signed_in(browser: Browser, server: Any) -> Page:
    page = browser.new_context(locale="en-GB").new_page()
    page.set_default_timeout(PATIENCE_MS)
    owner = server.credentials["document"]["owner"]
    page.goto(f"{server.url}/login")
    page.get_by_label("E-mail address").fill(owner["email"])
    page.get_by_label("Password").fill(owner["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{server.url}/now")
    return page


def _fresh(browser: Browser, known: Page) -> Page:
    """Open a page with the same session, and with nothing else that a browser keeps."""
    return browser.new_context(locale="en-GB", storage_state=known.context.storage_state()).new_page()


def _look(page: Page, server: Any) -> dict[str, float]:
    page.goto(f"{server.url}/now", wait_until="load")
    found: dict[str, float] = page.evaluate(_TIMING)
    return found
