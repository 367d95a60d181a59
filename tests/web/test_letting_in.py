"""Links that let somebody in once: invitations, and new passwords for those who have forgotten theirs."""

import re

import pytest

from api_world import ADA, OLA, REA
from tocsin.actions import delivery
from tocsin.channels.email import EmailChannel
from tocsin.core.notification import NotificationKind
from tocsin.core.spelling import native
from tocsin.engine.compose import Links, compose
from tocsin.store.statements import two_forms
from web_office import Browser, filled_in, text_of

PASSWORD = "something else entirely"
LINKS = Links(public_url="http://tocsin.test", answer=str.format)


@pytest.fixture
def admin(browser) -> Browser:
    browser.sign_in("admin")
    return browser


@pytest.fixture
def nora(admin) -> str:
    """The page of somebody new, who has nothing to sign in with."""
    form = filled_in(admin.look("/people/new")) | {"name": "Nora", "email": "nora@example.org"}
    return admin.request("POST", "/people/new", form).headers["location"].partition("?")[0]


def invited(admin: Browser, page: str) -> str:
    """Invite somebody, and give the link."""
    answer = admin.request("POST", f"{page}/invite")
    assert answer.status_code == 200, text_of(answer.text)
    return re.search(r'id="link">http://tocsin\.test([^<]+)<', answer.text)[1]


def mails(browser: Browser) -> list[str]:
    """Render what the engine would mail now."""
    claimed = browser.api.transact(
        lambda tx: delivery.claim(tx, node="n1", now=browser.api.clock(), machines=frozenset())
    )
    return [
        EmailChannel()
        .render(compose(each, links=LINKS, sender="tocsin@example.org", now=browser.api.clock()), {})
        .text
        for each in claimed.dispatches
        if each.notification.kind is NotificationKind.SIGN_IN
    ]


def sign_in(browser: Browser, email: str, password: str):
    return browser.request("POST", "/login", {"email": email, "password": password, "next": ""})


def test_somebody_who_is_invited_chooses_a_password_once_and_is_in(admin, nora):
    assert "They have nothing to sign in with yet" in text_of(admin.look(nora))
    link = invited(admin, nora)
    assert link not in admin.look(nora)
    assert "the link is good until" in text_of(admin.look(nora))

    admin.cookies = {}
    assert "Welcome, Nora" in text_of(admin.look(link))
    inside = admin.request("POST", link, {"password": PASSWORD})

    assert (inside.status_code, inside.headers["location"]) == (303, "/now")
    assert "Nora" in text_of(admin.look("/now"))
    admin.cookies = {}
    assert admin.request("GET", link).status_code == 410
    assert admin.request("POST", link, {"password": "yet another one"}).status_code == 410
    assert sign_in(admin, "nora@example.org", PASSWORD).headers["location"] == "/now"


def test_an_invitation_is_mailed_with_its_link_and_what_lies_in_the_database_opens_nothing(admin, nora):
    link = invited(admin, nora)

    token = link.rpartition("/")[2]
    for table in ("sign_in_links", "notifications", "audit_log"):
        kept = two_forms(sqlite=f"SELECT * FROM {table}", postgresql="")
        assert token not in str(admin.api.transact(lambda tx, kept=kept: tx.rows(kept)))
    (mail,) = mails(admin)
    assert f"http://tocsin.test{link}" in mail
    assert "Ada invites you" in mail


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", ""])
def test_a_password_that_is_none_leaves_the_link_good(admin, nora, password):
    link = invited(admin, nora)

    assert admin.request("POST", link, {"password": password}).status_code == 400

    assert admin.request("POST", link, {"password": PASSWORD}).status_code == 303


def test_another_invitation_takes_the_place_of_the_one_before(admin, nora):
    first = invited(admin, nora)

    second = invited(admin, nora)

    assert admin.request("GET", first).status_code == 410
    assert admin.request("GET", second).status_code == 200


def test_an_invitation_that_is_taken_back_is_good_for_nothing(admin, nora):
    link = invited(admin, nora)

    assert admin.request("POST", f"{nora}/invite/withdraw").status_code == 303

    assert admin.request("GET", link).status_code == 410
    assert "Invited" not in text_of(admin.look(nora))
    assert admin.request("POST", f"{nora}/invite/withdraw").status_code == 404


def test_an_invitation_is_good_for_a_week(admin, nora):
    link = invited(admin, nora)
    admin.api.clock.pass_time(days=6, hours=23)
    assert admin.request("GET", link).status_code == 200

    admin.api.clock.pass_time(hours=1)

    assert admin.request("GET", link).status_code == 410
    assert admin.request("POST", link, {"password": PASSWORD}).status_code == 410


@pytest.mark.parametrize("change", ["deactivate", "password", "email"])
def test_a_link_is_worth_nothing_once_somebody_has_decided_otherwise(admin, nora, change):
    link = invited(admin, nora)
    user = nora.rpartition("/")[2]
    match change:
        case "deactivate":
            admin.request("POST", f"{nora}/deactivate")
        case "password":
            admin.request("POST", f"{nora}/password", {"password": PASSWORD})
        case _:
            admin.api.call("PATCH", f"/users/{user}", {"email": "other@example.org"}, as_="admin")

    assert admin.request("GET", link).status_code == 410


def test_nobody_invites_who_may_do_more_and_only_admins_invite(admin, nora):
    owner = f"/people/{native('user', OLA.id)}"
    refused = admin.request("POST", f"{owner}/invite")
    assert refused.status_code == 403
    assert "may not do this to an owner" in text_of(refused.text)

    for who in ("responder", "viewer"):
        admin.cookies = {}
        admin.sign_in(who)
        assert admin.request("POST", f"{nora}/invite").status_code == 403
        assert "Invite" not in text_of(admin.look(nora))


def test_a_link_of_another_site_is_not_followed(admin, nora):
    link = invited(admin, nora)

    refused = admin.request("POST", link, {"password": PASSWORD}, headers={"origin": "https://evil.example"})

    assert refused.status_code == 403
    assert admin.request("GET", link).status_code == 200


@pytest.mark.parametrize("token", ["x", "%2e%2e", "é" * 10, "a" * 5_000])
def test_a_link_that_nobody_made_is_said_to_be_none(browser, token):
    assert browser.request("GET", f"/login/link/{token}").status_code in {404, 410, 414}


def test_tokens_are_not_guessed_for_long(browser):
    answers = [browser.request("GET", f"/login/link/{number}").status_code for number in range(51)]

    assert answers == [410] * 50 + [429]


def test_what_was_done_about_invitations_is_in_the_audit_log(admin, nora):
    link = invited(admin, nora)
    admin.request("POST", link, {"password": PASSWORD})
    admin.cookies = {}
    admin.sign_in("admin")

    log = text_of(admin.look(f"/audit?of={nora.rpartition('/')[2]}"))

    assert "invited" in log
    assert "accepted the invitation of" in log


def test_the_api_invites_reads_and_takes_back(browser):
    user = f"/users/{native('user', REA.id)}"

    made = browser.api.post(f"{user}/invitation", {"mail": False}, as_="admin")

    assert made["mailed_to"] == ""
    assert browser.request("GET", made["url"].removeprefix("http://tocsin.test")).status_code == 200
    assert "url" not in browser.api.get(f"{user}/invitation", as_="admin")
    assert browser.api.call("POST", f"{user}/invitation", {}, as_="responder").status_code == 403
    assert (
        browser.api.call("POST", f"/users/{native('user', OLA.id)}/invitation", {}, as_="admin").status_code
        == 403
    )
    assert browser.api.call("DELETE", f"{user}/invitation", as_="admin").status_code == 204
    assert browser.api.call("GET", f"{user}/invitation", as_="admin").status_code == 404
    assert browser.request("GET", made["url"].removeprefix("http://tocsin.test")).status_code == 410
    assert mails(browser) == []


# --- forgotten passwords ------------------------------------------------------------------------------


def test_whoever_forgot_their_password_is_mailed_a_link_and_chooses_another(browser):
    assert "I forgot my password" in browser.look("/login")
    said = browser.request("POST", "/login/forgot", {"email": REA.email})
    assert said.status_code == 200
    (mail,) = mails(browser)
    link = re.search(r"http://tocsin\.test(/login/link/\S+)", mail)[1]

    browser.sign_in("responder")
    elsewhere = dict(browser.cookies)
    browser.cookies = {}
    assert browser.request("POST", link, {"password": PASSWORD}).status_code == 303

    browser.cookies = elsewhere
    assert browser.request("GET", "/now").status_code == 303
    browser.cookies = {}
    assert browser.sign_in("responder").status_code == 401
    assert sign_in(browser, REA.email, PASSWORD).status_code == 303


def test_an_address_that_is_nobodys_gets_the_same_answer_and_no_mail(browser):
    known = browser.request("POST", "/login/forgot", {"email": REA.email})
    mails(browser)

    unknown = browser.request("POST", "/login/forgot", {"email": "x@example.org"})

    assert (unknown.status_code, text_of(unknown.text)) == (
        known.status_code,
        text_of(known.text).replace(REA.email, "x@example.org"),
    )
    assert mails(browser) == []


def test_a_link_for_a_new_password_is_good_for_an_hour(browser):
    browser.request("POST", "/login/forgot", {"email": REA.email})
    link = re.search(r"http://tocsin\.test(/login/link/\S+)", mails(browser)[0])[1]

    browser.api.clock.pass_time(minutes=60)

    assert browser.request("GET", link).status_code == 410


def test_nobodys_mailbox_is_filled_by_asking_again_and_again(browser):
    for _ in range(5):
        assert browser.request("POST", "/login/forgot", {"email": REA.email}).status_code == 200
    assert len(mails(browser)) == 1

    assert browser.request("POST", "/login/forgot", {"email": REA.email.upper()}).status_code == 429

    assert browser.request("POST", "/login/forgot", {"email": ADA.email}).status_code == 200


def test_whoever_was_let_go_is_mailed_nothing(browser):
    browser.api.call("DELETE", f"/users/{native('user', REA.id)}", as_="owner")

    browser.request("POST", "/login/forgot", {"email": REA.email})

    assert mails(browser) == []
