"""Answers to requests that carried an idempotency key, so that the same request changes something once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from tocsin.core.ids import WorkspaceId
from tocsin.store.bulk import insert_many as into
from tocsin.store.columns import from_json, instant, micros, to_json
from tocsin.store.statements import Statement, number, words
from tocsin.store.tables import idempotency_keys
from tocsin.store.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What was answered to the request whose content has *request_hash*."""

    request_hash: str
    status: int
    headers: Mapping[str, str]
    body: str
    at: datetime


_INSERT = into(idempotency_keys)
_i = idempotency_keys.c
_FIND = Statement(
    select(idempotency_keys).where(_i.workspace_id == number("workspace"), _i.key == words("key"))
)
_FORGET = Statement(delete(idempotency_keys).where(_i.created_at < number("before")))


def find(tx: Tx, workspace: WorkspaceId, key: str) -> Answered | None:
    """Find what was answered under *key*, if anything was."""
    row = tx.one(_FIND, workspace=workspace, key=key)
    if row is None:
        return None
    return Answered(
        request_hash=row[2], status=row[3], headers=from_json(row[4]), body=row[5], at=instant(row[6])
    )


def remember(tx: Tx, workspace: WorkspaceId, key: str, answered: Answered) -> None:
    """Remember what is answered under *key*.

    When another request with this key came first, the action is run again and finds its answer.
    """
    headers = to_json(answered.headers)
    row = (workspace, key, answered.request_hash, answered.status, headers, answered.body)
    tx.run_many(_INSERT, [(*row, micros(answered.at))])


def forget(tx: Tx, *, before: datetime) -> int:
    """Forget what was answered before *before*; return how many keys that were."""
    return tx.run(_FORGET, before=micros(before))
