"""Ids: a capital prefix for each kind of thing, and 12 letters and digits."""

from typing import Final

from tocsin.core.spelling import from_lettered, to_lettered

PREFIXES: Final = {
    "user": "U",
    "team": "T",
    "organization": "O",
    "shift": "O",
    "rule": "N",
    "chain": "F",
    "step": "E",
    "schedule": "S",
    "swap": "SSR",
    "user_group": "G",
    "slack_channel": "H",
    "integration": "C",
    "route": "R",
    "alert_group": "I",
    "alert": "A",
    "note": "M",
    "webhook": "WH",
}


def write(kind: str, identifier: int) -> str:
    """Spell the id of a thing of *kind*."""
    return to_lettered(PREFIXES[kind], identifier)


def write_or_none(kind: str, identifier: int | None) -> str | None:
    """Spell a reference to a thing of *kind*, which may be to nothing."""
    return None if identifier is None else write(kind, identifier)


def read(kind: str, text: object) -> int | None:
    """Read the id of a thing of *kind*; None for whatever is not one."""
    return from_lettered(text, PREFIXES[kind]) if isinstance(text, str) else None
