"""What message templates go by: of each alert that is told on a channel with templates, its events."""

from collections.abc import Mapping, Sequence

from tocsin.core.alert import Alert
from tocsin.core.alert_source import REWORDED_MAX, AlertSource
from tocsin.core.directory import Directory
from tocsin.core.ids import AlertId, NotificationId, PageId, WorkspaceId
from tocsin.core.notification import Notification, NotificationKind
from tocsin.core.service import Integration
from tocsin.store import events
from tocsin.store.transaction import Tx

Sources = Mapping[AlertId, AlertSource]
_KINDS = (NotificationKind.PAGE, NotificationKind.RESOLVED)


def sources_of(
    tx: Tx,
    homes: Mapping[WorkspaceId, Directory],
    sending: Sequence[Notification],
    shown: Mapping[PageId, Sequence[Alert]],
) -> Mapping[NotificationId, Sources]:
    """Find, for each of *sending*, the sources of its first alerts that have templates for its channel."""
    wanted = {each.id: found for each in sending if (found := _wanted(homes[each.workspace], each, shown))}
    if not wanted:
        return {}
    ids = sorted({alert for found in wanted.values() for alert in found})
    first, last = events.first_of_each(tx, ids), events.last_of_each(tx, ids)
    return {
        notification: {
            alert: AlertSource(integration=integration, first=first.get(alert), last=last.get(alert))
            for alert, integration in found.items()
        }
        for notification, found in wanted.items()
    }


def _wanted(
    directory: Directory, notification: Notification, shown: Mapping[PageId, Sequence[Alert]]
) -> Mapping[AlertId, Integration]:
    """Name the alerts of *notification* that templates say, each with its integration."""
    if notification.channel not in directory.rewords or notification.kind not in _KINDS:
        return {}
    told = () if notification.page is None else shown.get(notification.page, ())[:REWORDED_MAX]
    doors = {alert.id: directory.integrations.get(alert.integration) for alert in told if alert.integration}
    return {
        alert: door
        for alert, door in doors.items()
        if door is not None and notification.channel in door.message_templates
    }
