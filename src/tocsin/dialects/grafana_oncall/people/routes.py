"""``/users``, ``/teams``, ``/organizations`` and what else tells who is there: all of it is read-only."""

from collections.abc import Sequence
from typing import Final

from tocsin.actions.actor import Permission
from tocsin.core.ids import TeamId, UserId
from tocsin.core.people import Team, User, UserStatus
from tocsin.dialects.grafana_oncall import spelled
from tocsin.dialects.grafana_oncall.errors import not_found, wrong_field
from tocsin.dialects.grafana_oncall.handling import PREFIX, Ask, Resource, looked_up
from tocsin.dialects.grafana_oncall.pages import SIZE_MAX, Asked, Page, address_of
from tocsin.dialects.grafana_oncall.people import wire
from tocsin.dialects.grafana_oncall.people.translate import (
    ROLE_NUMBERS,
    ROLES,
    show_team,
    show_user,
    teams_of,
    there,
)
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes

ORGANIZATIONS_SIZE: Final = 25

USERS = Resource("users", "user", shown=wire.User, noun="user", size=SIZE_MAX)
TEAMS = Resource("teams", "team", shown=wire.Team, noun="team")
GROUPS = Resource("user_groups", "user_group", shown=wire.UserGroup, noun="user group")
CHANNELS = Resource("slack_channels", "slack_channel", shown=wire.SlackChannel, noun="Slack channel")
ABOUT = Routes(PREFIX, tag="Organization")
ROUTES = (USERS.routes, TEAMS.routes, GROUPS.routes, CHANNELS.routes, ABOUT)


@USERS.routes.get("/current/", permission=Permission.READ, summary="Read the token's user")
async def read_current_user(call: Call) -> wire.User:
    """Read the user whose token it is."""
    return await looked_up(call, lambda ask: _shown(ask, ask.actor.user))


@USERS.reads
def read_user(ask: Ask, identifier: int) -> wire.User:
    """Read one user."""
    return _shown(ask, UserId(identifier))


def _show_users(ask: Ask, users: Sequence[User]) -> list[wire.User]:
    teams, short = teams_of(ask.directory), _is_short(ask)
    return [show_user(user, teams.get(user.id, ()), short=short) for user in users]


@USERS.lists(_show_users, lasting=True)
def list_users(ask: Ask) -> Sequence[User]:
    """List users, the oldest first; `short=true` leaves out teams, time zones and Slack."""
    found = there(ask.directory)
    username, email, roles = ask.query.one("username"), ask.query.one("email"), ask.query.every("roles")
    for role in roles:
        if role not in ROLE_NUMBERS:
            sentence = f"Select a valid choice. {role[:100]} is not one of the available choices."
            raise wrong_field("roles", sentence)
    wanted = {ROLE_NUMBERS[role] for role in roles}
    if username:
        found = tuple(user for user in found if user.display_name.lower() == username.lower())
    if email:
        found = tuple(user for user in found if user.email.lower() == email.lower())
    return tuple(user for user in found if ROLES[user.role] in wanted) if wanted else found


@TEAMS.reads
def read_team(ask: Ask, identifier: int) -> wire.Team:
    """Read one team."""
    team = ask.directory.teams.get(TeamId(identifier))
    if team is None:
        raise not_found()
    return show_team(team)


def _show_teams(ask: Ask, teams: Sequence[Team]) -> list[wire.Team]:
    del ask
    return [show_team(team) for team in teams]


@TEAMS.lists(_show_teams, lasting=True)
def list_teams(ask: Ask) -> Sequence[Team]:
    """List teams, the oldest first."""
    name = ask.query.one("name")
    teams = sorted(ask.directory.teams.values(), key=lambda team: team.id)
    return [team for team in teams if team.name == name] if name else teams


def _show_groups(ask: Ask, groups: Sequence[wire.UserGroup]) -> list[wire.UserGroup]:
    del ask
    return list(groups)


@GROUPS.lists(_show_groups)
def list_user_groups(ask: Ask) -> Sequence[wire.UserGroup]:
    """List the groups of a connected Slack; there is none."""
    del ask
    return ()


@GROUPS.reads
def read_user_group(ask: Ask, identifier: int) -> wire.UserGroup:
    """Read one group; there is none."""
    del ask, identifier
    raise not_found()


def _show_channels(ask: Ask, channels: Sequence[wire.SlackChannel]) -> list[wire.SlackChannel]:
    del ask
    return list(channels)


@CHANNELS.lists(_show_channels)
def list_slack_channels(ask: Ask) -> Sequence[wire.SlackChannel]:
    """List the channels of a connected Slack; there is none."""
    del ask
    return ()


@ABOUT.get("/organizations/", permission=Permission.READ, summary="List the organization")
async def list_organizations(call: Call) -> Page[wire.Organization]:
    """List the one organization that the token is for."""

    def page(ask: Ask) -> Page[wire.Organization]:
        address = address_of(ask.public_url, call.request.scope["path"])
        asked = Asked.read(ask.query, address, size=ORGANIZATIONS_SIZE)
        return asked.cut([_organization(ask)], list)

    return await looked_up(call, page)


@ABOUT.get(
    "/organizations/{id}/",
    permission=Permission.READ,
    summary="Read the organization",
    params={"id": "anything"},
)
async def read_organization(call: Call) -> wire.Organization:
    """Read the organization that the token is for, whichever is named."""
    return await looked_up(call, _organization)


@ABOUT.get("/info/", permission=Permission.READ, summary="Read where the web pages are")
async def read_info(call: Call) -> wire.Info:
    """Tell the address of the web pages."""
    return await looked_up(call, lambda ask: wire.Info(ask.public_url))


def _organization(ask: Ask) -> wire.Organization:
    return wire.Organization(spelled.write("organization", ask.actor.workspace))


def _shown(ask: Ask, identifier: UserId | None) -> wire.User:
    directory = ask.directory
    user = None if identifier is None else directory.users.get(identifier)
    if user is None or user.status is UserStatus.DEACTIVATED:
        raise not_found()
    return show_user(user, teams_of(directory).get(user.id, ()), short=_is_short(ask))


def _is_short(ask: Ask) -> bool:
    return (ask.query.one("short") or "").lower() == "true"
