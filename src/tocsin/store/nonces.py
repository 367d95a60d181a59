"""Nonces and the counts that they were used with: each pair once, on whichever node."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, tuple_

from tocsin.store.columns import micros, to_json
from tocsin.store.statements import Statement, number, two_forms
from tocsin.store.tables import used_nonces
from tocsin.store.transaction import Tx

_INTO = "INSERT INTO used_nonces (nonce, count, expires_at) SELECT"
_ONCE = "ON CONFLICT (nonce, count) DO NOTHING RETURNING nonce, count"
_VALUES = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(3))
_USE = two_forms(
    sqlite=f"{_INTO} {_VALUES} FROM json_each(:uses) WHERE true {_ONCE}",
    postgresql=f"{_INTO} * FROM unnest(%(nonces)s, %(counts)s, %(ends)s) {_ONCE}",
    lists={"nonces": "whole", "counts": "whole", "ends": "whole"},
)
_u = used_nonces.c
_OLD = select(_u.nonce, _u.count).where(_u.expires_at < number("before")).limit(number("limit"))
_FORGET = Statement(delete(used_nonces).where(tuple_(_u.nonce, _u.count).in_(_OLD)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A *nonce*, as a number, that comes with *count*; nobody needs to know after it *expires_at*."""

    nonce: int
    count: int
    expires_at: datetime


def use(tx: Tx, uses: Sequence[Use]) -> list[bool]:
    """Note *uses*, and tell for each whether it is the first of its nonce and count anywhere."""
    firsts: dict[tuple[int, int], int] = {}
    for place, each in enumerate(uses):
        firsts.setdefault((each.nonce, each.count), place)
    # In order, so that two nodes with the same pairs wait for each other and never deadlock.
    rows = sorted((*pair, micros(uses[place].expires_at)) for pair, place in firsts.items())
    nonces, counts, ends = zip(*rows, strict=True)
    as_json = to_json(rows) if tx.engine == "sqlite" else None
    new = {(row[0], row[1]) for row in tx.rows(_USE, uses=as_json, nonces=nonces, counts=counts, ends=ends)}
    taken = {firsts[pair] for pair in new}
    return [place in taken for place in range(len(uses))]


def forget(tx: Tx, *, before: datetime, limit: int) -> int:
    """Forget up to *limit* uses of nonces that expired before *before*; return how many that were."""
    return tx.run(_FORGET, before=micros(before), limit=limit)
