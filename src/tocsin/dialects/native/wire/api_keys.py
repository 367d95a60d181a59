"""API keys over the wire."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from tocsin.core.credential import Key
from tocsin.core.ids import ServiceId, UserId
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.shapes import Body, Id, Name, View
from tocsin.dialects.native.wire.spelled import reference, spelled

WORDS: Words = ((re.compile(r"^user$"), "user_id"), (re.compile(r"^service$"), "service_id"))

Kind = Annotated[str, Meta(max_length=50, description="the API that it is for")]
Scopes = Annotated[
    list[Annotated[str, Meta(max_length=50)]],
    Meta(max_length=20, description="permissions; none of them means all that the user has"),
]
Networks = Annotated[
    list[Annotated[str, Meta(max_length=50)]],
    Meta(max_length=50, description="from where alone it may be used; none of them means from anywhere"),
]


class NewKeyBody(Body):
    """A new key; it acts for its user, you if not given, and its service takes events that name none.

    A *service_account* acts for nobody.
    """

    kind: Kind
    name: Name
    user_id: Id | None = None
    service_account: bool = False
    service_id: Id | None = None
    scopes: Scopes = field(default_factory=list)
    networks: Networks = field(default_factory=list)


class KeyView(View):
    """A key, without what makes it one."""

    id: str
    kind: str
    name: str
    user_id: str | None
    service_id: str | None
    hint: str
    scopes: list[str]
    networks: list[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class CreatedKeyView(KeyView):
    """A key as it is shown this once: *key* is its main secret, the others are what its kind has besides."""

    key: str
    api_key: str | UnsetType = UNSET
    application_key: str | UnsetType = UNSET
    public_key: str | UnsetType = UNSET
    private_key: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET
    client_secret: str | UnsetType = UNSET


class KeyList(View):
    """Some of the keys."""

    api_keys: list[KeyView]
    next: str | None
    total: int


def user(body: NewKeyBody) -> UserId | None:
    """Read for whom a new key acts."""
    return None if body.user_id is None else UserId(reference(body.user_id, "user", "user_id"))


def service(body: NewKeyBody) -> ServiceId | None:
    """Read the service of a new key's events."""
    if body.service_id is None:
        return None
    return ServiceId(reference(body.service_id, "service", "service_id"))


def show_key(key: Key) -> KeyView:
    """Write a key."""
    return KeyView(
        id=native("key", key.id),
        kind=key.kind,
        name=key.name,
        user_id=spelled("user", key.user),
        service_id=spelled("service", key.service),
        hint=key.hint,
        scopes=list(key.scopes),
        networks=list(key.networks),
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


def show_created(key: Key, secret: str, parts: Mapping[str, str]) -> CreatedKeyView:
    """Write a key with its secrets; those of one part are told as ``key`` alone."""
    more = parts if len(parts) > 1 else {}
    return CreatedKeyView(
        id=native("key", key.id),
        kind=key.kind,
        name=key.name,
        user_id=spelled("user", key.user),
        service_id=spelled("service", key.service),
        hint=key.hint,
        scopes=list(key.scopes),
        networks=list(key.networks),
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
        key=secret,
        api_key=more.get("api_key", UNSET),
        application_key=more.get("application_key", UNSET),
        public_key=more.get("public_key", UNSET),
        private_key=more.get("private_key", UNSET),
        client_id=more.get("client_id", UNSET),
        client_secret=more.get("client_secret", UNSET),
    )
