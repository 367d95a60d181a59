"""Shift swaps: how it stands with one, and who may take it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schedule_worlds import ANA, BEN, at
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.ids import ScheduleId, ShiftSwapId, WorkspaceId
from tocsin.core.shift_swap import ShiftSwap, SwapStatus, check, take

NOW = at("2026-03-06T09:00")
SWAP = ShiftSwap(
    id=ShiftSwapId(1),
    workspace=WorkspaceId(1),
    schedule=ScheduleId(1),
    starts_at=NOW + timedelta(hours=1),
    ends_at=NOW + timedelta(hours=3),
    beneficiary=ANA,
    updated_at=NOW,
)


@pytest.mark.parametrize(
    ("swap", "hours", "status"),
    [
        (SWAP, 0, SwapStatus.OPEN),
        (SWAP, 1, SwapStatus.PAST_DUE),
        (replace(SWAP, benefactor=BEN), 0, SwapStatus.TAKEN),
        (replace(SWAP, benefactor=BEN), 9, SwapStatus.TAKEN),
    ],
)
def test_a_swap_is_open_until_it_is_taken_or_begins(swap, hours, status):
    assert swap.status(NOW + timedelta(hours=hours)) is status


def test_whoever_takes_it_is_its_benefactor():
    assert take(SWAP, BEN, NOW) == replace(SWAP, benefactor=BEN)


@pytest.mark.parametrize(
    ("swap", "who", "hours", "error"),
    [
        (SWAP, ANA, 0, Invalid),
        (SWAP, BEN, 1, Conflict),
        (replace(SWAP, benefactor=BEN), BEN, 0, Conflict),
    ],
)
def test_nobody_takes_their_own_or_one_that_is_not_open(swap, who, hours, error):
    with pytest.raises(error):
        take(swap, who, NOW + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"starts_at": NOW}, "starts_at"),
        ({"ends_at": SWAP.starts_at}, "ends_at"),
        ({"description": "x" * 3_001}, "description"),
    ],
)
def test_a_swap_that_cannot_be_asked_for_is_refused_by_name(changes, path):
    with pytest.raises(Invalid) as refused:
        check(replace(SWAP, **changes), NOW)

    assert refused.value.path == path


def test_one_that_has_begun_may_still_be_described():
    check(replace(SWAP, description="late"), NOW + timedelta(hours=2), SWAP)
