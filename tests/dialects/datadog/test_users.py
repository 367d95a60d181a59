"""Users and invitations: plain answers, plain errors."""

import pytest

from datadog_office import ANA, BEN, FOREIGN, SCOPES, UNKNOWN, Office
from tocsin.core.spelling import to_uuid

USERS = "/api/v2/users"
LONG = f"{'x' * 100}@example.org"


def draft(email: str = "Cleo@Example.org", **attributes) -> dict:
    return {"data": {"type": "users", "attributes": {"email": email} | attributes}}


def change(identifier: str, **attributes) -> dict:
    return {"data": {"type": "users", "id": identifier, "attributes": attributes}}


def made(office: Office, email: str = "cleo@example.org", **attributes) -> dict:
    answer = office.call("POST", USERS, draft(email, **attributes))
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def plain(answer) -> tuple[int, list[str]]:
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json()["errors"]


def names(office: Office, **params) -> list[str]:
    return [each["attributes"]["name"] for each in office.call("GET", USERS, params=params).json()["data"]]


def test_a_user_is_made_pending_with_their_address_in_lower_case(office):
    user = made(office, "Cleo@Example.org", name="Cleo", title="SRE")

    assert user["type"] == "users"
    assert user["attributes"] == {
        "uuid": user["id"],
        "email": "cleo@example.org",
        "handle": "cleo@example.org",
        "name": "Cleo",
        "title": "SRE",
        "status": "Pending",
        "disabled": False,
        "verified": False,
        "service_account": False,
        "mfa_enabled": False,
        "allowed_login_methods": [],
        "icon": "",
        "created_at": user["attributes"]["created_at"],
        "modified_at": user["attributes"]["created_at"],
        "last_login_time": None,
    }
    assert user["relationships"] == {
        "roles": {"data": []},
        "org": {"data": {"id": to_uuid(1), "type": "orgs"}},
    }


def test_a_local_part_may_be_long_and_a_name_may_be_missing(office):
    user = made(office, LONG)

    assert (user["attributes"]["email"], user["attributes"]["name"]) == (LONG, None)


def test_what_is_written_reads_back_and_is_changed_field_by_field(office):
    user = made(office, name="Cleo", title="SRE")
    url = f"{USERS}/{user['id'].upper()}"

    office.api.clock.pass_time(minutes=1)
    changed = office.call("PATCH", url, change(user["id"], title=None, email="Cleo.N@example.org"))

    assert changed.status_code == 200
    expected = user["attributes"] | {
        "title": None,
        "email": "cleo.n@example.org",
        "handle": "cleo.n@example.org",
        "modified_at": "2026-03-06T09:01:00Z",
    }
    assert changed.json()["data"]["attributes"] == expected
    assert office.call("GET", url).json()["data"]["attributes"] == expected


def test_deleting_disables_also_the_second_time_and_can_be_taken_back(office):
    url = f"{USERS}/{ANA}"

    answers = [office.call("DELETE", url) for _ in range(2)]
    disabled = office.call("GET", url).json()["data"]["attributes"]
    back = office.call("PATCH", url, change(ANA, disabled=False)).json()["data"]["attributes"]

    assert [(each.status_code, each.content) for each in answers] == [(204, b"")] * 2
    assert (disabled["status"], disabled["disabled"]) == ("Disabled", True)
    assert (back["status"], back["disabled"], back["verified"]) == ("Active", False, True)


def test_users_are_filtered_sorted_and_counted(office):
    answer = office.call("GET", USERS, params={"filter": "REA@", "page[size]": 5}).json()
    last = office.call("GET", USERS, params={"page[size]": 50, "page[number]": 1}).json()

    assert [each["id"] for each in answer["data"]] == [ANA]
    assert answer["meta"]["page"] == {"total_count": 54, "total_filtered_count": 1}
    assert len(last["data"]) == 4
    assert names(office, **{"page[size]": 2}) == ["Ada", "Ola"]
    assert names(office, **{"page[size]": 2, "sort": "-name"}) == ["Vic", "Rea"]
    assert names(office, **{"page[size]": 2, "sort": "name", "sort_dir": "desc"}) == ["Vic", "Rea"]
    assert names(office, **{"page[size]": 1, "sort": "email"}) == ["Ada"]


def test_users_are_filtered_by_status_and_sorted_by_their_last_change(office):
    made(office, name="Cleo")
    office.api.clock.pass_time(minutes=1)
    office.call("PATCH", f"{USERS}/{BEN}", change(BEN, title="CTO"))
    office.call("DELETE", f"{USERS}/{ANA}")

    assert names(office, **{"filter[status]": "pending,Disabled"}) == ["Cleo", "Rea"]
    assert names(office, **{"sort": "-modified_at", "page[size]": 1}) == ["Ada"]


BAD = [
    (("POST", USERS, {}), 400, None),
    (("POST", USERS, {"data": {"type": "user", "attributes": {"email": "a@b.de"}}}), 400, None),
    (("POST", USERS, {"data": {"type": "users", "attributes": {}}}), 400, 'attribute "email" is required'),
    (("POST", USERS, draft("nobody")), 400, None),
    (("POST", USERS, draft("rea@example.org")), 400, None),
    (("GET", f"{USERS}/{UNKNOWN}", None), 404, f"{UNKNOWN} not found"),
    (("GET", f"{USERS}/{FOREIGN}", None), 404, f"{FOREIGN} not found"),
    (("GET", f"{USERS}/abc", None), 404, "abc not found"),
    (("PATCH", f"{USERS}/{UNKNOWN}", change(UNKNOWN)), 404, f"{UNKNOWN} not found"),
    (("PATCH", f"{USERS}/{ANA}", change(BEN)), 422, "UUID's in the URL and request body do not match"),
    (("DELETE", f"{USERS}/{UNKNOWN}", None), 404, f"{UNKNOWN} not found"),
    (("GET", f"{USERS}?page[size]=101", None), 400, None),
    (("GET", f"{USERS}?sort=age", None), 400, None),
    (("GET", f"{USERS}?filter[status]=away", None), 400, None),
]


@pytest.mark.parametrize(("request_", "status", "text"), BAD)
def test_what_is_wrong_is_refused_in_a_plain_list(office, request_, status, text):
    before = office.call("GET", USERS, params={"page[size]": 100}).json()

    refused, (said,) = plain(office.call(*request_))

    assert (refused, said) == (status, text or said)
    assert office.call("GET", USERS, params={"page[size]": 100}).json() == before


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", USERS, draft()),
        ("PATCH", f"{USERS}/{ANA}", change(ANA, email="new@example.org")),
        ("DELETE", f"{USERS}/{ANA}", None),
    ],
)
@pytest.mark.parametrize("who", ["responder", "viewer", *SCOPES[:3]])
def test_only_who_manages_people_changes_them(office, who, method, path, body):
    assert plain(office.call(method, path, body, as_=who)) == (403, ["Forbidden"])


def test_people_change_their_own_name(office):
    assert office.call("PATCH", f"{USERS}/{ANA}", change(ANA, name="R"), as_="responder").status_code == 200


def test_a_stranger_s_users_are_not_there(office):
    assert office.call("GET", f"{USERS}/{ANA}", as_="stranger").status_code == 404


def test_users_are_the_same_natively(office):
    user = made(office, name="Cleo")
    listed = office.api.get("/users?limit=200", as_="admin")["users"]
    (cleo,) = [each for each in listed if each["email"] == "cleo@example.org"]
    renamed = office.api.call("PATCH", f"/users/{cleo['id']}", {"name": "Cleo N."}, as_="admin")

    assert (cleo["status"], renamed.status_code) == ("pending", 200)
    shown = office.call("GET", f"{USERS}/{user['id']}").json()["data"]["attributes"]
    assert shown["name"] == "Cleo N."


def test_invitations_come_back_with_what_they_are(office):
    body = {
        "data": [
            {"type": "user_invitations", "relationships": {"user": {"data": {"id": each, "type": "users"}}}}
            for each in (ANA, BEN)
        ]
    }

    answer = office.call("POST", "/api/v2/user_invitations", body)

    assert answer.status_code == 201
    first, second = answer.json()["data"]
    assert first["attributes"] == {
        "uuid": first["id"],
        "invite_type": "openid_invite",
        "created_at": "2026-03-06T09:00:00Z",
        "expires_at": "2026-03-08T09:00:00Z",
    }
    assert second["relationships"] == {"user": {"data": {"id": BEN, "type": "users"}}}


def test_nobody_invites_somebody_who_is_not_here(office):
    one = {"type": "user_invitations", "relationships": {"user": {"data": {"id": UNKNOWN, "type": "users"}}}}

    answer = office.call("POST", "/api/v2/user_invitations", {"data": [one]})

    assert plain(answer) == (404, [f"{UNKNOWN} not found"])
