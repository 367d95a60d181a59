"""``/people``: who there is, whether they can be reached, and the teams."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from tocsin.actions import history
from tocsin.actions.actor import Actor, Permission
from tocsin.core.directory import Directory, can_be_asked
from tocsin.core.ids import UserId
from tocsin.core.people import User, UserStatus
from tocsin.core.schedule import who
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.rendering import page
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody: the *ways* by which they are reached, and what they are *on_call* for now."""

    name: str
    email: str
    role: str
    gone: bool
    reachable: bool
    ways: Sequence[str]
    teams: Sequence[str]
    on_call: Sequence[str]


@ROUTES.get("/people", permission=Permission.READ, summary="Show people and teams", hidden=True)
async def show_people(call: Call) -> Response:
    """Show who there is."""
    people, teams = await call.ask(_look, call.now)
    user = signed_in(call.request).user
    return page("people.html", now=call.now, user=user, people=people, teams=teams)


def _look(tx: Tx, actor: Actor, now: datetime) -> tuple[list[Person], list[tuple[str, list[str]]]]:
    directory = history.directory(tx, actor)
    on_call: dict[UserId, list[str]] = {}
    for schedule in directory.schedules.values():
        for user in who(schedule, now):
            on_call.setdefault(user, []).append(schedule.name)
    users = sorted(directory.users.values(), key=lambda user: user.display_name.casefold())
    people = [_person(user, directory, on_call.get(user.id, [])) for user in users]
    teams = [
        (team.name, [directory.users[each].display_name for each in team.members if each in directory.users])
        for team in sorted(directory.teams.values(), key=lambda team: team.name.casefold())
    ]
    return sorted(people, key=lambda person: person.gone), teams


def _person(user: User, directory: Directory, on_call: Sequence[str]) -> Person:
    ways = {each.channel for each in user.contact_methods if each.verified_at is not None}
    return Person(
        name=user.display_name,
        email=user.email,
        role=user.role.value,
        gone=user.status is UserStatus.DEACTIVATED,
        reachable=can_be_asked(user),
        ways=sorted(ways),
        teams=sorted(team.name for team in directory.teams.values() if user.id in team.members),
        on_call=sorted(on_call),
    )
