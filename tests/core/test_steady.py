"""A clock that goes by another one: forward at once, back only by going slower."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.steady import SLOWER_BY, Steady, follow

HOUR = 3_600.0
spans = st.floats(min_value=0.001, max_value=10.0)
jumps = st.floats(min_value=-2 * HOUR, max_value=2 * HOUR)


def following(steady: Steady, reference: float, elapsed: float, doubt: float = 0.0) -> Steady:
    return follow(steady, earliest=reference, latest=reference + doubt, elapsed=elapsed)


@pytest.mark.parametrize(
    ("reference", "reads", "why"),
    [
        (110.0, 110.0, "it agrees"),
        (HOUR, HOUR, "it was behind, and is late for whatever was due"),
        (50.0, 110.0, "it was ahead, and does not go back"),
    ],
)
def test_a_clock_goes_forward_at_once_and_never_back(reference, reads, why):
    steady = following(Steady(100.0, 0.0), reference, 10.0)

    assert steady.at(10.0) == reads, why


def test_what_cannot_be_told_from_the_time_that_the_question_took_changes_nothing():
    steady = follow(Steady(100.0, 0.0), earliest=109.9, latest=110.1, elapsed=10.0)

    assert (steady.at(10.0), steady.rate) == (110.0, 1.0)


@given(steps=st.lists(st.tuples(spans, jumps), min_size=1, max_size=30))
def test_whatever_the_other_clock_does_this_one_goes_forward_and_at_least_at_nine_tenths(steps):
    steady, elapsed, reference = Steady(0.0, 0.0), 0.0, 0.0
    for span, jump in steps:
        before = steady.at(elapsed)
        went = steady.at(elapsed + span) - before
        elapsed, reference = elapsed + span, reference + span + jump
        steady = following(steady, reference, elapsed)

        assert went >= span * (1 - SLOWER_BY) - 1e-6
        assert steady.at(elapsed) >= max(before, reference) - 1e-6


def test_an_hour_ahead_is_worn_off_in_ten_hours():
    steady = Steady(HOUR, 0.0)
    for second in range(1, 11 * 3_600):
        steady = following(steady, float(second), float(second))

    assert steady.at(11 * HOUR) == pytest.approx(11 * HOUR, abs=0.1)
