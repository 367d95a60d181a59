"""What somebody signs in with beside a password: who they are elsewhere, passkeys, and links."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from tocsin.core.ids import IdentityId, PasskeyId, SignInLinkId, UserId


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


class LinkPurpose(StrEnum):
    """What a link to sign in is for: to come for the first time, or with a new password."""

    INVITATION = "invitation"
    NEW_PASSWORD = "new_password"  # noqa: S105  # what a link is for


LINK_LASTS: Final = {LinkPurpose.INVITATION: timedelta(days=7), LinkPurpose.NEW_PASSWORD: timedelta(hours=1)}
"""For how long a link of each purpose is good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLink:
    """A link by which *user* can choose what they sign in with, once, before it *expires_at*.

    There is one for each purpose; another one takes its place.
    """

    id: SignInLinkId
    user: UserId
    purpose: LinkPurpose
    created_at: datetime
    expires_at: datetime
