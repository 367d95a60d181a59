"""How often somebody has tried something lately, counted for all nodes together."""

from datetime import datetime

from sqlalchemy import delete, select

from tocsin.store.columns import instant, micros
from tocsin.store.statements import Statement, number, two_forms
from tocsin.store.tables import tries
from tocsin.store.transaction import Tx

_t = tries.c
_TAKE = """
INSERT INTO tries (about, count, ends_at) VALUES ({about}, 1, {ends}) ON CONFLICT (about) DO UPDATE SET
count = CASE WHEN tries.ends_at <= {now} THEN 1 ELSE tries.count + 1 END,
ends_at = CASE WHEN tries.ends_at <= {now} THEN excluded.ends_at ELSE tries.ends_at END
RETURNING count, ends_at
"""
_TAKEN = two_forms(
    sqlite=_TAKE.format(about=":about", ends=":ends", now=":now"),
    postgresql=_TAKE.format(about="%(about)s", ends="%(ends)s", now="%(now)s"),
)
_FORGET = Statement(
    delete(tries).where(
        _t.about.in_(select(_t.about).where(_t.ends_at < number("before")).limit(number("limit")))
    )
)


def take(tx: Tx, about: str, *, until: datetime, now: datetime) -> tuple[int, datetime]:
    """Count a try at what *about* names; return how many there have been, and when they count no more.

    The first one opens a span to *until*; all that come in it count. Who tries is not kept readable.
    """
    given = {"about": tx.vault.fingerprint(f"try\n{about}"), "ends": micros(until), "now": micros(now)}
    ((count, ends_at),) = tx.rows(_TAKEN, **given)
    return count, instant(ends_at)


def forget(tx: Tx, *, before: datetime, limit: int) -> int:
    """Forget up to *limit* of those whose span ended before *before*; return how many that were."""
    return tx.run(_FORGET, before=micros(before), limit=limit)
