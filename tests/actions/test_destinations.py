from dataclasses import replace

import pytest

from builders import destination, plan, step
from tocsin.actions import destinations, escalation_policies
from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.core.escalation import DestinationTarget, EscalationPolicy
from tocsin.core.ids import UNMADE, DestinationId
from tocsin.core.notification import NotificationKind

ROOM = replace(destination("Ops"), secret="whsec_abc", options={"headers": {"X-Key": "hunter2"}})


@pytest.fixture
def room(office):
    return office.do(destinations.create, ROOM)


def test_a_destination_reads_back_whole_and_the_log_keeps_its_secrets(office, room):
    assert office.run(destinations.get, room.id) == room
    assert (room.address, room.secret, room.options) == (ROOM.address, ROOM.secret, ROOM.options)

    office.do(destinations.change, room.id, lambda was: replace(was, secret="whsec_def"))

    log = office.log(subject=room.id)
    assert log[0].changes == {"secret": {"before": "***", "after": "***"}}
    assert "hunter2" not in str(log)
    assert "whsec" not in str(log)


def test_a_test_is_queued_for_the_destination(office, room):
    office.do(destinations.test, room.id)

    (message,) = office.waiting()
    assert (message.kind, message.destination, message.address) == (
        NotificationKind.TEST,
        room.id,
        ROOM.address,
    )


def test_a_destination_that_a_policy_tells_stays(office, room):
    told = plan(replace(step(DestinationTarget(destination=room.id)), id=UNMADE))
    policy = EscalationPolicy(id=UNMADE, workspace=office.workspace, name="Backend", plan=told)
    policy = office.do(escalation_policies.create, policy)

    with pytest.raises(Conflict, match="destination Ops is in use by escalation policy Backend"):
        office.do(destinations.delete, room.id)

    office.do(escalation_policies.delete, policy.id)
    office.do(destinations.delete, room.id)
    with pytest.raises(NotFound):
        office.run(destinations.get, room.id)


@pytest.mark.parametrize(("change", "path"), [({"name": ""}, "name"), ({"address": ""}, "address")])
def test_a_destination_that_cannot_be_is_refused(office, room, change, path):
    with pytest.raises(Invalid) as refused:
        office.do(destinations.change, room.id, lambda was: replace(was, **change))

    assert refused.value.path == path
    assert office.run(destinations.list_, limit=9).items == (room,)


def test_destinations_are_for_those_who_configure(office, room):
    rita = office.hire("Rita")

    for action, arguments in (
        (destinations.create, (ROOM,)),
        (destinations.change, (room.id, lambda was: was)),
        (destinations.delete, (room.id,)),
        (destinations.test, (room.id,)),
    ):
        with pytest.raises(Forbidden):
            office.do(action, *arguments, by=rita)
    with pytest.raises(NotFound):
        office.do(destinations.test, DestinationId(7))
