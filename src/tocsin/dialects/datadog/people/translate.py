"""Users to and fro: what the domain has not, a title, is kept beside it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from msgspec import UNSET

from tocsin.core.ids import UNMADE, UserId, WorkspaceId, made_at
from tocsin.core.people import User, UserStatus
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.jsonapi import ToMany, to_one
from tocsin.dialects.datadog.people.wire import (
    AccountObject,
    ChangedAttributes,
    NewAttributes,
    UserAttributes,
    UserLinks,
)
from tocsin.dialects.datadog.times import show_utc

KIND: Final = "user"
STATUSES: Final = {
    UserStatus.ACTIVE: "Active",
    UserStatus.PENDING: "Pending",
    UserStatus.DEACTIVATED: "Disabled",
}


def drafted(given: NewAttributes) -> User:
    """Read a new user, who is pending until they come."""
    return User(
        id=UserId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        email=given.email.lower(),
        name=given.name or "",
        status=UserStatus.PENDING,
    )


def edited(was: User, given: ChangedAttributes) -> User:
    """Apply changes to a user; whoever is not disabled any more is active."""
    status = was.status
    if given.disabled is not UNSET and given.disabled:
        status = UserStatus.DEACTIVATED
    elif given.disabled is not UNSET and was.status is UserStatus.DEACTIVATED:
        status = UserStatus.ACTIVE
    return replace(
        was,
        email=was.email if given.email is UNSET else given.email.lower(),
        name=was.name if given.name is UNSET else given.name or "",
        status=status,
    )


def kept_of(was: Mapping[str, Any], title: object, now: datetime | None) -> dict[str, Any]:
    """Say what to keep of a user beside the domain: their title, and when this API changed them."""
    kept = dict(was)
    if title is not UNSET:
        kept["title"] = title
    if now is not None:
        kept["modified_at"] = show_utc(now)
    return kept


def modified_at(user: User, kept: Mapping[str, Any]) -> str:
    """Tell when a user was changed through this API, or made."""
    return str(kept.get("modified_at") or show_utc(made_at(user.id)))


def show_account(user: User, kept: Mapping[str, Any]) -> AccountObject:
    """Write a user."""
    identifier = to_uuid(user.id)
    return AccountObject(
        identifier,
        UserAttributes(
            uuid=identifier,
            email=user.email,
            handle=user.email,
            name=user.name or None,
            title=kept.get("title"),
            status=STATUSES[user.status],
            disabled=user.status is UserStatus.DEACTIVATED,
            verified=user.status is UserStatus.ACTIVE,
            created_at=show_utc(made_at(user.id)),
            modified_at=modified_at(user, kept),
        ),
        UserLinks(roles=ToMany([]), org=to_one("orgs", user.workspace)),
    )
