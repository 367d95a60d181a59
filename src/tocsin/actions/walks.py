"""How pages go forward in one transaction: found out once for those that begin together and are alike."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from tocsin.core import paging
from tocsin.core.alike import Alike
from tocsin.core.condition import RecentEvents
from tocsin.core.directory import Directory
from tocsin.core.effects import Moves
from tocsin.core.escalation import Page
from tocsin.core.ids import PlanId, StepId
from tocsin.core.plan import Assignment, EscalationPlan, NotifyTargets


class Walks:
    """What pages of *directory* do at *now*; *turns* are as `paging.proceed` has them.

    It must not know the ledger that knows it: a ring of values would outlive the transaction.
    """

    def __init__(self, directory: Directory, now: datetime, turns: Mapping[StepId, int]) -> None:
        self._find = partial(paging.moves_of, directory=directory, now=now, turns=turns)
        self._alike = Alike(partial(self._find, recent_events=_not_counted), same={"plan": "plan.id"})
        self._plain: dict[PlanId, bool] = {}

    def of(self, page: Page, recent_events: RecentEvents, *, new: bool) -> Moves:
        """Find out what *page* does; in a storm *new* ones come by the dozen and differ in their title."""
        if new and self._is_plain(page.plan):
            return self._alike(page)
        return self._find(page, recent_events=recent_events)

    def _is_plain(self, plan: EscalationPlan) -> bool:
        """Tell whether all that *plan* does depends on what is seen of the page: nothing is counted."""
        known = self._plain.get(plan.id)
        if known is None:
            taking_turns = [
                isinstance(step.action, NotifyTargets) and step.action.assignment is Assignment.ROUND_ROBIN
                for step in plan.steps
            ]
            counting = any(step.condition is not None for step in plan.steps)
            known = self._plain[plan.id] = not (counting or any(taking_turns))
        return known


def _not_counted(_within: timedelta) -> int:
    raise AssertionError("a plan that counts nothing asked for a number of events")
