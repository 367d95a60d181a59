"""What a form shows beside its fields: what would change, and what somebody else changed meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.core.story import AuditEntry
from tocsin.web.differing import Part
from tocsin.web.forms import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What would change, before it does: the *parts* that differ, and the *outcome* where there is one."""

    parts: tuple[Part, ...]
    outcome: object
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanwhile:
    """Somebody saved the thing while another had its form open: the *last* change, and what differs by it."""

    last: AuditEntry | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A form as it is shown: *name* is that of the thing as it is, "" for a new one."""

    form: Form
    id: str = ""
    name: str = ""
    opened: str = ""
    review: Review | None = None
    meanwhile: Meanwhile | None = None
    choices: Mapping[str, Any] = field(default_factory=dict)
