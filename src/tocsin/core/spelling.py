"""One id, every spelling: the reversible forms of a 60-bit id, our own and each vendor's.

No table stores a spelling. Every ``from_`` gives None for what its ``to_`` would not have written: malformed,
foreign, or a second way to write the same; it never raises. Hexadecimal digits may come in either case.

What is written here stands in clients' files for years: neither alphabets nor the key may ever change.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from tocsin.core.ids import ID_BITS, ID_MAX

PREFIXES: Final = {
    "workspace": "ws",
    "user": "usr",
    "team": "team",
    "contact_method": "cm",
    "notification_rule": "nr",
    "service": "svc",
    "integration": "int",
    "destination": "dst",
    "event": "evt",
    "alert": "alrt",
    "alert_policy": "pol",
    "rule": "rule",
    "silence": "sil",
    "note": "note",
    "exchange": "exch",
    "date_set": "dat",
    "monitor": "mon",
    "escalation_policy": "esc",
    "plan": "plan",
    "step": "step",
    "schedule": "sch",
    "layer": "lay",
    "override": "ovr",
    "recurring_shift": "rsh",
    "feed": "feed",
    "shift_swap": "swap",
    "page": "page",
    "notification": "ntf",
    "key": "key",
    "session": "ses",
    "identity": "idn",
    "passkey": "psk",
    "sign_in_link": "lnk",
    "kept_form": "frm",
    "timeline": "tl",
    "audit": "aud",
}
CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"
LETTERS_34: Final = "ABCDEFGHIJKLMNPQRSTUVWXYZ123456789"  # no O and no zero
LETTERS: Final = 12  # of either alphabet, enough for 60 bits
REMEMBERED_MAX: Final = 1 << 14  # some spellings take longer to work out than to look up

_KEY: Final = b"tocsin: one id, every spelling"
_KINDS: Final = {prefix: kind for kind, prefix in PREFIXES.items()}
_PAIRS: Final = tuple(first + second for first in CROCKFORD for second in CROCKFORD)
_PAIR_BITS: Final = 10
_CROCKFORD_VALUES: Final = {letter: value for value, letter in enumerate(CROCKFORD)}
_LETTER_VALUES: Final = {letter: value for value, letter in enumerate(LETTERS_34)}

_NATIVE = re.compile(rf"([a-z]+)_([{CROCKFORD}]{{{LETTERS}}})")
_UUID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII
)
_LETTERED = re.compile(rf"([A-Z]{{1,4}})([{LETTERS_34}]{{{LETTERS}}})")
_HEX_24 = re.compile(r"[0-9a-f]{24}", re.IGNORECASE | re.ASCII)
_HEX_32 = re.compile(r"([a-z]{1,16}[_-])([0-9A-Fa-f]{32})")


def native(kind: str, identifier: int) -> str:
    """Write an id our own way: the prefix of its *kind* and 12 letters, ``alrt_06cq3x1k2m4n``."""
    high, low, pairs = identifier >> 30, identifier & 0x3FFF_FFFF, _PAIRS
    return (  # written out, for every answer and message is full of ids
        f"{PREFIXES[kind]}_{pairs[high >> 20 & 1023]}{pairs[high >> 10 & 1023]}{pairs[high & 1023]}"
        f"{pairs[low >> 20]}{pairs[low >> 10 & 1023]}{pairs[low & 1023]}"
    )


def native_many(kind: str, identifiers: Sequence[int]) -> list[str]:
    """Write many ids our own way; those that were made together begin alike."""
    spelled: list[str] = []
    known, start = -1, ""
    for identifier in identifiers:
        if identifier >> 2 * _PAIR_BITS != known:
            known = identifier >> 2 * _PAIR_BITS
            start = native(kind, identifier)[:-4]
        spelled.append(start + _PAIRS[identifier >> _PAIR_BITS & 1023] + _PAIRS[identifier & 1023])
    return spelled


def from_native(text: str, kind: str | None = None) -> int | None:
    """Read our own spelling, of *kind* if that is given."""
    match = _NATIVE.fullmatch(text)
    if match is None or match[1] not in _KINDS or kind not in (None, _KINDS[match[1]]):
        return None
    return _number(match[2], _CROCKFORD_VALUES)


@lru_cache(REMEMBERED_MAX)
def to_uuid(identifier: int) -> str:
    """Write an id as a UUID of version 8 (RFC 9562, 5.8): 60 bits of id and 62 that prove it to be ours."""
    first, check = identifier >> 12, _check(identifier, 62)
    digits = f"{first:012x}8{identifier & 0xFFF:03x}{0b10 << 62 | check:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def from_uuid(text: str) -> int | None:
    """Read a UUID that `to_uuid` wrote."""
    if _UUID.fullmatch(text) is None:
        return None
    digits = text.replace("-", "")
    identifier = int(digits[:12] + digits[13:16], 16)
    return identifier if to_uuid(identifier) == text.lower() else None


def to_lettered(prefix: str, identifier: int) -> str:
    """Write an id as Grafana OnCall does: a capital *prefix* and 12 of A to Z without O, and 1 to 9."""
    letters = []
    for _ in range(LETTERS):
        identifier, value = divmod(identifier, len(LETTERS_34))
        letters.append(LETTERS_34[value])
    return prefix + "".join(reversed(letters))


def from_lettered(text: str, prefix: str | None = None) -> int | None:
    """Read what `to_lettered` wrote, with *prefix* if that is given.

    The form has no room for a check: one that another server made may well be read as some id of ours.
    """
    match = _LETTERED.fullmatch(text)
    if match is None or prefix not in (None, match[1]):
        return None
    return _number(match[2], _LETTER_VALUES)


def to_hex_24(identifier: int) -> str:
    """Write an id as 24 hexadecimal digits, as Cloud Manager does: 60 bits of id, 36 of check."""
    return f"{identifier:015x}{_check(identifier, 36):09x}"


def from_hex_24(text: str) -> int | None:
    """Read what `to_hex_24` wrote."""
    return _checked(text, to_hex_24) if _HEX_24.fullmatch(text) is not None else None


def to_hex_32(prefix: str, identifier: int) -> str:
    """Write an id as Guance does, 32 hexadecimal digits behind *prefix* (``altpl_``): 68 bits are check."""
    return f"{prefix}{_digits_32(identifier)}"


def from_hex_32(text: str, prefix: str | None = None) -> int | None:
    """Read what `to_hex_32` wrote, with *prefix* if that is given."""
    match = _HEX_32.fullmatch(text)
    if match is None or prefix not in (None, match[1]):
        return None
    return _checked(match[2], _digits_32)


def from_any(text: str) -> int | None:
    """Read an id in whichever spelling it comes; no two of them can be taken for one another."""
    for read in (from_native, from_uuid, from_hex_24, from_hex_32, from_lettered):
        identifier = read(text)
        if identifier is not None:
            return identifier
    return None


def identifier_of(text: str, kind: str) -> int | None:
    """Read the id of a thing of *kind* in any spelling; None for our own spelling of another kind's."""
    return from_any(text) if from_native(text) is None else from_native(text, kind)


def _digits_32(identifier: int) -> str:
    return f"{identifier:015x}{_check(identifier, 68):017x}"


def _checked(text: str, write: Callable[[int], str]) -> int | None:
    identifier = int(text[: ID_BITS // 4], 16)
    return identifier if write(identifier) == text.lower() else None


def _number(text: str, values: dict[str, int]) -> int | None:
    number = 0
    for letter in text:
        number = number * len(values) + values[letter]
    return number if number <= ID_MAX else None


def _check(identifier: int, bits: int) -> int:
    """Mix *identifier* into *bits* bits that strangers do not hit by chance; each width has its own mix."""
    mixed = blake2b(identifier.to_bytes(8, "big"), digest_size=16, key=_KEY, person=bytes([bits]))
    return int.from_bytes(mixed.digest(), "big") >> (128 - bits)
