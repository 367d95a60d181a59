"""Groups that mean the same go into the earliest of them, and all others stay by themselves."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.meaning import GROUPS_MAX, Merge, merges

NORTH, NEARLY, EAST = (0.0, 1.0), (0.1, 1.0), (1.0, 0.0)


@pytest.mark.parametrize(
    ("groups", "found", "because"),
    [
        ([(1, "n"), (2, "nn")], [Merge(into=1, others=(2,))], "they mean the same"),
        ([(1, "n"), (2, "e")], [], "they do not"),
        ([(1, "n"), (2, "e"), (3, "nn")], [Merge(into=1, others=(3,))], "whatever lies between"),
        ([(1, "n"), (2, "nn"), (3, "n")], [Merge(into=1, others=(2, 3))], "all into the earliest"),
        ([(1, "n"), (2, "unknown")], [], "a text without a vector stays by itself"),
        ([], [], "there is nothing to compare"),
    ],
)
def test_groups_go_into_the_earliest_that_means_the_same(groups, found, because):
    assert merges(groups, {"n": NORTH, "nn": NEARLY, "e": EAST}, 0.9) == found, because


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        (NORTH, NORTH, True),
        (NORTH, (0.0, 7.0), True),
        (NORTH, EAST, False),
        (NORTH, (0.0, -1.0), False),
        (NORTH, (0.0, 0.0), False),
        (NORTH, (1.0, 2.0, 3.0), False),
        (NORTH, (math.nan, 1.0), False),
        (NORTH, (math.inf, 1.0), False),
    ],
)
def test_directions_are_compared_whatever_a_model_gives(one, other, near):
    found = merges([(1, "one"), (2, "other")], {"one": one, "other": other}, 0.001)

    assert found == ([Merge(into=1, others=(2,))] if near else [])


def test_the_number_of_groups_that_are_compared_is_bounded():
    many = [(number, "n") for number in range(GROUPS_MAX + 50)]

    (merge,) = merges(many, {"n": NORTH}, 0.9)

    assert len(merge.others) == GROUPS_MAX - 1


@given(vectors=st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), max_size=12))
def test_no_group_goes_into_two_others_and_none_that_takes_others_goes_itself(vectors):
    named = {str(place): vector for place, vector in enumerate(vectors)}
    found = merges([(place, str(place)) for place in range(len(vectors))], named, 0.8)

    gone = [page for each in found for page in each.others]
    assert len(gone) == len(set(gone))
    assert not set(gone) & {each.into for each in found}
    assert all(each.into < min(each.others) for each in found)
