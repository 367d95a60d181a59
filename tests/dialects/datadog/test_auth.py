"""Who may come in, and by what."""

import asyncio
from dataclasses import replace

import pytest

from api_world import NOW, REA
from datadog_office import ON_CALL, SCOPES, UNKNOWN, Office, headers, policy, schedule
from tocsin.core.ids import KeyId
from tocsin.core.people import UserStatus
from tocsin.dialects.datadog.auth import KEY_LENGTH_MAX, KeyPairs, claims
from tocsin.dialects.datadog.policies import routes as policies
from tocsin.dialects.datadog.schedules import on_call, overrides
from tocsin.dialects.datadog.schedules import routes as schedules
from tocsin.httpkit.requests import Request
from tocsin.store import credentials, people

UNAUTHORIZED = (401, {"errors": ["Unauthorized"]})
FORBIDDEN = (403, {"errors": ["Forbidden"]})


def ask(office: Office, sent: dict[str, str]) -> tuple[int, object]:
    answer = office.api.call("GET", f"{ON_CALL}/schedules", as_=None, headers=sent)
    return answer.status_code, answer.json() if answer.status_code != 200 else None


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"dd-api-key": None}, UNAUTHORIZED),
        ({"dd-application-key": None}, UNAUTHORIZED),
        ({"dd-api-key": None, "dd-application-key": None}, UNAUTHORIZED),
        ({"dd-api-key": ""}, UNAUTHORIZED),
        ({"dd-application-key": "  "}, UNAUTHORIZED),
        ({"dd-api-key": "wrong"}, FORBIDDEN),
        ({"dd-application-key": "wrong"}, FORBIDDEN),
        ({"dd-application-key": "viewer-app"}, FORBIDDEN),
        ({"dd-api-key": "admin-app", "dd-application-key": "admin-api"}, FORBIDDEN),
        ({"dd-api-key": "responder"}, FORBIDDEN),  # a key of the native API
        ({"dd-api-key": "x" * (KEY_LENGTH_MAX + 1)}, FORBIDDEN),
        ({"dd-api-key": "\xff"}, FORBIDDEN),
    ],
)
def test_both_keys_of_one_pair_are_needed(office, change, refused):
    sent = {name: value for name, value in (headers("admin") | change).items() if value is not None}

    assert ask(office, headers("admin")) == (200, None)
    assert ask(office, {name: value.encode("latin-1") for name, value in sent.items()}) == refused


def test_a_bearer_token_does_not_open_this_door(office):
    assert ask(office, {"authorization": "Bearer admin"}) == UNAUTHORIZED


def test_a_pair_that_was_revoked_opens_nothing_any_more(office):
    assert ask(office, headers("viewer")) == (200, None)

    office.database.transact(lambda tx: credentials.revoke(tx, KeyId(703), NOW))

    assert ask(office, headers("viewer")) == FORBIDDEN


def test_somebody_who_was_deactivated_does_not_come_in(office):
    gone = replace(REA, status=UserStatus.DEACTIVATED)
    office.database.transact(lambda tx: people.save(tx, gone, was=REA))

    assert ask(office, headers("responder")) == FORBIDDEN


def test_names_of_headers_may_be_spelled_in_any_case(office):
    assert ask(office, {"DD-API-KEY": "admin-api", "Dd-Application-Key": " admin-app "}) == (200, None)


ROUTES = [
    route
    for resource in (schedules.ROUTES, on_call.ROUTES, overrides.ROUTES, policies.ROUTES)
    for route in resource
]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.handler.__name__)
@pytest.mark.parametrize("scope", SCOPES)
def test_reading_takes_the_read_scope_and_writing_the_write_scope(office, route, scope):
    path = route.path
    for name in ("schedule_id", "policy_id", "override_id"):
        path = path.replace(f"{{{name}}}", UNKNOWN)

    status = office.call(route.method, path, as_=scope).status_code

    wanted = "on_call_read" if route.method == "GET" else "on_call_write"
    assert (status == 403) is (scope != wanted), status


@pytest.mark.parametrize(
    ("role", "schedule_status", "policy_status"),
    [("viewer", 403, 403), ("responder", 201, 403), ("admin", 201, 201), ("owner", 201, 201)],
)
def test_a_pair_may_not_do_more_than_its_person(office, role, schedule_status, policy_status):
    assert office.call("POST", "/schedules", schedule(), as_=role).status_code == schedule_status
    assert office.call("POST", "/escalation-policies", policy(), as_=role).status_code == policy_status


def test_the_write_scope_alone_is_enough_to_write(office):
    made = office.post("/schedules?include=teams,layers.members.user", schedule(), as_="on_call_write")
    path = f"/schedules/{made['data']['id']}"
    body = {"data": schedule()["data"] | {"id": made["data"]["id"]}}
    chain = office.post("/escalation-policies?include=steps.targets", policy(), as_="on_call_write")

    assert office.put(path, body, as_="on_call_write")["data"] == made["data"] | {
        "relationships": office.get(path)["data"]["relationships"]
    }
    for gone in (path, f"/escalation-policies/{chain['data']['id']}"):
        assert office.call("DELETE", gone, as_="on_call_write").status_code == 204


def request(**sent: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": pairs})


def test_an_api_key_alone_can_be_told_whose_it_is(office):
    keys = KeyPairs(office.api.world)

    async def whose() -> str:
        actor = await keys.by_api_key(request(dd_api_key="responder-api"))
        await asyncio.gather(*keys.uses.under_way)
        return actor.name

    assert asyncio.run(whose()) == "Rea"
    noted = office.database.read_now(lambda tx: credentials.find(tx, REA.workspace, KeyId(702)))
    assert noted.last_used_at == NOW


def test_requests_with_an_api_key_header_are_this_door_s():
    assert claims(request(dd_api_key="any"))
    assert not claims(request(authorization="Bearer any"))
