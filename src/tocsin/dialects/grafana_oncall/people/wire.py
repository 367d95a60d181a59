"""Users, teams, organizations and groups as JSON has them."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

Role = Literal["admin", "editor", "viewer", "none"]


class SlackUser(Struct, frozen=True):
    """Who somebody is in Slack."""

    user_id: str
    team_id: str


class User(Struct, frozen=True, kw_only=True):
    """Somebody; the last fields are left out of the short form."""

    id: str
    grafana_id: int
    email: str
    slack: SlackUser | UnsetType | None = UNSET
    username: str
    role: Role
    is_phone_number_verified: bool
    timezone: str | UnsetType | None = UNSET
    teams: list[str] | UnsetType = UNSET


class Team(Struct, frozen=True, kw_only=True):
    """A team."""

    id: str
    grafana_id: int
    name: str
    email: str | None
    avatar_url: str


class Organization(Struct, frozen=True):
    """The workspace of the token."""

    id: str


class SlackGroup(Struct, frozen=True):
    """A group of users in Slack."""

    id: str
    name: str
    handle: str


class UserGroup(Struct, frozen=True):
    """A group of users in a chat."""

    id: str
    type: str
    slack: SlackGroup


class SlackChannel(Struct, frozen=True):
    """A channel in Slack."""

    name: str
    slack_id: str


class Info(Struct, frozen=True):
    """Where the web pages are."""

    url: str
