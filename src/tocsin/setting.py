"""One setting: what it holds, how its text is read, and what there is to know about it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from tocsin.core.destination import check_email
from tocsin.core.errors import Invalid

Reader = Callable[[str], object]
"""Makes a value of a text; raises ValueError, saying what would be right."""

Kind = tuple[str, Reader]
"""What a setting holds, in a word or two, and how it is read."""


_HOST = re.compile(r"[a-z0-9][a-z0-9.-]{0,252}(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What there is to know about one setting. *default* is its text, or in brackets what it follows from."""

    name: str = ""
    kind: str
    read: Reader
    default: str
    sentence: str
    unit: str = ""
    secret: bool = False


def holds(kind: Kind, default: str, sentence: str, *, unit: str = "", secret: bool = False) -> Setting:
    """Describe a setting of *kind*; its name is that of the field which it stands at."""
    return Setting(kind=kind[0], read=kind[1], default=default, sentence=sentence, unit=unit, secret=secret)


def whole(least: int, most: int) -> Kind:
    """Hold a whole number of *least* to *most*."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number of {least} to {most}")
        return int(text)

    return f"whole number, {least} to {most}", read


def one_of(*choices: str) -> Kind:
    """Hold one of a few words."""

    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return text.lower()

    return " or ".join(choices), read


def some_of(*choices: str) -> Kind:
    """Hold one or several of a few words, with commas or blanks between them, in the order of *choices*."""

    def read(text: str) -> tuple[str, ...]:
        given = text.replace(",", " ").lower().split()
        if not given or not set(given) <= set(choices):
            raise ValueError(f"must be one or several of {', '.join(choices)}, with commas between them")
        return tuple(choice for choice in choices if choice in given)

    return f"some of {', '.join(choices)}", read


def url(*schemes: str, host: bool = True) -> Kind:
    """Hold a URL with one of *schemes*, which names a host unless it need not."""

    def read(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in schemes or (host and not parts.netloc.rpartition("@")[2]):
            raise ValueError(
                f"must begin with {'://, '.join(schemes)}://" + (" and name a host" if host else "")
            )
        if parts.netloc.count("@") > 1:  # everybody splits it elsewhere, and shows what is left of the secret
            raise ValueError("must write an @ in a user name or a password as %40")
        return text.rstrip("/") if "http" in schemes else text

    return "URL", read


def read_path(text: str) -> Path:
    """Read the path of a file or a folder, which may begin with ~."""
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ValueError("must be an absolute path where there is no home folder") from None


def read_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Read networks, with commas or blanks between them."""
    try:
        return tuple(ip_network(part) for part in text.replace(",", " ").split())
    except ValueError:
        raise ValueError("must be networks like 10.0.0.0/8, with commas between them") from None


def read_hosts(text: str) -> tuple[str, ...]:
    """Read names of hosts, with commas or blanks between them."""
    hosts = tuple(text.replace(",", " ").lower().split())
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise ValueError("must be names of hosts, perhaps with ports, with commas between them")
    return hosts


def _read_issuer(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("must be a URL like https://accounts.example.org, exactly as the provider writes it")
    return text


def _read_mailbox(text: str) -> str:
    try:
        check_email(parseaddr(text)[1])
    except Invalid:
        raise ValueError("must be an address like tocsin@example.org, at a named host") from None
    return text


def _read_contact(text: str) -> str:
    if not text.startswith("https://"):
        text = _read_mailbox(text.removeprefix("mailto:"))
        return f"mailto:{parseaddr(text)[1]}"
    return text


PREFIX = "TOCSIN_"

TEXT: Kind = ("text", str)
PATH: Kind = ("path", read_path)
HOSTS: Kind = ("hosts", read_hosts)
NETWORKS: Kind = ("networks", read_networks)
MAILBOX: Kind = ("mail address", _read_mailbox)
ISSUER: Kind = ("URL of an issuer", _read_issuer)
CONTACT: Kind = ("mail address or https URL", _read_contact)
POSTGRESQL = url("postgresql", "postgres", host=False)
DATABASE = url("sqlite", "postgresql", "postgres", host=False)
