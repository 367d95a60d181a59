"""What the message templates of an integration go by, for one alert."""

from dataclasses import dataclass
from typing import Final

from tocsin.core.event import Event
from tocsin.core.service import Integration

REWORDED_MAX: Final = 20
"""So many alerts of a message are said by templates; the others as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSource:
    """The *integration* by which an alert came, and its *first* and *last* event, as far as they are kept."""

    integration: Integration
    first: Event | None = None
    last: Event | None = None
