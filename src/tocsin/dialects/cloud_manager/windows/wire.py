"""Maintenance windows over the wire."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tocsin.dialects.cloud_manager.lists import Link

AlertTypeName = Literal["HOST", "REPLICA_SET", "CLUSTER", "AGENT", "BACKUP"]
Names = Annotated[list[AlertTypeName], Meta(max_length=50)]
Description = Annotated[str, Meta(max_length=1_000)]


class WindowBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A maintenance window to make, or what to change of one."""

    start_date: str | None = None
    end_date: str | None = None
    alert_type_names: Names | None = None
    description: Description | None = None


class WindowDocument(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A maintenance window."""

    id: str
    group_id: str
    created: str
    updated: str
    start_date: str
    end_date: str
    alert_type_names: list[str]
    description: str = ""
    links: list[Link]
