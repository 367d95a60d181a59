"""How a message lies in its table: its address sealed where it may be a secret, and marked to be found."""

from tocsin.core.event import Severity
from tocsin.core.notification import Address, Notification, NotificationKind, NotificationState, address_of
from tocsin.core.people import Importance
from tocsin.store.columns import instant, instant_or_none, micros, micros_or_none, storable
from tocsin.store.secrets import Vault
from tocsin.store.transaction import Row

_KIND = {kind.value: kind for kind in NotificationKind}
_STATE = {state.value: state for state in NotificationState}
_SEVERITY = {severity.value: severity for severity in Severity}
_IMPORTANCE = {importance.value: importance for importance in Importance}

# What an attempt to send, or a provider's later word, may change.
OUTCOME = ("state", "attempts", "provider", "provider_id", "last_error", "due", "sent_at")


def mark_of(vault: Vault, address: Address) -> int:
    """Give the number by which messages to *address* are found again."""
    workspace, channel, where = address
    return vault.fingerprint(f"{workspace}\n{channel}\n{where}")


def _place(notification_id: int) -> str:
    return f"notifications.address:{notification_id}"


def outcome_of(notification: Notification) -> Row:
    """Give the columns OUTCOME of a message."""
    return (
        notification.state,
        notification.attempts,
        notification.provider,
        storable(notification.provider_id),
        storable(notification.last_error),
        micros(notification.due),
        micros_or_none(notification.sent_at),
    )


def row_of(vault: Vault, notification: Notification) -> Row:
    """Turn a message that nobody has leased into its row."""
    address = notification.address
    if notification.destination is not None:  # it may be a webhook's, which is a secret
        address = vault.seal(address, _place(notification.id))
    return (
        notification.id,
        notification.workspace,
        notification.kind,
        notification.page,
        notification.service,
        notification.user,
        notification.contact_method,
        notification.destination,
        notification.channel,
        address,
        mark_of(vault, address_of(notification)),
        notification.importance,
        notification.severity,
        notification.because,
        notification.body,
        micros(notification.queued_at),
        micros(notification.due),
        notification.state,
        notification.attempts,
        notification.provider,
        notification.provider_id,
        notification.last_error,
        micros_or_none(notification.sent_at),
        notification.bundled_into,
        None,
        None,
    )


def notification_of(vault: Vault, row: Row) -> Notification:
    """Turn a row of all columns into a message; raise BadKeyError when its address does not open."""
    address = row[9] if row[7] is None else vault.open(row[9], _place(row[0]))
    return Notification(
        id=row[0],
        workspace=row[1],
        kind=_KIND[row[2]],
        page=row[3],
        service=row[4],
        user=row[5],
        contact_method=row[6],
        destination=row[7],
        channel=row[8],
        address=address,
        importance=_IMPORTANCE[row[11]],
        severity=_SEVERITY[row[12]],
        because=row[13],
        body=row[14],
        queued_at=instant(row[15]),
        due=instant(row[16]),
        state=_STATE[row[17]],
        attempts=row[18],
        provider=row[19],
        provider_id=row[20],
        last_error=row[21],
        sent_at=instant_or_none(row[22]),
        bundled_into=row[23],
    )
