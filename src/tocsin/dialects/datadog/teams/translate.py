"""Teams to and fro: what the domain has not, an avatar, say, is kept beside it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET

from tocsin.core.ids import UNMADE, TeamId, UserId, WorkspaceId, made_at
from tocsin.core.people import Team, TeamRole
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.jsonapi import to_one
from tocsin.dialects.datadog.spelled import reference
from tocsin.dialects.datadog.teams.wire import (
    ChangedAttributes,
    Extra,
    GroupObject,
    MembershipLinks,
    MembershipObject,
    NewTeam,
    Permissions,
    Related,
    ShownMembership,
    TeamAttributes,
    TeamLinks,
    TeamRelationships,
)
from tocsin.dialects.datadog.times import show_utc

SUMMARY_LENGTH: Final = 120
_EXTRA: Final = ("avatar", "banner", "hidden_modules", "visible_modules")
ALWAYS: Final = ("handle", "name")  # no client can do without them


def drafted(body: NewTeam) -> Team:
    """Read a new team."""
    given, links = body.attributes, body.relationships
    named = (links.users.data or ()) if links is not None and links.users is not None else ()
    members = tuple(
        UserId(reference(each.id, "user", f"data.relationships.users.data[{place}].id"))
        for place, each in enumerate(named)
    )
    return Team(
        id=TeamId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=given.name,
        handle=given.handle,
        description=given.description or "",
        members=members,
        roles=dict.fromkeys(members, TeamRole.MEMBER),
    )


def edited(was: Team, given: ChangedAttributes) -> Team:
    """Apply changes to a team."""
    return replace(
        was,
        name=was.name if given.name is UNSET else given.name,
        handle=was.handle if given.handle is UNSET else given.handle,
        description=was.description if given.description is UNSET else given.description or "",
    )


def kept_of(was: Mapping[str, Any], given: Extra, now: datetime | None) -> dict[str, Any]:
    """Say what to keep of a team beside the domain, and when this API changed it."""
    new = {name: getattr(given, name) for name in _EXTRA}
    kept = {**was, **{name: value for name, value in new.items() if value is not UNSET}}
    return kept if now is None else kept | {"modified_at": show_utc(now)}


def show_group(team: Team, kept: Mapping[str, Any], fields: Collection[str] = ()) -> GroupObject:
    """Write a team, or no more of it than *fields*."""
    identifier, created_at = to_uuid(team.id), show_utc(made_at(team.id))
    attributes = TeamAttributes(
        handle=team.handle,
        name=team.name,
        description=team.description or None,
        summary=team.description[:SUMMARY_LENGTH] or None,
        avatar=kept.get("avatar"),
        banner=kept.get("banner"),
        user_count=len(team.members),
        hidden_modules=kept.get("hidden_modules") or [],
        visible_modules=kept.get("visible_modules") or [],
        created_at=created_at,
        modified_at=kept.get("modified_at") or created_at,
    )
    related = f"/api/v2/team/{identifier}"
    links = TeamRelationships(
        TeamLinks([], Related(f"{related}/links")),
        Permissions(Related(f"{related}/permission-settings")),
    )
    if not fields:
        return GroupObject(identifier, attributes, links)
    others = {name: UNSET for name in attributes.__struct_fields__ if name not in {*fields, *ALWAYS}}
    return GroupObject(identifier, msgspec.structs.replace(attributes, **others), links)


def show_membership(team: Team, user: UserId) -> MembershipObject:
    """Write what somebody is in a team; the number of a membership is the user's own."""
    role = team.roles.get(user, TeamRole.MEMBER)
    return MembershipObject(
        f"TeamMembership-{to_uuid(team.id)}-{user}",
        ShownMembership("admin" if role is TeamRole.ADMIN else None),
        MembershipLinks(user=to_one("users", user), team=to_one("team", team.id)),
    )
