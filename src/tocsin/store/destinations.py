"""Destinations that are not people: their addresses, secrets and options are sealed."""

from collections.abc import Sequence

from tocsin.core.service import Destination
from tocsin.core.subscription import Subscription
from tocsin.store.codec import dump, load
from tocsin.store.columns import from_json, to_json
from tocsin.store.configuration import Kept
from tocsin.store.tables import destinations
from tocsin.store.transaction import Row, Tx


class _Destinations(Kept[Destination]):
    noun = "destination"
    table = destinations

    def row(self, tx: Tx, value: Destination) -> Row:
        return (
            value.id,
            value.workspace,
            value.name,
            value.channel,
            tx.vault.seal(value.address, _place("address", value.id)),
            tx.vault.seal(value.secret, _place("secret", value.id)),
            tx.vault.seal(to_json(value.options), _place("options", value.id)),
            None if value.subscription is None else to_json(dump(Subscription, value.subscription)),
        )

    def values(self, tx: Tx, rows: Sequence[Row]) -> list[Destination]:
        return [
            Destination(
                id=row[0],
                workspace=row[1],
                name=row[2],
                channel=row[3],
                address=tx.vault.open(row[4], _place("address", row[0])),
                secret=tx.vault.open(row[5], _place("secret", row[0])),
                options=from_json(tx.vault.open(row[6], _place("options", row[0]))),
                subscription=None if row[7] is None else load(Subscription, from_json(row[7])),
            )
            for row in rows
        ]


def _place(column: str, identifier: int) -> str:
    return f"destinations.{column}:{identifier}"


_destinations = _Destinations()
add = _destinations.add
save = _destinations.save
delete = _destinations.delete
find = _destinations.find
get_many = _destinations.get_many
all_ = _destinations.all_
list_ = _destinations.list_
