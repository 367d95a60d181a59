import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Overloaded
from tocsin.httpkit.errors import TooMany
from tocsin.httpkit.limits import KEYS_MAX, Gate, Rates, SlidingWindow, Taken

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _takes(rates: Rates, count: int, now: datetime, key: str = "key") -> int:
    taken = 0
    for _ in range(count):
        try:
            rates.take(key, now)
        except TooMany:
            continue
        taken += 1
    return taken


def test_a_caller_may_ask_a_burst_at_once_and_then_at_the_rate():
    rates = Rates(per_s=2, burst=5)

    assert _takes(rates, 10, NOON) == 5
    assert _takes(rates, 10, NOON + timedelta(seconds=1)) == 2
    assert _takes(rates, 10, NOON + timedelta(hours=1)) == 5


def test_who_asks_too_often_is_told_when_to_come_back():
    rates = Rates(per_s=0.1, burst=1)
    rates.take("key", NOON)

    with pytest.raises(TooMany) as caught:
        rates.take("key", NOON)
    back = NOON + timedelta(seconds=caught.value.retry_after_s)

    assert caught.value.retry_after_s == 10
    assert _takes(rates, 1, back - timedelta(seconds=1)) == 0
    assert _takes(rates, 1, back) == 1


def test_one_caller_s_haste_does_not_slow_another():
    rates = Rates(per_s=1, burst=1)

    assert (_takes(rates, 5, NOON, "loud"), _takes(rates, 1, NOON, "quiet")) == (1, 1)


def test_a_clock_set_back_locks_nobody_out():
    rates = Rates(per_s=1, burst=2)
    _takes(rates, 2, NOON)

    earlier = NOON - timedelta(days=1)

    assert _takes(rates, 1, earlier + timedelta(seconds=3)) == 0
    assert _takes(rates, 5, earlier + timedelta(seconds=5)) == 2


def test_no_limit_is_no_limit():
    assert _takes(Rates(per_s=0), 1000, NOON) == 1000


def test_the_memory_of_callers_is_bounded():
    rates = Rates(per_s=1)

    for number in range(KEYS_MAX + 10):
        rates.take(number, NOON)

    assert len(rates._full_at) == KEYS_MAX


@given(
    gaps=st.lists(st.floats(0, 5), max_size=60), per_s=st.sampled_from([0.5, 1, 10]), burst=st.integers(1, 5)
)
def test_in_no_span_is_more_let_through_than_burst_and_rate_allow(gaps, per_s, burst):
    rates, now, passed = Rates(per_s=per_s, burst=burst), 0.0, []
    for gap in gaps:
        now += gap
        if _takes(rates, 1, NOON + timedelta(seconds=now)):
            passed.append(now)

    for first, start in enumerate(passed):
        for last in range(first, len(passed)):
            allowed = burst + (passed[last] - start) * per_s
            assert last - first + 1 <= allowed + 0.01


def test_a_full_house_says_so_at_once():
    gate = Gate(2)
    gate.enter()
    gate.enter()

    with pytest.raises(Overloaded):
        gate.enter()
    gate.leave()
    gate.enter()

    assert (gate.under_way, gate.refused) == (2, 1)


def test_a_noisy_source_does_not_starve_a_quiet_one():
    gate = Gate(10)

    for _ in range(5):
        gate.enter_as((1, "loud"))
    with pytest.raises(TooMany):
        gate.enter_as((1, "loud"))
    gate.enter_as((1, "quiet"))
    gate.leave_as((1, "loud"))
    gate.enter_as((1, "loud"))


def test_many_keys_of_one_workspace_leave_room_for_another():
    gate, entered = Gate(100), 0
    for key in range(200):
        with contextlib.suppress(TooMany):
            gate.enter_as((1, key))
            entered += 1

    assert entered == 75
    gate.enter_as((2, 0))


def test_the_gate_forgets_who_has_left():
    gate = Gate(10)

    gate.enter_as((1, "once"))
    gate.leave_as((1, "once"))

    assert not gate._each
    assert not gate._workspaces


def test_a_window_lets_so_many_through_and_then_as_the_oldest_ones_leave_it():
    window = SlidingWindow(2, timedelta(minutes=1))
    window.take("ana", NOON)
    window.take("ana", NOON + timedelta(seconds=20))

    with pytest.raises(TooMany) as refused:
        window.take("ana", NOON + timedelta(seconds=30))

    assert refused.value.retry_after_s == 30
    window.take("ben", NOON + timedelta(seconds=30))
    window.take("ana", NOON + timedelta(seconds=60))
    with pytest.raises(TooMany):
        window.take("ana", NOON + timedelta(seconds=61))


def test_a_window_tells_how_far_a_caller_has_come():
    window = SlidingWindow(3, timedelta(hours=1))
    assert window.state("ana", NOON) == Taken(most=3, remaining=3, resets_at=NOON + timedelta(hours=1))
    window.take("ana", NOON)
    window.take("ana", NOON + timedelta(minutes=10))

    seen = window.state("ana", NOON + timedelta(minutes=20))

    assert seen == Taken(most=3, remaining=1, resets_at=NOON + timedelta(hours=1))


def test_a_clock_set_back_empties_a_window():
    window = SlidingWindow(1, timedelta(hours=1))
    window.take("ana", NOON + timedelta(days=1))

    window.take("ana", NOON)


def test_windows_forget_the_callers_of_long_ago():
    window = SlidingWindow(1, timedelta(hours=1))
    for number in range(KEYS_MAX + 1):
        window.take(number, NOON)

    window.take(0, NOON)
