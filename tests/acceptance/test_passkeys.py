"""Passkeys in a real browser, with an authenticator that the browser itself simulates."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from acceptance.axe import violations
from acceptance.chromium import fill_in, page_of
from acceptance.peers import free_port
from acceptance.servers import Tocsin


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Tocsin]:
    """A Tocsin that is reached by a name, for browsers have no passkeys for numbers."""
    folder = tmp_path_factory.mktemp("passkeys")
    port = free_port()
    env = {"TOCSIN_PUBLIC_URL": f"http://localhost:{port}"}
    server = Tocsin(data_dir=folder, env=env, port=port)
    server.init()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def page(browser, server) -> Iterator[Page]:
    origin = server.env["TOCSIN_PUBLIC_URL"]
    with page_of(browser, origin, base_url=origin, quiet=False) as opened:
        yield opened


def authenticator(page: Page, *, verifies: bool = True) -> None:
    """Give the browser a device that keeps passkeys, and whose owner is there."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_in(server: Tocsin, page: Page, path: str = "/me/account") -> None:
    page.goto(path)
    fill_in(page, server.credentials["owner"])
    page.wait_for_url(re.compile(f"{path}$"))


def add(page: Page, name: str) -> None:
    page.get_by_label("Name, if you like").fill(name)
    page.get_by_role("button", name="Add a passkey").click()


def test_a_passkey_is_added_signed_in_with_and_taken_away(server, page):
    authenticator(page)
    sign_in(server, page)
    add(page, "My telephone")
    expect(page.get_by_text("The passkey is kept.")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Sign out", exact=True).first.click()

    page.goto("/on-call")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile("/on-call$"))

    page.goto("/me/account")
    expect(page.get_by_text("last used just now").last).to_be_visible()
    page.get_by_role("button", name="Take away My telephone").click()
    expect(page.get_by_text("None yet.")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("This passkey is nobody's here any more.")).to_be_visible()


def test_one_device_is_added_once(server, page):
    authenticator(page)
    sign_in(server, page)
    add(page, "First")
    expect(page.get_by_text("The passkey is kept.")).to_be_visible()

    add(page, "Again")

    expect(page.get_by_text("This device has a passkey of yours already.")).to_be_visible()


def test_a_device_that_does_not_know_who_holds_it_lets_nobody_in(server, page):
    authenticator(page, verifies=False)
    sign_in(server, page)

    add(page, "Anybody's")

    expect(page.get_by_text("No passkey was used.")).to_be_visible()
    expect(page.get_by_text("Anybody's")).not_to_be_visible()


def test_what_was_typed_is_kept_over_signing_in_again_with_a_passkey(server, page):
    authenticator(page)
    sign_in(server, page)
    add(page, "For forms")
    expect(page.get_by_text("The passkey is kept.")).to_be_visible()
    page.goto("/me")
    page.get_by_label("Address or number").fill("ops@home.example")
    page.context.clear_cookies()
    page.get_by_role("button", name="Add, and send a code").click()
    expect(page.get_by_text("what you typed is kept")).to_be_visible()

    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="You are signed in again")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Send it now").click()

    expect(page.get_by_text("ops@home.example")).to_be_visible()


def test_somebody_who_is_invited_comes_in_with_a_passkey_and_the_link_is_used_up(server, page):
    made = server.call("POST", "users", {"email": "nora@example.org", "name": "Nora New"}).json()
    told = server.call("POST", f"users/{made['id']}/invitation", {}).json()
    authenticator(page)

    page.goto(told["url"])
    expect(page.get_by_role("heading", name="Welcome, Nora New")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Use a passkey instead").click()

    page.wait_for_url(re.compile("/now$"))
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile("/now$"))
    page.goto(told["url"])
    expect(page.get_by_role("heading", name="This link is good for nothing any more")).to_be_visible()
