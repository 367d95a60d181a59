"""What Datadog's clients read of schedules that are made of more than layers, which is all they can say."""

from dataclasses import replace

import pytest

from api_world import ADA, REA
from datadog_office import ANA, BEN, layer, replacing, schedule
from shift_worlds import every, shift
from tocsin.core.ids import RecurringShiftId, ScheduleId, UserId, WorkspaceId
from tocsin.core.schedule import Schedule
from tocsin.core.spelling import to_uuid
from tocsin.store import recurring_shifts, schedules

NUMBER = 1 << 50
IDENTIFIER = to_uuid(NUMBER)
AT = "filter[at_ts]=2026-03-06T12:00:00Z"


@pytest.fixture
def path(office):
    """A schedule on which Ana and Ben are on call together every day, and nobody at night."""
    both = shift("2026-03-01T09:00", 8, (UserId(REA.id), UserId(ADA.id)), rule=every("daily"))
    both = replace(both, id=RecurringShiftId(NUMBER + 1))
    made = Schedule(
        id=ScheduleId(NUMBER),
        workspace=WorkspaceId(1),
        name="Shifts",
        time_zone="UTC",
        shifts=(both,),
    )

    def add(tx):
        recurring_shifts.add(tx, both)
        schedules.add(tx, made)

    office.database.transact(add)
    return f"/schedules/{IDENTIFIER}"


def test_the_first_of_several_people_is_on_call_and_all_of_them_respond(office, path):
    shown = office.get(f"{path}/on-call?{AT}")["data"]
    everybody = office.get(
        f"{path}/responders?{AT}&filter[position]=current&include=responders,responders.shifts.user"
    )

    assert shown["relationships"]["user"]["data"]["id"] == ANA
    assert shown["attributes"]["start"].startswith("2026-03-06T09:00:00")
    assert {each["id"] for each in everybody["included"] if each["type"] == "users"} == {ANA, BEN}
    assert office.get(f"{path}/on-call?filter[at_ts]=2026-03-06T20:00:00Z")["data"] is None


def test_such_a_schedule_has_no_layers_and_keeps_its_shifts_when_it_is_replaced(office, path):
    shown = office.get(f"{path}?include=layers")
    body = replacing(schedule(layer(), name="Renamed"), IDENTIFIER)

    renamed = office.put(path, body)

    assert shown["data"]["relationships"]["layers"]["data"] == []
    assert renamed["data"]["attributes"]["name"] == "Renamed"
    after = office.get(f"{path}/on-call?{AT}")["data"]
    assert after["relationships"]["user"]["data"]["id"] == ANA
    assert after["attributes"]["start"].startswith("2026-03-06T09:00:00")
