"""What follows from a commit at once, done within that commit: messages go straight to who sends them.

What a transaction has queued, and is due, would wake a sender, and that would claim it in a transaction of
its own: one commit and two changes of thread more before somebody's phone rings. A sender that has its hands
free claims it along with what it follows from.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from tocsin.core.errors import Overloaded
from tocsin.store.transaction import Tx
from tocsin.store.writer import Attempt, CannotWriteError

log = logging.getLogger(__name__)


class FollowUp(Protocol):
    """One claim of fresh messages, in somebody else's transaction and on its thread."""

    def run(self, tx: Tx, ids: Sequence[int]) -> bool:
        """Claim the messages *ids*, queued in *tx*; tell whether none of them is left to others."""

    def end(self, *, committed: bool) -> None:
        """Hear whether it was committed for certain. It is called once, whatever happens."""


Offer = Callable[[], FollowUp | None]
"""Asked on the database's threads: None from a sender that cannot take more now."""


class FollowUps:
    """The sender of this process, if there is one, and what it does within the commits of others."""

    __slots__ = ("_offer",)

    def __init__(self) -> None:
        self._offer: Offer | None = None

    def ask(self, offer: Offer) -> Callable[[], None]:
        """Ask *offer* from now on, and nobody else, until the function that this returns is called."""
        self._offer = offer

        def forget() -> None:
            if self._offer is offer:
                self._offer = None

        return forget

    def begin(self, tx: Tx, attempt: Attempt) -> FollowUp | None:
        """Let the sender claim what *tx* has queued, as *attempt* runs it: done whole or not at all.

        What it leaves, or cannot claim, wakes whoever sends after the commit. What this returns is to hear
        how that ends.
        """
        offer = self._offer
        follow_up = offer() if offer is not None and tx.fresh else None
        if follow_up is None:
            return None
        ids = tuple(tx.fresh)

        def run(inner: Tx) -> bool:
            return follow_up.run(inner, ids)

        try:
            if attempt(run):
                tx.fresh.clear()
        except BaseException as error:
            end(follow_up, committed=False)
            if isinstance(error, CannotWriteError | Overloaded) or not isinstance(error, Exception):
                raise
            log.exception("%d messages could not be claimed as they were queued, and wait", len(ids))
            return None
        return follow_up


def end(follow_up: FollowUp | None, *, committed: bool) -> None:
    """Let *follow_up*, if there is one, hear what became of its transaction; that disturbs nobody."""
    if follow_up is None:
        return
    try:
        follow_up.end(committed=committed)
    except Exception:
        log.exception("a sender could not be told what it has claimed")
