"""Whom an import talks to: the OnCall that is left, and this server by this dialect and by its own API."""

from collections.abc import Iterator
from typing import Any, Protocol

Json = dict[str, Any]


class PeerRefused(Exception):
    """A peer understood and said no: *status*, and its words."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.said = said


class OnCallPeer(Protocol):
    """A server that speaks OnCall's API."""

    def every(self, resource: str) -> Iterator[Json]:
        """Give all things of a resource, page by page."""

    def send(self, method: str, path: str, body: Json) -> Json:
        """Send a request that changes something; raise PeerRefused."""


class NativePeer(Protocol):
    """A server that speaks Tocsin's own API."""

    def every(self, path: str, name: str) -> Iterator[Json]:
        """Give all entries of the list *name*."""

    def send(self, method: str, path: str, body: Json | None) -> Json:
        """Send a request that changes something; raise PeerRefused."""
