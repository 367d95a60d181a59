"""Of which alerts a place has heard already, by what the same policy said before."""

from datetime import timedelta

import pytest

from builders import NOW
from tocsin.core.sharing import Joining, Telling, told_before

MINE, OTHER, THIRD = 1, 2, 3
A, B = 10, 11
HERE, THERE = 7, 8
MINUTE = timedelta(minutes=1)
SAID = Telling(MINE, HERE, NOW, 50)


def came(alert, *pages, at=NOW - 2 * MINUTE):
    """Let *alert* be in page MINE and in others since the same moment."""
    return [Joining(MINE, alert, page, at) for page in (MINE, *pages)]


@pytest.mark.parametrize(
    ("joinings", "tellings", "heard", "because"),
    [
        (came(A, OTHER), [Telling(OTHER, HERE, NOW - MINUTE, 40)], {A}, "it was told of it by another page"),
        (came(A, OTHER), [Telling(OTHER, THERE, NOW - MINUTE, 40)], set(), "another place was"),
        (came(A, OTHER), [Telling(THIRD, HERE, NOW - MINUTE, 40)], set(), "that page knows nothing of it"),
        (came(A, OTHER), [Telling(OTHER, HERE, NOW, 49)], {A}, "what was wanted a moment before comes first"),
        (came(A, OTHER), [Telling(OTHER, HERE, NOW, 51)], set(), "and what is wanted later does not"),
        (came(A, OTHER), [Telling(OTHER, HERE, NOW - 3 * MINUTE, 40)], set(), "it came after that was said"),
        (came(A), [Telling(MINE, HERE, NOW - MINUTE, 40)], {A}, "it was told of it by this page"),
        (
            came(A, OTHER) + came(B),
            [Telling(OTHER, HERE, NOW - MINUTE, 40)],
            {A},
            "and not of the other",
        ),
        (came(A, OTHER), [], set(), "nobody has said anything"),
        ([], [Telling(OTHER, HERE, NOW - MINUTE, 40)], set(), "there is nothing to tell"),
    ],
)
def test_a_place_has_heard_of_what_an_earlier_message_of_the_policy_told(joinings, tellings, heard, because):
    assert told_before(joinings, tellings, SAID) == heard, because


def test_what_the_page_itself_has_said_may_be_left_to_be_said_again():
    tellings = [Telling(MINE, HERE, NOW - MINUTE, 40)]

    assert told_before(came(A), tellings, SAID, by_itself=False) == set()
