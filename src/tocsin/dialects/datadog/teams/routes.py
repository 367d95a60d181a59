"""``/api/v2/team``: teams; deleting one takes it off what belongs to it."""

from collections.abc import Callable, Iterable
from http import HTTPStatus

from msgspec import UNSET

from tocsin.actions import extras, history, teams
from tocsin.actions.actor import Actor, Permission
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, InUse, Invalid, NotFound
from tocsin.core.ids import TeamId
from tocsin.core.people import Team
from tocsin.core.spelling import from_uuid, to_uuid
from tocsin.dialects.datadog.errors import Refused
from tocsin.dialects.datadog.handling import PREFIX, read_body, seeing, seen
from tocsin.dialects.datadog.jsonapi import MEDIA
from tocsin.dialects.datadog.objects import DIALECT, TEAM
from tocsin.dialects.datadog.spelled import SHOWN_MAX, is_uuid
from tocsin.dialects.datadog.teams.translate import drafted, edited, kept_of, show_group
from tocsin.dialects.datadog.teams.wire import (
    FIELDS,
    INCLUDES,
    CreateTeam,
    TeamDocument,
    TeamList,
    TeamsQuery,
    UpdateTeam,
    stretch,
)
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ROUTES = Routes(PREFIX, tag="Teams")

NOT_UNIQUE = "Team name and handle must be unique"
ONE = {"team_id": "the team's id"}
_CREATE: JsonReader[CreateTeam] = JsonReader(CreateTeam)
_UPDATE: JsonReader[UpdateTeam] = JsonReader(UpdateTeam)


@ROUTES.get(
    "/team",
    permission=Permission.READ,
    summary="List teams",
    description="By name unless `sort` says otherwise. Nothing can be included: teams have no links here.",
    media=MEDIA,
)
async def list_teams(call: Call, query: TeamsQuery) -> TeamList:
    """List teams, a page of them."""
    return await seen(call, _listed, query)


@ROUTES.post(
    "/team",
    permission=Permission.ADMIN,
    summary="Create a team",
    description="`relationships.users` are made members.",
    status=201,
    body_later=CreateTeam,
    media=MEDIA,
    raises=(Conflict,),
)
async def create_team(call: Call) -> TeamDocument:
    """Create a team."""
    given = (await read_body(call, _CREATE)).data
    draft = drafted(given)

    def create(tx: Tx, actor: Actor) -> TeamDocument:
        _must_be_free(tx, actor, draft)
        made = teams.create(tx, actor, draft, now=call.now)
        kept = kept_of({}, given.attributes, None)
        extras.keep(tx, actor, made.id, kept, dialect=DIALECT, kind=TEAM)
        return TeamDocument(show_group(made, kept))

    return await call.act(create)


@ROUTES.get(
    "/team/{team_id}",
    permission=Permission.READ,
    summary="Read a team",
    media=MEDIA,
    raises=(NotFound,),
    params=ONE,
)
async def get_team(call: Call) -> TeamDocument:
    """Read a team."""
    return await seen(call, _read, team_in_path(call))


@ROUTES.patch(
    "/team/{team_id}",
    permission=Permission.ADMIN,
    summary="Change a team",
    body_later=UpdateTeam,
    media=MEDIA,
    raises=(NotFound, Conflict),
    params=ONE,
)
async def update_team(call: Call) -> TeamDocument:
    """Change a team."""
    team_id = team_in_path(call)
    await seen(call, _read, team_id)
    given = (await read_body(call, _UPDATE)).data.attributes

    def update(tx: Tx, actor: Actor) -> TeamDocument:
        _must_be_free(tx, actor, edited(teams.get(tx, seeing(actor), team_id), given))
        changed = teams.change(tx, actor, team_id, lambda was: edited(was, given), now=call.now)
        was = extras.kept(tx, actor, (team_id,), dialect=DIALECT, kind=TEAM).get(team_id, {})
        kept = kept_of(was, given, call.now)
        extras.keep(tx, actor, team_id, kept, dialect=DIALECT, kind=TEAM)
        return TeamDocument(show_group(changed, kept))

    return await call.act(update)


@ROUTES.delete(
    "/team/{team_id}",
    permission=Permission.ADMIN,
    summary="Delete a team",
    description="What belongs to it stays without it; refused while a step asks it or another team's rules.",
    raises=(NotFound, Conflict),
    params=ONE,
)
async def delete_team(call: Call) -> None:
    """Delete a team."""
    team_id = team_in_path(call)
    await seen(call, _read, team_id)
    try:
        await call.act(teams.delete, team_id, let_go=True, now=call.now)
    except InUse:
        raise Refused(HTTPStatus.CONFLICT, f"team[{to_uuid(team_id)}] is in use") from None


def team_in_path(call: Call) -> TeamId:
    """Read the team's id from the path; refuse what is none of ours as not found."""
    text = call.params["team_id"]
    if not is_uuid(text):
        raise Refused(HTTPStatus.NOT_FOUND, f"{text[:SHOWN_MAX]} is not a valid UUID not found")
    found = from_uuid(text)
    if found is None:
        raise no_team(text)
    return TeamId(found)


def team_in(directory: Directory, team_id: TeamId) -> Team:
    """Find a team; refuse as not found when there is none."""
    team = directory.teams.get(team_id)
    if team is None:
        raise no_team(to_uuid(team_id))
    return team


def no_team(text: str) -> Refused:
    """Say that there is no such team."""
    return Refused(HTTPStatus.NOT_FOUND, f"Team for ID {text} not found")


def _must_be_free(tx: Tx, actor: Actor, team: Team) -> None:
    for other in history.directory(tx, actor).teams.values():
        if other.id != team.id and (other.name == team.name or other.handle == team.handle):
            raise Refused(HTTPStatus.CONFLICT, NOT_UNIQUE)


def _read(tx: Tx, actor: Actor, directory: Directory, team_id: TeamId) -> TeamDocument:
    team = team_in(directory, team_id)
    kept = extras.kept(tx, actor, (team_id,), dialect=DIALECT, kind=TEAM).get(team_id, {})
    return TeamDocument(show_group(team, kept))


def _listed(tx: Tx, actor: Actor, directory: Directory, query: TeamsQuery) -> TeamList:
    include = _words("include", query.include, INCLUDES)
    fields = _words("fields[team]", query.fields, (*FIELDS, "id", *INCLUDES))
    part = query.keyword.casefold()
    found = [
        team
        for team in directory.teams.values()
        if (not query.me or actor.user in team.members) and _fits(team, part, directory)
    ]
    by = query.sort.removeprefix("-")
    key: Callable[[Team], tuple[int, str, int]] = lambda team: (  # noqa: E731  # it is one of two
        len(team.members) if by == "user_count" else 0,
        team.name.casefold(),
        team.id,
    )
    found.sort(key=key, reverse=query.sort.startswith("-"))
    page = found[query.number * query.size :][: query.size]
    kept = extras.kept(tx, actor, [team.id for team in page], dialect=DIALECT, kind=TEAM)
    return TeamList(
        [show_group(team, kept.get(team.id, {}), fields) for team in page],
        stretch(number=query.number, size=query.size, total=len(found)),
        [] if include else UNSET,
    )


def _fits(team: Team, part: str, directory: Directory) -> bool:
    if part in team.name.casefold() or part in team.handle:
        return True
    people = (directory.users.get(member) for member in team.members)
    return any(part in user.email.casefold() for user in people if user is not None)


def _words(name: str, texts: Iterable[str], known: Iterable[str]) -> set[str]:
    """Read a parameter that is given several times, or once with commas."""
    words = {word.strip() for text in texts for word in text.split(",")} - {""}
    unknown = sorted(words.difference(known))
    if unknown:
        raise Invalid(name, f"names {unknown[0][:SHOWN_MAX]!r}", f"must be of {', '.join(known)}")
    return words
