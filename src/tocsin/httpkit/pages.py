"""Long lists in stretches: an opaque cursor says where the next one begins.

A cursor holds the sort key of the last item given, so that what is added or removed meanwhile neither shifts
nor repeats anything. It is bound to the list that gave it out.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from tocsin.core.errors import Invalid

LIMIT_DEFAULT = 50
LIMIT_MAX = 200

Limit = Annotated[int, Meta(ge=1, le=LIMIT_MAX, description="how many to give at once")]
Cursor = Annotated[str, Meta(max_length=1_000, description="where to go on: next of the answer before")]
Key = int | str
T = TypeVar("T")

_KEY_MAX = (1 << 63) - 1
_TEXT_MAX = 500


def cursor(of: str, *keys: Key) -> str:
    """Make the cursor that goes on after the item with the sort key *keys* in the list *of*."""
    return base64.urlsafe_b64encode(msgspec.json.encode([of, *keys])).decode().rstrip("=")


def keys_of(of: str, text: str, *kinds: type[int | str]) -> tuple[Key, ...]:
    """Read a cursor of the list *of* back into its sort key, whose parts are of *kinds*.

    Raise Invalid for anything that ``cursor`` did not make.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        name, *keys = msgspec.json.decode(raw, type=list[Key])
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        raise _foreign() from None
    if name != of or len(keys) != len(kinds):
        raise _foreign()
    for key, kind in zip(keys, kinds, strict=True):
        if not isinstance(key, kind) or not _storable(key):
            raise _foreign()
    return tuple(keys)


def cut(
    of: str, found: Sequence[T], limit: int, key: Callable[[T], tuple[Key, ...]]
) -> tuple[Sequence[T], str | None]:
    """Cut *found*, of which one more than *limit* was asked for, to *limit*.

    Return them with the cursor for the rest, None when there is no rest.
    """
    if len(found) <= limit:
        return found, None
    return found[:limit], cursor(of, *key(found[limit - 1]))


def _storable(key: Key) -> bool:
    if isinstance(key, int):
        return -_KEY_MAX <= key <= _KEY_MAX
    return len(key) <= _TEXT_MAX and "\0" not in key


def _foreign() -> Invalid:
    return Invalid("cursor", "is not one that this list gave out", "must be the next of an earlier answer")
