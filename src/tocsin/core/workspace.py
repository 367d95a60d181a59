"""The tenant: nothing crosses it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tocsin.core.ids import EscalationPolicyId, WorkspaceId
from tocsin.core.reminders import Reminders


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A tenant. *version* counts the changes of its configuration.

    *catch_all* is the escalation policy for alerts that no alert policy takes. *settings* is what the pages
    and the dialects keep about it. *reminders* ask people whether they still have what they acknowledged.
    *pace* passes after each notification rule and each step, beside the waits that are written there.
    """

    id: WorkspaceId
    name: str
    version: int = 1
    catch_all: EscalationPolicyId | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    reminders: Reminders | None = None
    pace: timedelta = timedelta(0)
