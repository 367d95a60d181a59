"""A real Chromium, driven by Playwright: the one that the system has, without a window."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

PATIENCE_MS = 30_000
PHONE = {"width": 390, "height": 800}
DESK = {"width": 1200, "height": 800}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser."""
    binary = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert binary is not None, "Chromium is not installed: scripts/test-needs.sh does it"
    expect.set_options(timeout=PATIENCE_MS)  # a machine may be busy with other things
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page_of(browser: Browser, origin: str, *, quiet: bool = True, **options: Any) -> Iterator[Page]:
    """Open a page that asks nobody but *origin*, and on which, if it is to be *quiet*, nothing goes wrong."""
    context = browser.new_context(**{"viewport": DESK, "locale": "en-GB", **options})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    try:
        yield page
        assert [url for url in asked if not url.startswith((origin, "data:"))] == []
        assert not (quiet and wrong), wrong
    finally:
        context.close()


def fill_in(page: Page, person: Mapping[str, str]) -> None:
    """Sign in by the form that *page* shows, with a person's email and password."""
    page.get_by_label("E-mail address").fill(person["email"])
    page.get_by_label("Password").fill(person["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
