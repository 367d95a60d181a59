from dataclasses import replace

import pytest

import builders
from builders import NOW
from shift_worlds import every, shift
from tocsin.actions import duty, recurring_shifts, schedules
from tocsin.core.errors import Forbidden, NotFound
from tocsin.core.ids import UNMADE, RecurringShiftId, ScheduleId
from tocsin.core.people import Role


@pytest.fixture
def ana(office):
    return office.hire("Ana")


@pytest.fixture
def daily(office, ana):
    draft = shift("2026-01-01T00:00", 24, ana.user, number=UNMADE, rule=every("daily"))
    return office.do(recurring_shifts.create, draft)


@pytest.fixture
def rotas(office):
    empty = replace(builders.schedule("Rota"), id=UNMADE, layers=())
    return [office.do(schedules.create, replace(empty, name=name)) for name in ("One", "Two")]


def on_call(office, rota):
    return [each.user for each in office.run(duty.on_call, rota.id, at=NOW).current]


def test_a_shift_is_part_of_the_schedules_that_it_is_placed_on_and_of_no_other(office, daily, rotas, ana):
    one, two = rotas
    office.do(recurring_shifts.place, daily.id, [one.id])
    assert (on_call(office, one), on_call(office, two)) == ([ana.user], [])

    office.do(recurring_shifts.place, daily.id, [two.id])

    assert (on_call(office, one), on_call(office, two)) == ([], [ana.user])
    assert office.run(recurring_shifts.schedules_of, [daily.id]) == {daily.id: [two.id]}


def test_another_shift_of_a_schedule_stays_where_one_comes_and_goes(office, daily, rotas, ana):
    other = office.do(recurring_shifts.create, replace(daily, id=UNMADE, name="other"))
    office.do(recurring_shifts.place, other.id, [rotas[0].id])

    for wanted, left in (([rotas[0].id], [other.id, daily.id]), ([], [other.id])):
        office.do(recurring_shifts.place, daily.id, wanted)
        assert [each.id for each in office.run(schedules.get, rotas[0].id).shifts] == left


def test_nothing_is_placed_where_there_is_nothing(office, daily, rotas):
    with pytest.raises(NotFound):
        office.do(recurring_shifts.place, daily.id, [ScheduleId(1)])
    with pytest.raises(NotFound):
        office.do(recurring_shifts.place, RecurringShiftId(1), [rotas[0].id])


def test_a_viewer_places_no_shift(office, daily, rotas):
    viewer = office.hire("Vic", role=Role.VIEWER)

    with pytest.raises(Forbidden):
        office.do(recurring_shifts.place, daily.id, [rotas[0].id], by=viewer)
