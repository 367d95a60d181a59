"""From where a key may be used: the networks that it is bound to, if it is to any."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

from tocsin.actions.actor import Actor
from tocsin.httpkit.errors import NotFromThere

_KEPT = 1_000


def must_be_from(actor: Actor, scope: Scope) -> None:
    """Raise NotFromThere unless the client of *scope* is in a network from which *actor*'s key may be used.

    It is the address that the connection comes from: behind a proxy, the proxy's.
    """
    if not actor.networks:
        return
    client = scope.get("client")
    address = client[0] if client else ""
    if not is_within(address, actor.networks):
        raise NotFromThere(f"this key may not be used from {address or 'there'}", address)


@lru_cache(_KEPT)
def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Tell whether the IP address *address* lies in one of *networks*."""
    try:
        found = _plain(ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    return any(found in network for network in map(_network, networks) if network.version == found.version)


@lru_cache(_KEPT)
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Give an IPv4 address that came mapped into IPv6 as itself."""
    return getattr(address, "ipv4_mapped", None) or address
