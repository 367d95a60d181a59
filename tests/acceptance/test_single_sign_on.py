"""Signing in by OpenID Connect: a real provider, a real browser, and the pages in between."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from acceptance import node
from acceptance.chromium import PATIENCE_MS
from acceptance.peers import HOST, free_port
from acceptance.servers import Child, Tocsin

ANA, NEW, STRANGER = "ana@example.org", "new@example.org", "zoe@example.org"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Tocsin]:
    """A Tocsin that knows a provider, and two people of whom the provider knows as well."""
    folder = tmp_path_factory.mktemp("oidc")
    (folder / "tocsin").mkdir()
    port = free_port()
    env = {
        "TOCSIN_OIDC_ISSUER": f"http://{HOST}:{port}",
        "TOCSIN_OIDC_CLIENT_ID": "tocsin",
        "TOCSIN_OIDC_CLIENT_SECRET": "s3cret & more",
        "TOCSIN_OIDC_NAME": "Example Staff",
    }
    server = Tocsin(data_dir=folder / "tocsin", env=env)
    provider = Child(
        command=["node", str(node.HERE / "provider.cjs")],
        log=folder / "provider.log",
        env={
            **os.environ,
            "NODE_PATH": str(node.modules()),
            "PORT": str(port),
            "REDIRECT_URI": f"{server.url}/login/oidc/callback",
        },
    )
    server.init()
    try:
        provider.start(f"http://{HOST}:{port}/.well-known/openid-configuration")
        server.start()
        for email, name in ((ANA, "Ana Alba"), (NEW, "Nora New")):
            body = {"email": email, "name": name, "role": "responder"}
            assert server.call("POST", "users", body).status == 201
        yield server
    finally:
        server.stop()
        provider.end()


@contextmanager
def visit(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    try:
        yield context.new_page()
    finally:
        context.close()


def come_from(server: Tocsin, page: Page, name: str, path: str = "/now") -> None:
    """Go to a page by way of the provider, where somebody signs in and consents."""
    page.goto(server.url + path)
    page.get_by_role("link", name="Sign in with Example Staff").click()
    be_known(server, page, name)


def be_known(server: Tocsin, page: Page, name: str) -> None:
    """Sign in at the provider, consent, and come back."""
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill("anything")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile(f"^{re.escape(server.url)}"))


def test_somebody_whom_the_provider_vouches_for_is_let_in_and_led_to_where_they_wanted(server, browser):
    with visit(browser) as page:
        come_from(server, page, ANA, "/on-call")

        page.wait_for_url(re.compile("/on-call$"))
        expect(page.get_by_role("link", name="Ana Alba")).to_be_visible()


def test_they_are_known_again_by_the_provider_s_name_for_them_when_their_address_changes(server, browser):
    with visit(browser) as page:
        come_from(server, page, ANA)
        expect(page.get_by_role("link", name="Ana Alba")).to_be_visible()
    users = server.call("GET", "users").json()["users"]
    ana = next(each["id"] for each in users if each["email"] == ANA)
    changed = server.call("PATCH", f"users/{ana}", {"email": "ana.alba@example.org"})
    assert changed.status == 200, changed.body

    with visit(browser) as page:
        come_from(server, page, ANA)
        expect(page.get_by_role("link", name="Ana Alba")).to_be_visible()
    assert server.call("PATCH", f"users/{ana}", {"email": ANA}).status == 200


def test_a_form_whose_session_had_ended_is_sent_after_signing_in_by_way_of_the_provider(server, browser):
    with visit(browser) as page:
        come_from(server, page, ANA, "/me/account")
        page.get_by_label("New password, of at least").fill("a password of mine")
        page.context.clear_cookies()
        page.get_by_role("button", name="Change it").click()
        expect(page.get_by_text("what you typed is kept")).to_be_visible()

        page.get_by_role("button", name="Sign in with Example Staff").click()
        be_known(server, page, ANA)
        page.get_by_label("new_password").fill("a password of mine")
        page.get_by_role("button", name="Send it now").click()

        expect(page.get_by_text("Your password is changed")).to_be_visible()


def test_an_address_that_the_provider_has_not_verified_is_nobody_s(server, browser):
    with visit(browser) as page:
        come_from(server, page, NEW)

        expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
        expect(page.get_by_text("does not say that your e-mail address has been verified")).to_be_visible()


def test_whom_nobody_has_added_is_not_made_a_user_by_signing_in(server, browser):
    with visit(browser) as page:
        come_from(server, page, STRANGER)

        expect(page.get_by_text("Ask whoever manages people to add you")).to_be_visible()
    assert STRANGER not in {each["email"] for each in server.call("GET", "users").json()["users"]}


def test_whoever_says_no_at_the_provider_is_told_that_nothing_happened(server, browser):
    with visit(browser) as page:
        page.goto(server.url + "/login/oidc")
        page.get_by_role("link", name="Cancel").click()

        expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
        expect(page.get_by_text("The provider says:")).to_be_visible()
