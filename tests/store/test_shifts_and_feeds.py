"""Recurring shifts, feeds and swaps come back as they were stored, on either engine."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from store import samples
from tocsin.core.feed import Calendar, Feed, FeedEvent, FeedHealth
from tocsin.core.recurrence import Frequency, Recurrence
from tocsin.core.recurring_shift import RecurringShift
from tocsin.core.shift_swap import ShiftSwap
from tocsin.store import feeds, recurring_shifts, schedules, shift_swaps, workspaces
from tocsin.store.statements import Statement
from tocsin.store.tables import schedule_feeds

WALL = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001 - a clock on a wall, in a missing hour
RULE = Recurrence(
    frequency=Frequency.YEARLY,
    interval=2,
    by_month=(1, 3),
    by_month_day=(-1,),
    by_year_day=(5,),
    by_day=("-1FR", "MO"),
    by_hour=(7,),
    by_minute=(30,),
    by_position=(-1,),
    week_start=6,
    until=WALL + timedelta(days=400),
)
SHIFT = RecurringShift(
    id=201,
    workspace=samples.WORKSPACE,
    name="Größe",
    team=51,
    start=WALL,
    duration=timedelta(hours=8),
    rule=RULE,
    groups=((21, 22), ()),
    in_turn=True,
    first_group=1,
    rotation_start=WALL + timedelta(days=1),
    cut=True,
    ends_at=samples.NOW,
    level=-3,
    override=True,
    time_zone="Asia/Kolkata",
)
PLAIN = RecurringShift(id=202, workspace=samples.WORKSPACE, start=WALL, duration=timedelta(seconds=1))
FEED = Feed(id=211, url="https://example.org/secret-path.ics", overrides=True)
OTHER = Feed(id=212, url="https://example.org/b.ics")
CALENDAR = Calendar(
    events=(
        FeedEvent(
            uid="a",
            names=("ana", "ana@example.org"),
            level=2,
            start=WALL,
            duration=timedelta(days=1),
            time_zone="Europe/Berlin",
            rule=RULE,
            besides=(WALL,),
            without=(WALL, WALL + timedelta(days=1)),
        ),
    )
)


def filled(tx):
    workspaces.add(tx, samples.workspace)
    for shift in (SHIFT, PLAIN):
        recurring_shifts.add(tx, shift)
    made = replace(samples.schedule, shifts=(PLAIN, SHIFT), feeds=(FEED, OTHER))
    schedules.add(tx, made)
    return made


def test_a_schedule_of_shifts_and_feeds_comes_back_as_it_was(database):
    made = database.transact(filled)

    assert database.transact(lambda tx: recurring_shifts.all_(tx, samples.WORKSPACE)) == [SHIFT, PLAIN]
    assert database.transact(lambda tx: schedules.all_(tx, samples.WORKSPACE)) == [made]
    named = database.transact(lambda tx: recurring_shifts.schedules_of(tx, [SHIFT.id]))
    assert named == {SHIFT.id: [made.id]}
    changed = replace(made, shifts=(SHIFT,), feeds=(OTHER,))
    database.transact(lambda tx: schedules.save(tx, changed, made))
    assert database.transact(lambda tx: schedules.all_(tx, samples.WORKSPACE)) == [changed]


def test_a_copy_is_kept_beside_its_feed_and_its_address_is_sealed(database):
    made = database.transact(filled)
    copy = feeds.Copy(calendar=CALENDAR, digest="d", skipped=2, remark="one \x00 is left out")

    database.transact(lambda tx: feeds.read(tx, FEED.id, copy, now=samples.NOW))
    database.transact(lambda tx: feeds.failed(tx, OTHER.id, "down", now=samples.NOW))

    (found,) = database.transact(lambda tx: schedules.all_(tx, samples.WORKSPACE))
    assert found == replace(made, feeds=(replace(FEED, calendar=CALENDAR), OTHER))
    health = database.transact(lambda tx: feeds.health(tx, [FEED.id, OTHER.id]))
    assert health == {
        FEED.id: FeedHealth(
            checked_at=samples.NOW, read_at=samples.NOW, skipped=2, remark="one \ufffd is left out"
        ),
        OTHER.id: FeedHealth(checked_at=samples.NOW, problem="down"),
    }
    sealed = Statement(select(schedule_feeds.c.url_sealed))
    rows = database.transact(lambda tx: tx.rows(sealed))
    assert len(rows) == 2
    assert "example" not in str(rows)


def test_swaps_come_back_and_only_those_that_were_taken_are_part_of_a_schedule(database):
    made = database.transact(filled)
    wish = ShiftSwap(
        id=221,
        workspace=samples.WORKSPACE,
        schedule=made.id,
        starts_at=samples.NOW,
        ends_at=samples.NOW + timedelta(days=1),
        beneficiary=21,
        description="a walk",
        updated_at=samples.NOW,
    )
    taken = replace(wish, id=222, benefactor=22)
    for swap in (wish, taken):
        database.transact(lambda tx, swap=swap: shift_swaps.add(tx, swap))

    assert database.transact(lambda tx: shift_swaps.all_(tx, samples.WORKSPACE)) == [wish, taken]
    assert database.transact(lambda tx: schedules.find(tx, samples.WORKSPACE, made.id)).swaps == (taken,)
    database.transact(lambda tx: schedules.delete(tx, made))
    assert database.transact(lambda tx: shift_swaps.all_(tx, samples.WORKSPACE)) == []
    assert database.transact(feeds.next_due) is None
