"""``/teams``: people who are asked together, what is theirs, and who is on call for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from starlette.responses import Response

from tocsin.actions import history, teams
from tocsin.actions.actor import Actor, Permission
from tocsin.core.directory import Directory, can_be_asked
from tocsin.core.ids import UNMADE, TeamId, UserId, WorkspaceId
from tocsin.core.people import Team, TeamRole
from tocsin.core.schedule import who
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web import choosing
from tocsin.web.editing import Around, Kind, shown
from tocsin.web.editing import routes as editing_routes
from tocsin.web.forms import Form, Reader, Values, identifier
from tocsin.web.searching import asked, look_for
from tocsin.world import Tx

ROUTES = Routes("/teams", tag="Pages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody in a team."""

    id: str
    name: str
    admin: bool
    reachable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamView:
    """A team: its members, who is on call for it now, by schedule, and what asks or belongs to it."""

    id: str
    team: Team
    members: Sequence[Member]
    on_call: Sequence[tuple[str, str, Sequence[str]]] = ()
    used_by: Sequence[str] = ()


@ROUTES.get("", permission=Permission.READ, summary="Show teams", hidden=True)
async def show_teams(call: Call) -> Response:
    """Show every team."""

    def look(tx: Tx, actor: Actor) -> list[TeamView]:
        directory = history.directory(tx, actor)
        listed = sorted(directory.teams.values(), key=lambda team: (team.name.casefold(), team.id))
        return [_view(team, directory, call) for team in listed]

    return _answer(call, "teams.html", teams=look_for(asked(call), await call.ask(look), _texts))


@ROUTES.get("/{team_id}", permission=Permission.READ, summary="Show a team", hidden=True)
async def show_team(call: Call) -> Response:
    """Show one team."""
    team = TeamId(identifier(call.params["team_id"], "team"))

    def look(tx: Tx, actor: Actor) -> TeamView:
        view = _view(teams.get(tx, actor, team), history.directory(tx, actor), call)
        return replace(view, used_by=teams.used_by(tx, actor, team))

    return _answer(call, "team.html", each=await call.ask(look))


def _texts(each: TeamView) -> tuple[str, ...]:
    names = (member.name for member in each.members)
    return (each.team.name, each.team.handle, each.team.description, *names)


_answer = partial(shown, to_change=Permission.ADMIN)


def _view(team: Team, directory: Directory, call: Call) -> TeamView:
    users = directory.users
    mine = [each for each in directory.schedules.values() if team.id in each.teams]
    return TeamView(
        id=native("team", team.id),
        team=team,
        members=[
            Member(
                id=native("user", each),
                name=users[each].display_name,
                admin=team.roles.get(each) is TeamRole.ADMIN,
                reachable=can_be_asked(users[each]),
            )
            for each in team.members
            if each in users
        ],
        on_call=[
            (
                native("schedule", each.id),
                each.name,
                [users[user].display_name for user in who(each, call.now) if user in users],
            )
            for each in sorted(mine, key=lambda each: each.id)
        ],
    )


# --- the form -----------------------------------------------------------------------------------------


def _form_of(team: Team, _around: Around) -> Values:
    admins = [each for each in team.members if team.roles.get(each) is TeamRole.ADMIN]
    return {
        "name": [team.name],
        "handle": [team.handle],
        "description": [team.description],
        "members": [native("user", each) for each in team.members],
        "admins": [native("user", each) for each in admins],
    }


def _read(form: Form, around: Around, was: Team | None) -> Team:
    reader = Reader(form)
    known = was.members if was is not None else ()
    admins = _people(reader, "admins", around, known)
    members = list(dict.fromkeys([*_people(reader, "members", around, known), *admins]))
    reader.done()
    new = was or Team(id=TeamId(UNMADE), workspace=WorkspaceId(UNMADE), name="", handle="", roles={})
    return replace(
        new,
        name=form("name"),
        handle=form("handle"),
        description=form("description"),
        members=tuple(members),
        roles={each: TeamRole.ADMIN if each in admins else TeamRole.MEMBER for each in members},
    )


def _people(reader: Reader, name: str, around: Around, known: Sequence[UserId]) -> list[UserId]:
    found = [
        reader.take_text(
            name,
            text,
            lambda each: choosing.chosen(each, "user", around.directory.users, UserId, was=known),
        )
        for text in dict.fromkeys(reader.form.all(name))
    ]
    return [each for each in found if each is not None]


def _choices(around: Around, form: Form) -> Mapping[str, Any]:
    offered = list(choosing.people(around.directory))
    there = {value for value, _ in offered}
    gone = [text for text in (*form.all("members"), *form.all("admins")) if text not in there]
    users = around.directory.users
    names = {native("user", number): user.display_name for number, user in users.items()}
    return {"people": [*offered, *((text, names.get(text, text)) for text in dict.fromkeys(gone))]}


KIND: Final = Kind(
    noun="team",
    kind="team",
    path="/teams",
    template="team_form.html",
    permission=Permission.ADMIN,
    blank=lambda _call: {},
    form_of=_form_of,
    read=_read,
    get=teams.get,
    create=lambda tx, actor, draft, call: teams.create(tx, actor, draft, now=call.now),
    change=teams.change,
    delete=teams.delete,
    choices=_choices,
)
FORMS: Final = editing_routes(KIND)
