"""Services: the things that raise alerts."""

from collections.abc import Sequence

from tocsin.core.service import Service
from tocsin.store.configuration import Kept
from tocsin.store.tables import services
from tocsin.store.transaction import Row, Tx


class _Services(Kept[Service]):
    noun = "service"
    table = services
    unique = "slug"
    called = "slug"

    def row(self, tx: Tx, value: Service) -> Row:  # noqa: ARG002  # others need it
        return (value.id, value.workspace, value.name, value.slug, value.description, value.team)

    def values(self, tx: Tx, rows: Sequence[Row]) -> list[Service]:  # noqa: ARG002  # others need it
        return [
            Service(id=row[0], workspace=row[1], name=row[2], slug=row[3], description=row[4], team=row[5])
            for row in rows
        ]


_services = _Services()
add = _services.add
save = _services.save
delete = _services.delete
find = _services.find
get_many = _services.get_many
all_ = _services.all_
list_ = _services.list_
