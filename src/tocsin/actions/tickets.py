"""Tickets: values that somebody carries for us for a while, sealed, and brings back once."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from tocsin.store import nonces
from tocsin.store.nonces import Use
from tocsin.store.secrets import BadKeyError, Vault
from tocsin.store.transaction import Tx

LENGTH_MAX: Final = 4_096


def seal(vault: Vault, purpose: str, values: Mapping[str, str], *, until: datetime) -> str:
    """Seal *values* for *purpose*; they are good until *until*."""
    return vault.seal(json.dumps([until.timestamp(), dict(values)]), _place(purpose))


def opened(vault: Vault, purpose: str, ticket: str, *, now: datetime) -> Mapping[str, str] | None:
    """Open a ticket for *purpose*; None when it is none, or not good any more."""
    if not ticket or len(ticket) > LENGTH_MAX or not ticket.isascii():
        return None
    try:
        until, values = json.loads(vault.open(ticket, _place(purpose)))
    except (BadKeyError, ValueError):
        return None
    return values if until > now.timestamp() else None


def first_use(tx: Tx, ticket: str, *, lasts: timedelta, now: datetime) -> bool:
    """Note that *ticket* is used, and tell whether it is for the first time, on any node."""
    nonce = int.from_bytes(sha256(ticket.encode()).digest()[:8], "big") >> 1
    return nonces.use(tx, [Use(nonce=nonce, count=0, expires_at=now + lasts)])[0]


def _place(purpose: str) -> str:
    return f"ticket:{purpose}"
