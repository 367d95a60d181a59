"""Keys by which programs and people's clients are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_network

from tocsin.core.errors import Invalid
from tocsin.core.ids import KeyId, ServiceId, SessionId, UserId, WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An API key. Its secret is kept as a hash; *hint* is the part of it that may be shown.

    *kind* names the API that it is for. It acts for *user*, and *service* is what its events belong to when
    they do not say. *scopes* narrows what it may do; none of them means all that the user may. *extra* holds
    what the kind needs beside the hash (a digest's HA1); it is encrypted at rest. *networks* are those from
    which it may be used, like ``192.0.2.0/24``; none of them means from anywhere.
    """

    id: KeyId
    workspace: WorkspaceId
    kind: str
    name: str
    user: UserId | None = None
    service: ServiceId | None = None
    hint: str = ""
    scopes: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser in which *user* has signed in; *browser* is what it calls itself."""

    id: SessionId
    user: UserId
    browser: str = ""
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


def check_network(text: str, path: str) -> str:
    """Return *text* as the network, or the one address, that it is, in CIDR notation; raise Invalid."""
    try:
        return str(ip_network(text.strip(), strict=True))
    except ValueError:
        remedy = "must be a network like 192.0.2.0/24, or an address"
        raise Invalid(path, f"is {text[:50]!r}", remedy) from None
