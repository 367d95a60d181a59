import socket
from ipaddress import ip_network

import pytest

from tocsin.httpkit.guard import AddressRefused, Guard

PUBLIC = [
    "8.8.8.8",
    "93.184.215.14",
    "192.0.1.1",
    "172.15.255.255",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "223.255.255.255",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
]
REFUSED = [
    ("0.0.0.0", "this host"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("10.1.2.3", "private"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.168.1.1", "private"),
    ("100.64.0.1", "carrier-grade NAT"),
    ("100.127.255.255", "carrier-grade NAT"),
    ("169.254.169.254", "link-local"),
    ("192.0.0.8", "reserved"),
    ("192.0.2.1", "documentation"),
    ("198.18.0.1", "benchmarks"),
    ("198.51.100.1", "documentation"),
    ("203.0.113.1", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "reserved"),
    ("::", "this host"),
    ("::1", "loopback"),
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "link-local"),
    ("fec0::1", "site-local"),
    ("fc00::1", "private"),
    ("fd00:ec2::254", "private"),
    ("ff02::1", "multicast"),
    ("2001:db8::1", "documentation"),
    ("3fff::1", "documentation"),
    ("100::1", "no public address"),
    ("4000::1", "no public address"),
    ("::ffff:127.0.0.1", "loopback"),
    ("::ffff:169.254.169.254", "link-local"),
    ("::ffff:10.0.0.1", "private"),
    ("::ffff:0:10.0.0.1", "no public address"),
    ("::127.0.0.1", "no public address"),
    ("::8.8.8.8", "no public address"),
    ("64:ff9b::127.0.0.1", "loopback"),
    ("64:ff9b::10.0.0.1", "private"),
    ("64:ff9b:1::10.0.0.1", "no public address"),
    ("2002:7f00:1::1", "loopback"),
    ("2002:c0a8:101::1", "private"),
    ("2001:0:4136:e378:8000:63bf:80ff:fffe", "reserved"),
    ("localhost", "no IP address"),
    ("", "no IP address"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address):
    assert Guard().objection(address) is None


@pytest.mark.parametrize(("address", "why"), REFUSED)
def test_an_address_that_is_not_public_may_not_be_called(address, why):
    objection = Guard().objection(address)

    assert objection is not None
    assert why in objection


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("127.0.0.0/8", "127.0.0.1", "10.0.0.1"),
        ("127.0.0.0/8", "::ffff:127.0.0.1", "::1"),
        ("10.1.0.0/16", "10.1.2.3", "10.2.0.1"),
        ("10.1.0.0/16", "64:ff9b::10.1.2.3", "64:ff9b::10.2.0.1"),
        ("::1/128", "::1", "fd00::1"),
        ("fd00::/8", "fd12:3456::1", "fe80::1"),
    ],
)
def test_the_operator_may_let_networks_through_and_no_others_with_them(network, inside, outside):
    guard = Guard([ip_network(network)])

    assert guard.objection(inside) is None
    assert guard.objection(outside) is not None
    assert guard.objection("8.8.8.8") is None


def test_no_socket_is_opened_for_an_address_that_is_refused():
    info = (socket.AF_INET, socket.SOCK_STREAM, 0, "hooks.example.org", ("127.0.0.1", 80))

    with pytest.raises(AddressRefused, match=r"127\.0\.0\.1 is loopback"):
        Guard().open_socket(info)
    Guard([ip_network("127.0.0.0/8")]).open_socket(info).close()
