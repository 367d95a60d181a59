"""What a form said when it was opened, what it says now, and what the thing is by now, merged. Pure."""

import hashlib
from typing import Any, Final

import msgspec

from tocsin.web.forms import Form, Values

OPENED: Final = "_opened"  # what the form held when it was opened
SEEN: Final = "_seen"  # the digest of what was typed when its consequences were shown
DO: Final = "do"
_OURS: Final = (OPENED, SEEN, DO)


def merged(mine: Values, opened: Values, now: Values) -> Values:
    """Keep what somebody typed, and take the new values of the fields that they left as they were.

    A list counts as one field: what two people did to it is not mixed.
    """
    typed_, before, after = (_by_field(values) for values in (mine, opened, now))
    merged: dict[str, Any] = {}
    for name in {**after, **typed_}:
        kept = (
            typed_.get(name, {}) if said_by(typed_.get(name, {})) != said_by(before.get(name, {})) else None
        )
        merged |= after.get(name, {}) if kept is None else kept
    return merged


def _by_field(values: Values) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        if name not in _OURS:
            found.setdefault(name.partition(".")[0], {})[name] = value
    return found


def said_by(values: Values) -> dict[str, list[str]]:
    """Give what a form says, without what is blank."""
    told = {name: [each for each in found if each] for name, found in values.items() if name not in _OURS}
    return {name: found for name, found in told.items() if found}


def packed(values: Values) -> str:
    """Write what a form says as one text."""
    return msgspec.json.encode(said_by(values)).decode()


def unpacked(text: str) -> Values:
    """Read what `packed` wrote; what it did not write says nothing."""
    try:
        return msgspec.json.decode(text, type=dict[str, list[str]])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


def digest(form: Form) -> str:
    """Give a short text that is another one when the form says anything else."""
    told = msgspec.json.encode(sorted(said_by(form.values).items()))
    return hashlib.blake2b(told, digest_size=12).hexdigest()
