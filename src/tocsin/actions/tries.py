"""Tries that must not be too many, on whichever node they are made."""

import math
from datetime import datetime, timedelta

from tocsin.store import tries
from tocsin.store.transaction import Tx


def take(tx: Tx, about: str, *, most: int, within: timedelta, now: datetime) -> int:
    """Count a try at what *about* names, of *most* within *within*; return how many seconds to wait, or 0."""
    count, ends_at = tries.take(tx, about, until=now + within, now=now)
    return max(1, math.ceil((ends_at - now).total_seconds())) if count > most else 0
