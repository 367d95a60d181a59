"""Users, teams and schedules as On-Call answers include them: a few attributes each."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import msgspec

from tocsin.core.ids import ScheduleId, TeamId, UserId
from tocsin.core.people import Team, User
from tocsin.core.schedule import Schedule
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.jsonapi import ToMany, to_many

DIALECT = "datadog"
TEAM = "team"  # what a team has beyond the domain is kept under this kind: its avatar, say

TeamExtras = Mapping[int, Mapping[str, Any]]


class Known(Protocol):
    """Whom and what ids name: a directory, or what was looked up for a change."""

    @property
    def users(self) -> Mapping[UserId, User]:
        """People."""
        ...

    @property
    def teams(self) -> Mapping[TeamId, Team]:
        """Teams."""
        ...

    @property
    def schedules(self) -> Mapping[ScheduleId, Schedule]:
        """Schedules."""
        ...


class UserAttributes(msgspec.Struct, frozen=True):
    """Who somebody is."""

    email: str
    name: str
    status: str


class UserObject(msgspec.Struct, frozen=True, tag_field="type", tag="users"):
    """A person."""

    id: str
    attributes: UserAttributes


class TeamAttributes(msgspec.Struct, frozen=True):
    """What a team is called."""

    name: str
    handle: str
    avatar: str
    description: str


class TeamObject(msgspec.Struct, frozen=True, tag_field="type", tag="teams"):
    """A team."""

    id: str
    attributes: TeamAttributes


class ScheduleAttributes(msgspec.Struct, frozen=True):
    """What a schedule is called."""

    name: str
    tags: list[str]
    time_zone: str


class ScheduleLinks(msgspec.Struct, frozen=True):
    """What belongs to a schedule, and to whom it belongs."""

    layers: ToMany
    teams: ToMany


class ScheduleObject(msgspec.Struct, frozen=True, tag_field="type", tag="schedules"):
    """A schedule."""

    id: str
    attributes: ScheduleAttributes
    relationships: ScheduleLinks


def show_user(user: User) -> UserObject:
    """Write a person."""
    attributes = UserAttributes(user.email, user.name, user.status.value)
    return UserObject(to_uuid(user.id), attributes)


def show_team(team: Team, extras: TeamExtras) -> TeamObject:
    """Write a team, with the avatar that is kept for it."""
    avatar = extras.get(team.id, {}).get("avatar") or ""
    return TeamObject(to_uuid(team.id), TeamAttributes(team.name, team.handle, avatar, team.description))


def show_teams(ids: Iterable[TeamId], known: Known, extras: TeamExtras) -> list[TeamObject]:
    """Write the teams of these ids that are there."""
    return [show_team(known.teams[each], extras) for each in ids if each in known.teams]


def show_schedule(schedule: Schedule) -> ScheduleObject:
    """Write a schedule."""
    return ScheduleObject(
        to_uuid(schedule.id),
        ScheduleAttributes(schedule.name, list(schedule.tags), schedule.time_zone),
        ScheduleLinks(
            layers=to_many("layers", (layer.id for layer in schedule.layers)),
            teams=to_many("teams", schedule.teams),
        ),
    )
