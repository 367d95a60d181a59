import msgspec
import pytest
from starlette.requests import Request

from tocsin.core import errors as core_errors
from tocsin.core.errors import Conflict, Invalid, Overloaded, TocsinError, Unauthorized
from tocsin.httpkit import errors
from tocsin.httpkit.errors import MethodNotAllowed, TooMany, Unexpected, problem, status_of

REQUEST = Request({"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""})


def _every_error() -> list[type[TocsinError]]:
    kinds = [
        kind for module in (core_errors, errors) for kind in vars(module).values() if isinstance(kind, type)
    ]
    return [
        kind for kind in dict.fromkeys(kinds) if issubclass(kind, TocsinError) and kind is not TocsinError
    ]


@pytest.mark.parametrize("kind", _every_error(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_and_a_code_of_its_own(kind):
    assert kind in errors.STATUS
    assert kind in errors.CODES
    assert len(set(errors.CODES.values())) == len(errors.CODES)


def test_a_problem_names_the_field_the_fault_and_the_remedy():
    answer = problem(Invalid("interval.days", "is 500", "must be 0 to 400"), REQUEST, "abc")

    assert (answer.status_code, answer.media_type) == (400, "application/problem+json")
    assert msgspec.json.decode(answer.body) == {
        "type": "urn:tocsin:problem:invalid",
        "title": "Bad Request",
        "status": 400,
        "detail": "interval.days is 500; it must be 0 to 400",
        "trace": "abc",
        "errors": [{"path": "interval.days", "problem": "is 500", "remedy": "must be 0 to 400"}],
    }


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (Overloaded("too much at once", retry_after_s=3), "retry-after", "3"),
        (TooMany("too often", retry_after_s=0), "retry-after", "1"),
        (MethodNotAllowed("PUT", ("GET", "HEAD")), "allow", "GET, HEAD"),
        (Unauthorized(), "www-authenticate", 'Bearer realm="Tocsin"'),
    ],
)
def test_a_refusal_says_what_to_do_next_in_its_header(error, header, value):
    assert problem(error, REQUEST, "abc").headers[header] == value


def test_only_a_refusal_that_passes_by_itself_invites_to_try_again():
    inviting = [kind for kind in _every_error() if "retry_after_s" in kind.__dataclass_fields__]

    assert {errors.STATUS[kind].value for kind in inviting} == {429, 503}


def test_what_went_wrong_inside_is_not_told():
    answer = problem(Unexpected(), REQUEST, "abc")

    assert answer.status_code == 500
    assert b"log says more" in answer.body


def test_an_error_that_a_door_adds_is_answered_as_its_parent():
    class NameTaken(Conflict):
        pass

    assert status_of(NameTaken("taken")) == 409
    assert b"problem:conflict" in problem(NameTaken("taken"), REQUEST, "abc").body
