"""OpenID Connect as a client speaks it: discovery, the authorization code flow with PKCE, and ID tokens.

OpenID Connect Core 1.0 and Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (the issuer in the answer). Signatures
are checked by PyJWT with the provider's published keys; what is asked of the claims stands here.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from math import inf
from typing import Any, Final
from urllib.parse import quote, urlencode

import jwt
import msgspec

from tocsin.actions.signing_in import Elsewhere
from tocsin.channels.base import HttpRequest, Unsent
from tocsin.world import World

ALGORITHMS: Final[Mapping[str, tuple[str, ...]]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
"""What a key of each type may have signed with; nothing is signed with what we know as well."""

ANSWER_MAX: Final = 262_144
KEPT: Final = timedelta(hours=1)
KEYS_ANEW_AFTER: Final = timedelta(
    seconds=30
)  # a token with an unknown key asks for them, but not every time
LEEWAY_S: Final = 60
_ERROR_LENGTH_MAX: Final = 200


class Refused(Exception):
    """The provider does not vouch for whoever comes; the text is for them to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The one provider that the operator has named, where we are *client_id*."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    name: str = ""
    scopes: str = "openid email profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the provider says of itself, and its keys."""

    authorization: str
    token: str
    userinfo: str
    jwks_uri: str
    basic: bool
    names_itself: bool
    keys: Sequence[Mapping[str, Any]]
    keys_at: datetime
    at: datetime


class OpenId:
    """Speaks to *provider*, and comes back to *redirect_uri*."""

    def __init__(self, world: World, provider: Provider, redirect_uri: str) -> None:
        self._world = world
        self.provider = provider
        self._redirect_uri = redirect_uri
        self._found: Found | None = None

    async def begin(self, now: datetime) -> tuple[str, dict[str, str]]:
        """Give the address at the provider to go to, and what must be carried until the way back."""
        found = await self._discover(now)
        state, nonce, verifier = (_text(self._world.entropy(32)) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self.provider.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": _text(sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        mark = "&" if "?" in found.authorization else "?"
        url = f"{found.authorization}{mark}{urlencode(asked)}"
        return url, {"state": state, "nonce": nonce, "verifier": verifier}

    async def end(self, given: Mapping[str, str], carried: Mapping[str, str], now: datetime) -> Elsewhere:
        """Find out who has come back with *given*, the query of the address; raise Refused if nobody may."""
        found = await self._discover(now)
        if "error" in given:
            said = given.get("error_description") or given["error"]
            raise Refused(f"The provider says: {said[:_ERROR_LENGTH_MAX]}")
        if not given.get("code") or given.get("state") != carried["state"]:
            raise Refused("This sign-in was not begun in this browser, or too long ago.")
        if given.get("iss", "" if found.names_itself else self.provider.issuer) != self.provider.issuer:
            raise Refused("The answer is another provider's.")
        tokens = await self._exchange(found, given["code"], carried["verifier"])
        claims = await self._claims(str(tokens.get("id_token", "")), carried["nonce"], now)
        if found.userinfo and not isinstance(claims.get("email"), str) and "access_token" in tokens:
            claims = {**await self._userinfo(found, str(tokens["access_token"]), claims["sub"]), **claims}
        return Elsewhere(
            issuer=self.provider.issuer,
            subject=claims["sub"],
            email=claims["email"] if isinstance(claims.get("email"), str) else "",
            email_verified=claims.get("email_verified") in (True, "true"),
        )

    async def _exchange(self, found: Found, code: str, verifier: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
        client, secret = self.provider.client_id, self.provider.client_secret
        if secret and found.basic:
            pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"  # RFC 6749, 2.3.1
            headers.append(("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"))
        else:
            form |= {"client_id": client} | ({"client_secret": secret} if secret else {})
        return await self._ask("POST", found.token, headers, urlencode(form).encode())

    async def _userinfo(self, found: Found, access_token: str, subject: str) -> Mapping[str, Any]:
        bearer = [("Authorization", f"Bearer {access_token}"), ("Accept", "application/json")]
        told = await self._ask("GET", found.userinfo, bearer)
        return told if told.get("sub") == subject else {}  # OpenID Connect Core, 5.3.2

    async def _claims(self, id_token: str, nonce: str, now: datetime) -> dict[str, Any]:
        """Read an ID token if it is one of the provider's, for us, for this sign-in, and for now."""
        try:
            key = await self._key(jwt.get_unverified_header(id_token), now)
            claims: dict[str, Any] = jwt.decode(
                id_token,
                jwt.PyJWK(dict(key)).key,
                algorithms=_algorithms(key),
                audience=self.provider.client_id,
                issuer=self.provider.issuer,
                options={
                    "require": ["exp", "iat", "iss", "aud", "sub"],
                    "verify_exp": False,  # against the world's clock, below
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Refused(f"The provider's ID token is not valid ({type(error).__name__}).") from None
        at = now.timestamp()
        for name, least, most in (
            ("exp", at - LEEWAY_S, inf),
            ("iat", 0, at + LEEWAY_S),
            ("nbf", 0, at + LEEWAY_S),
        ):
            value = claims.get(name, at)
            if not isinstance(value, int | float) or not least < value < most:
                raise Refused(f"The provider's ID token is not valid now ({name}).")
        if claims.get("nonce") != nonce:
            raise Refused("The provider's ID token belongs to another sign-in.")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self.provider.client_id) != self.provider.client_id:
            raise Refused("The provider's ID token was made for somebody else.")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise Refused("The provider's ID token names nobody.")
        return claims

    async def _key(self, header: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
        """Find the key that signed; one that is not known may be new."""
        found = await self._discover(now)
        key = _fitting(found.keys, header)
        if key is None and now - found.keys_at >= KEYS_ANEW_AFTER:
            keys = await self._keys(found.jwks_uri)
            self._found = replace(found, keys=keys, keys_at=now)
            key = _fitting(keys, header)
        if key is None:
            raise jwt.InvalidKeyError("no key of the provider's fits")
        return key

    async def _discover(self, now: datetime) -> Found:
        if self._found is not None and now - self._found.at < KEPT:
            return self._found
        issuer = self.provider.issuer
        told = await self._ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if told.get("issuer") != issuer:
            raise Refused(
                f"TOCSIN_OIDC_ISSUER is {issuer}, and there {str(told.get('issuer'))[:200]} answers."
            )
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        missing = [name for name in names if not isinstance(told.get(name), str)]
        if missing:
            raise Refused(f"The provider does not say what its {missing[0]} is.")
        methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        self._found = Found(
            authorization=told["authorization_endpoint"],
            token=told["token_endpoint"],
            userinfo=str(told.get("userinfo_endpoint") or ""),
            jwks_uri=told["jwks_uri"],
            basic="client_secret_basic" in methods,
            names_itself=told.get("authorization_response_iss_parameter_supported") is True,
            keys=await self._keys(told["jwks_uri"]),
            keys_at=now,
            at=now,
        )
        return self._found

    async def _keys(self, jwks_uri: str) -> Sequence[Mapping[str, Any]]:
        keys = (await self._ask("GET", jwks_uri)).get("keys")
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise Refused("The provider's keys cannot be read.")
        return [key for key in keys if key.get("kty") in ALGORITHMS and key.get("use", "sig") == "sig"]

    async def _ask(
        self, method: str, url: str, headers: list[tuple[str, str]] | None = None, body: bytes = b""
    ) -> Mapping[str, Any]:
        request = HttpRequest(
            method=method, url=url, headers=tuple(headers or ()), body=body, answer_max=ANSWER_MAX
        )
        try:
            answer = await self._world.wire.http(request)
        except Unsent as unsent:
            raise Refused(f"The provider cannot be asked: {unsent.problem}") from None
        if answer.status != 200:
            raise Refused(f"The provider answered {answer.status}.")
        try:
            return msgspec.json.decode(answer.body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Refused("The provider's answer cannot be read.") from None


def _fitting(keys: Sequence[Mapping[str, Any]], header: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Choose the key that a token names; one that names none may be by the only key that there is."""
    name = header.get("kid")
    if name is None:
        fitting = [key for key in keys if header.get("alg") in _algorithms(key)]
        return fitting[0] if len(fitting) == 1 else None
    return next((key for key in keys if key.get("kid") == name), None)


def _algorithms(key: Mapping[str, Any]) -> list[str]:
    allowed = ALGORITHMS[key["kty"]]
    return [each for each in allowed if key.get("alg", each) == each]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
