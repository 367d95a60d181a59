"""``/audit-log``: who changed what."""

from typing import Annotated

from msgspec import Meta

from tocsin.actions import audit
from tocsin.actions.actor import Permission
from tocsin.core.errors import Invalid
from tocsin.core.ids import UserId
from tocsin.core.spelling import from_any
from tocsin.dialects.native.handling import PREFIX, Stretch, beginning, following
from tocsin.dialects.native.wire.audit_log import AuditLog, show_entry
from tocsin.dialects.native.wire.shapes import Id
from tocsin.dialects.native.wire.spelled import reference
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Audit log")

_LIST = "audit_log"
_RENAMED = {
    "id": "aud_0cv1h8q4w2nc",
    "at": "2026-03-06T09:00:00Z",
    "by_name": "Ana Alba",
    "user_id": "usr_0cv1h8q4w2mn",
    "key_id": "key_0cv1h8q4w2na",
    "how": "api",
    "action": "changed",
    "kind": "service",
    "subject_id": "svc_0cv1h8q4w2mq",
    "name": "Shop",
    "changes": {"name": {"before": "Online shop", "after": "Shop"}},
}


class AuditQuery(Stretch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which changes to list."""

    actor: Annotated[Id, Meta(description="only by this user")] | None = None
    subject: Annotated[Id, Meta(description="only of the thing with this id")] | None = None


@ROUTES.get(
    "/audit-log",
    permission=Permission.ADMIN,
    summary="List what was changed",
    description="The newest first; by one person, or of one thing, if you like.",
    examples=(Example(title="A rename", answer={"audit_log": [_RENAMED], "next": None, "total": 1}),),
)
async def list_audit_log(call: Call, query: AuditQuery) -> AuditLog:
    """List changes."""
    actor, subject = query.actor, query.subject
    found = None if subject is None else from_any(subject)
    if subject is not None and found is None:
        raise Invalid("subject", f"is {subject!r}, which is no id", "must be the id of a thing")
    listed = await call.ask(
        audit.list_,
        by=None if actor is None else UserId(reference(actor, "user", "actor")),
        subject=found,
        before=beginning(_LIST, query),
        limit=query.limit,
    )
    return AuditLog(
        audit_log=[show_entry(each) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )
