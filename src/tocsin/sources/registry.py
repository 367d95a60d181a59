"""The sources by name: the one line that a new one adds."""

from collections.abc import Callable, Mapping
from typing import Any

from tocsin.sources import alertmanager, generic, grafana, native, templated
from tocsin.sources.base import Source

SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        native.SOURCE,
        alertmanager.SOURCE,
        grafana.SOURCE,
        generic.SOURCE,
        templated.SOURCE,
    )
}
"""Every kind of integration there is, in the order in which people are shown them."""


def inlets() -> Mapping[str, Callable[[Mapping[str, Any]], None]]:
    """Give every kind of integration with what checks a mapping for it."""
    return {name: source.check_mapping for name, source in SOURCES.items()}
