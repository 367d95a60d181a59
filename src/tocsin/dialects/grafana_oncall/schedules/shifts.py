"""``/on_call_shifts``: duty that comes once, comes back, or is taken in turns."""

from collections.abc import Sequence
from dataclasses import replace

from tocsin.actions import extras, recurring_shifts, schedules
from tocsin.actions.actor import Permission
from tocsin.core.calendar import to_wall
from tocsin.core.errors import Invalid
from tocsin.core.ids import RecurringShiftId
from tocsin.core.recurring_shift import RecurringShift, check, has_begun
from tocsin.core.schedule import Schedule
from tocsin.dialects.grafana_oncall import spelled
from tocsin.dialects.grafana_oncall.errors import refused
from tocsin.dialects.grafana_oncall.fields import Fields
from tocsin.dialects.grafana_oncall.handling import Ask, Resource, seeing
from tocsin.dialects.grafana_oncall.schedules import wire
from tocsin.dialects.grafana_oncall.schedules.kinds import (
    CALENDAR,
    DIALECT,
    SHIFT,
    WEB,
    kinds_of,
)
from tocsin.dialects.grafana_oncall.schedules.shift_fields import (
    OVERRIDE,
    check_together,
    read_shift,
)
from tocsin.dialects.grafana_oncall.schedules.shift_translate import (
    beside,
    shift_of,
    show_shift,
    type_of,
    values_of,
)
from tocsin.dialects.grafana_oncall.team_filter import team_filter

SHIFTS = Resource(
    "on_call_shifts",
    "shift",
    shown=wire.Shift,
    noun="on-call shift",
    may_write=Permission.SCHEDULE,
)
OVERRIDES_REFUSED = "Shifts of type override are not supported in this schedule"


def _show(ask: Ask, found: Sequence[RecurringShift]) -> list[wire.Shift]:
    ids = [shift.id for shift in found]
    kept = extras.kept(ask.tx, ask.actor, ids, dialect=DIALECT, kind=SHIFT)
    part_of = recurring_shifts.schedules_of(ask.tx, ask.actor, ids)
    kinds = kinds_of(ask, sorted({each for some in part_of.values() for each in some}))
    shown = []
    for shift in found:
        web = next((each for each in part_of[shift.id] if kinds[each] == WEB), None)
        shown.append(show_shift(shift, web, kept.get(shift.id, {})))
    return shown


@SHIFTS.lists(_show)
def list_on_call_shifts(ask: Ask) -> Sequence[RecurringShift]:
    """List shifts, the oldest first: all, those of a schedule, of a name or of a team."""
    found = recurring_shifts.all_(ask.tx, ask.actor)
    schedule, name, team = ask.query.one("schedule_id"), ask.query.one("name"), team_filter(ask)
    if schedule:
        wanted = spelled.read("schedule", schedule)
        part_of = recurring_shifts.schedules_of(ask.tx, ask.actor, [shift.id for shift in found])
        found = [shift for shift in found if wanted in part_of[shift.id]]
    if name:
        found = [shift for shift in found if shift.name == name]
    if team is not None:
        found = [shift for shift in found if shift.team in team]
    return found


@SHIFTS.reads
def read_on_call_shift(ask: Ask, identifier: int) -> wire.Shift:
    """Read one shift."""
    return _show(ask, [recurring_shifts.get(ask.tx, ask.actor, RecurringShiftId(identifier))])[0]


@SHIFTS.creates(wire.ShiftBody)
def create_on_call_shift(ask: Ask, fields: Fields) -> wire.Shift:
    """Make a shift; it counts once a schedule names it."""
    values = read_shift(fields, ask.directory, new=True)
    check_together(values, new=True, given=values)
    draft = _checked(shift_of(values, None))
    made = recurring_shifts.create(ask.tx, ask.actor, draft, now=ask.now)
    _keep(ask, made, beside(values, made))
    return _show(ask, [made])[0]


@SHIFTS.changes(wire.ShiftBody)
def change_on_call_shift(ask: Ask, identifier: int, fields: Fields) -> wire.Shift:
    """Change what is named."""
    was = recurring_shifts.get(ask.tx, seeing(ask.actor), RecurringShiftId(identifier))
    values = read_shift(fields, ask.directory, new=False)
    source = values["source"] if "source" in fields else values_of(was)["source"]
    values["source"] = source
    merged = {**values_of(was), **values}
    check_together(merged, new=False, given=values)
    new = _checked(shift_of(merged, was))
    if type_of(new) == OVERRIDE and type_of(was) != OVERRIDE:
        _must_not_be_in_calendars(ask, was)
    changed = recurring_shifts.change(ask.tx, ask.actor, was.id, lambda _: new, now=ask.now)
    if "rotation_start" in values:
        _keep(ask, changed, beside(values, changed))
    return _show(ask, [changed])[0]


@SHIFTS.deletes
def delete_on_call_shift(ask: Ask, identifier: int) -> None:
    """Delete a shift; one of a web schedule that has begun ends now instead, and what was stays true."""
    shift = recurring_shifts.get(ask.tx, seeing(ask.actor), RecurringShiftId(identifier))
    part_of = recurring_shifts.schedules_of(ask.tx, ask.actor, [shift.id])[shift.id]
    kinds = kinds_of(ask, part_of)
    for schedule_id in part_of:
        if kinds[schedule_id] == WEB:
            schedule = schedules.get(ask.tx, seeing(ask.actor), schedule_id)
            zone = shift_zone(shift, schedule)
            if has_begun(shift, zone, ask.now):
                end(ask, shift, zone)
                return
    recurring_shifts.delete(ask.tx, ask.actor, shift.id, now=ask.now)


def end(ask: Ask, shift: RecurringShift, zone: str) -> None:
    """Let no duty of *shift* be later than now."""
    now = ask.now.replace(microsecond=0)
    rule = shift.rule
    if rule is not None:
        wall = to_wall(zone, now)
        rule = replace(rule, until=wall if rule.until is None else min(rule.until, wall))
    ends_at = now if shift.ends_at is None else min(shift.ends_at, now)
    ended = replace(shift, rule=rule, ends_at=ends_at)
    recurring_shifts.change(ask.tx, ask.actor, shift.id, lambda _: ended, now=ask.now)


def shift_zone(shift: RecurringShift, schedule: Schedule) -> str:
    """Name the zone whose clock *shift* goes by in *schedule*."""
    return shift.time_zone or schedule.shift_zone or schedule.time_zone


def _checked(shift: RecurringShift) -> RecurringShift:
    try:
        check(shift)
    except Invalid as error:
        path = {"groups": "rolling_users", "rule": "interval"}.get(error.path.partition(".")[0], error.path)
        raise Invalid(path, error.problem, error.remedy) from None
    return shift


def _must_not_be_in_calendars(ask: Ask, shift: RecurringShift) -> None:
    part_of = recurring_shifts.schedules_of(ask.tx, ask.actor, [shift.id])[shift.id]
    if CALENDAR in kinds_of(ask, part_of).values():
        raise refused(OVERRIDES_REFUSED)


def _keep(ask: Ask, shift: RecurringShift, kept: dict[str, str]) -> None:
    extras.keep(ask.tx, ask.actor, shift.id, kept, dialect=DIALECT, kind=SHIFT)
