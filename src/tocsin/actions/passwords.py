"""Passwords: kept as argon2id, which is slow on purpose; hash and verify them outside of transactions."""

from collections.abc import Callable
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tocsin.core.errors import Invalid, check_text

LENGTH_MIN: Final = 10
LENGTH_MAX: Final = 200
_SALT_BYTES: Final = 16
_HASHER: Final = PasswordHasher()  # RFC 9106, second recommended option: 64 MiB, 3 passes, 4 lanes


def check_password(password: str, path: str = "password") -> None:
    """Raise Invalid for a password that is too short, too long, or one character over and over."""
    check_text(password, path, shortest=LENGTH_MIN, longest=LENGTH_MAX)
    if len(set(password)) < 4:
        raise Invalid(path, "is easy to guess", "must have more than three different characters")


def hash_password(password: str, entropy: Callable[[int], bytes]) -> str:
    """Hash *password* with a salt of *entropy*."""
    return _HASHER.hash(password, salt=entropy(_SALT_BYTES))


def is_password(password: str, password_hash: str | None) -> bool:
    """Tell whether *password* is the one behind *password_hash*; without a hash none is."""
    try:
        return password_hash is not None and _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
