"""Users over the wire, and invitations to become one."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from tocsin.dialects.datadog.jsonapi import ToMany, ToOne
from tocsin.dialects.datadog.wire import PageNumber, PageSize, UserLinkData

TEXT_LENGTH_MAX = 255
INVITED_AT_ONCE_MAX = 100

EmailText = Annotated[str, Meta(max_length=1_000, description="an e-mail address; kept in lower case")]
PersonText = Annotated[str, Meta(max_length=TEXT_LENGTH_MAX)]


class NewAttributes(msgspec.Struct, frozen=True):
    """Who is to be added."""

    email: EmailText
    name: PersonText | None = None
    title: PersonText | None = None


class NewUser(msgspec.Struct, frozen=True):
    """Somebody to add."""

    type: Literal["users"]
    attributes: NewAttributes


class CreateUser(msgspec.Struct, frozen=True):
    """A request to add somebody."""

    data: NewUser


class ChangedAttributes(msgspec.Struct, frozen=True):
    """What is to be otherwise."""

    email: EmailText | UnsetType = UNSET
    name: PersonText | UnsetType | None = UNSET
    title: PersonText | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET


class ChangedUser(msgspec.Struct, frozen=True):
    """Somebody to change."""

    type: Literal["users"]
    id: str
    attributes: ChangedAttributes


class UpdateUser(msgspec.Struct, frozen=True):
    """A request to change somebody."""

    data: ChangedUser


class UserAttributes(msgspec.Struct, frozen=True, kw_only=True):
    """Who somebody is."""

    uuid: str
    email: str
    handle: str
    name: str | None
    title: str | None
    status: str
    disabled: bool
    verified: bool
    service_account: bool = False
    mfa_enabled: bool = False
    allowed_login_methods: list[str] = field(default_factory=list)
    icon: str = ""
    created_at: str
    modified_at: str
    last_login_time: str | None = None


class UserLinks(msgspec.Struct, frozen=True):
    """What somebody belongs to."""

    roles: ToMany
    org: ToOne


class AccountObject(msgspec.Struct, frozen=True, tag_field="type", tag="users"):
    """A user, with everything that there is to say of one."""

    id: str
    attributes: UserAttributes
    relationships: UserLinks


class UserDocument(msgspec.Struct, frozen=True):
    """One user."""

    data: AccountObject


class Counted(msgspec.Struct, frozen=True):
    """How many there are, and how many of them were asked for."""

    total_count: int
    total_filtered_count: int


class UsersMeta(msgspec.Struct, frozen=True):
    """What there is to say about a list of users."""

    page: Counted


class UserList(msgspec.Struct, frozen=True):
    """Some of the users."""

    data: list[AccountObject]
    meta: UsersMeta


class UsersQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which users, in which order."""

    size: PageSize = field(default=10, name="page[size]")
    number: PageNumber = field(default=0, name="page[number]")
    sort: Annotated[str, Meta(max_length=50, description="name, email or modified_at, - before it")] = "name"
    sort_dir: Literal["asc", "desc"] = "asc"
    filter: Annotated[str, Meta(max_length=TEXT_LENGTH_MAX, description="part of the name or address")] = ""
    status: Annotated[str, Meta(max_length=100, description="Active, Pending, Disabled, with commas")] = (
        field(default="", name="filter[status]")
    )


class InvitationLinks(msgspec.Struct, frozen=True):
    """Who is invited."""

    user: UserLinkData


class NewInvitation(msgspec.Struct, frozen=True):
    """An invitation to send."""

    type: Literal["user_invitations"]
    relationships: InvitationLinks


class SendInvitations(msgspec.Struct, frozen=True):
    """A request to invite people."""

    data: Annotated[list[NewInvitation], Meta(min_length=1, max_length=INVITED_AT_ONCE_MAX)]


class InvitationAttributes(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say about an invitation."""

    uuid: str
    invite_type: str
    created_at: str
    expires_at: str


class InvitationUser(msgspec.Struct, frozen=True):
    """Who was invited."""

    user: ToOne


class InvitationObject(msgspec.Struct, frozen=True, tag_field="type", tag="user_invitations"):
    """An invitation."""

    id: str
    attributes: InvitationAttributes
    relationships: InvitationUser


class InvitationList(msgspec.Struct, frozen=True):
    """The invitations that were sent."""

    data: list[InvitationObject]
