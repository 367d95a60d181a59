"""Users and teams, as this API shows them."""

from collections.abc import Sequence
from typing import Final

from tocsin.core.compiled import compiled_once
from tocsin.core.directory import Directory
from tocsin.core.ids import TeamId, UserId
from tocsin.core.people import Role, Team, User, UserStatus
from tocsin.dialects.grafana_oncall.people import wire
from tocsin.dialects.grafana_oncall.spelled import write

ROLES: Final[dict[Role, wire.Role]] = {
    Role.OWNER: "admin",
    Role.ADMIN: "admin",
    Role.RESPONDER: "editor",
    Role.VIEWER: "viewer",
}
ROLE_NUMBERS: Final[dict[str, wire.Role]] = {"0": "admin", "1": "editor", "2": "viewer", "3": "none"}
PHONES: Final = frozenset({"sms", "voice"})


@compiled_once
def there(directory: Directory) -> tuple[User, ...]:
    """Give the users that this API knows, the oldest first: those who were not deactivated."""
    found = (user for user in directory.users.values() if user.status is not UserStatus.DEACTIVATED)
    return tuple(sorted(found, key=lambda user: user.id))


@compiled_once
def teams_of(directory: Directory) -> dict[UserId, tuple[TeamId, ...]]:
    """Tell the teams of everybody who is in one."""
    found: dict[UserId, tuple[TeamId, ...]] = {}
    for team in sorted(directory.teams.values(), key=lambda team: team.id):
        for member in team.members:
            found[member] = (*found.get(member, ()), team.id)
    return found


def show_user(user: User, teams: Sequence[TeamId], *, short: bool = False) -> wire.User:
    """Write a user."""
    phones = any(method.channel in PHONES for method in user.reachable)
    shown = wire.User(
        id=write("user", user.id),
        grafana_id=user.id,
        email=user.email,
        slack=None,
        username=user.display_name,
        role=ROLES[user.role],
        is_phone_number_verified=phones,
        timezone=user.time_zone or None,
        teams=[write("team", team) for team in teams],
    )
    if not short:
        return shown
    return wire.User(
        id=shown.id,
        grafana_id=shown.grafana_id,
        email=shown.email,
        username=shown.username,
        role=shown.role,
        is_phone_number_verified=phones,
    )


def show_team(team: Team) -> wire.Team:
    """Write a team."""
    return wire.Team(id=write("team", team.id), grafana_id=team.id, name=team.name, email=None, avatar_url="")
