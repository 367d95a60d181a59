"""Services raise alerts; integrations are the doors by which their events come in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tocsin.core.ids import DestinationId, IntegrationId, ServiceId, TeamId, WorkspaceId
from tocsin.core.subscription import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A thing that raises alerts. *slug* is unique in the workspace and names it in events and addresses."""

    id: ServiceId
    workspace: WorkspaceId
    name: str
    slug: str
    description: str = ""
    team: TeamId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """A door for events into *service*; *kind* names the source that reads what comes in.

    *mapping* is what the generic source needs to read a payload (see ``sources.generic``), and the templates
    of one that has them (see ``sources.templated``); other kinds leave it empty. *token_hint* is the part of
    its token that may be shown. Without a beat for as long as *heartbeat* says, an alert opens. *revoked_at*
    closes the door for good. *message_templates* are, for each channel, the templates of what messages about
    its alerts say there (see ``channels.message_templates``).
    """

    id: IntegrationId
    workspace: WorkspaceId
    service: ServiceId
    kind: str
    name: str
    token_hint: str = ""
    mapping: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    heartbeat: timedelta | None = None
    revoked_at: datetime | None = None
    message_templates: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Somewhere that is not a person: *address* on *channel*, checked by ``core.destination``.

    *address* and *secret* are encrypted at rest. *options* is what the channel knows beyond the address:
    a webhook's body template and headers, a Slack channel name. *subscription* says what it hears of beyond
    what steps tell it.
    """

    id: DestinationId
    workspace: WorkspaceId
    name: str
    channel: str
    address: str
    secret: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    subscription: Subscription | None = None
