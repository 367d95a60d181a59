"""Who hears of what becomes of alerts, found once for each directory."""

from collections.abc import Mapping

from tocsin.core.compiled import compiled_once
from tocsin.core.directory import Directory
from tocsin.core.service import Destination
from tocsin.core.subscription import AlertChange


@compiled_once
def subscribers(directory: Directory) -> Mapping[AlertChange, tuple[Destination, ...]]:
    """List, for each change, the destinations that want to hear of it; a change nobody wants is not there."""
    found: dict[AlertChange, list[Destination]] = {}
    for destination in directory.destinations.values():
        subscription = destination.subscription
        if subscription is not None and subscription.enabled:
            for change in subscription.changes:
                found.setdefault(change, []).append(destination)
    return {change: tuple(sorted(those, key=lambda each: each.id)) for change, those in found.items()}
