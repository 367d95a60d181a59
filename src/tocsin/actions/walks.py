"""How pages go forward in one transaction: found out once for those that begin together and are alike."""

from collections.abc import Callable, Mapping
from datetime import datetime

from tocsin.core import paging
from tocsin.core.alike import Alike
from tocsin.core.condition import RecentEvents
from tocsin.core.directory import Directory
from tocsin.core.effects import Moves
from tocsin.core.escalation import Page
from tocsin.core.ids import PlanId, StepId
from tocsin.core.plan import Assignment, EscalationPlan, NotifyTargets


class Walks:
    """What pages of *directory* do at *now*; *turns* and *recent_events* are as `paging.proceed` has them."""

    def __init__(
        self,
        directory: Directory,
        now: datetime,
        turns: Mapping[StepId, int],
        recent_events: Callable[[Page], RecentEvents],
    ) -> None:
        self._directory = directory
        self._now = now
        self._turns = turns
        self._recent_events = recent_events
        self._alike = Alike(self._find, same={"plan": "plan.id"})
        self._plain: dict[PlanId, bool] = {}

    def of(self, page: Page, *, new: bool) -> Moves:
        """Find out what *page* does; in a storm *new* ones come by the dozen and differ in their title."""
        return self._alike(page) if new and self._is_plain(page.plan) else self._find(page)

    def _find(self, page: Page) -> Moves:
        recent_events = self._recent_events(page)
        return paging.moves_of(
            page, self._directory, self._now, turns=self._turns, recent_events=recent_events
        )

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
