"""What holds for every resource: addresses, tokens, refusals, pages, rates."""

from datetime import timedelta

import pytest

from api_world import REA, person
from grafana_office import OPS_ID, PREFIX, REA_ID, Office, unknown
from tocsin.actions import people
from tocsin.actions.actor import Actor
from tocsin.core.ids import WorkspaceId
from tocsin.core.people import Role
from tocsin.dialects.datadog.door import datadog_door
from tocsin.dialects.grafana_oncall.spelled import write
from tocsin.dialects.guance.door import guance_door

INVALID = (403, {"detail": "Invalid token."})
CROWD = {each.id: each for each in (person(f"P{n:03}", 2_000 + n, Role.RESPONDER) for n in range(121))}


@pytest.fixture
def crowded(database):
    return Office(database, more=CROWD)


@pytest.mark.parametrize("path", ["users", "users/", "/api/v1//users", "/api//v1/users/"])
def test_slashes_at_the_end_and_doubled_ones_do_not_matter(office, path):
    assert office.get(path)["count"] == 4


@pytest.mark.parametrize(
    "header", ["admin-token", "Bearer admin-token", "bearer  admin-token", " admin-token "]
)
def test_the_token_stands_alone_or_behind_bearer(office, header):
    assert office.get("users/current", headers={"authorization": header})["username"] == "Ada"


@pytest.mark.parametrize("header", ["", "wrong", "Bearer wrong", "Bearer ", "x" * 600, "admin", "Basic YTpi"])
@pytest.mark.parametrize("path", ["users", "users/nobody", "no_such_thing", "/api/v1//nowhere/"])
def test_without_a_good_token_nothing_else_is_looked_at(office, header, path):
    answer = office.call("GET", path, headers={"authorization": header})

    assert (answer.status_code, answer.json()) == INVALID
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("path", ["no_such_thing", "no_such_thing/", "integrations/x/y/z", "/api/v1//x"])
def test_a_path_that_leads_nowhere_is_not_found_whoever_shares_its_beginning(database, path):
    def first(kit):
        return datadog_door(kit)

    office = Office(database, doors=(guance_door, first))

    assert office.refusal("GET", path) == (404, {"detail": "Not found."})
    others = office.call("GET", "no_such_thing", headers={"dd-api-key": "x", "authorization": ""})
    assert list(others.json()) == ["errors"]


@pytest.mark.parametrize(
    "path", ["integrations", "schedules", "on_call_shifts", "escalation_chains", "alert_groups"]
)
def test_lists_are_narrowed_to_a_team_that_is_there_or_to_none(office, path):
    refused = {"team_id": ["Select a valid choice. That choice is not one of the available choices."]}

    for team in (unknown("team"), "T1", write("user", REA.id)):
        assert office.refusal("GET", f"{path}?team_id={team}") == (400, refused)
    everything = office.list(path)
    assert office.list(f"{path}?team_id={OPS_ID}") == []
    assert office.list(f"{path}?team_id=null") == office.list(f"{path}?team_id=") == everything


def test_a_bad_token_is_refused_before_a_body_that_cannot_be_read(office):
    sent = {"authorization": "wrong", "content-type": "application/json"}
    answer = office.call("POST", "personal_notification_rules", headers=sent, content=b"{")

    assert (answer.status_code, answer.json()) == INVALID


def test_a_deactivated_user_is_told_so(office):
    server = Actor.of_server(WorkspaceId(1))
    rea = next(user for user in office.api.configuration.users.values() if user.name == "Rea")
    office.database.transact(lambda tx: people.deactivate(tx, server, rea.id, now=office.api.clock.now))

    sentence = "Only active users are allowed to perform this action."
    assert office.refusal("GET", "users", as_="responder") == (403, {"detail": sentence})
    assert [user["username"] for user in office.list("users")] == ["Ola", "Ada", "Vic"]


def test_a_service_account_is_let_in_but_where_a_person_is_wanted(office):
    assert office.get("users", as_="robot")["count"] == 4
    assert office.refusal("GET", "info", as_="robot") == INVALID
    assert office.refusal("GET", "personal_notification_rules", as_="robot") == INVALID
    assert office.refusal("GET", "users/current", as_="robot")[0] == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "users"), ("POST", f"users/{REA_ID}"), ("OPTIONS", "users"), ("DELETE", "users/x")],
)
def test_a_method_that_is_not_there_is_refused_with_those_that_are(office, method, path):
    answer = office.call(method, path)

    assert answer.status_code == 405
    assert answer.json() == {"detail": f'Method "{method}" not allowed.'}
    assert answer.headers["allow"] == "GET, HEAD"


def test_every_answer_says_what_is_allowed_and_on_what_it_depends(office):
    for path in ("users", f"users/{unknown('user')}"):
        answer = office.call("GET", path)
        assert answer.headers["vary"] == "Accept, Origin"
        assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/xml", 406), ("text/html", 406), ("*/*", 200), ("text/html, application/json;q=0.1", 200)],
)
def test_only_json_is_given(office, accept, status):
    answer = office.call("GET", "users", headers={"accept": accept})

    assert answer.status_code == status
    if status == 406:
        assert answer.json() == {"detail": "Could not satisfy the request Accept header."}


@pytest.mark.parametrize(
    ("query", "shown", "first", "others"),
    [
        ("", (1, 100, 2), "Ola", ("page=2", None)),
        ("?page=2", (2, 100, 2), "P096", (None, "")),
        ("?perpage=50&page=3", (3, 50, 3), "P096", (None, "page=2&perpage=50")),
        ("?perpage=50&page=2", (2, 50, 3), "P046", ("page=3&perpage=50", "perpage=50")),
        ("?page=99", (2, 100, 2), "P096", (None, "")),
        ("?page=0", (1, 100, 2), "Ola", ("page=2", None)),
        ("?page=-1&perpage=0", (1, 100, 2), "Ola", ("page=2&perpage=0", None)),
        ("?page=x&perpage=x", (1, 100, 2), "Ola", ("page=2&perpage=x", None)),
        ("?perpage=1000&page_size=7", (1, 100, 2), "Ola", ("page=2&page_size=7&perpage=1000", None)),
        ("?short=true&a=%26%C3%BC", (1, 100, 2), "Ola", ("a=%26%C3%BC&page=2&short=true", None)),
        ("?page=" + "9" * 400, (2, 100, 2), "P096", (None, "")),
        ("?%FF=%00&page=1", (1, 100, 2), "Ola", ("page=2&%EF%BF%BD=%EF%BF%BD", None)),
    ],
)
def test_a_list_comes_in_pages(crowded, query, shown, first, others):
    base, (next_, previous) = "http://tocsin.test/api/v1/users", others
    page = crowded.get(f"users{query}")

    assert (page["current_page_number"], page["page_size"], page["total_pages"]) == shown
    assert page["count"] == 125
    assert page["results"][0]["username"] == first
    assert page["next"] == (None if next_ is None else f"{base}?{next_}")
    assert page["previous"] == (None if previous is None else f"{base}?{previous}".rstrip("?"))


def test_an_empty_list_has_one_page(office):
    page = office.get("user_groups?page=3")

    assert (page["count"], page["results"], page["total_pages"]) == (0, [], 1)
    assert (page["next"], page["previous"], page["current_page_number"]) == (None, None, 1)


def test_who_asks_more_than_three_hundred_times_a_minute_waits(database):
    office = Office(database, limits=True)
    for _ in range(300):
        assert office.call("GET", "user_groups").status_code == 200
    office.api.clock.pass_time(seconds=2)

    answer = office.call("GET", "user_groups")

    assert answer.status_code == 429
    assert answer.json() == {"detail": "Request was throttled. Expected available in 58 seconds."}
    assert (answer.headers["retry-after"], answer.headers["ratelimit-reset"]) == ("58", "58")
    assert office.call("GET", "info").status_code == 200  # is counted by itself
    assert office.call("GET", "users", as_="owner").status_code == 200
    office.api.clock.now += timedelta(seconds=58)
    assert office.call("GET", "users").status_code == 200


def test_an_id_of_another_kind_is_of_nothing(office):
    for text in (write("team", 12), "U", "nobody", REA_ID.lower(), "%00", "U" + "9" * 12, "🐙"):
        assert office.call("GET", f"{PREFIX}users/{text}").status_code in {400, 404}


def test_the_document_tells_of_every_route_to_anybody(office):
    answer = office.call("GET", "oncall/openapi.json", headers={"authorization": ""})

    assert answer.status_code == 200
    paths = answer.json()["paths"]
    rules = paths["/api/v1/personal_notification_rules/"]
    assert set(rules) == {"get", "post"}
    assert set(paths["/api/v1/escalation_policies/{id}/"]) == {"get", "put", "patch", "delete"}
    names = [each["operationId"] for path in paths.values() for each in path.values()]
    assert len(set(names)) == len(names)
