"""Teams: people who are asked together."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tocsin.actions import audit, usage
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import Edit, Sure, anyway, begin, must_be_free, must_have_room
from tocsin.core.errors import NotFound
from tocsin.core.ids import TeamId, UserId
from tocsin.core.listing import Listed
from tocsin.core.people import Team, TeamRole, User
from tocsin.core.people_check import check_team, handle_of
from tocsin.core.schedule import Schedule, Shift, on_call
from tocsin.core.spelling import native
from tocsin.store import alert_policies, directories, escalation_policies, schedules, services, teams
from tocsin.store.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamOnCall:
    """Who is on call for a team *at* an instant, each with the schedule that says so."""

    team: Team
    at: datetime
    shifts: tuple[tuple[Schedule, Shift], ...]
    users: Mapping[UserId, User] = field(default_factory=dict)


def create(tx: Tx, actor: Actor, draft: Team, *, now: datetime) -> Team:
    """Add a team. Without a handle it gets one made of its name."""
    actor.must(Permission.ADMIN)
    begin(tx, actor)
    must_have_room(tx, actor, teams.list_, "teams")
    made = replace(
        draft,
        id=TeamId(tx.new_id()),
        workspace=actor.workspace,
        handle=draft.handle or handle_of(draft.name),
    )
    _check(tx, actor, made)
    teams.add(tx, made)
    audit.created(tx, actor, "team", made, name=made.name, now=now)
    return made


def get(tx: Tx, actor: Actor, team_id: TeamId) -> Team:
    """Read a team."""
    actor.must(Permission.READ)
    return teams.find(tx, actor.workspace, team_id)


def list_(tx: Tx, actor: Actor, *, after: int | None = None, limit: int) -> Listed[Team]:
    """List teams, the oldest first."""
    actor.must(Permission.READ)
    return teams.list_(tx, actor.workspace, after=after, limit=limit)


def change(tx: Tx, actor: Actor, team_id: TeamId, edit: Edit[Team], *, now: datetime) -> Team:
    """Change a team and who is in it."""
    actor.must(Permission.ADMIN)
    begin(tx, actor)
    was = teams.find(tx, actor.workspace, team_id)
    new = edit(was)
    _check(tx, actor, new, was)
    if new != was:
        teams.save(tx, new, was)
        audit.changed(tx, actor, "team", new, was=was, name=new.name, now=now)
    return new


def put_member(
    tx: Tx, actor: Actor, team_id: TeamId, user_id: UserId, role: TeamRole, *, now: datetime
) -> Team:
    """Let a user into a team, or give them another role in it."""

    def edit(was: Team) -> Team:
        members = was.members if user_id in was.members else (*was.members, user_id)
        return replace(was, members=members, roles={**was.roles, user_id: role})

    return change(tx, actor, team_id, edit, now=now)


def take_member(tx: Tx, actor: Actor, team_id: TeamId, user_id: UserId, *, now: datetime) -> Team:
    """Take a user out of a team; raise NotFound when they are not in it."""

    def edit(was: Team) -> Team:
        if user_id not in was.members:
            raise NotFound("team member", native("user", user_id))
        members = tuple(member for member in was.members if member != user_id)
        return replace(was, members=members, roles={each: was.roles[each] for each in members})

    return change(tx, actor, team_id, edit, now=now)


def used_by(tx: Tx, actor: Actor, team_id: TeamId) -> tuple[str, ...]:
    """Name what asks a team or belongs to it, each once."""
    return tuple(dict.fromkeys(usage.of_team(tx, get(tx, actor, team_id))))


def delete(
    tx: Tx,
    actor: Actor,
    team_id: TeamId,
    *,
    let_go: bool = False,
    sure: Sure[Team] = anyway,
    now: datetime,
) -> None:
    """Delete a team; raise Conflict while something asks it or belongs to it.

    With *let_go*, what belongs to it stays without it, and the policies for its alerts go with it.
    """
    actor.must(Permission.ADMIN)
    begin(tx, actor)
    team = teams.find(tx, actor.workspace, team_id)
    sure(team)
    if let_go:
        _let_go(tx, actor, team, now)
    must_be_free(f"team {team.name}", usage.of_team(tx, team))
    teams.delete(tx, team)
    audit.deleted(tx, actor, "team", team, name=team.name, now=now)


def _let_go(tx: Tx, actor: Actor, team: Team, now: datetime) -> None:
    """Take *team* off what belongs to it."""
    for policy in alert_policies.all_(tx, team.workspace):
        if policy.scope.team == team.id:
            alert_policies.delete(tx, policy)
            audit.deleted(tx, actor, "alert_policy", policy, name=policy.name, now=now)
    for schedule in schedules.all_(tx, team.workspace):
        if team.id in schedule.teams:
            alone = replace(schedule, teams=_without(schedule.teams, team))
            schedules.save(tx, alone, schedule)
            audit.changed(tx, actor, "schedule", alone, was=schedule, name=schedule.name, now=now)
    for plan in escalation_policies.all_(tx, team.workspace):
        if team.id in plan.teams:
            free = replace(plan, teams=_without(plan.teams, team))
            escalation_policies.save(tx, free, plan)
            audit.changed(tx, actor, "escalation_policy", free, was=plan, name=plan.name, now=now)
    for service in services.all_(tx, team.workspace):
        if service.team == team.id:
            unowned = replace(service, team=None)
            services.save(tx, unowned, service)
            audit.changed(tx, actor, "service", unowned, was=service, name=service.name, now=now)


def _without(teams_: tuple[TeamId, ...], team: Team) -> tuple[TeamId, ...]:
    return tuple(each for each in teams_ if each != team.id)


def who_is_on_call(tx: Tx, actor: Actor, team_id: TeamId, *, at: datetime) -> TeamOnCall:
    """Tell who is on call *at* an instant on the schedules that belong to a team."""
    actor.must(Permission.READ)
    directory = directories.current(tx, actor.workspace)
    team = directory.teams.get(team_id)
    if team is None:
        raise NotFound("team", native("team", team_id))
    mine = sorted(
        (each for each in directory.schedules.values() if team_id in each.teams), key=lambda each: each.id
    )
    shifts = tuple((schedule, shift) for schedule in mine for shift in on_call(schedule, at))
    return TeamOnCall(team=team, at=at, shifts=shifts, users=directory.users)


def _check(tx: Tx, actor: Actor, new: Team, was: Team | None = None) -> None:
    check_team(new)
    named = [(member, f"members[{place}].user_id") for place, member in enumerate(new.members)]
    usage.must_know_users(tx, actor, named, was.members if was is not None else ())
