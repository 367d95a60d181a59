"""Groups that gather by meaning: what is to be compared, and the groups that turn out to mean the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.actions.ledger import Ledger
from tocsin.core import escalation
from tocsin.core.aggregation import GatherBy
from tocsin.core.because_page import PagesMerged
from tocsin.core.escalation import Page, PageStatus
from tocsin.core.ids import PageId, WorkspaceId
from tocsin.core.meaning import Merge
from tocsin.store import alerts, directories, pages
from tocsin.store.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The groups of one rule and plan that gather now: pages and their texts, the oldest first."""

    workspace: WorkspaceId
    groups: tuple[tuple[PageId, str], ...]


def compared(tx: Tx) -> tuple[Compared, ...]:
    """Find the open groups of policies that gather by meaning, where there is more than one to compare.

    Those that have told somebody already stay by themselves.
    """
    found: dict[tuple[int, int, int, int], list[Page]] = {}
    for page in pages.all_gathering(tx):
        directory = directories.current(tx, page.workspace)
        policy = directory.policy(page.policy)
        if policy is not None and policy.gathering.by is GatherBy.MEANING and _open(page):
            place = (page.workspace, page.policy or 0, page.rule or 0, page.plan.id)
            found.setdefault(place, []).append(page)
    return tuple(
        Compared(
            workspace=WorkspaceId(place[0]),
            groups=tuple((page.id, page.title) for page in gathering),
        )
        for place, gathering in found.items()
        if len(gathering) > 1
    )


def merge(tx: Tx, workspace: WorkspaceId, wanted: Sequence[Merge], *, now: datetime) -> int:
    """Let groups that mean the same be told together; return how many went into another.

    What has closed, or told somebody, since they were compared stays as it is.
    """
    ledger = Ledger(tx, directories.current(tx, workspace), now)
    ids = sorted({page for each in wanted for page in (each.into, *each.others)})
    known = {page.id: page for page in pages.get_many(tx, ids, lock=True)}
    ledger.pages.update(known)
    merged = 0
    for each in wanted:
        into = known.get(each.into)
        if into is None or not _open(into, now):
            continue
        for other in (known[page] for page in each.others if page in known):
            if _open(other, now) and _place(other) == _place(into):
                _move(ledger, other, into)
                merged += 1
    ledger.settle()
    return merged


def _move(ledger: Ledger, other: Page, into: Page) -> None:
    moved = alerts.of_page(ledger.tx, other.id, lock=True)
    known = {alert.id for alert in alerts.of_page(ledger.tx, into.id)}
    came = pages.joined(ledger.tx, other.id)
    ledger.join(into, [alert for alert in moved if alert.id not in known], came)
    ledger.put(escalation.stop(other))
    ledger.tell((PagesMerged(title=into.title),), page=other.id)


def _place(page: Page) -> tuple[int | None, int | None, int]:
    return (page.policy, page.rule, page.plan.id)


def _open(page: Page, now: datetime | None = None) -> bool:
    """Tell whether *page* gathers still and has told nobody."""
    gathers = page.gathers_until is not None and (now is None or page.gathers_until > now)
    told = page.responders or page.destinations
    return gathers and not told and page.status is PageStatus.TRIGGERED
