"""Ways to reach a person that lead through a destination of the workspace: a program is told in their place.

Such a contact method is on the channel `webhook`, and its address is the destination's id.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid
from tocsin.core.ids import DestinationId
from tocsin.core.notification import Notification
from tocsin.core.people import ContactMethod
from tocsin.core.spelling import PREFIXES, from_native

CHANNEL: Final = "webhook"
LEADS_TO: Final = frozenset({"webhook", "grafana_oncall"})
"""The channels of destinations through which a way may lead: those of programs."""

PREFIX: Final = f"{PREFIXES['destination']}_"


def named_by(channel: str, address: str) -> DestinationId | None:
    """Tell which destination an *address* on *channel* leads through, if through any."""
    if channel != CHANNEL or not address.startswith(PREFIX):
        return None
    number = from_native(address)
    return None if number is None else DestinationId(number)


def through(directory: Directory, notification: Notification) -> tuple[Notification, str]:
    """Let *notification*, if its address names a destination, go there; or say why that cannot be."""
    wanted = None if notification.user is None else named_by(notification.channel, notification.address)
    if wanted is None:
        return notification, ""
    found = directory.destinations.get(wanted)
    if found is None:
        return notification, "the destination that this way leads through is no longer there"
    if found.subscription is not None and not found.subscription.enabled:
        return notification, f"{found.name}, which this way leads through, is switched off"
    led = replace(notification, channel=found.channel, address=found.address, destination=found.id)
    return led, ""


def check_way(channel: str) -> None:
    """Raise Invalid unless a person's way may lead through a destination on *channel*."""
    if channel not in LEADS_TO:
        remedy = f"must be one on {' or '.join(sorted(LEADS_TO))}"
        raise Invalid("address", f"names a destination on {channel}", remedy)


def read_context(method: ContactMethod) -> Mapping[str, Any]:
    """Read what a program is told beside the pages of whose way *method* is."""
    if not method.context:
        return {}
    found: Mapping[str, Any] = json.loads(method.context)
    return found
