"""Teams and memberships over the wire."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from tocsin.dialects.datadog.jsonapi import ToOne
from tocsin.dialects.datadog.people.wire import AccountObject
from tocsin.dialects.datadog.wire import PageNumber, PageSize, UserLink, UserLinkData

MEMBERS_MAX = 1_000
FIELDS = (
    "avatar",
    "banner",
    "created_at",
    "description",
    "handle",
    "hidden_modules",
    "is_managed",
    "link_count",
    "modified_at",
    "name",
    "summary",
    "user_count",
    "visible_modules",
)
INCLUDES = ("team_links", "user_team_permissions")

Handle = Annotated[str, Meta(min_length=1, max_length=195)]
TeamName = Annotated[str, Meta(min_length=1, max_length=200)]
Modules = Annotated[list[Annotated[str, Meta(max_length=255)]], Meta(max_length=100)]
Text = Annotated[str, Meta(max_length=1_000)]


class Extra(msgspec.Struct, frozen=True, kw_only=True):
    """What the domain has not and gives back as it came."""

    avatar: Text | UnsetType | None = UNSET
    banner: int | UnsetType | None = UNSET
    hidden_modules: Modules | UnsetType | None = UNSET
    visible_modules: Modules | UnsetType | None = UNSET


class NewAttributes(Extra, frozen=True, kw_only=True):
    """A team to make."""

    handle: Handle
    name: TeamName
    description: Text | None = None


class ChangedAttributes(Extra, frozen=True, kw_only=True):
    """What is to be otherwise with a team."""

    handle: Handle | UnsetType = UNSET
    name: TeamName | UnsetType = UNSET
    description: Text | UnsetType | None = UNSET


class UserLinks(msgspec.Struct, frozen=True):
    """Names people."""

    data: Annotated[list[UserLink], Meta(max_length=MEMBERS_MAX)] | None = None


class NewLinks(msgspec.Struct, frozen=True):
    """Who is to be in a team."""

    users: UserLinks | None = None


class NewTeam(msgspec.Struct, frozen=True):
    """A team to make."""

    type: Literal["team"]
    attributes: NewAttributes
    relationships: NewLinks | None = None


class CreateTeam(msgspec.Struct, frozen=True):
    """A request to make a team."""

    data: NewTeam


class ChangedTeam(msgspec.Struct, frozen=True):
    """A team to change."""

    type: Literal["team"]
    attributes: ChangedAttributes


class UpdateTeam(msgspec.Struct, frozen=True):
    """A request to change a team."""

    data: ChangedTeam


class Related(msgspec.Struct, frozen=True):
    """Where something is found."""

    related: str


class TeamLinks(msgspec.Struct, frozen=True):
    """Links of a team; there are none."""

    data: list[Any]
    links: Related


class Permissions(msgspec.Struct, frozen=True):
    """Where it stands who may do what with a team."""

    links: Related


class TeamRelationships(msgspec.Struct, frozen=True):
    """What belongs to a team."""

    team_links: TeamLinks
    user_team_permissions: Permissions


class TeamAttributes(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say about a team, or as much of it as was asked for."""

    handle: str
    name: str
    description: str | UnsetType | None
    summary: str | UnsetType | None
    avatar: str | UnsetType | None
    banner: int | UnsetType | None
    user_count: int | UnsetType
    link_count: int | UnsetType = 0
    is_managed: bool | UnsetType = False
    hidden_modules: list[str] | UnsetType | None
    visible_modules: list[str] | UnsetType | None
    created_at: str | UnsetType
    modified_at: str | UnsetType


class GroupObject(msgspec.Struct, frozen=True, tag_field="type", tag="team"):
    """A team, with everything that there is to say of one, or as much of that as was asked for."""

    id: str
    attributes: TeamAttributes
    relationships: TeamRelationships


class TeamDocument(msgspec.Struct, frozen=True):
    """One team."""

    data: GroupObject


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Where in a list a page of it stands; pages are counted from 0."""

    type: str = "number_size"
    number: int
    size: int
    total: int
    first_number: int
    last_number: int
    prev_number: int | None
    next_number: int | None


class Pagination(msgspec.Struct, frozen=True):
    """What there is to say about a list."""

    pagination: Stretch


class TeamList(msgspec.Struct, frozen=True):
    """Some of the teams."""

    data: list[GroupObject]
    meta: Pagination
    included: list[Any] | UnsetType = UNSET


class TeamsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which teams, in which order, and what of them."""

    size: PageSize = field(default=10, name="page[size]")
    number: PageNumber = field(default=0, name="page[number]")
    sort: Literal["name", "-name", "user_count", "-user_count"] = "name"
    include: list[str] = field(default_factory=list)
    keyword: Annotated[str, Meta(max_length=255)] = field(default="", name="filter[keyword]")
    me: bool = field(default=False, name="filter[me]")
    fields: list[str] = field(default_factory=list, name="fields[team]")


class MembershipAttributes(msgspec.Struct, frozen=True):
    """What somebody is to be in a team; null is an ordinary member."""

    role: Literal["admin"] | UnsetType | None = UNSET


class MemberLinks(msgspec.Struct, frozen=True):
    """Who it is."""

    user: UserLinkData


class NewMembership(msgspec.Struct, frozen=True):
    """Somebody to let into a team."""

    type: Literal["team_memberships"]
    relationships: MemberLinks
    attributes: MembershipAttributes | None = None


class CreateMembership(msgspec.Struct, frozen=True):
    """A request to let somebody into a team."""

    data: NewMembership


class ChangedMembership(msgspec.Struct, frozen=True):
    """What a member is to be."""

    type: Literal["team_memberships"]
    attributes: MembershipAttributes | None = None


class UpdateMembership(msgspec.Struct, frozen=True):
    """A request to change what a member is."""

    data: ChangedMembership


class ShownMembership(msgspec.Struct, frozen=True):
    """What somebody is in a team, which nobody provisions here."""

    role: str | None
    provisioned_by: str | None = None
    provisioned_by_id: str | None = None


class MembershipLinks(msgspec.Struct, frozen=True):
    """Who is in which team."""

    user: ToOne
    team: ToOne


class MembershipObject(msgspec.Struct, frozen=True, tag_field="type", tag="team_memberships"):
    """Somebody in a team."""

    id: str
    attributes: ShownMembership
    relationships: MembershipLinks


class MembershipDocument(msgspec.Struct, frozen=True):
    """One membership, with the user."""

    data: MembershipObject
    included: list[AccountObject]


class MembershipList(msgspec.Struct, frozen=True):
    """Some of the members of a team."""

    data: list[MembershipObject]
    included: list[AccountObject]
    meta: Pagination


class UserMemberships(msgspec.Struct, frozen=True):
    """The teams that somebody is in."""

    data: list[MembershipObject]


class MembersQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which members, in which order."""

    size: PageSize = field(default=10, name="page[size]")
    number: PageNumber = field(default=0, name="page[number]")
    sort: Literal[
        "name", "-name", "handle", "-handle", "email", "-email", "manager_name", "-manager_name"
    ] = "name"
    keyword: Annotated[str, Meta(max_length=255)] = field(default="", name="filter[keyword]")


def stretch(*, number: int, size: int, total: int) -> Pagination:
    """Say where page *number* of *size* stands in a list of *total*; it may lie behind the last one."""
    last = max(total - 1, 0) // size
    return Pagination(
        Stretch(
            number=number,
            size=size,
            total=total,
            first_number=0,
            last_number=last,
            prev_number=min(number - 1, last) if number else None,
            next_number=number + 1 if number < last else None,
        )
    )
