"""Each row of the table of errors, and the order in which requests are checked."""

import json

import pytest
from starlette.requests import Request

from datadog_office import (
    FOREIGN,
    MEDIA,
    ON_CALL,
    UNKNOWN,
    Office,
    policy,
    refusal,
    replacing,
    schedule,
    step,
    target,
)
from tocsin.core.errors import Conflict, Invalid, NotFound, Overloaded
from tocsin.core.spelling import native, to_uuid
from tocsin.dialects.datadog.errors import Refused, detail_of, dress
from tocsin.httpkit.errors import Unexpected

PLURALS = {"schedule": "schedules", "escalation_policy": "escalation-policies"}
BODIES = {"schedule": schedule, "escalation_policy": policy}
every_noun = pytest.mark.parametrize("noun", PLURALS)


@every_noun
@pytest.mark.parametrize(
    "identifier", ["abc", "{schedule_id}", "1", "sch_0cv1h8q4w2mv", UNKNOWN[:-1], f"{UNKNOWN}0"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_id_in_the_path_that_is_no_uuid_is_refused_as_that(office, noun, identifier, method):
    answer = office.call(method, f"/{PLURALS[noun]}/{identifier}")

    assert answer.status_code == 400
    assert refusal(answer) == f'attribute "uuid" [{identifier}] is not a valid UUID'


@every_noun
@pytest.mark.parametrize("identifier", [UNKNOWN, FOREIGN, "00000000-0000-0000-0000-000000000000"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_is_not_there_is_not_found_by_its_name(office, noun, identifier, method):
    answer = office.call(method, f"/{PLURALS[noun]}/{identifier}")

    assert answer.status_code == 404
    assert refusal(answer) == f"{noun}[{identifier}] not found"


@every_noun
def test_what_is_next_door_is_not_there(office, noun):
    identifier = office.post(f"/{PLURALS[noun]}", BODIES[noun]())["data"]["id"]
    path = f"/{PLURALS[noun]}/{identifier}"

    for method in ("GET", "PUT", "DELETE"):
        answer = office.call(method, path, as_="stranger")
        assert (answer.status_code, refusal(answer)) == (404, f"{noun}[{identifier}] not found")
    assert office.get(path)["data"]["id"] == identifier


@pytest.mark.parametrize("under", ["on-call", "responders", "overrides"])
def test_what_belongs_to_a_schedule_that_is_not_there_is_not_there(office, under):
    answer = office.call("GET", f"/schedules/{UNKNOWN}/{under}")

    assert (answer.status_code, refusal(answer)) == (404, f"schedule[{UNKNOWN}] not found")


def test_a_schedule_that_a_policy_names_is_in_use(office):
    identifier = office.schedule()
    chain = office.policy(step(target("schedules", identifier, "next")))

    refused = office.call("DELETE", f"/schedules/{identifier}")
    freed = office.call("DELETE", f"/escalation-policies/{chain}")
    gone, again = (office.call("DELETE", f"/schedules/{identifier}") for _ in range(2))

    assert (refused.status_code, refusal(refused)) == (409, f"schedule[{identifier}] is in use")
    assert [each.status_code for each in (freed, gone, again)] == [204, 204, 404]
    assert (gone.content, refusal(again)) == (b"", f"schedule[{identifier}] not found")


def test_a_policy_that_something_routes_to_is_in_use(office):
    identifier = office.policy()
    own = {"catch_all_policy_id": identifier}
    office.api.call("PATCH", "/workspace", own, as_="owner").raise_for_status()

    refused = office.call("DELETE", f"/escalation-policies/{identifier}")

    assert (refused.status_code, refusal(refused)) == (409, f"policy[{identifier}] is in use")
    assert office.get(f"/escalation-policies/{identifier}")["data"]["id"] == identifier


@every_noun
def test_a_field_that_is_missing_is_named(office, noun):
    body = BODIES[noun]()
    del body["data"]["attributes"]["name"]

    answer = office.call("POST", f"/{PLURALS[noun]}", body)

    assert (answer.status_code, refusal(answer)) == (400, 'attribute "name" is required')


@every_noun
@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "the body is empty; it must be JSON"),
        (b"{", "the body is not whole JSON: it ends too early"),
        (b"name=x", "the body is not JSON"),
        (b"[]", "the body is a list of 0; it must be an object"),
        (b"{}", 'attribute "data" is required'),
        (b'{"data": null}', 'attribute "data" is null'),
        (b'{"data": {}}', "is required"),
        (b'{"data": {"type": "users", "id": "x", "attributes": {}}}', 'attribute "type" is "users"'),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_is_none_is_refused(office, noun, content, detail, method):
    path = f"/{PLURALS[noun]}"
    if method == "PUT":
        path += "/" + office.post(path, BODIES[noun]())["data"]["id"]

    answer = office.call(method, path, content=content, headers={"content-type": "application/json"})

    assert answer.status_code == 400
    assert detail in refusal(answer)


@every_noun
def test_a_replacement_must_have_the_id_of_the_path(office, noun):
    path, other = f"/{PLURALS[noun]}", to_uuid(7)
    identifier = office.post(path, BODIES[noun]())["data"]["id"]
    before = office.everything()

    answer = office.call("PUT", f"{path}/{identifier}", replacing(BODIES[noun](), other))
    missing = office.call("PUT", f"{path}/{identifier}", BODIES[noun]())
    shouted = office.call("PUT", f"{path}/{identifier.upper()}", replacing(BODIES[noun](), identifier))

    assert answer.status_code == missing.status_code == 400
    assert refusal(answer) == f"attribute \"id\" is '{other}'; it must be {identifier}, as in the path"
    assert refusal(missing) == 'attribute "id" is required'
    assert shouted.status_code == 200
    assert [each["data"]["id"] for each in before] == [each["data"]["id"] for each in office.everything()]


@every_noun
def test_requests_are_checked_from_the_outside_in(office, noun):
    path, body = f"/{PLURALS[noun]}", BODIES[noun]()
    identifier = office.post(path, body)["data"]["id"]
    one = f"{path}/{identifier}"
    wrong = replacing(BODIES[noun](name=""), identifier)
    wrong["data"]["relationships"] = {"teams": {"data": [{"type": "teams", "id": UNKNOWN}]}}

    def put(where: str, **more) -> int:
        return office.call("PUT", where, wrong, **more).status_code

    assert put(f"{path}/abc?include=nonsense", headers={"dd-api-key": ""}) == 401
    assert put(f"{path}/abc?include=nonsense", as_="on_call_read") == 403
    assert put(f"{path}/abc?include=nonsense") == 400
    assert put(f"{path}/{UNKNOWN}?include=nonsense") == 404
    assert put(f"{one}?include=nonsense") == 400
    assert "include" in refusal(office.call("PUT", f"{one}?include=nonsense", wrong))
    assert "name" in refusal(office.call("PUT", one, wrong))
    wrong["data"]["attributes"]["name"] = "right"
    assert refusal(office.call("PUT", one, wrong)) == (
        f'attribute "teams.data[0].id" names {UNKNOWN}, which is no team here;'
        " it must name a team that is here"
    )


@pytest.mark.parametrize("include", ["nonsense", "users", "teams,nonsense", "layers.user"])
@every_noun
def test_what_cannot_be_included_is_refused(office, noun, include):
    path = f"/{PLURALS[noun]}"
    identifier = office.post(path, BODIES[noun]())["data"]["id"]

    for method, where in (("GET", path), ("POST", path), ("GET", f"{path}/{identifier}")):
        answer = office.call(
            method, f"{where}?include={include}", BODIES[noun]() if method == "POST" else None
        )
        assert answer.status_code == 400
        assert 'attribute "include" names' in refusal(answer)
    assert len(office.get(path + "?page[size]=100")["data"]) == (1 if noun == "schedule" else 2)


@every_noun
def test_five_megabytes_are_too_much(office, noun):
    body = BODIES[noun](name="x" * 5_000_000)

    answer = office.call("POST", f"/{PLURALS[noun]}", body)

    assert answer.status_code == 413
    assert answer.json() == {"errors": ["the body is larger than 1048576 bytes; send less at once"]}


def test_a_body_of_another_kind_than_json_is_refused_and_json_api_is_json(office):
    content = b'{"data": {}}'

    form, vendor = (
        office.call("POST", "/schedules", content=content, headers={"content-type": kind})
        for kind in ("application/x-www-form-urlencoded", MEDIA)
    )

    assert (form.status_code, list(form.json())) == (415, ["errors"])
    assert vendor.status_code == 400


def test_who_asks_too_often_is_told_when_to_come_back(database):
    office = Office(database, per_s=0.5)

    first, second = (office.call("GET", "/schedules") for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 429)
    assert second.json() == {"errors": ["Too many requests"]}
    assert second.headers["x-ratelimit-reset"] == "2"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{ON_CALL}/nothing", 404),
        ("GET", "/api/v2/nothing", 404),
        ("PATCH", f"{ON_CALL}/schedules", 405),
        ("POST", f"{ON_CALL}/schedules/{UNKNOWN}", 405),
    ],
)
def test_a_path_or_method_that_is_not_there_is_refused_in_the_same_clothes(office, method, path, status):
    answer = office.call(method, path)
    unknown = office.api.call(method, path, as_=None)

    assert (answer.status_code, list(answer.json())) == (status, ["errors"])
    assert (unknown.status_code, unknown.json()) == (401, {"errors": ["Unauthorized"]})


def test_a_slash_at_the_end_does_no_harm(office):
    assert office.get("/schedules/") == office.get("/schedules")


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (NotFound("schedule", str(7)), f"schedule[{to_uuid(7)}] not found"),
        (NotFound("schedule", native("schedule", 7)), f"schedule[{to_uuid(7)}] not found"),
        (NotFound("escalation policy", str(7)), f"escalation_policy[{to_uuid(7)}] not found"),
        (NotFound("schedule", FOREIGN), f"schedule[{FOREIGN}] not found"),
        (Invalid("data.attributes.config.address", "is missing"), 'attribute "address" is required'),
        (Invalid("data.attributes.name", "is missing", "must be text"), 'attribute "name" is required'),
        (
            Invalid("data.relationships.teams", "is 7", "must be an object"),
            'attribute "teams" is 7; it must be an object',
        ),
        (Invalid("data.id", "is missing"), 'attribute "id" is required'),
        (Invalid("data", "is missing"), 'attribute "data" is required'),
        (
            Invalid("users[0]", f"names {native('user', 7)}, which is no user here"),
            f'attribute "users[0]" names {to_uuid(7)}, which is no user here',
        ),
        (Invalid("", "the body is empty", "must be JSON"), "the body is empty; it must be JSON"),
        (
            Invalid("steps[0].id", f"[{native('step', 7)}] is no UUID"),
            f'attribute "steps[0].id" [{native("step", 7)}] is no UUID',
        ),
        (Conflict("user usr_ is not a native id"), "user usr_ is not a native id"),
        (Refused(409, "users already present on the team [x]"), "users already present on the team [x]"),
        (Overloaded("too much"), "too much"),
    ],
)
def test_details_name_attributes_and_spell_ids_as_this_api_does(error, detail):
    assert detail_of(error) == detail


def test_a_fault_of_ours_is_told_without_its_story():
    request = Request({"type": "http", "path": f"{ON_CALL}/schedules", "headers": []})

    answer = dress(Unexpected(), request, "trace")

    assert answer.status_code == 500
    assert list(json.loads(answer.body)) == ["errors"]
