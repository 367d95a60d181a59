"""The sources by name: the one line that a new one adds."""

from collections.abc import Mapping

from tocsin.sources import alertmanager, generic, native
from tocsin.sources.base import Source

SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        native.SOURCE,
        alertmanager.SOURCE,
        generic.SOURCE,
    )
}
"""Every kind of integration there is, in the order in which people are shown them."""
