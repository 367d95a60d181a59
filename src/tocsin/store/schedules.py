"""Schedules with all that they are made of; layers and overrides in the order in which the later wins."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy import delete as erase

from tocsin.core.calendar import Restriction
from tocsin.core.ids import ScheduleId, made_at
from tocsin.core.schedule import Layer, Override, Schedule
from tocsin.store import feeds, recurring_shifts, shift_swaps
from tocsin.store.bulk import upsert_many
from tocsin.store.codec import dump, load_any
from tocsin.store.columns import from_json, instant, instant_or_none, micros, micros_or_none, to_json
from tocsin.store.configuration import Kept
from tocsin.store.statements import Statement, among, number
from tocsin.store.tables import schedule_layers, schedule_overrides, schedule_shifts, schedules
from tocsin.store.transaction import Row, Tx

_RESTRICTIONS: Any = tuple[Restriction, ...]


def _parts(table: Table) -> Statement:
    columns = table.columns
    wanted = among(columns.schedule_id, "schedules")
    return Statement(select(table).where(wanted).order_by(columns.schedule_id, columns.position))


_LAYERS = _parts(schedule_layers)
_OVERRIDES = _parts(schedule_overrides)
_PUT_LAYERS = upsert_many(schedule_layers, keys=("id",))
_PUT_OVERRIDES = upsert_many(schedule_overrides, keys=("id",))
_PUT_SHIFTS = upsert_many(schedule_shifts, keys=("schedule_id", "shift_id"))
_DROP_SHIFTS = Statement(
    erase(schedule_shifts).where(
        schedule_shifts.c.schedule_id == number("schedule"), among(schedule_shifts.c.shift_id, "ids")
    )
)
_DROP_LAYERS = Statement(erase(schedule_layers).where(among(schedule_layers.c.id, "ids")))
_DROP_OVERRIDES = Statement(erase(schedule_overrides).where(among(schedule_overrides.c.id, "ids")))


class _Schedules(Kept[Schedule]):
    noun = "schedule"
    table = schedules

    def row(self, tx: Tx, value: Schedule) -> Row:  # noqa: ARG002  # others need it
        teams, tags = to_json(value.teams), to_json(value.tags)
        return (value.id, value.workspace, value.name, value.time_zone, teams, tags, value.shift_zone)

    def values(self, tx: Tx, rows: Sequence[Row]) -> list[Schedule]:
        if not rows:
            return []
        layers: dict[int, list[Layer]] = {row[0]: [] for row in rows}
        overrides: dict[int, list[Override]] = {row[0]: [] for row in rows}
        for row in tx.rows(_LAYERS, schedules=list(layers)):
            layers[row[1]].append(_layer(row))
        for row in tx.rows(_OVERRIDES, schedules=list(layers)):
            overrides[row[1]].append(_override(row))
        shifts = recurring_shifts.of_schedules(tx, layers)
        imported = feeds.of_schedules(tx, layers)
        swaps = shift_swaps.taken(tx, layers)
        return [
            Schedule(
                id=row[0],
                workspace=row[1],
                name=row[2],
                time_zone=row[3],
                layers=tuple(layers[row[0]]),
                overrides=tuple(overrides[row[0]]),
                teams=tuple(from_json(row[4])),
                tags=tuple(from_json(row[5])),
                shifts=tuple(shifts[row[0]]),
                shift_zone=row[6],
                feeds=tuple(imported[row[0]]),
                swaps=tuple(swaps[row[0]]),
            )
            for row in rows
        ]

    def put_parts(self, tx: Tx, new: Schedule, was: Schedule | None) -> None:
        before = [] if was is None else [_layer_row(was.id, *each) for each in enumerate(was.layers)]
        after = [_layer_row(new.id, *each) for each in enumerate(new.layers)]
        _put(tx, before, after, lambda ids: tx.run(_DROP_LAYERS, ids=ids), _PUT_LAYERS)
        before = [] if was is None else [_override_row(was.id, *each) for each in enumerate(was.overrides)]
        after = [_override_row(new.id, *each) for each in enumerate(new.overrides)]
        _put(tx, before, after, lambda ids: tx.run(_DROP_OVERRIDES, ids=ids), _PUT_OVERRIDES)
        _put_shifts(tx, new, was)
        feeds.put(tx, new.id, new.feeds, () if was is None else was.feeds, now=made_at(tx.new_id()))


def _put_shifts(tx: Tx, new: Schedule, was: Schedule | None) -> None:
    """Store which shifts a schedule is made of; the shifts themselves are stored by themselves."""
    before = {} if was is None else {each.id: place for place, each in enumerate(was.shifts)}
    after = {each.id: place for place, each in enumerate(new.shifts)}
    gone = sorted(before.keys() - after.keys())
    if gone:
        tx.run(_DROP_SHIFTS, schedule=new.id, ids=gone)
    differing = [(new.id, shift, place) for shift, place in after.items() if before.get(shift) != place]
    if differing:
        tx.run_many(_PUT_SHIFTS, differing)


def _put(
    tx: Tx, before: Sequence[Row], after: Sequence[Row], drop: Callable[[list[int]], object], put: Any
) -> None:
    """Store the rows that differ, and delete those that are gone."""
    gone = {row[0] for row in before} - {row[0] for row in after}
    if gone:
        drop(sorted(gone))
    differing = sorted(set(after) - set(before))
    if differing:
        tx.run_many(put, differing)


def _layer_row(schedule: ScheduleId, position: int, layer: Layer) -> Row:
    return (
        layer.id,
        schedule,
        position,
        layer.name,
        micros(layer.effective_date),
        micros_or_none(layer.end_date),
        micros(layer.rotation_start),
        layer.days,
        layer.seconds,
        to_json(layer.members),
        to_json(dump(_RESTRICTIONS, layer.restrictions)),
        layer.time_zone,
    )


def _layer(row: Row) -> Layer:
    return Layer(
        id=row[0],
        name=row[3],
        effective_date=instant(row[4]),
        end_date=instant_or_none(row[5]),
        rotation_start=instant(row[6]),
        days=row[7],
        seconds=row[8],
        members=tuple(from_json(row[9])),
        restrictions=load_any(_RESTRICTIONS, from_json(row[10])),
        time_zone=row[11],
    )


def _override_row(schedule: ScheduleId, position: int, override: Override) -> Row:
    starts_at, ends_at = micros(override.starts_at), micros(override.ends_at)
    return (override.id, schedule, position, override.user, starts_at, ends_at, override.instead_of)


def _override(row: Row) -> Override:
    return Override(
        id=row[0],
        user=row[3],
        starts_at=instant(row[4]),
        ends_at=instant(row[5]),
        instead_of=row[6],
    )


_schedules = _Schedules()
add = _schedules.add
save = _schedules.save
delete = _schedules.delete
find = _schedules.find
get_many = _schedules.get_many
all_ = _schedules.all_
list_ = _schedules.list_
