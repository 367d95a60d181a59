"""Teams, memberships and keys."""

import pytest

from datadog_office import (
    ANA,
    BEN,
    FOREIGN,
    MEDIA,
    OPS,
    SCOPES,
    UNKNOWN,
    WEB,
    Office,
    links,
    policy,
    schedule,
    step,
    target,
)
from tocsin.core.spelling import to_uuid

TEAM = "/api/v2/team"
OPS_ID, WEB_ID = to_uuid(OPS.id), to_uuid(WEB.id)
MEMBERS = f"{TEAM}/{OPS_ID}/memberships"
OLA = to_uuid(10)


def draft(handle: str = "db", name: str = "Database", *members: str, **attributes) -> dict:
    people = [{"id": each, "type": "users"} for each in members]
    return {
        "data": {
            "type": "team",
            "attributes": {"handle": handle, "name": name} | attributes,
            "relationships": {"users": {"data": people}},
        }
    }


def change(**attributes) -> dict:
    return {"data": {"type": "team", "attributes": attributes}}


def membership(user: str = OLA, role=...) -> dict:
    attributes = {} if role is ... else {"role": role}
    who = {"data": {"id": user, "type": "users"}}
    return {"data": {"type": "team_memberships", "attributes": attributes, "relationships": {"user": who}}}


def made(office: Office, *arguments: str, **attributes) -> dict:
    answer = office.call("POST", TEAM, draft(*arguments, **attributes))
    assert (answer.status_code, answer.headers["content-type"]) == (201, MEDIA), answer.text
    return answer.json()["data"]


def names(office: Office, **params) -> list[str]:
    return [each["attributes"]["name"] for each in office.get(TEAM, params=params)["data"]]


def test_a_team_reads_back_as_it_was_made(office):
    given = {"avatar": "🐙", "banner": 2, "hidden_modules": ["m1"], "visible_modules": ["m2"]}

    team = made(office, "db", "Database", ANA, BEN, description="d" * 200, **given)

    assert team["type"] == "team"
    assert team["attributes"] == given | {
        "handle": "db",
        "name": "Database",
        "description": "d" * 200,
        "summary": "d" * 120,
        "user_count": 2,
        "link_count": 0,
        "is_managed": False,
        "created_at": team["attributes"]["created_at"],
        "modified_at": team["attributes"]["created_at"],
    }
    assert team["relationships"] == {
        "team_links": {"data": [], "links": {"related": f"{TEAM}/{team['id']}/links"}},
        "user_team_permissions": {"links": {"related": f"{TEAM}/{team['id']}/permission-settings"}},
    }
    assert office.get(f"{TEAM}/{team['id']}")["data"] == team


def test_a_team_is_changed_field_by_field(office):
    team = made(office, avatar="🐙")

    office.api.clock.pass_time(minutes=1)
    changed = office.call("PATCH", f"{TEAM}/{team['id']}", change(name="Data", avatar=None)).json()["data"]

    expected = {"name": "Data", "avatar": None, "modified_at": "2026-03-06T09:01:00Z"}
    assert changed["attributes"] == team["attributes"] | expected
    assert office.get(f"{TEAM}/{team['id']}")["data"] == changed


def test_a_handle_may_be_as_long_as_the_vendor_s(office):
    assert made(office, "h" * 195, "n" * 200)["attributes"]["handle"] == "h" * 195


@pytest.mark.parametrize(("handle", "name"), [("ops", "Other"), ("other", "Ops")])
def test_neither_name_nor_handle_may_be_taken(office, handle, name):
    answer = office.call("POST", TEAM, draft(handle, name))
    renamed = office.call("PATCH", f"{TEAM}/{WEB_ID}", change(handle=handle, name=name))

    for each in (answer, renamed):
        assert (each.status_code, each.json()) == (409, {"errors": ["Team name and handle must be unique"]})


def test_a_deleted_team_is_taken_off_what_belonged_to_it(office):
    rota = office.post("/schedules", schedule(teams=(OPS, WEB)))["data"]["id"]
    ladder = office.post("/escalation-policies", policy(teams=(OPS,)))["data"]["id"]

    answer = office.call("DELETE", f"{TEAM}/{OPS_ID}")
    again = office.call("DELETE", f"{TEAM}/{OPS_ID}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert (again.status_code, again.json()) == (404, {"errors": [f"Team for ID {OPS_ID} not found"]})
    assert office.get(f"/schedules/{rota}")["data"]["relationships"]["teams"] == links(WEB)["teams"]
    assert office.get(f"/escalation-policies/{ladder}")["data"]["relationships"]["teams"] == {"data": []}


def test_a_team_that_a_step_asks_stays(office):
    office.policy(step(target("teams", OPS_ID)))

    answer = office.call("DELETE", f"{TEAM}/{OPS_ID}")

    assert (answer.status_code, answer.json()) == (409, {"errors": [f"team[{OPS_ID}] is in use"]})
    assert office.get(f"{TEAM}/{OPS_ID}")["data"]["id"] == OPS_ID


def test_teams_are_filtered_sorted_and_paged(office):
    made(office, "db", "Database")

    page = office.get(TEAM, params={"page[size]": 2, "page[number]": 0})

    assert [each["attributes"]["name"] for each in page["data"]] == ["Database", "Ops"]
    assert page["meta"]["pagination"] == {
        "type": "number_size",
        "number": 0,
        "size": 2,
        "total": 3,
        "first_number": 0,
        "last_number": 1,
        "prev_number": None,
        "next_number": 1,
    }
    assert "included" not in page
    assert names(office, sort="-name") == ["Web", "Ops", "Database"]
    assert names(office, sort="user_count")[0] == "Database"
    assert names(office, **{"filter[keyword]": "OP"}) == ["Ops"]
    assert names(office, **{"filter[keyword]": "rea@"}) == ["Ops", "Web"]
    assert names(office, **{"filter[me]": "true"}) == ["Ops", "Web"]
    assert office.get(TEAM, params={"include": "team_links"})["included"] == []
    short = office.get(TEAM, params={"fields[team]": ["id", "user_count"], "filter[keyword]": "ops"})
    assert short["data"][0]["attributes"] == {"handle": "ops", "name": "Ops", "user_count": 2}


BAD = [
    (("POST", TEAM, {"data": {"type": "teams", "attributes": {"handle": "a", "name": "b"}}}), 400, None),
    (("POST", TEAM, draft("h" * 196)), 400, None),
    (("POST", TEAM, draft("Not A Handle")), 400, None),
    (("POST", TEAM, draft("db", "n" * 201)), 400, None),
    (("POST", TEAM, draft("db", "Database", UNKNOWN)), 400, None),
    (("GET", f"{TEAM}/{UNKNOWN}", None), 404, f"Team for ID {UNKNOWN} not found"),
    (("GET", f"{TEAM}/{FOREIGN}", None), 404, f"Team for ID {FOREIGN} not found"),
    (("GET", f"{TEAM}/abc", None), 404, "abc is not a valid UUID not found"),
    (("PATCH", f"{TEAM}/{UNKNOWN}", change()), 404, f"Team for ID {UNKNOWN} not found"),
    (("GET", f"{TEAM}?sort=age", None), 400, None),
    (("GET", f"{TEAM}?include=users", None), 400, None),
    (("GET", f"{TEAM}?fields[team]=colour", None), 400, None),
    (("GET", f"{TEAM}/{UNKNOWN}/memberships", None), 404, f"Team for ID {UNKNOWN} not found"),
    (("POST", MEMBERS, membership(UNKNOWN)), 400, None),
    (("POST", MEMBERS, membership(OLA, "owner")), 400, None),
    (("PATCH", f"{MEMBERS}/{OLA}", membership()), 404, f"{OLA} not found"),
    (("DELETE", f"{MEMBERS}/{OLA}", None), 404, f"{OLA} not found"),
    (("GET", f"/api/v2/users/{UNKNOWN}/memberships", None), 404, f"{UNKNOWN} not found"),
]


@pytest.mark.parametrize(("request_", "status", "text"), BAD)
def test_what_is_wrong_is_refused_in_a_plain_list_and_changes_nothing(office, request_, status, text):
    before = office.get(TEAM), office.get(MEMBERS)

    answer = office.call(*request_)

    (said,) = answer.json()["errors"]
    assert (answer.status_code, said) == (status, text or said)
    assert isinstance(said, str)
    assert (office.get(TEAM), office.get(MEMBERS)) == before


@pytest.mark.parametrize("who", ["responder", "viewer", *SCOPES[:3]])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", TEAM, draft()),
        ("PATCH", f"{TEAM}/{OPS_ID}", change(name="X")),
        ("DELETE", f"{TEAM}/{OPS_ID}", None),
        ("POST", MEMBERS, membership()),
        ("DELETE", f"{MEMBERS}/{ANA}", None),
    ],
)
def test_only_who_manages_people_changes_teams(office, who, method, path, body):
    answer = office.call(method, path, body, as_=who)

    assert (answer.status_code, answer.json()) == (403, {"errors": ["Forbidden"]})


def test_a_stranger_s_teams_are_not_there(office):
    assert office.call("GET", f"{TEAM}/{OPS_ID}", as_="stranger").status_code == 404
    assert office.get(TEAM, as_="stranger")["data"] == []


# --- memberships ----------------------------------------------------------------------------------------


def test_somebody_comes_in_once(office):
    answer = office.call("POST", MEMBERS, membership(OLA, None))
    again = office.call("POST", MEMBERS, membership(OLA))

    assert answer.status_code == 200
    one = answer.json()
    assert one["data"] == {
        "id": f"TeamMembership-{OPS_ID}-10",
        "type": "team_memberships",
        "attributes": {"role": None, "provisioned_by": None, "provisioned_by_id": None},
        "relationships": {
            "user": {"data": {"id": OLA, "type": "users"}},
            "team": {"data": {"id": OPS_ID, "type": "team"}},
        },
    }
    assert [each["attributes"]["email"] for each in one["included"]] == ["ola@example.org"]
    assert again.status_code == 409
    assert again.json() == {
        "errors": [{"title": "Generic Error", "detail": f"users already present on the team [{OLA}]"}]
    }


def test_members_are_listed_changed_and_taken_out(office):
    changed = office.call("PATCH", f"{MEMBERS}/{BEN}", membership(BEN, "admin")).json()["data"]
    listed = office.get(MEMBERS, params={"sort": "-email"})
    found = office.get(MEMBERS, params={"filter[keyword]": "ada", "page[size]": 1})
    gone = office.call("DELETE", f"{MEMBERS}/{BEN}")
    left = office.get(MEMBERS)

    assert changed["attributes"]["role"] == "admin"
    assert [each["relationships"]["user"]["data"]["id"] for each in listed["data"]] == [ANA, BEN]
    assert [each["id"] for each in listed["included"]] == [ANA, BEN]
    assert found["meta"]["pagination"]["total"] == 1
    assert (gone.status_code, gone.content) == (204, b"")
    assert [each["relationships"]["user"]["data"]["id"] for each in left["data"]] == [ANA]


def test_a_role_that_is_not_given_stays_and_null_is_a_member(office):
    kept = office.call("PATCH", f"{MEMBERS}/{ANA}", membership(ANA)).json()["data"]
    lowered = office.call("PATCH", f"{MEMBERS}/{ANA}", membership(ANA, None)).json()["data"]

    assert (kept["attributes"]["role"], lowered["attributes"]["role"]) == ("admin", None)


def test_the_teams_of_a_user_are_told(office):
    mine = office.get(f"/api/v2/users/{ANA}/memberships")

    assert [each["relationships"]["team"]["data"]["id"] for each in mine["data"]] == [OPS_ID, WEB_ID]
    assert set(mine) == {"data"}


def test_members_are_the_same_natively(office):
    office.call("POST", MEMBERS, membership(OLA, "admin"))

    (ops,) = [each for each in office.api.get("/teams", as_="admin")["teams"] if each["handle"] == "ops"]
    office.api.call("DELETE", f"/teams/{ops['id']}/members/{ops['members'][0]['user_id']}", as_="admin")

    assert ops["members"][-1]["role"] == "admin"
    assert [each["relationships"]["user"]["data"]["id"] for each in office.get(MEMBERS)["data"]] == [BEN, OLA]


# --- keys -----------------------------------------------------------------------------------------------


def test_keys_are_told_whether_they_are_any_good(office):
    first = office.call("GET", "/api/v1/validate", headers={"dd-application-key": ""})
    second = office.call("GET", "/api/v2/validate").json()
    both = office.call("GET", "/api/v2/validate_keys", as_="on_call_respond")

    assert first.json() == {"valid": True}
    assert second["data"] == {
        "id": to_uuid(1),
        "type": "validate_v2",
        "attributes": {
            "valid": True,
            "api_key_id": second["data"]["attributes"]["api_key_id"],
            "api_key_scopes": [],
        },
    }
    assert (both.status_code, both.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("path", "keys", "status", "text"),
    [
        ("/api/v1/validate", {"dd-api-key": "wrong"}, 403, "API key required"),
        ("/api/v1/validate", {"dd-api-key": ""}, 403, "API key required"),
        ("/api/v2/validate", {"dd-api-key": "wrong"}, 403, "Forbidden"),
        ("/api/v2/validate", {"dd-api-key": ""}, 401, "Unauthorized"),
        ("/api/v2/validate_keys", {"dd-application-key": "wrong"}, 403, "Forbidden"),
        ("/api/v2/validate_keys", {"dd-application-key": ""}, 401, "Unauthorized"),
    ],
)
def test_keys_that_are_no_good_are_refused(office, path, keys, status, text):
    answer = office.call("GET", path, headers=keys)

    assert (answer.status_code, answer.json()) == (status, {"errors": [text]})
