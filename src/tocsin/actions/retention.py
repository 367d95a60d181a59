"""What is older than the operator wants to keep goes, a little at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.actions.idempotency import KEPT
from tocsin.store import (
    access_tokens,
    idempotency,
    kept_forms,
    nodes,
    nonces,
    retention,
    sessions,
    sign_in_links,
    tries,
)
from tocsin.store.transaction import Tx

AT_ONCE_MAX = 500  # rows of a kind in one transaction, so that nobody waits for it
ALERTS_AT_ONCE_MAX = 100  # which take their pages, messages and stories along
NODES_KEPT = timedelta(days=1)
NONCES_KEPT = timedelta(minutes=10)  # after they expired: so much may the clocks of nodes differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The last ids that went: a sweep of many batches goes on from there, and the next one begins anew."""

    events: int = 0
    alerts: int = 0


BEGINNING = Past()


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """How many rows went, by what they were; *more* when there may be others, *past* these, to go."""

    by_table: Mapping[str, int]
    more: bool
    past: Past

    @property
    def rows(self) -> int:
        """How many rows went in all."""
        return sum(self.by_table.values())


def sweep(
    tx: Tx, *, events_before: datetime, alerts_before: datetime, now: datetime, past: Past = BEGINNING
) -> Swept:
    """Delete one batch *past* the last: events before *events_before*, and what ended before *alerts_before*.

    That is alerts with their pages and story, messages without a page, and the audit log. What still fires
    stays. What has a span of its own goes after that: answers to repeated requests, nodes that vanished. The
    events of alerts go first, and in a batch of their own: a single alert may have very many.
    """
    of_alerts = retention.drop_events_of_alerts(
        tx, before=alerts_before, alerts=ALERTS_AT_ONCE_MAX, limit=AT_ONCE_MAX, past=past.alerts
    )
    events, alerts = retention.Gone(of_alerts, past.events), retention.Gone(0, past.alerts)
    if not of_alerts:
        events = retention.drop_events(tx, before=events_before, limit=AT_ONCE_MAX, past=past.events)
        alerts = retention.drop_alerts(tx, before=alerts_before, limit=ALERTS_AT_ONCE_MAX, past=past.alerts)
    counts = {
        "events": events.count,
        "alerts": alerts.count,
        "notifications": retention.drop_notifications(tx, before=alerts_before, limit=AT_ONCE_MAX),
        "exchanges": retention.drop_exchanges(tx, before=alerts_before, limit=AT_ONCE_MAX),
        "audit_log": retention.drop_audit(tx, before=alerts_before, limit=AT_ONCE_MAX),
        "used_nonces": nonces.forget(tx, before=now - NONCES_KEPT, limit=AT_ONCE_MAX),
    }
    counts["tries"] = tries.forget(tx, before=now - NONCES_KEPT, limit=AT_ONCE_MAX)
    more = bool(of_alerts) or alerts.count == ALERTS_AT_ONCE_MAX or AT_ONCE_MAX in counts.values()
    counts["idempotency_keys"] = idempotency.forget(tx, before=now - KEPT)
    counts["access_tokens"] = access_tokens.forget(tx, before=now)
    counts["sessions"] = sessions.forget(tx, now=now)
    counts["sign_in_links"] = sign_in_links.forget(tx, now=now)
    counts["kept_forms"] = kept_forms.forget(tx, now=now)
    counts["nodes"] = nodes.forget(tx, before=now - NODES_KEPT)
    return Swept(
        by_table={name: count for name, count in counts.items() if count},
        more=more,
        past=Past(events=events.last, alerts=alerts.last) if more else BEGINNING,
    )
