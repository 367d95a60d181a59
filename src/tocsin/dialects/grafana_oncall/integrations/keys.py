"""The keys in the addresses of integrations: new ones, or those that sources know from another server."""

import base64
import hashlib
import re
from typing import Final

from tocsin.actions import tokens
from tocsin.dialects.grafana_oncall.errors import refused
from tocsin.dialects.grafana_oncall.handling import Ask

KEY_LENGTH: Final = 25
KEEP: Final = "keep_link"  # a parameter of ours, for whoever moves in
IN_USE: Final = "The link belongs to another integration already"
BAD_LINK: Final = "The link is not one of an integration"

_LINK = re.compile(r"https?://.{1,2000}/integrations/v1/[a-z_]{1,50}/([A-Za-z0-9]{20,50})/?", re.ASCII)


def key_for(ask: Ask, link: object) -> str:
    """Make the key of a new integration; with ``?keep_link=true`` it is that of the *link* it had before."""
    if ask.query.one(KEEP) != "true" or link in (None, ""):
        return _new(ask.call.world.entropy(KEY_LENGTH))
    match = _LINK.fullmatch(link) if isinstance(link, str) else None
    if match is None:
        raise refused(BAD_LINK)
    if tokens.integration_of(ask.tx, hashlib.sha256(match[1].encode()).hexdigest()) is not None:
        raise refused(IN_USE)
    return match[1]


def _new(random: bytes) -> str:
    """Make a key: letters and digits."""
    return base64.b32encode(random).decode().rstrip("=").lower()[:KEY_LENGTH]
