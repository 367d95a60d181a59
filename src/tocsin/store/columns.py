"""The few types of column, and how a Python value goes into one: the same bytes in either engine.

Instants and spans are integer microseconds, JSON is text, truth is 0 or 1. No driver converts anything.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Integer, SmallInteger, Text
from sqlalchemy.types import TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_latest = _before = (EPOCH, 0)  # replaced as a whole, so that no thread sees a half of it
_read = (0, EPOCH)  # likewise

# "INTEGER PRIMARY KEY" is the row's own number in SQLite; any other spelling costs a second index.
_WHOLE: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"no way is known to store {type(value)}")


_encode = msgspec.json.Encoder(enc_hook=_plain).encode
_decode = msgspec.json.Decoder().decode


def identity(name: str = "id") -> Column[int]:
    """Make the primary key: an id that the node made, never one that the database counts up."""
    return Column(name, _WHOLE, primary_key=True, autoincrement=False)


def whole(name: str, *, optional: bool = False) -> Column[int]:
    """Make a column for an id, an instant, a span or a count: 64 bits."""
    return Column(name, _WHOLE, nullable=optional)


def flag(name: str) -> Column[int]:
    """Make a column for a truth, kept as 0 or 1."""
    return Column(name, SmallInteger, nullable=False)


def text(name: str, *, optional: bool = False) -> Column[str]:
    """Make a column for text."""
    return Column(name, Text, nullable=optional)


def json(name: str, *, optional: bool = False) -> Column[str]:
    """Make a column for a JSON value, kept as text that both engines' JSON functions read."""
    return Column(name, Text, nullable=optional)


def micros(at: datetime) -> int:
    """Turn an aware instant into microseconds since 1970."""
    global _latest, _before
    known, value = latest = _latest
    if at is known:
        return value
    known, value = _before
    if at is not known:
        since = at - EPOCH
        value = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    _latest, _before = (at, value), latest
    return value


def micros_or_none(at: datetime | None) -> int | None:
    """Turn an instant into microseconds since 1970, and none into NULL."""
    return None if at is None else micros(at)


def instant(value: int) -> datetime:
    """Turn microseconds since 1970 back into an instant, aware and in UTC."""
    global _read  # noqa: PLW0603 - rows of one moment stand together
    known, at = _read
    if value != known:
        at = EPOCH + timedelta(microseconds=value)
        _read = value, at
    return at


def instant_or_none(value: int | None) -> datetime | None:
    """Turn microseconds since 1970 back into an instant, and NULL into none."""
    return None if value is None else instant(value)


def span(value: timedelta) -> int:
    """Turn a duration into microseconds."""
    return (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds


def storable(value: str) -> str:
    """Replace what no database takes in a text that came from elsewhere: NUL, and halves of characters."""
    return value.replace("\x00", "\ufffd").encode(errors="replace").decode()


def to_json(value: object) -> str:
    """Write *value* as JSON text; mappings, sequences, dataclasses, instants and enumerations are known."""
    return _encode(value).decode()


def from_json(value: str) -> Any:
    """Read JSON text that ``to_json`` wrote."""
    return _decode(value)
