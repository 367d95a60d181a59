"""Teams and their members, in the order in which they joined."""

from collections.abc import Sequence

from sqlalchemy import delete as erase
from sqlalchemy import select

from tocsin.core.ids import UserId
from tocsin.core.people import Team, TeamRole
from tocsin.store.bulk import insert_many as into
from tocsin.store.configuration import Kept
from tocsin.store.statements import Statement, among, number
from tocsin.store.tables import team_members, teams
from tocsin.store.transaction import Row, Tx

_m = team_members.c
_MEMBERS = Statement(select(team_members).where(among(_m.team_id, "teams")).order_by(_m.team_id, _m.position))
_DROP = Statement(erase(team_members).where(_m.team_id == number("team")))
_PUT = into(team_members)


class _Teams(Kept[Team]):
    noun = "team"
    table = teams
    unique = "handle"
    called = "handle"

    def row(self, tx: Tx, value: Team) -> Row:  # noqa: ARG002  # others need it
        return (value.id, value.workspace, value.name, value.handle, value.description)

    def values(self, tx: Tx, rows: Sequence[Row]) -> list[Team]:
        members: dict[int, dict[UserId, TeamRole]] = {row[0]: {} for row in rows}
        if rows:
            for team, user, role, _position in tx.rows(_MEMBERS, teams=list(members)):
                members[team][user] = TeamRole(role)
        return [
            Team(
                id=row[0],
                workspace=row[1],
                name=row[2],
                handle=row[3],
                description=row[4],
                members=tuple(members[row[0]]),
                roles=members[row[0]],
            )
            for row in rows
        ]

    def put_parts(self, tx: Tx, new: Team, was: Team | None) -> None:
        if was is not None and (was.members, was.roles) == (new.members, new.roles):
            return
        if was is not None:
            tx.run(_DROP, team=new.id)
        if new.members:
            rows = [
                (new.id, user, new.roles.get(user, TeamRole.MEMBER), position)
                for position, user in enumerate(new.members)
            ]
            tx.run_many(_PUT, rows)


_teams = _Teams()
add = _teams.add
save = _teams.save
delete = _teams.delete
find = _teams.find
get_many = _teams.get_many
all_ = _teams.all_
list_ = _teams.list_
