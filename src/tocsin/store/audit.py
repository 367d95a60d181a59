"""The audit log: who changed what, appended in the transaction that changes it."""

from sqlalchemy import func, select

from tocsin.core.ids import AuditId, WorkspaceId
from tocsin.core.listing import Listed
from tocsin.core.story import AuditEntry
from tocsin.store.bulk import insert_many as into
from tocsin.store.columns import from_json, instant, micros, to_json
from tocsin.store.statements import Statement, number
from tocsin.store.tables import audit_log
from tocsin.store.transaction import Row, Tx

_INSERT = into(audit_log)
_a = audit_log.c
_LIST = Statement(
    select(audit_log)
    .where(_a.workspace_id == number("workspace"), _a.id < number("before"))
    .order_by(_a.id.desc())
    .limit(number("limit"))
)
_COUNT = Statement(select(func.count()).select_from(audit_log).where(_a.workspace_id == number("workspace")))
_BEFORE_ALL = (1 << 63) - 1


def append(tx: Tx, entry: AuditEntry) -> None:
    """Add one change."""
    tx.run_many(
        _INSERT,
        [
            (
                entry.id,
                entry.workspace,
                micros(entry.at),
                entry.by,
                entry.key,
                entry.by_name,
                entry.how,
                entry.action,
                entry.kind,
                entry.subject,
                entry.name,
                to_json(entry.changes),
            )
        ],
    )


def list_(tx: Tx, workspace: WorkspaceId, *, before: int | None = None, limit: int) -> Listed[AuditEntry]:
    """List the changes in *workspace*, the newest first."""
    rows = tx.rows(_LIST, workspace=workspace, before=before or _BEFORE_ALL, limit=limit + 1)
    items = tuple(_entry(row) for row in rows[:limit])
    following = items[-1].id if len(rows) > limit else None
    return Listed(items=items, next=following, total=tx.scalar(_COUNT, workspace=workspace))


def _entry(row: Row) -> AuditEntry:
    return AuditEntry(
        id=AuditId(row[0]),
        workspace=row[1],
        at=instant(row[2]),
        by=row[3],
        key=row[4],
        by_name=row[5],
        how=row[6],
        action=row[7],
        kind=row[8],
        subject=row[9],
        name=row[10],
        changes=from_json(row[11]),
    )
