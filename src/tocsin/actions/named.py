"""What configuration names by id, people, teams and schedules: looked up together, however many they are."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from tocsin.actions.actor import Actor
from tocsin.core.ids import ScheduleId, TeamId, UserId
from tocsin.core.people import Team, User
from tocsin.core.schedule import Schedule
from tocsin.store import people, schedules, teams
from tocsin.store.configuration import Configured
from tocsin.store.transaction import Tx

V = TypeVar("V", bound=Configured)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What some ids name, by id; a directory names all there is in the same way."""

    users: Mapping[UserId, User] = field(default_factory=dict)
    teams: Mapping[TeamId, Team] = field(default_factory=dict)
    schedules: Mapping[ScheduleId, Schedule] = field(default_factory=dict)


def look_up(
    tx: Tx,
    actor: Actor,
    *,
    of_users: Collection[UserId] = (),
    of_teams: Collection[TeamId] = (),
    of_schedules: Collection[ScheduleId] = (),
) -> Named:
    """Read what these ids name in the actor's workspace; what is not there is left out.

    It is for an action's own changes, which no directory shows before the commit. The number of queries does
    not depend on the number of ids.
    """
    users = _own(actor, people.get_many(tx, sorted(of_users)) if of_users else ())
    members = _own(actor, teams.get_many(tx, sorted(of_teams)) if of_teams else ())
    rotas = _own(actor, schedules.get_many(tx, sorted(of_schedules)) if of_schedules else ())
    return Named(
        users={user.id: user for user in users},
        teams={team.id: team for team in members},
        schedules={schedule.id: schedule for schedule in rotas},
    )


def _own(actor: Actor, found: Iterable[V]) -> Iterable[V]:
    return (each for each in found if each.workspace == actor.workspace)
