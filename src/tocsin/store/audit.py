"""The audit log: who changed what, appended in the transaction that changes it."""

from functools import cache

from sqlalchemy import func, or_, select

from tocsin.core.ids import AuditId, UserId, WorkspaceId
from tocsin.core.listing import Listed
from tocsin.core.story import AuditEntry
from tocsin.store.bulk import insert_many as into
from tocsin.store.columns import from_json, instant, micros, to_json
from tocsin.store.statements import Statement, containing, number, words
from tocsin.store.tables import audit_log
from tocsin.store.transaction import Row, Tx, Value

_INSERT = into(audit_log)
_a = audit_log.c
_FILTERS = {
    "by": _a.user_id == number("by"),
    "subject": _a.subject_id == number("subject"),
    "text": or_(
        *(
            func.lower(column).like(func.lower(words("text")), escape="\\")
            for column in (_a.by_name, _a.name, _a.action, _a.kind)
        )
    ),
}
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


def list_(
    tx: Tx,
    workspace: WorkspaceId,
    *,
    by: UserId | None = None,
    subject: int | None = None,
    text: str = "",
    before: int | None = None,
    limit: int,
) -> Listed[AuditEntry]:
    """List the changes in *workspace* that fit every filter that is given, the newest first."""
    given = {"by": by, "subject": subject, "text": containing(text) if text else None}
    values: dict[str, Value] = {name: value for name, value in given.items() if value is not None}
    listing, counting = _statements(frozenset(values))
    values["workspace"] = workspace
    rows = tx.rows(listing, **values, before=before or _BEFORE_ALL, limit=limit + 1)
    items = tuple(_entry(row) for row in rows[:limit])
    following = items[-1].id if len(rows) > limit else None
    return Listed(items=items, next=following, total=tx.scalar(counting, **values))


@cache
def _statements(filters: frozenset[str]) -> tuple[Statement, Statement]:
    """Write the statement that lists, and the one that counts."""
    wanted = [_a.workspace_id == number("workspace"), *(_FILTERS[name] for name in sorted(filters))]
    listing = select(audit_log).where(*wanted, _a.id < number("before"))
    return (
        Statement(listing.order_by(_a.id.desc()).limit(number("limit"))),
        Statement(select(func.count()).select_from(audit_log).where(*wanted)),
    )


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
