"""Places are shared so that there is always one for somebody who has none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.fairness import admitted, has_room


def fill(most: int, names: list[str], times: int = 1) -> dict[str, int]:
    """Let everybody take, in turn, as many places as they may."""
    held = dict.fromkeys(names, 0)
    while any(has_room(held[name], most - sum(held.values()), times) for name in names):
        for name in names:
            held[name] += has_room(held[name], most - sum(held.values()), times)
    return held


@pytest.mark.parametrize(
    ("most", "names", "times", "each"),
    [
        (100, ["a"], 1, 50),
        (2, ["a"], 1, 1),
        (100, ["a"], 3, 75),
        (99, ["a", "b"], 1, 33),
        (100, ["a", "b", "c"], 1, 25),
        (1_000, [str(number) for number in range(99)], 1, 10),
    ],
)
def test_the_greedy_get_equal_shares_and_leave_one(most, names, times, each):
    assert set(fill(most, names, times).values()) == {each}


@given(most=st.integers(2, 200), count=st.integers(1, 10))
def test_there_is_a_place_for_one_more_however_greedy_the_others_are(most, count):
    held = fill(most, [str(number) for number in range(min(count, most - 1))])

    assert has_room(0, most - sum(held.values()))


@given(
    wanting=st.lists(st.sampled_from("aab"), max_size=60),
    held=st.dictionaries(st.sampled_from("ab"), st.integers(0, 20)),
    free=st.integers(0, 40),
)
def test_nobody_is_admitted_beyond_what_is_free_or_while_they_are_full(wanting, held, free):
    chosen = admitted(wanting, tuple, lambda _name, mine, left: has_room(mine, left), held=held, free=free)

    assert len(chosen) <= free
    assert all(has_room(held.get(name, 0), free) for name in chosen)


def test_a_whole_load_is_taken_or_refused():
    assert has_room(0, 10, wanted=5)
    assert not has_room(0, 10, wanted=6)
    assert has_room(0, 10, 3, wanted=8)
    assert not has_room(0, 3, 3, wanted=4)
