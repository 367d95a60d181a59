"""Shift swaps: somebody asks that another take over their duty for a while, and somebody does."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tocsin.core.errors import Conflict, Invalid, check_text
from tocsin.core.ids import ScheduleId, ShiftSwapId, UserId, WorkspaceId

DESCRIPTION_LENGTH_MAX = 3_000


class SwapStatus(StrEnum):
    """How it stands with a swap; one that nobody took before it began is past due."""

    OPEN = "open"
    TAKEN = "taken"
    PAST_DUE = "past_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftSwap:
    """*beneficiary* wants their duty on *schedule* in [starts_at, ends_at) done by another.

    Once there is a *benefactor*, who took it, they are on call wherever the beneficiary would be.
    """

    id: ShiftSwapId
    workspace: WorkspaceId
    schedule: ScheduleId
    starts_at: datetime
    ends_at: datetime
    beneficiary: UserId
    benefactor: UserId | None = None
    description: str = ""
    updated_at: datetime

    def status(self, now: datetime) -> SwapStatus:
        """Tell how it stands with it at the moment *now*."""
        if self.benefactor is not None:
            return SwapStatus.TAKEN
        return SwapStatus.PAST_DUE if self.starts_at <= now else SwapStatus.OPEN


def take(swap: ShiftSwap, benefactor: UserId, now: datetime) -> ShiftSwap:
    """Let *benefactor* take over; raise Conflict when the swap is not open, Invalid when it is their own."""
    status = swap.status(now)
    if status is not SwapStatus.OPEN:
        raise Conflict(f"the shift swap is {status.value.replace('_', ' ')} and cannot be taken")
    if benefactor == swap.beneficiary:
        raise Invalid("benefactor", "is who asked for the swap", "must be somebody else")
    return replace(swap, benefactor=benefactor, updated_at=now)


def check(swap: ShiftSwap, now: datetime, was: ShiftSwap | None = None) -> None:
    """Raise Invalid, naming the field, for a swap that cannot be asked for at *now*."""
    check_text(swap.description, "description", longest=DESCRIPTION_LENGTH_MAX)
    if swap.starts_at <= now and (was is None or was.starts_at != swap.starts_at):
        raise Invalid("starts_at", f"is {swap.starts_at.isoformat()}", "must lie in the future")
    if swap.ends_at <= swap.starts_at:
        raise Invalid("ends_at", f"is {swap.ends_at.isoformat()}", "must be later than starts_at")
