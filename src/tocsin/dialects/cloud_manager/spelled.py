"""Ids: 24 hexadecimal digits, also of what is made up on the way and kept nowhere."""

import hashlib
import re
from functools import lru_cache

from tocsin.core.ids import ServiceId

SHOWN_MAX = 100
REMEMBERED_MAX = 1 << 12

_HEX_24 = re.compile(r"[0-9a-f]{24}", re.ASCII | re.IGNORECASE)
_DIGITS_OF_HOST = 32


def is_hex_24(text: str) -> bool:
    """Tell whether *text* has the form of an id, be it one of ours or not."""
    return _HEX_24.fullmatch(text) is not None


@lru_cache(REMEMBERED_MAX)
def implicit_id(group: ServiceId, event_type: str) -> str:
    """Make the id of the configuration that stands for alerts of *event_type* which have none."""
    return _digits(f"configuration {group} {event_type}", 24)


@lru_cache(REMEMBERED_MAX)
def host_id(group: ServiceId, host: str) -> str:
    """Make the id of a host: the same for the same host of a project."""
    return _digits(f"host {group} {host}", _DIGITS_OF_HOST)


@lru_cache(REMEMBERED_MAX)
def cluster_id(group: ServiceId, cluster: str) -> str:
    """Make the id of a cluster: the same for the same cluster of a project."""
    return _digits(f"cluster {group} {cluster}", 24)


def _digits(told: str, count: int) -> str:
    return hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=count // 2).hexdigest()
