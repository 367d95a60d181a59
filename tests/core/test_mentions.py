"""Whom a message to a destination names."""

from dataclasses import replace

import pytest

from builders import NOW, destination, directory, person, plan, schedule, step, team
from tocsin.core.errors import Invalid
from tocsin.core.escalation import DestinationTarget, ScheduleTarget, TeamTarget, UserTarget, check
from tocsin.core.ids import UserId
from tocsin.core.mentions import mentioned
from tocsin.core.people import UserStatus

ANA, BEN, CLEO = person("Ana"), person("Ben"), person("Cleo")
GONE = replace(person("Gil"), status=UserStatus.DEACTIVATED)
OPS, ROTA = team("Ops", BEN, ANA, GONE), schedule("Rota", CLEO)
ROOM, OTHER = destination("Room"), destination("Other")
HERE = directory(ANA, BEN, CLEO, GONE, OPS, ROTA, ROOM, OTHER)


@pytest.mark.parametrize(
    ("mentions", "named"),
    [
        ((), ()),
        ((UserTarget(user=ANA.id),), (ANA,)),
        ((TeamTarget(team=OPS.id),), (BEN, ANA)),  # in the order in which they joined
        ((UserTarget(user=ANA.id), TeamTarget(team=OPS.id)), (ANA, BEN)),  # each once
        ((ScheduleTarget(schedule=ROTA.id),), (CLEO,)),
        ((UserTarget(user=UserId(9_999)),), ()),
        ((UserTarget(user=GONE.id),), ()),
    ],
)
def test_a_message_to_a_place_names_the_people_that_its_plan_mentions_there(mentions, named):
    steps = (
        step(DestinationTarget(destination=ROOM.id, mentions=mentions)),
        step(
            DestinationTarget(destination=OTHER.id, mentions=(UserTarget(user=BEN.id),)),
            UserTarget(user=ANA.id),
        ),
    )

    assert mentioned((plan(*steps),), ROOM.id, HERE, NOW) == named


def test_a_place_may_name_only_so_many():
    crowd = tuple(UserTarget(user=UserId(number)) for number in range(1, 1_002))

    with pytest.raises(Invalid, match=r"targets\[0\].mentions has 1001 entries"):
        check((step(DestinationTarget(destination=ROOM.id, mentions=crowd)),))
