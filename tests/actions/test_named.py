"""What ids name is looked up together, and only in the caller's workspace."""

from dataclasses import replace

import pytest

from builders import NOW, directory, person, schedule, team
from stored import put
from tocsin.actions.actor import Actor
from tocsin.actions.named import Named, look_up
from tocsin.core.ids import ScheduleId, TeamId, UserId, WorkspaceId

ANA, BEN = person("Ana", "email"), person("Ben")
ZOE = replace(person("Zoe"), workspace=WorkspaceId(9))
OPS, PRIMARY = team("Ops", ANA), schedule("Primary", ANA, BEN)
SERVER = Actor.of_server(WorkspaceId(1))


@pytest.fixture
def house(database):
    def build(tx):
        put(tx, directory(ANA, BEN, OPS, PRIMARY), now=NOW)
        put(tx, replace(directory(ZOE), workspace=WorkspaceId(9)), now=NOW)

    database.transact(build)
    return database


def test_what_is_there_is_given_by_its_id_and_what_is_not_is_left_out(house):
    found = house.read_now(
        lambda tx: look_up(
            tx,
            SERVER,
            of_users={ANA.id, UserId(7)},
            of_teams=[OPS.id, TeamId(7)],
            of_schedules=(PRIMARY.id, ScheduleId(7)),
        )
    )

    assert set(found.users) == {ANA.id}
    assert (found.users[ANA.id].name, set(found.teams), found.teams[OPS.id].name) == ("Ana", {OPS.id}, "Ops")
    assert found.schedules == {PRIMARY.id: PRIMARY}


def test_nobody_is_found_next_door(house):
    assert house.read_now(lambda tx: look_up(tx, SERVER, of_users={ZOE.id})) == Named()


def test_what_is_not_asked_for_costs_no_query(house):
    class Shut:
        def rows(self, *_args, **_values):
            raise AssertionError

    assert look_up(Shut(), SERVER) == Named()
