"""Signs of life: an integration that gives none for too long opens an alert, and the next one resolves it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from tocsin.actions.ingest import ingest
from tocsin.actions.ledger import Ledger
from tocsin.core.because import span
from tocsin.core.event import Event, EventStatus
from tocsin.core.ids import EventId, IntegrationId
from tocsin.core.service import Integration
from tocsin.store import heartbeats, timers
from tocsin.store.transaction import Tx

TIMER: Final = "heartbeat"
DEDUP_KEY: Final = "tocsin/heartbeat"


def beat(tx: Tx, integration: Integration, *, now: datetime) -> None:
    """Hear a sign of life; it counts where the integration is expected to give any."""
    if integration.heartbeat is None or integration.revoked_at is not None:
        return
    before = heartbeats.get(tx, integration.id)
    heartbeats.put(tx, integration.id, integration.workspace, seen_at=now, missing=False)
    timers.put(tx, TIMER, integration.id, integration.workspace, now + integration.heartbeat)
    if before is not None and before.missing:
        ingest(tx, [_event(tx, integration, EventStatus.RESOLVED, now)], now)


def expect(tx: Tx, integration: Integration, was: Integration | None, *, now: datetime) -> None:
    """Begin or cease to expect signs of life, as *integration* says and *was* did not."""
    before = was.heartbeat if was is not None and was.revoked_at is None else None
    wanted = integration.heartbeat if integration.revoked_at is None else None
    if wanted == before:
        return
    if wanted is None:
        timers.cancel(tx, TIMER, integration.id)
        heartbeats.drop(tx, integration.id)
    else:
        heartbeats.put(tx, integration.id, integration.workspace, seen_at=now, missing=False)
        timers.put(tx, TIMER, integration.id, integration.workspace, now + wanted)


def miss(ledger: Ledger, subjects: Sequence[int]) -> None:
    """Open an alert for each of these integrations that has been quiet for too long."""
    tx, now = ledger.tx, ledger.now
    timers.cancel_many(tx, [(TIMER, subject) for subject in subjects])
    missed: list[Event] = []
    for subject in map(IntegrationId, subjects):
        integration = ledger.directory.integrations.get(subject)
        heard = heartbeats.get(tx, subject)
        if integration is None or heard is None or integration.revoked_at is not None:
            continue
        if integration.heartbeat is None or heard.missing:
            continue
        due = heard.seen_at + integration.heartbeat
        if due > now:
            timers.put(tx, TIMER, subject, integration.workspace, due)
            continue
        heartbeats.put(tx, subject, integration.workspace, seen_at=heard.seen_at, missing=True)
        missed.append(_event(tx, integration, EventStatus.FIRING, now))
    if missed:
        ingest(tx, missed, now)


def _event(tx: Tx, integration: Integration, status: EventStatus, now: datetime) -> Event:
    quiet = integration.heartbeat
    message = "" if quiet is None else f"Nothing has been heard of it for {span(quiet)}."
    return Event(
        id=EventId(tx.new_id()),
        workspace=integration.workspace,
        service=integration.service,
        integration=integration.id,
        dedup_key=f"{DEDUP_KEY}/{integration.id}",
        status=status,
        title=f"{integration.name}: heartbeat expired",
        message=message,
        source="heartbeat",
        occurred_at=now,
        received_at=now,
        details={"integration": integration.name, "message": message},
    )
