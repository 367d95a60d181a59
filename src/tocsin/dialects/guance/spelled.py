"""How ids are spelled here: a prefix for each kind, and 32 hexadecimal digits."""

from typing import Final

from tocsin.core.spelling import PREFIXES, from_hex_32, to_hex_32

STRATEGY: Final = "altpl_"
WORKSPACE: Final = "wksp_"
KEY: Final = "wsak_"
MEMBER: Final = "acnt_"
TEAM: Final = "group_"
ROLE: Final = "role_"
NOTIFY: Final = "notify_"
DATES: Final = "ndate_"
MONITOR: Final = "rul_"
MUTE: Final = "mute_"
EVENT: Final = "event-"

_BY_KIND: Final = {
    "alert_policy": STRATEGY,
    "alert policy": STRATEGY,
    "workspace": WORKSPACE,
    "key": KEY,
    "user": MEMBER,
    "team": TEAM,
    "destination": NOTIFY,
    "date_set": DATES,
    "date set": DATES,
    "set of dates": DATES,
    "monitor": MONITOR,
    "silence": MUTE,
    "event": EVENT,
    "alert": EVENT,
}
_KINDS: Final = {prefix: kind for kind, prefix in PREFIXES.items()}


def spelled(kind: str, identifier: int, native_prefix: str = "") -> str:
    """Spell the id of a thing of *kind*, or of one whose native spelling begins with *native_prefix*."""
    prefix = _BY_KIND.get(kind or _KINDS.get(native_prefix, ""), f"{(kind or native_prefix)[:8]}_")
    return to_hex_32(prefix.replace(" ", "_"), identifier)


def read(text: str, prefix: str) -> int | None:
    """Read the id behind *prefix*; None for whatever this server did not write."""
    return from_hex_32(text, prefix)
