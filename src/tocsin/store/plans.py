"""Escalation plans: appended, never changed, and therefore remembered for ever by the process."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from tocsin.core.errors import Conflict
from tocsin.core.escalation import EscalationPlan, Step
from tocsin.core.ids import PlanId, WorkspaceId
from tocsin.store.bulk import insert_many as into
from tocsin.store.codec import dump, load_any
from tocsin.store.columns import from_json, to_json
from tocsin.store.statements import Statement, among
from tocsin.store.tables import escalation_plans as plans
from tocsin.store.transaction import Row, Tx

REMEMBERED_MAX = 10_000

_INSERT = into(plans, unless=("id",))
_GET_MANY = Statement(select(plans).where(among(plans.c.id, "ids")))
_STEPS: Any = tuple[Step, ...]


def add_many(tx: Tx, workspace: WorkspaceId, new: Sequence[EscalationPlan]) -> None:
    """Store plans; those that are stored already must be the same, for a plan is never changed."""
    if not new:
        return
    rows = {plan.id: _row(workspace, plan) for plan in new}
    if tx.run_many(_INSERT, list(rows.values())) == len(rows):
        return
    for stored in tx.rows(_GET_MANY, ids=list(rows)):
        if stored != rows[stored[0]]:
            raise Conflict(f"escalation plan {stored[0]} is stored already, with other steps")


def get_many(tx: Tx, ids: Iterable[PlanId]) -> dict[PlanId, EscalationPlan]:
    """Read plans by id."""
    known = tx.shelf.plans
    wanted = set(ids)
    found = {plan: known[plan] for plan in wanted if plan in known}
    if len(found) < len(wanted):
        for row in tx.rows(_GET_MANY, ids=sorted(wanted - found.keys())):
            found[row[0]] = known[row[0]] = _plan(row)
        for oldest in list(known)[: max(len(known) - REMEMBERED_MAX, 0)]:
            known.pop(oldest, None)
    return found


def _row(workspace: WorkspaceId, plan: EscalationPlan) -> Row:
    return (plan.id, workspace, plan.policy, plan.name, to_json(dump(_STEPS, plan.steps)))


def _plan(row: Row) -> EscalationPlan:
    return EscalationPlan(id=row[0], policy=row[2], name=row[3], steps=load_any(_STEPS, from_json(row[4])))
