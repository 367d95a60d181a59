"""What becomes of alerts, told to the destinations that want to hear of it: each by a message of its own."""

from datetime import datetime

from tocsin.core.alert import Alert
from tocsin.core.directory import Directory
from tocsin.core.ids import NotificationId
from tocsin.core.notification import Notification, NotificationKind
from tocsin.core.service import Destination
from tocsin.core.subscribers import subscribers
from tocsin.core.subscription import AlertChanged, Happening, happenings, written
from tocsin.store.columns import to_json
from tocsin.store.transaction import Tx


def heard(tx: Tx, directory: Directory, was: Alert | None, alert: Alert, now: datetime) -> list[Notification]:
    """Make the messages about what became of *alert*, which was *was* or is new; most often none."""
    wanted = subscribers(directory)
    if not wanted:
        return []
    return [
        _message(tx, alert, happened, place, now)
        for happened in happenings(was, alert, now)
        for place in wanted.get(happened.change, ())
        if place.subscription is not None and place.subscription.wants(happened.change, alert)
    ]


def _message(tx: Tx, alert: Alert, happened: Happening, place: Destination, now: datetime) -> Notification:
    return Notification(
        id=NotificationId(tx.new_id()),
        workspace=alert.workspace,
        kind=NotificationKind.CHANGE,
        service=alert.service,
        destination=place.id,
        channel=place.channel,
        address=place.address,
        severity=alert.severity,
        because=AlertChanged(change=happened.change, title=alert.title).text,
        body=to_json(written(happened)),
        queued_at=now,
        due=now,
    )
