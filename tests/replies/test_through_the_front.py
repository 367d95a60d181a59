"""A link out of a message, followed and pressed: through the doors of the app to the alert and back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api_world import NOW, REA, Api
from tocsin.app.doors import reply_door
from tocsin.core.ids import NotificationId, PageId
from tocsin.core.people import UserStatus
from tocsin.core.spelling import from_native
from tocsin.replies import links
from tocsin.replies.links import Grant, Reply
from tocsin.store import people

YES = {"confirm": "yes", "comment": "on my way"}


@pytest.fixture
def api(database) -> Api:
    return Api(database, doors=(reply_door,))


@pytest.fixture
def page(api) -> str:
    api.report(dedup_key="db-1/disk")
    return api.get("/pages")["pages"][0]["id"]


def link(api: Api, page: str, reply: Reply = Reply.ACKNOWLEDGE) -> str:
    grant = Grant(
        reply=reply,
        workspace=REA.workspace,
        notification=NotificationId(1),
        user=REA.id,
        page=PageId(from_native(page)),
        expires_at=NOW + timedelta(days=7),
    )
    keys = api.database.vault.derive(links.PURPOSE)
    return links.link("http://tocsin.test", links.sign(grant, keys)).removeprefix("http://tocsin.test")


def test_a_mail_scanner_that_follows_the_link_changes_nothing_and_a_person_who_presses_has_it(api, page):
    asked = api.call("GET", link(api, page), as_=None)
    before = api.get(f"/pages/{page}")
    pressed = api.call("POST", link(api, page), data=YES, as_=None)

    assert (asked.status_code, before["status"]) == (200, "triggered")
    assert "Do you have it?" in asked.text
    assert "You have it" in pressed.text
    (alert,) = api.get(f"/pages/{page}/alerts")["alerts"]
    assert (alert["acknowledgement"]["by_name"], alert["acknowledgement"]["comment"]) == ("Rea", "on my way")
    (message,) = api.get(f"/pages/{page}/notifications")["notifications"]
    assert (api.get(f"/pages/{page}")["status"], message["state"]) == ("acknowledged", "dropped")


def test_who_resolves_and_who_declines_by_a_link_is_heeded(api, page):
    declined = api.call("POST", link(api, page, Reply.DECLINE), data=YES, as_=None)
    after = api.get(f"/pages/{page}")
    resolved = api.call("POST", link(api, page, Reply.RESOLVE), data=YES, as_=None)

    assert (declined.status_code, after["status"]) == (200, "triggered")
    assert "You are left out" in declined.text
    assert "It is resolved" in resolved.text
    assert api.get(f"/pages/{page}")["status"] == "resolved"


def test_a_page_that_is_over_says_so_kindly(api, page):
    api.post(f"/pages/{page}/resolve")

    for answer in (
        api.call("GET", link(api, page), as_=None),
        api.call("POST", link(api, page), data=YES, as_=None),
    ):
        assert answer.status_code == 200
        assert "It is over already" in answer.text


def test_somebody_who_has_left_is_refused(api, page):
    gone = replace(REA, status=UserStatus.DEACTIVATED)
    api.transact(lambda tx: people.save(tx, gone, people.find(tx, REA.workspace, REA.id)))

    answer = api.call("POST", link(api, page), data=YES, as_=None)

    assert answer.status_code == 403
    assert "You can no longer answer by this link" in answer.text
    assert api.get(f"/pages/{page}", as_="admin")["status"] == "triggered"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_was_tampered_with_does_nothing(api, page, method):
    whole = link(api, page)
    broken = whole[:-1] + ("A" if whole[-1] != "A" else "B")

    answer = (
        api.call(method, broken, data=YES, as_=None)
        if method == "POST"
        else api.call(method, broken, as_=None)
    )

    assert answer.status_code == 404
    assert api.get(f"/pages/{page}")["status"] == "triggered"
