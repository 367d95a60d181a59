"""Swaps that are asked for and taken back, calendars to subscribe to, and previews, on both engines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import NOW
from configured import entropy
from tocsin.actions import duty, schedule_preview, schedules, shift_calendars, shift_swaps
from tocsin.core.errors import Forbidden, Invalid, NotFound
from tocsin.core.ids import UNMADE, LayerId, ScheduleId, ShiftSwapId, WorkspaceId
from tocsin.core.people import Role
from tocsin.core.schedule import Layer, Schedule
from tocsin.core.shift_swap import ShiftSwap

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def schedule(office, *people):
    """Make a schedule of daily turns that begin now."""
    layer = Layer(
        id=LayerId(UNMADE),
        name="Daily",
        effective_date=NOW,
        rotation_start=NOW,
        days=1,
        members=tuple(each.user for each in people),
    )
    draft = Schedule(
        id=ScheduleId(UNMADE), workspace=WorkspaceId(UNMADE), name="Primary", time_zone="UTC", layers=(layer,)
    )
    return office.do(schedules.create, draft)


def wish(found, *, days, by):
    """Wish that somebody take over a day, so many days from now."""
    return ShiftSwap(
        id=ShiftSwapId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        schedule=found.id,
        starts_at=NOW + days * DAY,
        ends_at=NOW + (days + 1) * DAY,
        beneficiary=by.user,
        updated_at=NOW,
    )


def test_swaps_to_come_and_over_are_read_in_order_and_counted_for_others(office):
    ana, ben = office.hire("Ana"), office.hire("Ben")
    found = schedule(office, ana, ben)
    late, soon = (office.do(shift_swaps.ask, wish(found, days=days, by=ana), by=ana) for days in (4, 2))

    to_come = office.do(shift_swaps.to_come, limit=10)
    over = office.run(shift_swaps.over, now=NOW + 10 * DAY, limit=10)

    assert [each.id for each in to_come] == [soon.id, late.id]
    assert [each.id for each in over] == [late.id, soon.id]
    assert office.do(shift_swaps.looked_for, by=ben) == 2
    assert office.do(shift_swaps.looked_for, by=ana) == 0
    office.do(shift_swaps.take, soon.id, ben.user, by=ben)
    assert office.do(shift_swaps.looked_for, by=ben) == 1


def test_one_asks_for_one_s_own_duty_alone(office):
    ana, ben = office.hire("Ana"), office.hire("Ben")
    found = schedule(office, ana, ben)

    with pytest.raises(Invalid, match="you are not on call"):
        office.do(shift_swaps.ask, wish(found, days=1, by=ana), by=ana)
    asked = office.do(shift_swaps.ask, wish(found, days=1, by=ana), by=ben)

    assert asked.beneficiary == ben.user, "whoever asks, asks for themselves"


def test_a_swap_is_taken_back_by_either_and_by_admins(office):
    ana, ben, cem = (office.hire(name) for name in ("Ana", "Ben", "Cem"))
    found = schedule(office, ana, ben)
    swaps = [office.do(shift_swaps.ask, wish(found, days=days, by=ana), by=ana) for days in (2, 4, 6)]
    office.do(shift_swaps.take, swaps[1].id, ben.user, by=ben)

    with pytest.raises(Forbidden):
        office.do(shift_swaps.withdraw, swaps[0].id, by=cem)
    for swap, by in zip(swaps, (ana, ben, office.boss), strict=True):
        office.do(shift_swaps.withdraw, swap.id, by=by)

    assert office.do(shift_swaps.to_come, limit=10) == []


def test_a_calendar_opens_for_its_secret_alone_until_it_is_revoked(office):
    vic = office.hire("Vic", Role.VIEWER)
    found = schedule(office, vic)
    mine = office.do(shift_calendars.create, schedule=None, entropy=entropy, by=vic)
    whole = office.do(shift_calendars.create, schedule=found.id, entropy=entropy, by=vic)

    def opened(made):
        return office.database.transact(lambda tx: shift_calendars.opened_by(tx, made.secrets.found_by))

    assert (opened(mine).user, opened(mine).schedule) == (vic.user, None)
    assert opened(whole).schedule == found.id
    assert [each.schedule for each in office.run(shift_calendars.mine, by=vic)] == [None, found.id]
    assert office.run(shift_calendars.mine) == []
    with pytest.raises(NotFound):
        office.do(shift_calendars.revoke, mine.key.id)
    office.do(shift_calendars.revoke, mine.key.id, by=vic)
    assert opened(mine) is None
    with pytest.raises(NotFound):
        office.do(shift_calendars.create, schedule=ScheduleId(1), entropy=entropy, by=vic)


def test_a_preview_says_what_would_change_and_stores_nothing(office):
    ana, ben = office.hire("Ana"), office.hire("Ben")
    found = schedule(office, ana)

    def to_ben(was):
        return replace(was, layers=tuple(replace(each, members=(ben.user,)) for each in was.layers))

    preview = office.do(schedule_preview.of_change, found.id, to_ben)

    (change,) = preview.changes
    assert (change.loses, change.gets, change.starts_at) == ((ana.user,), (ben.user,), NOW)
    assert office.run(schedules.get, found.id) == found


def test_a_preview_looks_further_where_nothing_changes_soon(office):
    ana = office.hire("Ana")
    found = schedule(office, ana)

    def ending(was):
        return replace(was, layers=tuple(replace(each, end_date=NOW + 100 * DAY) for each in was.layers))

    preview = office.do(schedule_preview.of_change, found.id, ending)

    assert [change.starts_at for change in preview.changes] == [NOW + 100 * DAY]
    assert [gap.starts_at for gap in preview.gaps] == [NOW + 100 * DAY]


def test_my_shifts_are_found_on_every_schedule(office):
    ana, ben = office.hire("Ana"), office.hire("Ben")
    first, second = schedule(office, ana, ben), schedule(office, ben, ana)
    schedule(office, ben)

    found = office.run(duty.of_user, ana.user, starts_at=NOW, ends_at=NOW + 2 * DAY, by=ana)

    assert [(each.id, shift.starts_at) for each, shift in found] == [(first.id, NOW), (second.id, NOW + DAY)]
