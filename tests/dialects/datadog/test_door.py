"""The door as a whole: its document, and its place beside the others."""

from datadog_office import MEDIA, ON_CALL, Office
from tocsin.dialects.datadog.door import openapi, routes
from tocsin.httpkit.doors import Door
from tocsin.httpkit.errors import problem


def test_the_door_gives_its_document_to_anybody(office):
    answer = office.api.call("GET", f"{ON_CALL}/openapi.json", as_=None)

    assert answer.status_code == 200
    assert answer.json() == openapi("http://tocsin.test")
    assert (
        office.api.call(
            "GET", f"{ON_CALL}/openapi.json", as_=None, headers={"if-none-match": answer.headers["etag"]}
        ).status_code
        == 304
    )


def test_the_document_has_every_route_with_both_keys_and_the_form_of_its_errors():
    document = openapi("http://tocsin.test")

    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert told == {(route.method, route.path) for route in routes()}
    schedule = document["paths"][f"{ON_CALL}/schedules/{{schedule_id}}"]["put"]
    assert schedule["security"] == [{"apiKeyAuth": [], "appKeyAuth": []}]
    assert schedule["requestBody"]["content"][MEDIA]["schema"] == {
        "$ref": "#/components/schemas/UpdateSchedule"
    }
    assert schedule["responses"]["404"]["content"][MEDIA]["schema"] == {"$ref": "#/components/schemas/Faults"}
    asked = document["paths"][f"{ON_CALL}/schedules"]["get"]["parameters"]
    assert [each["name"] for each in asked] == ["page[size]", "page[number]", "filter[query]", "include"]


def test_a_path_that_is_nobody_s_is_refused_by_the_door_whose_client_asks(database):
    def neighbour(kit) -> Door:
        async def authenticate(_request):
            raise AssertionError

        return Door(
            name="neighbour",
            prefixes=("/api/v2/",),
            routes=(),
            authenticate=authenticate,
            dress=problem,
            guarded=False,
        )

    office = Office(database, doors=(neighbour,))

    ours = office.call("GET", "/api/v2/nothing")
    theirs = office.api.call("GET", "/api/v2/nothing", as_=None)

    assert ours.json() == {"errors": ["there is nothing at /api/v2/nothing"]}
    assert theirs.headers["content-type"] == "application/problem+json"
