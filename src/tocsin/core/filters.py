"""A small filter language, shared by alert policies, rules and silences.

severity = critical and labels.team in [db, "data platform"] and not title ~ "drill|test"
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tocsin.core.event import Metric, Severity


class Subject(Protocol):
    """What a filter looks at: an event or an alert."""

    @property
    def severity(self) -> Severity: ...
    @property
    def title(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def dimensions(self) -> Mapping[str, str]: ...
    @property
    def event_type(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def metric(self) -> Metric | None: ...
    @property
    def monitor_id(self) -> str: ...
    @property
    def monitor_name(self) -> str: ...
    @property
    def monitor_labels(self) -> tuple[str, ...]: ...
    @property
    def dedup_key(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter: its *text* as written, and *matches*, compiled from it once. Equal when the texts are."""

    text: str
    matches: Callable[[Subject], bool] = field(compare=False, repr=False)


EVERYTHING = Filter("", lambda _subject: True)
