"""By which integrations events came lately: so that somebody who sets one up sees that it works."""

from collections.abc import Mapping
from datetime import datetime

from tocsin.actions.actor import Actor, Permission
from tocsin.core.ids import IntegrationId
from tocsin.store import arrivals
from tocsin.store.transaction import Tx


def lately(tx: Tx, actor: Actor) -> Mapping[IntegrationId, tuple[datetime, int]]:
    """Tell when the last event came by each integration, and how many did, among the newest events."""
    actor.must(Permission.READ)
    return arrivals.lately(tx, actor.workspace)
