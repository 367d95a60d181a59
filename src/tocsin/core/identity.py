"""What somebody signs in with beside a password: who they are elsewhere, and passkeys."""

from dataclasses import dataclass, field
from datetime import datetime

from tocsin.core.ids import IdentityId, PasskeyId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who *user* is at a provider of OpenID Connect: *subject* is theirs for ever at that *issuer*."""

    id: IdentityId
    user: UserId
    issuer: str
    subject: str
    created_at: datetime
    last_used_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey of *user*: the authenticator's *credential* and public *key*, both base64url.

    *count* is the highest signature count that was seen; many authenticators always say 0.
    """

    id: PasskeyId
    user: UserId
    credential: str
    key: str = field(repr=False)
    count: int = 0
    label: str = ""
    created_at: datetime
    last_used_at: datetime | None = None
