from dataclasses import replace
from datetime import timedelta

import pytest

import builders
from builders import NOW, at, plan, step, target
from tocsin.actions import duty, escalation_policies, people, schedules
from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.core.escalation import EscalationPolicy
from tocsin.core.ids import UNMADE, OverrideId, ScheduleId, UserId
from tocsin.core.people import Role, UserStatus
from tocsin.core.schedule import OVERRIDES_MAX, Override
from tocsin.store import directories

DAY = timedelta(days=1)


@pytest.fixture
def ana(office):
    return office.hire("Ana")


@pytest.fixture
def ben(office):
    return office.hire("Ben")


def draft(office, *actors):
    rota = builders.schedule("Primary", *(office.user(each) for each in actors))
    return replace(rota, id=UNMADE, layers=(replace(rota.layers[0], id=UNMADE),))


def stand_in(actor, *, starts=NOW, ends=NOW + DAY, instead_of=None):
    return Override(
        id=OverrideId(UNMADE), user=actor.user, starts_at=starts, ends_at=ends, instead_of=instead_of
    )


@pytest.fixture
def primary(office, ana, ben):
    return office.do(schedules.create, draft(office, ana, ben))


def on_call(office, rota, moment=NOW):
    return [shift.user for shift in office.run(duty.on_call, rota.id, at=moment).current]


def test_a_new_schedule_has_ids_all_through_and_reads_back(office, primary, ana):
    assert primary.id != UNMADE
    assert primary.layers[0].id != UNMADE
    assert office.run(schedules.get, primary.id) == primary
    assert on_call(office, primary) == [ana.user]


def test_a_layer_keeps_its_id_when_it_is_changed_and_a_new_one_gets_one(office, primary, ben):
    base = primary.layers[0]
    nights = replace(base, id=UNMADE, name="nights", members=(ben.user,))

    changed = office.do(
        schedules.change, primary.id, lambda was: replace(was, layers=(replace(base, days=7), nights))
    )

    assert changed.layers[0] == replace(base, days=7)
    assert changed.layers[1].id not in {UNMADE, base.id}
    assert on_call(office, primary) == [ben.user]


def test_a_layer_of_another_schedule_is_not_taken_over(office, primary, ana):
    other = office.do(schedules.create, draft(office, ana))

    for layers in ((other.layers[0],), (primary.layers[0], replace(primary.layers[0], name="again"))):
        with pytest.raises(Invalid) as refused:
            office.do(schedules.change, primary.id, lambda was, each=layers: replace(was, layers=each))
        assert refused.value.path == f"layers[{len(layers) - 1}].id"
    assert office.run(schedules.get, other.id) == other


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda was: replace(was, name=""), "name"),
        (lambda was: replace(was, time_zone="Mars/Olympus"), "time_zone"),
        (lambda was: replace(was, tags=("",)), "tags[0]"),
        (lambda was: replace(was, teams=(7,)), "teams[0]"),
        (lambda was: layered(was, members=(None, UserId(7))), "layers[0].members[1]"),
        (lambda was: layered(was, days=0), "layers[0].interval"),
        (lambda was: layered(was, end_date=was.layers[0].effective_date), "layers[0].end_date"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_and_stays_as_it_was(office, primary, change, path):
    with pytest.raises(Invalid) as refused:
        office.do(schedules.change, primary.id, change)

    assert refused.value.path == path
    assert office.run(schedules.get, primary.id) == primary


def layered(was, **changes):
    return replace(was, layers=(replace(was.layers[0], **changes),))


def test_somebody_stands_in_and_the_later_of_two_decides(office, primary, ana, ben):
    first = office.do(schedules.add_override, primary.id, stand_in(ben))
    office.do(schedules.add_override, primary.id, stand_in(office.boss, ends=NOW + DAY / 2))

    assert on_call(office, primary) == [office.owner.id]
    assert on_call(office, primary, NOW + DAY * 3 / 4) == [ben.user]

    office.do(schedules.delete_override, primary.id, first.id)
    assert on_call(office, primary, NOW + DAY * 3 / 4) == [ana.user]
    with pytest.raises(NotFound):
        office.run(schedules.get_override, primary.id, first.id)
    assert [entry.kind for entry in office.log()[:2]] == ["override", "override"]


@pytest.mark.parametrize(
    ("change", "path"),
    [({"ends_at": NOW}, "ends_at"), ({"user": UserId(7)}, "user"), ({"instead_of": UserId(7)}, "instead_of")],
)
def test_an_override_that_cannot_be_is_refused(office, primary, ben, change, path):
    with pytest.raises(Invalid) as refused:
        office.do(schedules.add_override, primary.id, replace(stand_in(ben), **change))

    assert refused.value.path == path


def test_overrides_that_are_over_make_room_for_new_ones(office, primary, ben):
    many = tuple(stand_in(ben, starts=NOW - 2 * DAY, ends=NOW - DAY) for _ in range(OVERRIDES_MAX - 1))
    ahead = stand_in(ben, starts=NOW + DAY, ends=NOW + 2 * DAY)
    office.do(schedules.change, primary.id, lambda was: replace(was, overrides=(*many, ahead)))

    office.do(schedules.add_override, primary.id, stand_in(ben))

    kept = office.run(schedules.get, primary.id).overrides
    assert len(kept) == OVERRIDES_MAX
    assert kept[-2].starts_at == ahead.starts_at


def test_a_schedule_that_a_policy_asks_stays(office, primary):
    asking = plan(replace(step(target(primary)), id=UNMADE))
    policy = EscalationPolicy(id=UNMADE, workspace=office.workspace, name="Backend", plan=asking)
    policy = office.do(escalation_policies.create, policy)

    with pytest.raises(Conflict, match="schedule Primary is in use by escalation policy Backend"):
        office.do(schedules.delete, primary.id)

    office.do(escalation_policies.delete, policy.id)
    office.do(schedules.delete, primary.id)
    with pytest.raises(NotFound):
        office.run(duty.on_call, primary.id, at=NOW)


def test_a_turn_of_somebody_who_left_reaches_nobody_and_says_so(office, primary, ana):
    office.do(people.deactivate, ana.user)

    found = office.run(duty.on_call, primary.id, at=NOW)
    assert found.users[found.current[0].user].status is UserStatus.DEACTIVATED
    directory = office.database.transact(lambda tx: directories.current(tx, office.workspace))
    answer = directory.find(target(primary), NOW)
    assert answer.recipients == ()
    assert "deactivated" in answer.missing[0].sentence()
    # Who has left stays in the layers that name them, and the schedule can still be changed.
    renamed = office.do(schedules.change, primary.id, lambda was: replace(was, name="First line"))
    assert renamed.name == "First line"


def test_what_is_now_was_before_and_comes_next(office, primary, ana, ben):
    found = office.run(duty.on_call, primary.id, at=NOW + DAY)

    assert [[shift.user for shift in shifts] for shifts in (found.previous, found.current, found.next)] == [
        [ana.user],
        [ben.user],
        [ana.user],
    ]


def test_a_span_of_time_has_its_shifts_and_its_gaps(office, ana):
    rota = office.do(schedules.create, layered(draft(office, ana), members=(ana.user, None)))

    found = office.run(duty.over_time, rota.id, starts_at=NOW, ends_at=NOW + 3 * DAY)

    assert [(each.starts_at, each.ends_at) for each in found.shifts] == [
        (NOW, NOW + DAY),
        (NOW + 2 * DAY, NOW + 3 * DAY),
    ]
    assert [(each.starts_at, each.ends_at) for each in found.gaps] == [(NOW + DAY, NOW + 2 * DAY)]


@pytest.mark.parametrize("ends_at", [NOW, NOW - DAY, NOW + 400 * DAY])
def test_a_span_of_time_has_a_length_and_an_end(office, primary, ends_at):
    with pytest.raises(Invalid) as refused:
        office.run(duty.over_time, primary.id, starts_at=NOW, ends_at=ends_at)

    assert refused.value.path == "ends_at"


def test_responders_change_schedules_and_viewers_read_them(office, primary, ben):
    vic = office.hire("Vic", Role.VIEWER)

    assert office.do(schedules.add_override, primary.id, stand_in(ben), by=ben).user == ben.user
    assert office.run(duty.on_call, primary.id, at=at("2026-03-06 10:00"), by=vic).current
    with pytest.raises(Forbidden):
        office.do(schedules.add_override, primary.id, stand_in(ben), by=vic)
    with pytest.raises(NotFound):
        office.run(schedules.get, ScheduleId(7))
