"""People and teams: made, changed, and let go with a word about what that breaks."""

import pytest

from api_world import ADA, OLA, REA, VIC
from tocsin.core.spelling import native
from web_office import filled_in, text_of

REA_PAGE = f"/people/{native('user', REA.id)}"


@pytest.fixture
def admin(browser):
    browser.sign_in("admin")
    return browser


def users(browser):
    return {each["email"]: each for each in browser.api.get("/users", as_="owner")["users"]}


def test_somebody_is_made_and_signs_in_with_the_password_that_they_were_given(admin):
    form = filled_in(admin.look("/people/new")) | {
        "name": "Zoë",
        "email": "zoe@example.org",
        "role": "viewer",
    }
    page = admin.request("POST", "/people/new", form).headers["location"].partition("?")[0]
    assert "Zoë Change zoe@example.org viewer UTC" in text_of(admin.look(page))

    given = admin.request("POST", f"{page}/password", {"password": "something else entirely"})

    assert given.status_code == 303
    sent = {"email": "zoe@example.org", "password": "something else entirely", "next": ""}
    assert admin.request("POST", "/login", sent).headers["location"] == "/now"


@pytest.mark.parametrize(("password", "words"), [("short", "must be"), ("aaaaaaaaaaaa", "is easy to guess")])
def test_a_password_that_is_none_is_refused(admin, password, words):
    answer = admin.request("POST", f"{REA_PAGE}/password", {"password": password})

    assert answer.status_code == 400
    assert words in text_of(answer.text)


@pytest.mark.parametrize(
    ("typed", "name", "words"),
    [
        ({"email": "nonsense"}, "email", "is not an e-mail address"),
        ({"email": REA.email}, "", "rea@example.org"),
        ({"role": "king"}, "role", "must be one of owner"),
        ({"role": "owner"}, "", "may not do this to an owner"),
        ({"time_zone": "Mars"}, "time_zone", "is no time zone"),
        ({"name": "x" * 300}, "name", "must be"),
    ],
)
def test_somebody_who_cannot_be_is_said_and_what_was_typed_stays(admin, typed, name, words):
    form = filled_in(admin.look("/people/new")) | {"name": "Zoë", "email": "zoe@example.org"} | typed

    answer = admin.request("POST", "/people/new", form)

    assert answer.status_code in {400, 403, 409}
    assert words in text_of(answer.text)
    assert not name or f'id="e-{name}"' in answer.text
    assert "zoe@example.org" not in users(admin)


def test_somebody_is_let_go_only_by_those_who_know_what_it_breaks(admin):
    page = text_of(admin.look(REA_PAGE))
    assert "What asks them Escalation policy Everything" in page
    assert "Step 1 of escalation policy Everything would reach nobody" in page

    kept = admin.request("POST", f"{REA_PAGE}/deactivate")
    assert kept.status_code == 409
    assert "say that you know what this breaks" in text_of(kept.text)
    assert users(admin)[REA.email]["status"] == "active"

    assert admin.request("POST", f"{REA_PAGE}/deactivate", {"sure": "on"}).status_code == 303
    assert users(admin)[REA.email]["status"] == "deactivated"
    assert admin.request("POST", f"{REA_PAGE}/activate").status_code == 303
    assert users(admin)[REA.email]["status"] == "active"


def test_whoever_nothing_asks_is_let_go_at_once_and_the_last_owner_stays(admin):
    assert admin.request("POST", f"/people/{native('user', VIC.id)}/deactivate").status_code == 303
    admin.cookies = {}
    admin.sign_in("owner")

    kept = admin.request("POST", f"/people/{native('user', OLA.id)}/deactivate", {"sure": "on"})

    assert kept.status_code == 409
    assert "is the last owner of the workspace" in text_of(kept.text)


def test_an_admin_changes_nobody_who_is_more(admin):
    page = f"/people/{native('user', OLA.id)}"
    form = filled_in(admin.look(f"{page}/edit")) | {"role": "viewer"}

    acts = {"edit": form, "deactivate": {"sure": "on"}, "password": {"password": "a good one 123"}}
    for act, sent in acts.items():
        path = f"{page}/{act}"
        assert admin.request("POST", path, sent).status_code == 403, path

    assert users(admin)[OLA.email]["role"] == "owner"


def test_a_team_is_made_changed_and_deleted(admin):
    rea, ada = (native("user", each.id) for each in (REA, ADA))
    form = {"name": "Back end", "members": [rea], "admins": [ada]}
    page = admin.request("POST", "/teams/new", form).headers["location"].partition("?")[0]
    words = text_of(admin.look(page))
    assert "back-end" in words
    assert "Members Rea Ada admin" in words
    assert "Back end" in text_of(admin.look("/teams"))

    changed = filled_in(admin.look(f"{page}/edit")) | {"members": [ada, ""], "admins": [""]}
    assert admin.request("POST", f"{page}/edit", changed).status_code == 303
    (team,) = admin.api.get("/teams")["teams"]
    assert [(each["user_id"], each["role"]) for each in team["members"]] == [(ada, "member")]

    assert admin.request("POST", f"{page}/delete").status_code == 303
    assert admin.api.get("/teams")["teams"] == []


def test_a_team_that_is_asked_stays(admin):
    page = admin.request("POST", "/teams/new", {"name": "Ops"}).headers["location"].partition("?")[0]
    team = page.rpartition("/")[2]
    step = {"action": {"type": "notify", "targets": [{"type": "team", "id": team}]}}
    admin.api.call("POST", "/escalation-policies", {"name": "Team", "steps": [step]}, as_="admin")
    assert "Escalation policy Team" in text_of(admin.look(page))

    assert admin.request("POST", f"{page}/delete").status_code == 409

    assert len(admin.api.get("/teams")["teams"]) == 1


@pytest.mark.parametrize(
    ("typed", "name"),
    [({"name": ""}, "name"), ({"handle": "A b"}, "handle"), ({"members": "x"}, "members")],
)
def test_a_team_that_cannot_be_is_said(admin, typed, name):
    good = {"name": "Ops", "handle": "", "members": "", "description": ""}

    answer = admin.request("POST", "/teams/new", good | typed)

    assert answer.status_code == 400
    assert f'id="e-{name}"' in answer.text
    assert admin.api.get("/teams")["teams"] == []
