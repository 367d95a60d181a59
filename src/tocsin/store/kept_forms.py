"""Forms that are kept while somebody signs in elsewhere, sealed."""

from datetime import datetime

from sqlalchemy import delete, func, select

from tocsin.core.ids import KeptFormId
from tocsin.store.bulk import insert_many
from tocsin.store.columns import micros
from tocsin.store.statements import Statement, number
from tocsin.store.tables import kept_forms
from tocsin.store.transaction import Tx

_k = kept_forms.c
_INSERT = insert_many(kept_forms)
_FIND = Statement(select(_k.form).where(_k.id == number("id"), _k.expires_at > number("now")))
_COUNT = Statement(select(func.count()).select_from(kept_forms))
_DROP = Statement(delete(kept_forms).where(_k.id == number("id")))
_FORGET = Statement(delete(kept_forms).where(_k.expires_at <= number("now")))


def add(tx: Tx, identifier: KeptFormId, form: str, *, expires_at: datetime) -> None:
    """Keep *form* until *expires_at*."""
    tx.run_many(_INSERT, [(identifier, tx.vault.seal(form, _place(identifier)), micros(expires_at))])


def take(tx: Tx, identifier: KeptFormId, *, now: datetime) -> str | None:
    """Give a form that was kept, and keep it no longer; None when there is none any more."""
    sealed: str | None = tx.scalar(_FIND, id=identifier, now=micros(now))
    tx.run(_DROP, id=identifier)
    return None if sealed is None else tx.vault.open(sealed, _place(identifier))


def count(tx: Tx) -> int:
    """Count the forms that are kept."""
    found: int = tx.scalar(_COUNT)
    return found


def forget(tx: Tx, *, now: datetime) -> int:
    """Forget the forms that nobody has come back for; return how many that were."""
    return tx.run(_FORGET, now=micros(now))


def _place(identifier: KeptFormId) -> str:
    return f"kept_forms.form:{identifier}"
