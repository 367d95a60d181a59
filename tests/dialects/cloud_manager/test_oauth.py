"""Service accounts: an access token for a secret, for an hour, and given back."""

import base64

import pytest

from api_world import NOW
from mongo_office import BASE, GROUP
from tocsin.core.spelling import to_hex_24
from tocsin.store import access_tokens, credentials

TOKEN, REVOKE = "/api/oauth/token", "/api/oauth/revoke"
PATH = f"{BASE}/groups/{GROUP}/alerts"
CLIENT = f"mdb_sa_id_{to_hex_24(700)}"
ASK = {"grant_type": "client_credentials"}


def basic(client=CLIENT, secret="owner-secret"):
    return {"authorization": "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()}


def token(office, **more):
    return office.bare("POST", TOKEN, **{"headers": basic(), "data": ASK} | more)


def bearer(office, access, path=PATH, method="GET", **more):
    return office.bare(method, path, headers={"authorization": f"Bearer {access}"}, **more)


def test_a_token_opens_everything_for_an_hour(office):
    path = office.report()
    given = token(office)
    said = given.json()

    held = bearer(
        office, said["access_token"], BASE + path, "PATCH", json={"acknowledgedUntil": "2027-01-01"}
    )
    office.api.clock.pass_time(minutes=59)
    later = bearer(office, said["access_token"])
    office.api.clock.pass_time(minutes=1)
    ended = bearer(office, said["access_token"])

    assert (given.status_code, given.headers["cache-control"]) == (200, "no-store")
    assert {**said, "access_token": ""} == {"access_token": "", "expires_in": 3600, "token_type": "Bearer"}
    assert held.json()["acknowledgingUsername"] == "ola@example.org"
    assert [later.status_code, ended.status_code] == [200, 401]
    assert ended.headers["www-authenticate"].startswith("Digest ")


def test_a_revoked_token_and_those_of_a_revoked_key_open_nothing(office):
    first, second = (token(office).json()["access_token"] for _ in range(2))
    assert bearer(office, first).status_code == 200
    hint = {"token": first, "token_type_hint": "access_token"}

    revoked = office.bare("POST", REVOKE, headers=basic(), data=hint)
    again = office.bare("POST", REVOKE, headers=basic(), data=hint)
    left = bearer(office, second).status_code
    office.database.transact(lambda tx: credentials.revoke(tx, 700, NOW))

    assert [revoked.status_code, again.status_code] == [200, 200]
    assert bearer(office, first).status_code == 401
    assert left == 200
    assert bearer(office, second).status_code == 401
    assert token(office).status_code == 401


def test_nobody_revokes_the_token_of_another_client(office):
    mine = token(office).json()["access_token"]
    other = basic(f"mdb_sa_id_{to_hex_24(701)}", "admin-secret")

    assert office.bare("POST", REVOKE, headers=other, data={"token": mine}).status_code == 200
    assert bearer(office, mine).status_code == 200


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"headers": {}}, (401, "invalid_client")),
        ({"headers": {"authorization": "Basic !"}}, (401, "invalid_client")),
        ({"headers": {"authorization": "Basic " + "eA==" * 1_000}}, (401, "invalid_client")),
        ({"headers": {"authorization": "Bearer x"}}, (401, "invalid_client")),
        ({"headers": basic(secret="guess")}, (401, "invalid_client")),
        ({"headers": basic(secret="\ud800".encode("utf-8", "surrogatepass").hex())}, (401, "invalid_client")),
        ({"headers": basic(client="mdb_sa_id_5c6a1d2e8d7f4b0011223344")}, (401, "invalid_client")),
        ({"headers": basic(client=to_hex_24(700))}, (401, "invalid_client")),
        ({"headers": basic(client=f"mdb_sa_id_{to_hex_24(60)}", secret="")}, (401, "invalid_client")),
        ({"data": {}}, (400, "invalid_request")),
        ({"data": {"grant_type": ""}}, (400, "invalid_request")),
        ({"data": {"grant_type": ["client_credentials"] * 2}}, (400, "invalid_request")),
        ({"data": {"grant_type": "password"}}, (400, "unsupported_grant_type")),
        ({"data": None, "json": ASK}, (400, "invalid_request")),
        ({"data": None, "content": b"\xff", "form": True}, (400, "invalid_request")),
    ],
)
def test_refusals_have_the_form_of_oauth(office, more, said):
    if more.get("form"):
        headers = basic() | {"content-type": "application/x-www-form-urlencoded"}
        more = {"content": more["content"], "headers": headers}
        found = office.bare("POST", TOKEN, **more)
    else:
        found = token(office, **more)

    assert (found.status_code, found.json()["error"]) == said
    assert found.json()["error_description"].endswith(".")
    assert set(found.json()) == {"error", "error_description"}


def test_ten_tokens_a_minute_are_enough(office):
    given = [token(office) for _ in range(11)]

    assert [each.status_code for each in given] == [200] * 10 + [429]
    assert given[-1].json()["error"] == "rate_limited"
    assert given[-1].headers["retry-after"] == "60"


def test_the_address_matters_when_a_token_is_used_not_when_it_is_got(office):
    office.database.transact(lambda tx: office.add_key(tx, 800, "far", networks=("192.0.2.0/24",)))

    given = token(office, headers=basic(f"mdb_sa_id_{to_hex_24(800)}", "far-secret"))

    assert given.status_code == 200
    assert bearer(office, given.json()["access_token"]).status_code == 403


def test_what_has_ended_is_swept(office):
    token(office)
    office.bare("GET", PATH)

    swept = office.database.transact(lambda tx: access_tokens.forget(tx, before=NOW.replace(hour=11)))

    assert swept == 1
