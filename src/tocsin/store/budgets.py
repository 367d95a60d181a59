"""What went to an address lately, counted and added to by one node at a time: the budget is the cluster's."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, union_all

from tocsin.core.event import Severity
from tocsin.core.notification import Address, NotificationKind, Sent
from tocsin.core.people import Importance
from tocsin.store.columns import instant, micros
from tocsin.store.notification_rows import mark_of
from tocsin.store.statements import Statement, among, number, two_forms
from tocsin.store.tables import notifications
from tocsin.store.transaction import Tx

LOCKS = 29_561  # whose the locks are, among all advisory ones of the database
# How many there are in all: the server has room for some thousands. Two addresses may have the same one.
LOCKS_MAX = 2_048

_n = notifications.c
_SAID = (_n.service_id, _n.severity, _n.importance, _n.kind)
# In one statement, which sees one state of the table: what is noted as sent in between counts once.
_LATELY = Statement(
    union_all(
        select(_n.address_mark, _n.sent_at, *_SAID)
        .where(among(_n.address_mark, "marks"), _n.sent_at.is_not(None), _n.sent_at > number("since"))
        .where(_n.bundled_into.is_(None)),
        select(_n.address_mark, _n.due, *_SAID).where(
            _n.state == "sending", among(_n.address_mark, "marks"), _n.bundled_into.is_(None)
        ),
    )
)
_OCCUPIED = two_forms(
    sqlite="SELECT value FROM json_each(:marks) WHERE false",  # it has one writer
    postgresql=f"""
    SELECT mark FROM unnest(%(marks)s) AS mark
    WHERE NOT pg_try_advisory_xact_lock({LOCKS}, (mark & {LOCKS_MAX - 1})::integer)
    """,  # noqa: S608  # numbers of ours
    lists={"marks": "whole"},
)


def occupied(tx: Tx, addresses: Sequence[Address]) -> set[Address]:
    """Find those of *addresses* about which another node is deciding; the others are ours to the commit.

    Nobody waits for anybody here: one that stands still over an address keeps no other from the rest.
    """
    marks = {mark_of(tx.vault, address): address for address in addresses}
    if not marks or tx.engine == "sqlite":
        return set()
    return {marks[row[0]] for row in tx.rows(_OCCUPIED, marks=list(marks))}


def sent_since(tx: Tx, addresses: Sequence[Address], *, since: datetime) -> dict[Address, list[Sent]]:
    """Find what went to each address after *since*, or is on its way; a bundle counts as one message.

    On PostgreSQL only what was found not to be `occupied` stays as it is.
    """
    found: dict[Address, list[Sent]] = {address: [] for address in addresses}
    if not found:
        return found
    marks = {mark_of(tx.vault, address): address for address in addresses}
    for mark, at, service, severity, importance, kind in tx.rows(
        _LATELY, marks=list(marks), since=micros(since)
    ):
        found[marks[mark]].append(
            Sent(
                at=instant(at),
                service=service,
                severity=Severity(severity),
                importance=Importance(importance),
                pages=kind == NotificationKind.PAGE,
            )
        )
    return found
