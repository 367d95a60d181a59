"""``/on-call``: who is on call now, for every team, on one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response

from tocsin.actions import duty, shift_swaps
from tocsin.actions.actor import Actor, Permission
from tocsin.core.handoff import Handoff
from tocsin.core.ids import TeamId, UserId
from tocsin.core.people import Team
from tocsin.core.schedule import Schedule
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.rendering import page
from tocsin.web.shift_words import Face, Faces
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")

HOLDERS_SHOWN: Final = 5
SEARCH_LENGTH_MAX: Final = 200


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for: a part of the name of a schedule, of a team or of somebody on call."""

    q: Annotated[str, Meta(max_length=SEARCH_LENGTH_MAX)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody on call, or next; and whether it is who looks."""

    face: Face
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A schedule in the list: who is on call for it until *at*, and who is *then*; nobody, maybe."""

    url: str
    name: str
    holders: Sequence[Holder]
    more: int
    at: datetime | None
    then: Sequence[Holder]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The schedules of a team; those of none have no name."""

    name: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Everywhere:
    """All that the page shows: *count* schedules there are, *empty* of them have nobody now.

    *swaps* are those in which somebody is looked for.
    """

    groups: Sequence[Group]
    count: int
    empty: int
    swaps: int


@ROUTES.get("/on-call", permission=Permission.READ, summary="Show who is on call", hidden=True)
async def show_on_call(call: Call, query: Wanted) -> Response:
    """Show who is on call now."""
    seen = await call.ask(_look, query.q.strip(), call.now)
    return page(
        "on_call.html",
        now=call.now,
        user=signed_in(call.request).user,
        seen=seen,
        asked=query.q,
        may_change=call.actor.may(Permission.SCHEDULE),
    )


def _look(tx: Tx, actor: Actor, asked: str, now: datetime) -> Everywhere:
    directory, found = duty.everywhere(tx, actor, at=now)
    faces, wanted = Faces(directory.users), asked.casefold()
    groups: dict[TeamId | None, list[Line]] = {}
    for schedule, handoff in sorted(found, key=lambda each: (each[0].name.casefold(), each[0].id)):
        line = _line(schedule, handoff, faces, actor)
        teams: list[TeamId | None] = [team for team in schedule.teams if team in directory.teams]
        for team in teams or [None]:
            if _is_wanted(line, _team_name(team, directory.teams), wanted):
                groups.setdefault(team, []).append(line)
    named = [Group(name=_team_name(team, directory.teams), lines=lines) for team, lines in groups.items()]
    return Everywhere(
        groups=sorted(named, key=lambda group: (not group.name, group.name.casefold())),
        count=len(found),
        empty=sum(not handoff.now for _, handoff in found),
        swaps=shift_swaps.looked_for(tx, actor, now=now),
    )


def _line(schedule: Schedule, handoff: Handoff, faces: Faces, actor: Actor) -> Line:
    def holders(users: Sequence[UserId]) -> list[Holder]:
        found = [Holder(face=faces.of(user), mine=user == actor.user) for user in users]
        return sorted(found, key=lambda each: not each.mine)

    return Line(
        url=f"/schedules/{native('schedule', schedule.id)}",
        name=schedule.name,
        holders=holders(handoff.now)[:HOLDERS_SHOWN],
        more=max(0, len(handoff.now) - HOLDERS_SHOWN),
        at=handoff.at,
        then=holders(handoff.then)[:HOLDERS_SHOWN],
    )


def _team_name(team: TeamId | None, teams: Mapping[TeamId, Team]) -> str:
    return teams[team].name if team is not None else ""


def _is_wanted(line: Line, team: str, wanted: str) -> bool:
    texts = (line.name, team, *(each.face.name for each in line.holders))
    return not wanted or any(wanted in text.casefold() for text in texts)
