"""The audit log over the wire."""

from datetime import datetime
from typing import Any

from tocsin.core.spelling import PREFIXES, native
from tocsin.core.story import AuditEntry
from tocsin.dialects.native.wire.shapes import View
from tocsin.dialects.native.wire.spelled import spelled


class ChangeView(View):
    """A field before and after a change; of what may not be read, three stars."""

    before: Any
    after: Any


class AuditEntryView(View):
    """Who changed what, and by which way they came."""

    id: str
    at: datetime
    by_name: str
    user_id: str | None
    key_id: str | None
    how: str
    action: str
    kind: str
    subject_id: str | None
    name: str
    changes: dict[str, ChangeView]


class AuditLog(View):
    """Some of the changes."""

    audit_log: list[AuditEntryView]
    next: str | None
    total: int


def show_entry(entry: AuditEntry) -> AuditEntryView:
    """Write one change."""
    subject = entry.subject if entry.kind in PREFIXES else None
    return AuditEntryView(
        id=native("audit", entry.id),
        at=entry.at,
        by_name=entry.by_name,
        user_id=spelled("user", entry.by),
        key_id=spelled("key", entry.key),
        how=entry.how,
        action=entry.action,
        kind=entry.kind,
        subject_id=spelled(entry.kind, subject),
        name=entry.name,
        changes={
            name: ChangeView(before=change.get("before"), after=change.get("after"))
            for name, change in entry.changes.items()
        },
    )
