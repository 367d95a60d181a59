"""What was sent to a destination that is a program and what it answered, as it is kept."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.core.ids import AlertId, DestinationId, ExchangeId, WorkspaceId
from tocsin.core.receipt import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptExchange:
    """An exchange with *destination*, at some instant, about *alert* if it was about one."""

    id: ExchangeId
    workspace: WorkspaceId
    destination: DestinationId
    alert: AlertId | None
    at: datetime
    exchange: Exchange
