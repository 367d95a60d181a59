"""People: who they are, what they may do, where they can be reached and how they want to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.core.ids import ContactMethodId, NotificationRuleId, TeamId, UserId, WorkspaceId


class Role(StrEnum):
    """What a user may do; each role may do all that the ones after it may."""

    OWNER = "owner"
    ADMIN = "admin"
    RESPONDER = "responder"
    VIEWER = "viewer"


class UserStatus(StrEnum):
    """Whether a user is there: a deactivated one keeps their turns and is never notified."""

    ACTIVE = "active"
    PENDING = "pending"
    DEACTIVATED = "deactivated"


class Importance(StrEnum):
    """How loudly to ask: each user has one ladder of notification rules for either."""

    DEFAULT = "default"
    IMPORTANT = "important"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMethod:
    """An address of a user on a channel; it is used for paging once *verified_at* is set.

    *context*, a JSON object or empty, is told to programs beside what they are told (see ``core.through``).
    """

    id: ContactMethodId
    user: UserId
    channel: str
    address: str
    label: str = ""
    verified_at: datetime | None = None
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRule:
    """A rung of a person's ladder: notify by *channel*, or, when *channel* is None, wait for *wait*.

    *contact_method* narrows a notifying rung to one address; without it, every verified address of the
    user on that channel is used. *position* orders the ladder, is unique in it and may have gaps. Messages
    by a notifying rung that come less than *gather* after one by it wait that long, and go as one.
    """

    id: NotificationRuleId
    user: UserId
    importance: Importance
    position: int
    channel: str | None = None
    contact_method: ContactMethodId | None = None
    wait: timedelta = timedelta(0)
    gather: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody in a workspace, with everything that is needed to reach them."""

    id: UserId
    workspace: WorkspaceId
    email: str
    name: str = ""
    role: Role = Role.RESPONDER
    status: UserStatus = UserStatus.ACTIVE
    time_zone: str = "UTC"
    contact_methods: tuple[ContactMethod, ...] = ()
    rules: tuple[NotificationRule, ...] = ()

    @property
    def display_name(self) -> str:
        """The name to show: the user's own, or the address when there is none."""
        return self.name or self.email

    def ladder(self, importance: Importance) -> tuple[NotificationRule, ...]:
        """Give the user's notification rules for *importance*, in order."""
        rungs = [rule for rule in self.rules if rule.importance is importance]
        return tuple(sorted(rungs, key=lambda rule: (rule.position, rule.id)))

    @property
    def reachable(self) -> tuple[ContactMethod, ...]:
        """The user's verified contact methods, oldest first."""
        verified = [method for method in self.contact_methods if method.verified_at is not None]
        return tuple(sorted(verified, key=lambda method: method.id))


class TeamRole(StrEnum):
    """What a member is within a team."""

    ADMIN = "admin"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """People who are asked together; *members* is in the order in which they joined."""

    id: TeamId
    workspace: WorkspaceId
    name: str
    handle: str
    description: str = ""
    members: tuple[UserId, ...] = ()
    roles: Mapping[UserId, TeamRole]
