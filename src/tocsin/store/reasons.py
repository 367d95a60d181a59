"""Becauses in the timeline: written as pairs of their code and their fields."""

from collections.abc import Sequence

import msgspec

from tocsin.core.because import Because, Forgotten

_encode = msgspec.json.Encoder().encode
_decoders: dict[str, msgspec.json.Decoder[Because]] = {}
_decode = msgspec.json.Decoder(list[tuple[str, msgspec.Raw]]).decode


def dump(reasons: Sequence[Because]) -> str:
    """Write *reasons* as JSON text."""
    return _encode([(reason.code, reason) for reason in reasons]).decode()


def load(stored: str) -> tuple[Because, ...]:
    """Read what ``dump`` wrote; a reason whose kind is gone, or has changed, survives as its text."""
    return tuple(_read(code, bytes(raw)) for code, raw in _decode(stored))


def _read(code: str, raw: bytes) -> Because:
    decoder = _decoders.get(code)
    if decoder is None:
        kind = Because.kinds.get(code)
        if kind is None:
            return Forgotten(kind=code, text=raw.decode())
        decoder = _decoders[code] = msgspec.json.Decoder(kind)
    try:
        return decoder.decode(raw)
    except msgspec.DecodeError:
        return Forgotten(kind=code, text=raw.decode())
