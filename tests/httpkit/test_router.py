from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Invalid
from tocsin.httpkit.router import Found, Missed, Router, Slashes


def _router(*routes: str, slashes: Slashes = Slashes.EXACT) -> Router[str]:
    router: Router[str] = Router()
    for route in routes:
        method, template = route.split(" ")
        router.add(method, template, route, slashes=slashes)
    return router


def _lead(router: Router[str], method: str, path: bytes) -> str | None:
    found = router.find(method, path)
    return found.target if isinstance(found, Found) else None


@pytest.mark.parametrize(
    ("path", "target", "params"),
    [
        (b"/", "GET /", {}),
        (b"/users", "GET /users", {}),
        (b"/users/me", "GET /users/me", {}),
        (b"/users/u1", "GET /users/{user_id}", {"user_id": "u1"}),
        (b"/users/u1/rules/7", "GET /users/{user_id}/rules/{rule_id}", {"user_id": "u1", "rule_id": "7"}),
        (b"/users/me/rules/7", "GET /users/{user_id}/rules/{rule_id}", {"user_id": "me", "rule_id": "7"}),
    ],
)
def test_a_literal_segment_wins_over_a_parameter_and_hides_no_longer_route(path, target, params):
    router = _router(
        "GET /",
        "GET /users",
        "GET /users/me",
        "GET /users/{user_id}",
        "GET /users/{id}/teams",
        "GET /users/{user_id}/rules/{rule_id}",
    )

    found = router.find("GET", path)

    assert isinstance(found, Found)
    assert (found.target, found.params) == (target, params)


@pytest.mark.parametrize(
    ("slashes", "declared", "accepted"),
    [
        (Slashes.EXACT, "/a/b", [b"/a/b"]),
        (Slashes.EXACT, "/a/b/", [b"/a/b/"]),
        (Slashes.IGNORE, "/a/b", [b"/a/b", b"/a/b/"]),
        (Slashes.IGNORE, "/a/b/", [b"/a/b", b"/a/b/"]),
        (Slashes.COLLAPSE, "/a/b", [b"/a/b", b"/a/b/", b"//a/b", b"/a//b", b"/a//b//"]),
    ],
)
def test_each_door_says_which_spellings_of_slashes_it_takes(slashes, declared, accepted):
    router = _router(f"GET {declared}", slashes=slashes)

    spellings = [b"/a/b", b"/a/b/", b"//a/b", b"/a//b", b"/a//b//"]

    assert [path for path in spellings if _lead(router, "GET", path)] == accepted


def test_two_vendors_may_share_a_path_that_differs_only_in_its_last_slash():
    router: Router[str] = Router()
    router.add("GET", "/api/v1/users", "the strict one", slashes=Slashes.EXACT)
    router.add("GET", "/api/v1/users/", "the lenient one", slashes=Slashes.COLLAPSE)

    assert _lead(router, "GET", b"/api/v1/users") == "the strict one"
    assert _lead(router, "GET", b"/api/v1/users/") == "the lenient one"
    assert _lead(router, "GET", b"/api//v1/users") == "the lenient one"


def test_a_parameter_is_never_empty():
    router = _router("GET /users/{user_id}/rules", slashes=Slashes.COLLAPSE)

    assert router.find("GET", b"/users//rules") == Missed()
    assert router.find("GET", b"/users/") == Missed()


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"/x/a%2Fb", "a/b"),
        (b"/x/a%252Fb", "a%2Fb"),
        (b"/x/%C3%A4", "ä"),
        (b"/x/a+b", "a+b"),
        (b"/x/..", ".."),
        (b"/x/%2e%2E", ".."),
        ("/x/ä".encode(), "ä"),
    ],
)
def test_a_segment_is_decoded_once_and_an_encoded_slash_never_cuts(raw, value):
    found = _router("GET /x/{name}").find("GET", raw)

    assert isinstance(found, Found)
    assert found.params == {"name": value}


@pytest.mark.parametrize(
    "raw", [b"/x/%ff", b"/x/\xff", b"/x/%zz", b"/x/%", b"/x/%2", b"/x/a%00b", b"/%ed%a0%80"]
)
def test_a_path_that_is_no_text_is_refused(raw):
    with pytest.raises(Invalid) as caught:
        _router("GET /x/{name}").find("GET", raw)

    assert str(caught.value).startswith("the path ")


def test_a_known_path_with_another_method_says_which_methods_it_has():
    router = _router("GET /users/me", "DELETE /users/{id}", "POST /users")

    missed = router.find("PUT", b"/users/me")

    assert isinstance(missed, Missed)
    assert missed.allow == ("GET", "HEAD", "DELETE")
    assert set(missed.neighbours) == {"GET /users/me", "DELETE /users/{id}"}
    assert _lead(router, "DELETE", b"/users/me") == "DELETE /users/{id}"


def test_head_is_answered_by_get_unless_it_is_declared():
    router = _router("GET /a", "GET /b", "HEAD /b")

    assert _lead(router, "HEAD", b"/a") == "GET /a"
    assert _lead(router, "HEAD", b"/b") == "HEAD /b"
    assert _lead(_router("HEAD /b", "GET /b"), "HEAD", b"/b") == "HEAD /b"


@pytest.mark.parametrize(
    "template", ["users", "/users//x", "/users/{id}.json", "/users/{id", "/users/{Id}", "/{a}/{a}"]
)
def test_a_malformed_template_is_refused_at_once(template):
    with pytest.raises(ValueError, match=r"\{|path"):
        _router(f"GET {template}")


def test_a_route_declared_twice_is_refused_at_once():
    with pytest.raises(ValueError, match="two targets"):
        _router("GET /users/{id}", "GET /users/{user_id}")


def test_the_300th_route_costs_what_the_first_does():
    routes = [f"GET /api/v1/kind{number}/{{id}}/part" for number in range(300)]
    router = _router(*routes)

    found = [router.find("GET", b"/api/v1/kind%d/7/part" % number) for number in range(300)]

    assert {match.visits for match in found if isinstance(match, Found)} == {6}
    assert [match.target for match in found if isinstance(match, Found)] == routes


@given(path=st.binary(max_size=60), method=st.sampled_from(["GET", "PUT"]))
def test_whatever_path_is_asked_for_it_is_found_missed_or_invalid(path, method):
    router = _router("GET /", "GET /a/{b}", "GET /a/b/{c}/", "GET /{a}/b/{c}")

    try:
        outcome = router.find(method, b"/" + path)
    except Invalid:
        return

    assert isinstance(outcome, Found | Missed)


@given(value=st.text(min_size=1).filter(lambda text: "\0" not in text and text.isprintable()))
def test_any_text_comes_through_a_path_unchanged(value):
    found = _router("GET /x/{name}/y").find("GET", f"/x/{quote(value, safe='')}/y".encode())

    assert isinstance(found, Found)
    assert found.params == {"name": value}
