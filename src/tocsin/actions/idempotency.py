"""A request that is sent twice under one key does its work once, and is answered alike both times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tocsin.actions.actor import Actor
from tocsin.core.errors import TocsinError
from tocsin.store import idempotency
from tocsin.store.transaction import Tx

KEPT = timedelta(hours=24)


@dataclass(slots=True, unsafe_hash=True)
class KeyReused(TocsinError):
    """An idempotency key came back with another request than its first."""

    key: str

    def __str__(self) -> str:
        return (
            f"Idempotency-Key {self.key!r} was used for another request in the last 24 hours; take a new one"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a request is answered with; *again* when it is the answer to the first of its kind."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str
    again: bool = False


def once(
    tx: Tx, actor: Actor, *, key: str, request_hash: str, make: Callable[[], Reply], now: datetime
) -> Reply:
    """Do what *make* does and remember its reply under *key*; give that reply to whoever repeats it.

    A key is its caller's own. Raise KeyReused when it comes with another *request_hash* than before. What
    *make* raises is not remembered, so that a request that failed can be sent again.
    """
    name = f"{actor.key or actor.user or 0}:{key}"
    place = f"idempotency_keys.body:{actor.workspace}:{name}"
    found = idempotency.find(tx, actor.workspace, name)
    if found is not None and found.at > now - KEPT:
        if found.request_hash != request_hash:
            raise KeyReused(key)
        body = tx.vault.open(found.body, place)
        return Reply(status=found.status, headers=found.headers, body=body, again=True)
    idempotency.forget(tx, before=now - KEPT + timedelta(microseconds=1))
    reply = make()
    answered = idempotency.Answered(
        request_hash=request_hash,
        status=reply.status,
        headers=reply.headers,
        body=tx.vault.seal(reply.body, place),  # an answer may hold a new key
        at=now,
    )
    idempotency.remember(tx, actor.workspace, name, answered)
    return reply
