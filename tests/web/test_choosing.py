"""How a choice of whom to ask is written in a form, and read again."""

import pytest

from builders import destination, directory, person, schedule, team
from tocsin.core.errors import Invalid
from tocsin.core.escalation import AddressTarget, DestinationTarget, ScheduleTarget, TeamTarget, UserTarget
from tocsin.core.schedule import Position
from tocsin.web.choosing import described, target_of, written

ANA = person("Ana")
OPS, ROTA, ROOM = team("Ops", ANA), schedule("Rota", ANA), destination("Room")
HERE = directory(ANA, OPS, ROTA, ROOM)
NEXT = ScheduleTarget(schedule=ROTA.id, position=Position.NEXT)
CASES = [
    (UserTarget(user=ANA.id), "Ana"),
    (UserTarget(user=ANA.id, via=("sms", "email")), "Ana by sms, email"),
    (TeamTarget(team=OPS.id), "team Ops"),
    (NEXT, "schedule Rota (next on call)"),
    (AddressTarget(channel="email", address="a@example.org"), "a@example.org by email"),
    (DestinationTarget(destination=ROOM.id), "Room"),
    (
        DestinationTarget(
            destination=ROOM.id, mentions=(UserTarget(user=ANA.id), TeamTarget(team=OPS.id), NEXT)
        ),
        "Room, naming Ana, team Ops, schedule Rota (next on call)",
    ),
]


@pytest.mark.parametrize(("target", "words"), CASES)
def test_a_target_is_read_as_it_was_written_and_put_in_words(target, words):
    assert target_of(written(target)) == target
    assert described(written(target), HERE) == words


@pytest.mark.parametrize(
    "mention", ["destination~dst_000000000001", "address~email~a@example.org", "x", "user~x"]
)
def test_only_people_are_named_to_a_destination(mention):
    with pytest.raises(Invalid):
        target_of(f"{written(DestinationTarget(destination=ROOM.id))}::{mention}")
