import contextlib
from collections.abc import Iterator

import pytest

from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound, Overloaded, Unauthorized

EACH = [
    Invalid("interval.days", "is 500", "must be 0 to 400"),
    NotFound("schedule", "primary"),
    Conflict("the name is taken"),
    Forbidden("you may not"),
    Unauthorized(),
    Overloaded("too much at once", retry_after_s=3),
]


@contextlib.contextmanager
def _a_transaction() -> Iterator[None]:
    yield


@pytest.mark.parametrize("error", EACH, ids=lambda error: type(error).__name__)
def test_an_error_passes_through_a_context_manager_as_itself(error):
    with pytest.raises(type(error)) as caught, _a_transaction():
        raise error

    assert caught.value is error


def test_errors_are_equal_when_they_say_the_same():
    assert Invalid("a", "b") == Invalid("a", "b")
    assert len({Conflict("taken"), Conflict("taken")}) == 1


def test_an_invalid_value_is_told_with_its_remedy():
    assert str(EACH[0]) == "interval.days is 500; it must be 0 to 400"
