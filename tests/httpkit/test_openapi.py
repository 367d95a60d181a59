import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from front_builders import ROUTES, Thing, ThingView
from tocsin.actions.actor import Permission
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.openapi import Title, document
from tocsin.httpkit.routes import Example, Routes

BEARER = {"bearer": {"type": "http", "scheme": "bearer"}}
TITLE = Title(
    title="Things",
    version="1.0",
    description="An API of things.",
    server="https://things.example.org",
    security=BEARER,
    tags={"Things": "What one can keep."},
)


@pytest.fixture
def things() -> dict[str, Any]:
    return document(ROUTES, TITLE)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_the_document_is_valid_openapi_and_every_reference_leads_somewhere(things):
    OPENAPI_31_VALIDATOR.validate(things)

    known = {f"#/components/schemas/{name}" for name in things["components"]["schemas"]}
    assert set(_references(things)) <= known
    assert json.loads(json.dumps(things)) == things


def test_every_route_is_in_it_but_the_hidden_ones(things):
    described = {(method.upper(), path) for path, methods in things["paths"].items() for method in methods}

    assert described == {(route.method, route.path) for route in ROUTES if not route.hidden}


def test_a_route_says_what_it_takes_and_what_it_answers(things):
    keep = things["paths"]["/api/things/v1/things"]["post"]

    assert keep["operationId"] == "keep_thing"
    assert keep["requestBody"]["content"]["application/json"] == {
        "schema": {"$ref": "#/components/schemas/Thing"},
        "examples": {"a-small-one": {"summary": "A small one", "value": {"name": "one"}}},
    }
    assert keep["responses"]["201"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/ThingView"
    }
    assert keep["security"] == [{"bearer": []}]
    assert set(keep["responses"]) == {"201", "400", "401", "403", "409", "413", "415", "429", "503"}
    assert (
        things["components"]["schemas"]["Thing"]["properties"]["name"]["description"] == "what it is called"
    )


def test_parameters_are_told_with_their_bounds_and_meaning(things):
    listed = things["paths"]["/api/things/v1/things"]["get"]["parameters"]
    read = things["paths"]["/api/things/v1/things/{thing_id}"]["get"]["parameters"]

    assert listed == [
        {
            "name": "label",
            "in": "query",
            "required": False,
            "schema": {"type": "array", "items": {"type": "string"}, "default": []},
        },
        {
            "name": "limit",
            "in": "query",
            "required": False,
            "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
        },
    ]
    assert read[0]["description"] == "the thing's id"
    assert read[1]["name"] == "If-None-Match"


def test_a_tagged_answer_tells_of_its_tag_and_of_304(things):
    responses = things["paths"]["/api/things/v1/things/{thing_id}"]["get"]["responses"]

    assert "ETag" in responses["200"]["headers"]
    assert "304" in responses


def test_an_open_route_asks_for_no_credential(things):
    opened = things["paths"]["/api/things/v1/open"]["get"]

    assert opened["security"] == []
    assert "401" not in opened["responses"]


def test_who_may_be_told_to_wait_is_told_how_long(things):
    responses = things["paths"]["/api/things/v1/things"]["get"]["responses"]

    assert "Retry-After" in responses["429"]["headers"]
    assert "Retry-After" in responses["503"]["headers"]


def test_a_careful_route_tells_of_its_headers():
    routes = Routes("/x")

    @routes.put(
        "/{x_id}",
        permission=Permission.CONFIGURE,
        summary="Replace",
        once=True,
        tagged=True,
        raises=(PreconditionFailed,),
        body_later=Thing,
    )
    async def replace(call) -> ThingView: ...

    replaced = document(routes, TITLE)["paths"]["/x/{x_id}"]["put"]

    headers = {parameter["name"] for parameter in replaced["parameters"] if parameter["in"] == "header"}
    assert headers == {"Idempotency-Key", "If-Match"}
    assert {"412", "422"} <= set(replaced["responses"])
    assert replaced["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Thing")


@pytest.mark.parametrize(
    "example",
    [Example(title="Too big", body={"name": "x" * 21}), Example(title="No id", answer={"name": "x"})],
)
def test_an_example_that_would_be_refused_is_found_out(example):
    routes = Routes("/x")

    @routes.post("/", permission=None, summary="Keep", examples=(example,))
    async def keep(call, body: Thing) -> ThingView: ...

    with pytest.raises(ValueError, match=example.title):
        document(routes, TITLE)


def test_two_handlers_of_one_name_are_found_out():
    routes = Routes()
    for path in ("/a", "/b"):

        @routes.get(path, permission=None, summary="x")
        async def same(call) -> None: ...

    with pytest.raises(ValueError, match="same"):
        document(routes, TITLE)


def test_a_vendor_s_document_has_that_vendor_s_errors():
    class Oops(msgspec.Struct):
        detail: str

    routes = Routes()

    @routes.get("/a", permission=None, summary="x")
    async def read(call) -> None: ...

    title = Title(
        title="x",
        version="1",
        description="x",
        server="/",
        security={},
        problem=Oops,
        problem_media_type="application/json",
    )

    refused = document(routes, title)["paths"]["/a"]["get"]["responses"]["400"]
    assert refused["content"] == {"application/json": {"schema": {"$ref": "#/components/schemas/Oops"}}}
