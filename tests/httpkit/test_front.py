import asyncio

import msgspec
import pytest
from starlette.responses import Response

from front_builders import ADMIN, VIEWER, Keyring, ask, door_of, front_of, kit_of, world_at
from tocsin.core.errors import Overloaded, Unauthorized
from tocsin.httpkit.errors import status_of
from tocsin.httpkit.router import Slashes
from tocsin.httpkit.routes import Routes

API = "/api/things/v1"


@pytest.fixture
def world(tmp_path):
    world = world_at(tmp_path, start=True)
    yield world
    world.database.close()


@pytest.fixture
def kit(world):
    return kit_of(world)


@pytest.fixture
def front(kit):
    return front_of(kit)


def test_a_query_and_a_token_reach_the_handler(front):
    answer = ask(front, "GET", f"{API}/things?limit=1&label=a:b&label=c")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "things": [{"id": "t1", "name": "one", "by": "admin"}],
        "labels": ["a:b", "c"],
    }


def test_a_body_reaches_the_handler_and_its_answer_comes_back_with_status_and_headers(front):
    answer = ask(front, "POST", f"{API}/things", json={"name": "one"})

    assert (answer.status_code, answer.headers["location"]) == (201, "/api/things/v1/things/t1")
    assert answer.json() == {"id": "t1", "name": "one", "by": "admin"}


def test_an_action_runs_as_the_caller_in_one_transaction(front):
    assert ask(front, "GET", f"{API}/write").json() == {"written": 2, "asked": 3, "seen": 4}


def test_a_handler_may_look_at_the_path_before_it_reads_the_body(front):
    assert ask(front, "PUT", f"{API}/late/t2", content=b"no json").status_code == 404
    assert ask(front, "PUT", f"{API}/late/t1", json={"name": "x"}).json()["name"] == "x"


def test_bytes_come_and_go_as_they_are(front):
    assert ask(front, "POST", f"{API}/raw", content=b"\x00abc").content == b"cba\x00"


def test_an_answer_without_a_body_is_204(front):
    answer = ask(front, "DELETE", f"{API}/things/t1")

    assert (answer.status_code, answer.content) == (204, b"")


def test_head_is_the_get_without_its_body(front):
    whole, head = ask(front, "GET", f"{API}/things/t1"), ask(front, "HEAD", f"{API}/things/t1")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers


@pytest.mark.parametrize(
    ("request_line", "options", "status", "code"),
    [
        ("GET /things", {"token": None}, 401, "unauthorized"),
        ("GET /things", {"token": "tocsin_wrong"}, 401, "unauthorized"),
        ("POST /things", {"token": VIEWER, "json": {"name": "one"}}, 403, "forbidden"),
        ("GET /things/t9", {}, 404, "not-found"),
        ("GET /nothing", {}, 404, "no-such-path"),
        ("PUT /things", {}, 405, "method-not-allowed"),
        ("POST /things", {"json": {"name": "taken"}}, 409, "conflict"),
        ("POST /things", {"content": b"x" * 2_001}, 413, "too-large"),
        (
            "POST /things",
            {"content": b"a=b", "headers": {"content-type": "text/plain"}},
            415,
            "unsupported-media",
        ),
        ("POST /things", {"content": b"{"}, 400, "invalid"),
        ("POST /things", {"json": {"name": ""}}, 400, "invalid"),
        ("GET /things?limit=0", {}, 400, "invalid"),
        ("GET /things/%ff", {}, 400, "invalid"),
        ("DELETE /things/broken", {}, 500, "unexpected"),
    ],
)
def test_what_cannot_be_done_is_a_problem_of_its_kind(front, request_line, options, status, code):
    method, path = request_line.split(" ")

    answer = ask(front, method, API + path, **options)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:tocsin:problem:{code}"


def test_a_wrong_value_is_named_in_the_caller_s_words(front):
    answer = ask(front, "GET", f"{API}/invalid")

    assert answer.json()["errors"] == [
        {"path": "interval.days", "problem": "is 500", "remedy": "must be 0 to 400"}
    ]


def test_a_fault_of_ours_is_logged_under_its_trace_and_not_told(front, capsys):
    trace = "0af7651916cd43dd8448eb211c80319c"

    answer = ask(
        front, "DELETE", f"{API}/things/broken", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    )

    assert answer.json()["trace"] == trace
    assert "hunter2" not in answer.text
    assert trace in capsys.readouterr().out


def test_a_request_without_a_trace_is_given_one(front):
    assert ask(front, "GET", f"{API}/nothing").json()["trace"] == "0f" * 16


def test_a_method_that_a_path_lacks_is_answered_with_those_it_has(front):
    assert ask(front, "PUT", f"{API}/things").headers["allow"] == "GET, HEAD, POST"
    options = ask(front, "OPTIONS", f"{API}/things")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")


def test_a_stranger_learns_nothing_of_which_paths_there_are(front):
    asked = [("GET", "/nothing"), ("PUT", "/things"), ("OPTIONS", "/things"), ("GET", "/things/t1")]

    assert {ask(front, method, API + path, token=None).status_code for method, path in asked} == {401}


def test_an_open_route_looks_at_no_token(front):
    assert ask(front, "GET", f"{API}/open", token="tocsin_wrong").status_code == 200


def test_a_reader_who_has_it_already_is_not_sent_it_again(front):
    first = ask(front, "GET", f"{API}/things/t1")

    again = ask(front, "GET", f"{API}/things/t1", headers={"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = ask(front, "GET", f"{API}/things/t1", headers={"if-none-match": '"other"'})
    assert other.status_code == 200


def test_what_is_outside_every_door_is_a_404_too(front):
    assert ask(front, "GET", "/elsewhere", token=None).status_code == 404


def test_a_door_dresses_and_finishes_its_answers_in_its_own_way(kit):
    def dress(error, request, trace):
        return Response(f"oh: {error}", 200 + status_of(error) % 100)

    def finish(request, response):
        response.headers["x-door"] = "mine"
        return response

    front = front_of(kit, door_of(kit, dress=dress, finish=finish))

    refused, missed, good = (
        ask(front, "GET", API + path) for path in ("/things/t9", "/nothing", "/things/t1")
    )

    assert refused.text == "oh: there is no thing 't9'"
    assert missed.text == "oh: there is nothing at /api/things/v1/nothing"
    assert {answer.headers["x-door"] for answer in (refused, missed, good)} == {"mine"}


def test_a_door_whose_clothes_tear_still_answers(kit, capsys):
    def dress(error, request, trace):
        raise RuntimeError("torn")

    answer = ask(front_of(kit, door_of(kit, dress=dress)), "GET", f"{API}/nothing")

    assert answer.status_code == 500
    assert "torn" in capsys.readouterr().out


def test_doors_that_share_a_prefix_tell_by_the_credential_whose_stranger_it_is(kit):
    def dress_as(name):
        def dress(error, request, trace):
            return Response(name, status_of(error))

        return dress

    def claims(request):
        return "x-other-key" in request.headers

    one = door_of(kit, name="one", dress=dress_as("one"), guarded=False)
    other = door_of(kit, name="other", routes=(), dress=dress_as("other"), guarded=False, claims=claims)
    front = front_of(kit, one, other)

    assert ask(front, "GET", f"{API}/nothing").text == "one"
    assert ask(front, "GET", f"{API}/nothing", headers={"x-other-key": "1"}).text == "other"


@pytest.mark.parametrize(
    ("slashes", "path", "status"),
    [
        (Slashes.EXACT, "/things/", 404),
        (Slashes.IGNORE, "/things/", 200),
        (Slashes.IGNORE, "//things", 404),
        (Slashes.COLLAPSE, "//things/", 200),
    ],
)
def test_each_door_takes_slashes_in_its_own_way(kit, slashes, path, status):
    front = front_of(kit, door_of(kit, slashes=slashes))

    assert ask(front, "GET", API + path).status_code == status


def test_a_lenient_door_reads_json_under_any_name(kit):
    front = front_of(kit, door_of(kit, any_media=True))

    answer = ask(front, "POST", f"{API}/things", content=b'{"name":"a"}', headers={"content-type": "x/y"})

    assert answer.status_code == 201


def test_a_caller_beyond_their_rate_is_told_when_to_come_back(world):
    front = front_of(kit_of(world, per_s=0.1))

    first, second = (ask(front, "GET", f"{API}/things/t1") for _ in range(2))
    other = ask(front, "GET", f"{API}/things/t1", token=VIEWER)

    assert (first.status_code, second.status_code, other.status_code) == (200, 429, 200)
    assert second.headers["retry-after"] == "10"


def test_a_full_house_answers_503_at_once(world):
    kit = kit_of(world, most=1)
    front = front_of(kit)

    kit.gate.enter()
    refused = ask(front, "GET", f"{API}/things/t1")
    kit.gate.leave()

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert ask(front, "GET", f"{API}/things/t1").status_code == 200


def test_a_database_that_cannot_take_more_is_a_503(kit):
    async def overloaded(request):
        raise Overloaded("more comes in than can be written down", retry_after_s=2)

    answer = ask(front_of(kit, door_of(kit, authenticate=overloaded)), "GET", f"{API}/things/t1")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


def test_nothing_stays_under_way_whatever_happens(kit):
    front = front_of(kit)

    for path in ("/things/t1", "/nothing", "/invalid", "/things?limit=0"):
        ask(front, "GET", API + path)
    ask(front, "DELETE", f"{API}/things/broken")

    assert (kit.gate.under_way, kit.gate._each) == (0, {})


def test_requests_are_counted_by_their_route(kit):
    front = front_of(kit)

    for number in range(3):
        ask(front, "GET", f"{API}/things/t{number}")
    ask(front, "GET", f"{API}/nothing")

    assert kit.metrics.requests._counts == {
        ("things", f"{API}/things/{{thing_id}}", "GET", 200): 1,
        ("things", f"{API}/things/{{thing_id}}", "GET", 404): 2,
        ("things", "none", "GET", 404): 1,
    }


def test_a_client_that_hangs_up_costs_nothing(kit):
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"{API}/things",
        "raw_path": f"{API}/things".encode(),
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {ADMIN}".encode())],
    }
    asyncio.run(front_of(kit)(scope, receive, send))

    assert sent == []
    assert kit.gate.under_way == 0


def test_a_stranger_s_door_is_found_for_a_path_that_cannot_be_read(kit):
    answer = ask(front_of(kit), "GET", f"{API}/things/%zz")

    assert msgspec.json.decode(answer.content)["detail"].startswith("the path has a %")


def test_who_may_not_come_in_is_not_read(kit):
    async def nobody(request):
        raise Unauthorized

    answer = ask(front_of(kit, door_of(kit, authenticate=nobody)), "POST", f"{API}/things", content=b"{")

    assert answer.status_code == 401


def test_a_handler_takes_only_what_a_route_has():

    async def handler(call, something):
        return None

    handler.__annotations__ = {"something": int}

    with pytest.raises(TypeError, match="something"):
        Routes().get("/x", permission=None, summary="x")(handler)


def test_the_keyring_is_asked_once_for_many_requests(world):
    keyring = Keyring()
    front = front_of(kit_of(world, keyring))

    for _ in range(5):
        ask(front, "GET", f"{API}/things/t1")

    assert keyring.asked == 1
