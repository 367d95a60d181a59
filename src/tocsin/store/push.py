"""Browsers that take push messages, by the contact method that each is."""

from collections.abc import Sequence

from sqlalchemy import select

from tocsin.core.ids import ContactMethodId
from tocsin.core.push import PushSubscription
from tocsin.store.bulk import upsert_many
from tocsin.store.columns import from_json, to_json
from tocsin.store.statements import Statement, among
from tocsin.store.tables import push_subscriptions
from tocsin.store.transaction import Tx

_p = push_subscriptions.c
_PUT = upsert_many(push_subscriptions, keys=("contact_method_id",))
_OF_METHODS = Statement(
    select(_p.contact_method_id, _p.subscription).where(among(_p.contact_method_id, "methods"))
)


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


def _place(method: ContactMethodId) -> str:
    return f"push_subscriptions.subscription.{method}"
