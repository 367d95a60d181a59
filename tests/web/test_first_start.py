"""A server whose database is empty is set up by whoever can read its log, once."""

import asyncio
import re

import pytest
from structlog.testing import capture_logs

from api_world import NOW
from tocsin.store import workspaces
from tocsin.web.first_start import Invitation
from web_office import Browser, text_of

FORM = {
    "name": "Ana Alba",
    "email": "ana@example.org",
    "password": "a long enough one",
    "workspace": "Example",
    "service": "Shop",
}


@pytest.fixture
def new(database) -> Browser:
    """A browser at a server that nobody has set up."""
    return Browser(database, configuration=None)


def logged(browser: Browser) -> str:
    """Start the server, and read the code from its log."""
    world = browser.api.world
    with capture_logs() as lines:
        asyncio.run(Invitation(world, "http://tocsin.test").start())
    [line] = lines
    assert line["page"] == "http://tocsin.test/setup"
    return line["code"]


def count(browser: Browser) -> int:
    return browser.api.transact(workspaces.count)


def test_whoever_opens_a_new_server_is_led_to_its_set_up(new):
    assert new.request("GET", "/").headers["location"].startswith("/login")
    assert new.request("GET", "/login").headers["location"] == "/setup"
    assert "The code in the log" in new.look("/setup")


def test_the_code_sets_it_up_and_signs_its_owner_in(new):
    done = new.request("POST", "/setup", FORM | {"code": logged(new)})

    assert done.status_code == 200
    assert "Tocsin is ready" in done.text
    assert re.search(r"tocsin token", text_of(done.text))
    assert "Ana Alba" in new.look("/now")
    new.cookies = {}
    inside = new.request("POST", "/login", {"email": FORM["email"], "password": FORM["password"]})
    assert inside.headers["location"] == "/now"


def test_the_code_may_be_typed_in_capitals_and_without_its_dash(new):
    code = logged(new).upper().replace("-", " ")

    assert new.request("POST", "/setup", FORM | {"code": code}).status_code == 200


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"code": "aaaaa-aaaaa"}, "is not the one in the server"),
        ({"code": ""}, "is not the one in the server"),
        ({"code": "é"}, "is not the one in the server"),
        ({"password": "short"}, "password"),
        ({"email": "nobody"}, "email"),
        ({"workspace": ""}, "workspace"),
        ({"service": ""}, "name"),
    ],
)
def test_what_is_wrong_is_said_what_was_typed_stays_and_nothing_is_made(new, changes, says):
    refused = new.request("POST", "/setup", FORM | {"code": logged(new)} | changes)

    assert refused.status_code == 400
    assert says in text_of(refused.text)
    assert 'value="Ana Alba"' in refused.text
    assert count(new) == 0


def test_a_code_works_once_and_the_set_up_is_gone(new):
    code = logged(new)
    new.request("POST", "/setup", FORM | {"code": code})
    new.cookies = {}

    again = new.request("POST", "/setup", FORM | {"code": code, "email": "evil@example.org"})

    assert again.headers["location"] == "/login"
    assert new.request("GET", "/setup").headers["location"] == "/login"
    assert count(new) == 1
    with capture_logs() as lines:
        asyncio.run(Invitation(new.api.world, "http://tocsin.test").start())
    assert lines == []


def test_every_node_knows_the_same_code_and_an_hour_later_another(new):
    first = logged(new)
    assert logged(new) == first

    new.api.clock.pass_time(hours=1)
    late = new.request("POST", "/setup", FORM | {"code": first})
    with capture_logs() as lines:
        new.look("/setup")

    assert late.status_code == 400
    assert lines[0]["code"] != first
    with capture_logs() as quiet:
        new.look("/setup")
    assert quiet == []


def test_codes_cannot_be_guessed(new):
    code = logged(new)
    for _ in range(10):
        assert new.request("POST", "/setup", FORM | {"code": "wrong"}).status_code == 400

    assert new.request("POST", "/setup", FORM | {"code": code}).status_code == 429
    new.api.clock.pass_time(minutes=5)
    assert new.request("POST", "/setup", FORM | {"code": code}).status_code == 200


def test_another_site_sets_nothing_up(new):
    form = FORM | {"code": logged(new)}

    refused = new.request("POST", "/setup", form, headers={"origin": "https://evil.example"})

    assert refused.status_code == 403
    assert count(new) == 0
    assert new.api.clock() == NOW


def test_a_server_that_has_been_set_up_shows_no_set_up(browser):
    assert browser.request("GET", "/setup").headers["location"] == "/login"
    assert browser.request("POST", "/setup", FORM | {"code": "x"}).headers["location"] == "/login"
    assert browser.request("GET", "/login").status_code == 200
