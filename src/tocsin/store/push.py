"""Browsers that take push messages, each a contact method; and the secrets of the server itself."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from tocsin.core.ids import ContactMethodId
from tocsin.core.push import PushSubscription
from tocsin.store.bulk import insert_many, upsert_many
from tocsin.store.columns import from_json, micros, to_json
from tocsin.store.statements import Statement, among, words
from tocsin.store.tables import push_subscriptions, server_secrets
from tocsin.store.transaction import Tx

_p = push_subscriptions.c
_PUT = upsert_many(push_subscriptions, keys=("contact_method_id",))
_OF_METHODS = Statement(
    select(_p.contact_method_id, _p.subscription).where(among(_p.contact_method_id, "methods"))
)
_SECRET = Statement(select(server_secrets.c.secret).where(server_secrets.c.name == words("name")))
_KEEP = insert_many(server_secrets, unless=("name",))


def put(tx: Tx, method: ContactMethodId, subscription: PushSubscription) -> None:
    """Keep the subscription that a contact method stands for, in place of the one before."""
    plain = to_json(
        {"endpoint": subscription.endpoint, "p256dh": subscription.p256dh, "auth": subscription.auth}
    )
    tx.run_many(_PUT, [(method, tx.vault.seal(plain, _place(method)))])


def of_methods(tx: Tx, methods: Sequence[ContactMethodId]) -> dict[ContactMethodId, PushSubscription]:
    """Give the subscriptions of these contact methods, of those that have one."""
    rows = tx.rows(_OF_METHODS, methods=list(methods))
    return {row[0]: PushSubscription(**from_json(tx.vault.open(row[1], _place(row[0])))) for row in rows}


def secret(tx: Tx, name: str) -> str | None:
    """Read a secret of the server, None when it has not been made yet."""
    sealed: str | None = tx.scalar(_SECRET, name=name)
    return None if sealed is None else tx.vault.open(sealed, _secret_place(name))


def keep_secret(tx: Tx, name: str, plain: str, *, now: datetime) -> None:
    """Keep a secret of the server, unless another node has kept one of this name already."""
    tx.run_many(_KEEP, [(name, tx.vault.seal(plain, _secret_place(name)), micros(now))])


def _place(method: ContactMethodId) -> str:
    return f"push_subscriptions.subscription.{method}"


def _secret_place(name: str) -> str:
    return f"server_secrets.secret.{name}"
