"""Which open group an alert belongs to, where groups need not be equal but alike."""

from collections.abc import Iterable, Iterator

from tocsin.core.evolve import evolve
from tocsin.core.ids import AlertPolicyId
from tocsin.core.similarity import Groups
from tocsin.core.verdict import Routed, Verdict
from tocsin.store import pages
from tocsin.store.transaction import Tx

Place = tuple[int, int, int]  # policy, rule and plan: groups are alike only within one


class Likeness:
    """The groups that gather for the policies of some verdicts, and those that this batch founds."""

    def __init__(self, tx: Tx, verdicts: Iterable[Verdict]) -> None:
        policies = {each.policy for each in _by_text(verdicts) if each.policy}
        self._groups: dict[Place, Groups] = {}
        for policy, rule, plan, key in pages.open_groups(tx, sorted(map(AlertPolicyId, policies))):
            self._groups.setdefault((policy, rule, plan), Groups()).add(key)

    def regroup(self, verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
        """Let each verdict that gathers by texts name the group that the alert belongs to."""
        if next(_by_text(verdicts), None) is None:
            return verdicts
        return tuple(
            self.grouped(each) if isinstance(each, Routed) and each.gathering.by_text else each
            for each in verdicts
        )

    def grouped(self, verdict: Routed) -> Routed:
        """Name the group that is most like the alert, or let the alert found one."""
        if verdict.group_key is None:
            return verdict
        place = (verdict.policy or 0, verdict.rule or 0, verdict.plan.id)
        groups = self._groups.setdefault(place, Groups())
        found = groups.find(verdict.group_key)
        if found is None:
            groups.add(verdict.group_key)
        return verdict if found in (None, verdict.group_key) else evolve(verdict, group_key=found)


def _by_text(verdicts: Iterable[Verdict]) -> Iterator[Routed]:
    for each in verdicts:
        if isinstance(each, Routed) and each.gathering.by_text:
            yield each
