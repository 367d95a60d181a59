"""Pages and the alerts in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, exists, func, or_, select

from tocsin.core.errors import NotFound
from tocsin.core.escalation import EscalationPlan, Outside, Page, PageStatus
from tocsin.core.event import Severity
from tocsin.core.ids import AlertId, AlertPolicyId, DestinationId, PageId, PlanId, UserId, WorkspaceId
from tocsin.core.people import Importance
from tocsin.core.responder import Responder, left_out
from tocsin.store import plans
from tocsin.store.bulk import insert_many as into
from tocsin.store.bulk import update_many as change
from tocsin.store.bulk import upsert_many
from tocsin.store.codec import dump, load_any
from tocsin.store.columns import from_json, instant, instant_or_none, micros, micros_or_none, to_json
from tocsin.store.statements import Compiled, Statement, TwoForms, among, number, words
from tocsin.store.tables import alerts, page_alerts, pages
from tocsin.store.transaction import Row, TryAgain, Tx

Group = tuple[int, int, int, str]  # policy, rule, plan and group key

_STATUS = {status.value: status for status in PageStatus}
_SEVERITY = {severity.value: severity for severity in Severity}
_IMPORTANCE = {importance.value: importance for importance in Importance}
_RESPONDERS: Any = tuple[Responder, ...]
_DIGEST = "digest"  # stands where others have the severity that they follow
_NO_LEVEL = (None, _DIGEST)

_INSERT = into(pages)
_FIXED = (
    "id",
    "workspace_id",
    "service_id",
    "policy_id",
    "rule_id",
    "group_key",
    "began_at",
    "follows",
)
_CHANGING = tuple(column.name for column in pages.columns if column.name not in _FIXED)
_CHANGING_PLACES = tuple(_INSERT.columns.index(name) for name in _CHANGING)
_UPDATE = change(pages, columns=_CHANGING, keys=("id", "version"))
_LINK = upsert_many(page_alerts, keys=("page_id", "alert_id"))

_JOINED = Statement(
    select(page_alerts.c.alert_id, page_alerts.c.joined_at).where(
        page_alerts.c.page_id == number("page"), page_alerts.c.joined_at.is_not(None)
    )
)
_BY_IDS = select(pages).where(among(pages.c.id, "ids")).order_by(pages.c.id)
_GET_MANY = Statement(_BY_IDS)
_LOCK_MANY = Statement(_BY_IDS.with_for_update())
_STANDING = Statement(
    select(pages.c.id, pages.c.status, pages.c.follows, pages.c.responders).where(among(pages.c.id, "ids"))
)
_OF_ALERTS = (
    select(page_alerts.c.alert_id, *pages.columns)
    .join(pages, pages.c.id == page_alerts.c.page_id)
    .where(among(page_alerts.c.alert_id, "alerts"))
    .order_by(pages.c.id, page_alerts.c.alert_id)
)
_OPEN_OF_ALERTS = Statement(_OF_ALERTS.where(pages.c.status != "resolved").with_for_update(of=pages))
_ALL_OF_ALERTS = Statement(_OF_ALERTS)
_firing = alerts.c.status == "firing"
_held = and_(_firing, or_(alerts.c.ack_at.is_not(None), alerts.c.routing == "silenced"))
_RUN_PLANS = Statement(
    select(pages.c.plan_id)
    .where(pages.c.workspace_id == number("workspace"), pages.c.status.in_(("triggered", "acknowledged")))
    .distinct()
)
_ALL_GATHERING = Statement(select(pages).where(pages.c.gathers_until.is_not(None)).order_by(pages.c.id))
_newer, _its, _theirs = pages.alias("newer"), page_alerts.alias("its"), page_alerts.alias("theirs")
_TOLD_BY_NEWER = (
    exists()
    .where(
        _theirs.c.alert_id == _its.c.alert_id,
        _theirs.c.page_id == _newer.c.id,
        _newer.c.id > pages.c.id,
        _newer.c.follows == _DIGEST,
        *(_newer.c[each] == pages.c[each] for each in ("policy_id", "rule_id", "plan_id", "group_key")),
    )
    .correlate(pages, _its)
)
_REPLACED = Statement(
    select(pages.c.id)
    .where(pages.c.workspace_id == number("workspace"), pages.c.status == "triggered")
    .where(pages.c.follows == _DIGEST, pages.c.gathers_until.is_(None), pages.c.id < number("newest"))
    .where(pages.c.rule_id == number("rule"), pages.c.plan_id == number("plan"))
    .where(pages.c.group_key == words("key"))
    .where(
        ~exists()
        .where(_its.c.page_id == pages.c.id, _its.c.alert_id == alerts.c.id, _firing, ~_TOLD_BY_NEWER)
        .correlate(pages)
    )
    .order_by(pages.c.id)
)
_OPEN_GROUPS = Statement(
    select(pages.c.policy_id, pages.c.rule_id, pages.c.plan_id, pages.c.group_key)
    .where(among(pages.c.policy_id, "policies"), pages.c.gathers_until.is_not(None))
    .order_by(pages.c.id)
)
_OF_POLICY = Statement(
    select(pages.c.id)
    .where(pages.c.workspace_id == number("workspace"), pages.c.status.in_(("triggered", "acknowledged")))
    .where(pages.c.policy_id == number("policy"))
    .order_by(pages.c.id)
)
_COUNT_ALERTS = Statement(
    select(
        page_alerts.c.page_id,
        func.sum(case((_firing, 1), else_=0)),
        func.sum(case((_held, 1), else_=0)),
    )
    .join(alerts, alerts.c.id == page_alerts.c.alert_id)
    .where(among(page_alerts.c.page_id, "pages"))
    .group_by(page_alerts.c.page_id)
)
_SAME = "pages.policy_id = {} AND pages.rule_id = {} AND pages.plan_id = {} AND pages.group_key = {}"
_SQLITE_GROUP = _SAME.format(*(f"json_extract(k.value, '$[{place}]')" for place in range(4)))
_POSTGRESQL_GROUP = _SAME.format("k.policy_id", "k.rule_id", "k.plan_id", "k.group_key")
# OFFSET 0 keeps the inner query apart: each group is looked up by itself whatever the planner thinks.
_GATHERING = TwoForms(
    Compiled(
        "SELECT pages.id FROM json_each(:groups) AS k CROSS JOIN pages"  # noqa: S608  # texts of ours
        f" ON {_SQLITE_GROUP} WHERE pages.gathers_until IS NOT NULL"
    ),
    Compiled(
        "SELECT p.id FROM unnest(%(policies)s, %(rules)s, %(plans)s, %(keys)s)"  # noqa: S608  # texts of ours
        " AS k(policy_id, rule_id, plan_id, group_key) CROSS JOIN LATERAL (SELECT pages.id FROM pages"
        f" WHERE {_POSTGRESQL_GROUP} AND pages.gathers_until IS NOT NULL OFFSET 0) AS p",
        (("policies", "whole"), ("rules", "whole"), ("plans", "whole"), ("keys", "text")),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """As much of a page as tells whether a message about it is still wanted."""

    status: PageStatus
    digest: bool
    left_out: frozenset[UserId]


def insert_many(tx: Tx, new: Sequence[Page]) -> None:
    """Store new pages; the plan that each runs must be stored.

    Another node may have opened the same window: then the action is run again.
    """
    written: dict[int, str] = {}  # many that begin together ask the very same people
    tx.run_many(_INSERT, [_row(page, page.version, written) for page in new])
    tx.read.update((page.id, page) for page in new)


def update_many(tx: Tx, changed: Sequence[Page]) -> None:
    """Store pages that have changed since they were read in this transaction.

    Raises TryAgain when one was changed by somebody else meanwhile. Close a window before another of the
    same group is stored: there is one at a time.
    """
    if not changed:
        return
    rows: list[Row] = []
    for page in changed:
        version = tx.read.get(page.id, page).version
        row = _row(page, version + 1, {})
        rows.append((*(row[place] for place in _CHANGING_PLACES), page.id, version))
        tx.read[page.id] = replace(page, version=version + 1)
    if tx.run_many(_UPDATE, rows) != len(rows):
        raise TryAgain("a page was changed by somebody else")


def link_many(tx: Tx, links: Mapping[tuple[PageId, AlertId], datetime]) -> None:
    """Put alerts into pages, each at a moment; one that is in it already is there since then."""
    tx.run_many(_LINK, [(page, alert, micros(at)) for (page, alert), at in sorted(links.items())])


def joined(tx: Tx, page: PageId) -> dict[AlertId, datetime]:
    """Tell since when the alerts of *page* are in it, of those of which that is known."""
    return {AlertId(row[0]): instant(row[1]) for row in tx.rows(_JOINED, page=page)}


def find(tx: Tx, workspace: WorkspaceId, page_id: PageId, *, lock: bool = False) -> Page:
    """Read one page of *workspace*; raise NotFound when it has none of that id."""
    found = get_many(tx, (page_id,), lock=lock)
    if not found or found[0].workspace != workspace:
        raise NotFound("page", str(page_id))
    return found[0]


def get(tx: Tx, page_id: PageId, *, lock: bool = False) -> Page:
    """Read one page that is known to be there; raise NotFound when it is not."""
    found = get_many(tx, (page_id,), lock=lock)
    if not found:
        raise NotFound("page", str(page_id))
    return found[0]


def get_many(tx: Tx, ids: Sequence[PageId], *, lock: bool = False) -> list[Page]:
    """Read pages by id, in the order of their ids; those that are not there are left out."""
    return read(tx, tx.rows(_LOCK_MANY if lock else _GET_MANY, ids=ids))


def standing(tx: Tx, ids: Sequence[PageId]) -> dict[PageId, Standing]:
    """Read of each page how it stands; those that are not there are left out."""
    asked = _Asked()
    return {
        row[0]: Standing(status=_STATUS[row[1]], digest=row[2] == _DIGEST, left_out=left_out(asked[row[3]]))
        for row in tx.rows(_STANDING, ids=ids)
    }


def of_alerts(tx: Tx, alert_ids: Sequence[AlertId], *, resolved: bool = False) -> list[tuple[AlertId, Page]]:
    """Read the pages of these alerts, in the order of their ids, each with the alert that it was found by.

    They are locked for the transaction. With *resolved*, those that are over come too, and none is locked.
    """
    if not alert_ids:
        return []
    rows = tx.rows(_ALL_OF_ALERTS if resolved else _OPEN_OF_ALERTS, alerts=alert_ids)
    found = {page.id: page for page in read(tx, list({row[1]: row[1:] for row in rows}.values()))}
    return [(row[0], found[row[1]]) for row in rows]


def of_policy(tx: Tx, workspace: WorkspaceId, policy: AlertPolicyId) -> list[PageId]:
    """Name the pages that *policy* has begun and that are not resolved, in order."""
    return [PageId(row[0]) for row in tx.rows(_OF_POLICY, workspace=workspace, policy=policy)]


def gathering(tx: Tx, groups: Sequence[Group], *, lock: bool = True) -> list[Page]:
    """Find the pages whose windows gather for these groups, locked for the transaction unless told not to."""
    if not groups:
        return []
    policies, rules, plan_ids, keys = zip(*groups, strict=True)
    wanted = to_json(groups) if tx.engine == "sqlite" else None
    rows = tx.rows(_GATHERING, groups=wanted, policies=policies, rules=rules, plans=plan_ids, keys=keys)
    if not rows:
        return []
    found = get_many(tx, [row[0] for row in rows], lock=lock)
    return [page for page in found if page.gathers_until is not None]


def all_gathering(tx: Tx) -> list[Page]:
    """Read the pages whose windows gather, of every workspace, the oldest first."""
    return read(tx, tx.rows(_ALL_GATHERING))


def replaced(tx: Tx, newest: Page) -> list[Page]:
    """Read the digests of the group of *newest* whose alerts that fire are all in newer ones; locked."""
    rows = tx.rows(
        _REPLACED,
        workspace=newest.workspace,
        newest=newest.id,
        rule=newest.rule or 0,
        plan=newest.plan.id,
        key=newest.group_key,
    )
    return get_many(tx, [row[0] for row in rows], lock=True) if rows else []


def open_groups(tx: Tx, policies: Sequence[AlertPolicyId]) -> list[Group]:
    """Name the groups for which pages of these policies gather, the oldest first."""
    if not policies:
        return []
    return [(row[0], row[1], row[2], row[3]) for row in tx.rows(_OPEN_GROUPS, policies=policies)]


def plans_run(tx: Tx, workspace: WorkspaceId) -> list[EscalationPlan]:
    """Read the plans that pages of *workspace* run which are not resolved."""
    ids = [PlanId(row[0]) for row in tx.rows(_RUN_PLANS, workspace=workspace)]
    return list(plans.get_many(tx, ids).values())


def count_alerts(tx: Tx, page_ids: Sequence[PageId]) -> dict[PageId, tuple[int, int]]:
    """Count, for each page, the alerts that fire, and those of them that ask nobody.

    They ask nobody because they are acknowledged, or because a silence covers them.
    """
    counted = {
        page: (int(firing), int(held)) for page, firing, held in tx.rows(_COUNT_ALERTS, pages=page_ids)
    }
    return {page: counted.get(page, (0, 0)) for page in page_ids}


def read(tx: Tx, rows: Sequence[Row]) -> list[Page]:
    """Turn rows of all columns into pages, and remember them as what this transaction has read."""
    known = plans.get_many(tx, (PlanId(row[5]) for row in rows))
    asked = _Asked()
    found = [_page(row, known[row[5]], asked) for row in rows]
    tx.read.update((page.id, page) for page in found)
    return found


def _row(page: Page, version: int, written: dict[int, str]) -> Row:
    responders = written.get(id(page.responders))
    if responders is None:
        responders = written[id(page.responders)] = to_json(dump(_RESPONDERS, page.responders))
    return (
        page.id,
        page.workspace,
        page.service,
        page.title,
        page.severity,
        page.plan.id,
        page.importance,
        page.policy,
        page.rule,
        page.group_key,
        micros_or_none(page.gathers_until),
        page.status,
        micros(page.began_at),
        page.next_step,
        micros_or_none(page.due),
        page.rounds,
        page.alerts,
        page.joined,
        responders,
        to_json(page.destinations) if page.destinations else "[]",
        micros_or_none(page.wake_at),
        int(page.drill),
        version,
        _DIGEST if page.digest else page.level,
    )


class _Asked(dict[str, tuple[Responder, ...]]):
    """Whom pages ask, by how it is written: those that began together ask the very same people."""

    def __missing__(self, written: str) -> tuple[Responder, ...]:
        """Read it for the first time."""
        asked: tuple[Responder, ...] = load_any(_RESPONDERS, from_json(written))
        self[written] = asked
        return asked


def _page(row: Row, plan: EscalationPlan, asked: Mapping[str, tuple[Responder, ...]]) -> Page:
    return Page(
        id=row[0],
        workspace=row[1],
        service=row[2],
        title=row[3],
        severity=_SEVERITY[row[4]],
        plan=plan,
        importance=_IMPORTANCE[row[6]],
        policy=row[7],
        rule=row[8],
        group_key=row[9],
        gathers_until=instant_or_none(row[10]),
        status=_STATUS[row[11]],
        began_at=instant(row[12]),
        next_step=row[13],
        due=instant_or_none(row[14]),
        rounds=row[15],
        alerts=row[16],
        joined=row[17],
        responders=asked[row[18]],
        destinations=tuple([_place(each) for each in from_json(row[19])]),
        drill=bool(row[21]),
        version=row[22],
        level=None if row[23] in _NO_LEVEL else _SEVERITY[row[23]],
        digest=row[23] == _DIGEST,
    )


def _place(stored: int | list[str]) -> DestinationId | Outside:
    """Tell a destination's id from an address that is nobody's here."""
    if isinstance(stored, int):
        return DestinationId(stored)
    channel, address = stored
    return Outside(channel, address)
