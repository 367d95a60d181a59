"""Which alerts stand in which pages of a policy since the same moment, and where those pages were told."""

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, select

from tocsin.core.escalation import Page
from tocsin.core.ids import PageId
from tocsin.core.sharing import Joining, Telling
from tocsin.store.columns import instant
from tocsin.store.statements import Statement, among, number
from tocsin.store.tables import notifications, page_alerts, pages
from tocsin.store.transaction import Tx

NONE_NEW: Mapping[PageId, Page] = {}
_its, _theirs = page_alerts, page_alerts.alias("theirs")
_n = notifications.c
_JOININGS = Statement(
    select(
        _its.c.page_id,
        _its.c.alert_id,
        _theirs.c.page_id,
        _its.c.joined_at,
        pages.c.policy_id,
        pages.c.follows,
    )
    .join(_theirs, and_(_theirs.c.alert_id == _its.c.alert_id, _theirs.c.joined_at == _its.c.joined_at))
    .outerjoin(pages, pages.c.id == _theirs.c.page_id)
    .where(among(_its.c.page_id, "pages"))
)
_BESIDE = Statement(
    select(_theirs.c.page_id, pages.c.policy_id, pages.c.follows)
    .select_from(_its)
    .join(_theirs, and_(_theirs.c.alert_id == _its.c.alert_id, _theirs.c.page_id != _its.c.page_id))
    .outerjoin(pages, pages.c.id == _theirs.c.page_id)
    .where(_its.c.page_id == number("page"))
)
_TELLINGS = Statement(
    select(_n.page_id, _n.address_mark, _n.queued_at, _n.id)
    .where(among(_n.page_id, "pages"), _n.kind.in_(("page", "resolved")))
    .where(_n.state.in_(("queued", "sending", "sent", "delivered")))
)


def joinings(tx: Tx, of: Sequence[Page], *, new: Mapping[PageId, Page] = NONE_NEW) -> list[Joining]:
    """Find for each alert of pages the pages of the same policy that it came into in the same moment.

    Each page is among its own. Pages that follow a severity are not looked at. *new* are among those that
    are not stored yet.
    """
    found: list[Joining] = []
    policies = {page.id: page.policy for page in of if page.level is None}
    rows = tx.rows(_JOININGS, pages=sorted(policies)) if policies else ()
    for page, alert, other, at, policy, follows in rows:
        known = new.get(other) if policy is None else None
        if known is not None:
            policy, follows = known.policy, known.level  # noqa: PLW2901 - what a row of it would say
        if policy == policies[page] and follows in (None, "digest"):
            found.append(Joining(page, alert, other, instant(at)))
    return found


def beside(tx: Tx, page: Page, *, new: Mapping[PageId, Page] = NONE_NEW) -> list[PageId]:
    """Find the other pages of its policy that follow the same severity of the alert of *page*."""
    found = []
    for other, policy, follows in tx.rows(_BESIDE, page=page.id):
        known = new.get(other) if policy is None else None
        its = (policy, follows) if known is None else (known.policy, known.level)
        if its == (page.policy, page.level):
            found.append(other)
    return found


def tellings(tx: Tx, page_ids: Sequence[PageId]) -> list[Telling]:
    """Find the messages about these pages that went out or are going to."""
    if not page_ids:
        return []
    return [
        Telling(page, mark, instant(at), id_) for page, mark, at, id_ in tx.rows(_TELLINGS, pages=page_ids)
    ]
