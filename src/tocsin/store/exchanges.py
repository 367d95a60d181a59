"""What was sent to destinations that are programs, and what they answered: sealed, for it may be anything."""

from collections.abc import Sequence

from sqlalchemy import func, select

from tocsin.core.exchange import KeptExchange
from tocsin.core.ids import AlertId, DestinationId
from tocsin.core.receipt import Exchange
from tocsin.store.bulk import insert_many as into
from tocsin.store.codec import dump, load
from tocsin.store.columns import from_json, instant, micros, to_json
from tocsin.store.statements import Statement, among, number
from tocsin.store.tables import exchanges
from tocsin.store.transaction import Row, Tx

_e = exchanges.c
_INSERT = into(exchanges)
_mine = _e.destination_id == number("destination")
_STRETCH = Statement(
    select(exchanges).where(_mine).order_by(_e.id.desc()).limit(number("limit")).offset(number("offset"))
)
_COUNT = Statement(select(func.count()).select_from(exchanges).where(_mine))
_newest = select(func.max(_e.id)).where(among(_e.alert_id, "alerts")).group_by(_e.alert_id, _e.destination_id)
_OF_ALERTS = Statement(select(exchanges).where(_e.id.in_(_newest)).order_by(_e.id))


def add_many(tx: Tx, kept: Sequence[KeptExchange]) -> None:
    """Keep exchanges."""
    tx.run_many(_INSERT, [_row(tx, each) for each in kept])


def count(tx: Tx, destination: DestinationId) -> int:
    """Count the exchanges with *destination*."""
    found: int = tx.scalar(_COUNT, destination=destination)
    return found


def stretch(tx: Tx, destination: DestinationId, *, offset: int, limit: int) -> list[KeptExchange]:
    """Read exchanges with *destination*, the newest first, from the *offset*-th on."""
    rows = tx.rows(_STRETCH, destination=destination, offset=offset, limit=limit)
    return [_kept(tx, row) for row in rows]


def last_about(tx: Tx, alerts: Sequence[AlertId]) -> list[KeptExchange]:
    """Read the newest exchange about each of *alerts* with each destination."""
    return [_kept(tx, row) for row in tx.rows(_OF_ALERTS, alerts=alerts)] if alerts else []


def _row(tx: Tx, each: KeptExchange) -> Row:
    written = to_json(dump(Exchange, each.exchange))
    sealed = tx.vault.seal(written, _place(each.id))
    return (each.id, each.workspace, each.destination, each.alert, micros(each.at), sealed)


def _kept(tx: Tx, row: Row) -> KeptExchange:
    return KeptExchange(
        id=row[0],
        workspace=row[1],
        destination=row[2],
        alert=row[3],
        at=instant(row[4]),
        exchange=load(Exchange, from_json(tx.vault.open(row[5], _place(row[0])))),
    )


def _place(identifier: int) -> str:
    return f"exchanges.content:{identifier}"
