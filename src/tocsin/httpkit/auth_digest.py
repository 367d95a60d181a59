"""HTTP digest (RFC 7616 with MD5 and qop=auth): challenges, and who answers one rightly.

A nonce tells when it was made, a number that nobody else has, and a code under a key of the vault: so every
node knows its own installation's nonces, and none keeps those that it gives out. What is kept, for all nodes
together, is which counts each nonce was used with; so a request that was overheard is good for nothing.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request

from tocsin.actions import digest_keys
from tocsin.actions.actor import Actor
from tocsin.actions.digest_keys import DigestKey, Use
from tocsin.actions.key_kinds import DIGEST_REALM
from tocsin.core.errors import Unauthorized
from tocsin.httpkit.limits import Rates
from tocsin.httpkit.remembered import Remembered
from tocsin.httpkit.uses import Uses
from tocsin.world import Tx, World

NONCE_LASTS: Final = timedelta(minutes=5)
HEADER_LENGTH_MAX: Final = 8_192
FAILURES_MAX: Final = 120  # of one user name from one address, at once and in a minute
USES_PER_COMMIT_MAX: Final = 1_000

_SCHEME: Final = b"digest "
_PURPOSE: Final = "digest nonces"
_CODE_DIGITS: Final = 32
_NAME_LENGTH_MAX: Final = 100
_PARAMETER = re.compile(r'[ \t]*([A-Za-z*_-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))[ \t]*(?:,|$)')
_NONCE = re.compile(r"([0-9a-f]{12})([0-9a-f]{16})([0-9a-f]{32})")
_COUNT = re.compile(r"[0-9A-Fa-f]{8}")
_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_NEEDED = ("username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce")
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True, unsafe_hash=True)
class Challenged(Unauthorized):
    """The caller is to answer a challenge; *stale* when the last answer was right but for its nonce."""

    stale: bool = False


@dataclass(slots=True, unsafe_hash=True)
class UserGone(Unauthorized):
    """The caller's key is right, but the user for whom it acts is no longer active."""

    problem: str = "the user behind this key is not active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What an Authorization header says, each value as it came; *count* is ``nc`` read."""

    username: str
    nonce: str
    uri: str
    response: str
    nc: str
    cnonce: str
    count: int


class Nonces:
    """Makes nonces and knows them again; *lasts* is how long one may be used."""

    def __init__(self, world: World, lasts: timedelta = NONCE_LASTS) -> None:
        self.lasts = lasts
        self._entropy = world.entropy
        self._keys = world.database.vault.derive(_PURPOSE)

    def make(self, now: datetime) -> str:
        """Make a nonce: hexadecimal digits, for some clients cut a challenge at any other character."""
        number = int.from_bytes(self._entropy(8), "big") >> 1
        told = f"{(now - _EPOCH) // _MILLISECOND:012x}{number:016x}"
        return told + _code(self._keys[0], told)

    def read(self, nonce: str, now: datetime) -> tuple[int, datetime] | None:
        """Give a nonce's number and when it ends; None when it is not ours, or not of now."""
        match = _NONCE.fullmatch(nonce)
        if match is None:
            return None
        told = match[1] + match[2]
        if not any(hmac.compare_digest(match[3], _code(key, told)) for key in self._keys):
            return None
        made_at = _EPOCH + int(match[1], 16) * _MILLISECOND
        # Nodes' clocks differ: one that another node made may be from a little later than now.
        return (int(match[2], 16), made_at + self.lasts) if abs(now - made_at) < self.lasts else None


class Digests(Remembered[DigestKey]):
    """The keys that answer challenges."""

    def __init__(self, world: World, *, nonce_lasts: timedelta = NONCE_LASTS) -> None:
        super().__init__(world, digest_keys.of_public_key)
        self.nonces = Nonces(world, nonce_lasts)
        self.uses = Uses(world)
        self._failures = Rates(per_s=FAILURES_MAX / 60, burst=FAILURES_MAX)
        self._nobody = world.entropy(16).hex()
        self._lane = world.database.lane(_use, limit=USES_PER_COMMIT_MAX)

    def challenge(self, *, stale: bool = False) -> str:
        """Write a challenge, as the header WWW-Authenticate has it."""
        nonce = self.nonces.make(self._world.now())
        said = f'realm="{DIGEST_REALM}", domain="", nonce="{nonce}", algorithm=MD5, qop="auth"'
        return f"Digest {said}, stale={'true' if stale else 'false'}"

    async def answered_by(self, request: Request, authorization: bytes) -> Actor:
        """Say whose answer to a challenge *authorization* is; raise Challenged when it is not a good one.

        Raise UserGone when it is right and nobody stands behind it any more, TooMany for one of too many that
        were wrong.
        """
        said = read(authorization)
        if said is None or not fits(said.uri, request.scope["raw_path"], request.scope["query_string"]):
            raise Challenged
        name = said.username.encode("utf-8", "surrogateescape")
        key = await self.opened_by(name) if len(name) <= _NAME_LENGTH_MAX else None
        right = hmac.compare_digest(
            response_of(key.ha1 if key is not None else self._nobody, request.method, said),
            said.response.lower().encode("utf-8", "surrogateescape"),
        )
        if key is None or not right:
            host = request.client.host if request.client is not None else ""
            self._failures.take((name[:_NAME_LENGTH_MAX], host), self._world.now())
            raise Challenged
        found = self.nonces.read(said.nonce, self._world.now())
        if found is None:
            raise Challenged(stale=True)
        if not await self._lane.submit(Use(nonce=found[0], count=said.count, expires_at=found[1])):
            raise Challenged(stale=True)
        if key.actor is None:
            raise UserGone
        return key.actor

    def read_anew(self, found: DigestKey, now: datetime) -> None:
        """Note now and then that a key is used."""
        if found.actor is not None:
            self.uses.note(found.actor.key, now)


def is_digest(authorization: bytes) -> bool:
    """Tell whether the value of an Authorization header speaks this scheme."""
    return authorization[: len(_SCHEME)].lower() == _SCHEME


def read(authorization: bytes) -> Credentials | None:
    """Read the value of an Authorization header, of which every part is there once; None for any other."""
    if not is_digest(authorization) or len(authorization) > HEADER_LENGTH_MAX:
        return None
    given = _parameters(authorization[len(_SCHEME) :].decode("utf-8", "surrogateescape"))
    if given is None or not all(given.get(name) for name in _NEEDED):
        return None
    right = (
        given["realm"] == DIGEST_REALM
        and given.get("algorithm", "MD5").upper() == "MD5"
        and given["qop"] == "auth"
        and _COUNT.fullmatch(given["nc"]) is not None
        and int(given["nc"], 16) > 0
    )
    if not right:
        return None
    named = {name: given[name] for name in ("username", "nonce", "uri", "response", "nc", "cnonce")}
    return Credentials(**named, count=int(given["nc"], 16))


def fits(uri: str, raw_path: bytes, query: bytes) -> bool:
    """Tell whether *uri* is the path and query asked for; it may be absolute, or end in a bare ``?``."""
    asked = raw_path + b"?" + query if query else raw_path
    named = _ABSOLUTE.sub("", uri, count=1).encode("utf-8", "surrogateescape")
    return named == asked or (not query and named == asked + b"?")


def response_of(ha1: str, method: str, said: Credentials) -> bytes:
    """Work out what the answer has to be (RFC 7616, 3.4.1)."""
    what = _md5(f"{method}:{said.uri}")
    return _md5(f"{ha1}:{said.nonce}:{said.nc}:{said.cnonce}:auth:{what}").encode()


def _parameters(text: str) -> dict[str, str] | None:
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        match = _PARAMETER.match(text, place)
        if match is None or match[1].lower() in found:
            return None
        found[match[1].lower()] = match[3] if match[2] is None else match[2]
        place = match.end()
    return found


def _use(tx: Tx, uses: Sequence[Use]) -> list[bool]:
    return digest_keys.use_once(tx, uses)


def _code(key: bytes, told: str) -> str:
    return hmac.new(key, told.encode(), hashlib.sha256).hexdigest()[:_CODE_DIGITS]


def _md5(text: str) -> str:
    told = text.encode("utf-8", "surrogateescape")
    return hashlib.md5(told, usedforsecurity=False).hexdigest()  # RFC 7616 leaves no choice
