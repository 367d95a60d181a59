"""The guard before every outbound request: no address that is not public, unless the operator allows it.

It is asked when a socket is opened, about the very address that the socket will connect to. What a name
meant a moment before, or will mean to somebody else, plays no part, so a name server cannot lie its way in.
"""

import errno
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]

# IANA, "IPv4 Special-Purpose Address Space", and multicast (RFC 5771). Written out, for what Python calls
# private has changed from release to release.
_SPECIAL_V4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), word)
    for network, word in (
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
# IANA, "IPv6 Special-Purpose Address Space". Outside 2000::/3 nothing is global unicast (RFC 4291, 2.4).
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), word)
    for network, word in (
        ("::/128", "this host"),
        ("::1/128", "loopback"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "for documentation"),
        ("3fff::/20", "for documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
# Networks whose addresses carry an IPv4 address, and how far from the right it stands, in bits.
_CARRIERS: tuple[tuple[IPv6Network, int], ...] = (
    (IPv6Network("::ffff:0:0/96"), 0),  # mapped (RFC 4291)
    (IPv6Network("::ffff:0:0:0/96"), 0),  # translated (RFC 2765)
    (IPv6Network("::/96"), 0),  # compatible (RFC 4291), but for :: and ::1
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64 (RFC 6052)
    (IPv6Network("2002::/16"), 80),  # 6to4 (RFC 3056)
)
_TEREDO = IPv6Network("2001::/32")  # the client's, its bits turned round (RFC 4380)
# The carriers that lead to the IPv4 address and nowhere else; of the others none is in use.
_TRANSPARENT = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))


class AddressRefused(OSError):
    """The guard does not let a socket connect to this address."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(errno.EACCES, f"{address} is {why}, and TOCSIN_OUTBOUND_ALLOW does not name it")


class Guard:
    """Tells which addresses may be connected to: public ones, and those in the networks of *allow*."""

    def __init__(self, allow: Iterable[Network] = ()) -> None:
        self._allow = tuple(allow)

    def objection(self, text: str) -> str | None:
        """Say what is wrong with connecting to the IP address *text*, or None if nothing is."""
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            return "no IP address"
        faces = tuple(_faces(address))
        if any(
            face in network for face in faces for network in self._allow if face.version == network.version
        ):
            return None
        return next((word for face in faces if (word := _special(face))), None)

    def open_socket(self, info: AddressInfo) -> socket.socket:
        """Open the socket for one resolved address; raise AddressRefused rather than let it be connected."""
        family, kind, protocol, _, (host, *_) = info
        why = self.objection(str(host))
        if why is not None:
            raise AddressRefused(str(host), why)
        return socket.socket(family=family, type=kind, proto=protocol)


def _faces(address: Address) -> Iterable[Address]:
    """Give *address* in every reading that some router or kernel may have of it."""
    yield address
    if isinstance(address, IPv6Address):
        for network, shift in _CARRIERS:
            if address in network and int(address) > 1:
                yield IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
        if address in _TEREDO:
            yield IPv4Address((int(address) & 0xFFFFFFFF) ^ 0xFFFFFFFF)


def _special(address: Address) -> str | None:
    """Return what makes *address* none of the public ones, or None."""
    if isinstance(address, IPv4Address):
        return next((word for network, word in _SPECIAL_V4 if address in network), None)
    word = next((word for network, word in _SPECIAL_V6 if address in network), None)
    if word is None and address not in _GLOBAL_V6 and not any(address in net for net in _TRANSPARENT):
        return "no public address"
    return word
