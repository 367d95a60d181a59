"""Calendars to subscribe to: one's own shifts, or a schedule's, each behind a key that opens nothing else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tocsin.actions import audit, keys
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import begin, must_have_room
from tocsin.actions.key_kinds import Entropy, KeyKind
from tocsin.actions.keys import NewKey
from tocsin.actions.tokens import acting_with
from tocsin.core.credential import Key
from tocsin.core.errors import Conflict, Forbidden, NotFound
from tocsin.core.ids import KeyId, ScheduleId, UserId
from tocsin.core.spelling import from_native, native
from tocsin.store import credentials, directories
from tocsin.store.transaction import Tx

OF_USER_MAX: Final = 100
_SCHEDULE: Final = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftCalendar:
    """A calendar that somebody subscribes to: of a *schedule*, or of their own shifts when it is None."""

    key: Key
    schedule: ScheduleId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A calendar whose secret somebody has: *actor* may read, and *user* is whose it is."""

    actor: Actor
    user: UserId
    schedule: ScheduleId | None


def create(tx: Tx, actor: Actor, *, schedule: ScheduleId | None, entropy: Entropy, now: datetime) -> NewKey:
    """Make a calendar of one's own shifts, or of *schedule*; its secret is told once."""
    user = _person(actor)
    begin(tx, actor)
    must_have_room(tx, actor, credentials.list_, "keys")
    if len(mine(tx, actor)) >= OF_USER_MAX:
        raise Conflict(f"you have {OF_USER_MAX} calendars already; revoke some first")
    name = "My shifts"
    if schedule is not None:
        known = directories.current(tx, actor.workspace).schedules.get(schedule)
        if known is None:
            raise NotFound("schedule", native("schedule", schedule))
        name = known.name
    draft = Key(
        id=KeyId(tx.new_id()),
        workspace=actor.workspace,
        kind=KeyKind.SHIFT_CALENDAR,
        name=name,
        user=user,
        scopes=(Permission.READ.value,),
        extra={} if schedule is None else {_SCHEDULE: native("schedule", schedule)},
        created_at=now,
    )
    return keys.make(tx, actor, draft, entropy=entropy, now=now)


def mine(tx: Tx, actor: Actor) -> list[ShiftCalendar]:
    """List the calendars that one subscribes to, the oldest first, but for revoked ones."""
    user = _person(actor)
    found: list[ShiftCalendar] = []
    after: int | None = None
    while len(found) < OF_USER_MAX:
        listed = credentials.list_(tx, actor.workspace, user=user, after=after, limit=500)
        found += [_calendar(key) for key in listed.items if _is_open(key)]
        if listed.next is None:
            break
        after = listed.next
    return found


def revoke(tx: Tx, actor: Actor, key_id: KeyId, *, now: datetime) -> None:
    """Let a calendar of one's own be read no more."""
    key = credentials.find(tx, actor.workspace, key_id)
    if key.user != _person(actor) or key.kind != KeyKind.SHIFT_CALENDAR:
        raise NotFound("calendar", native("key", key_id))
    begin(tx, actor)
    if key.revoked_at is None:
        credentials.revoke(tx, key_id, now)
        audit.did(tx, actor, "revoked", "key", key, name=key.name, now=now)


def opened_by(tx: Tx, hashed: str) -> Opened | None:
    """Find the calendar whose secret has that SHA-256; None when it is unknown or opens nothing more."""
    key = credentials.by_hash(tx, hashed)
    if key is None or not _is_open(key) or key.user is None:
        return None
    actor = acting_with(tx, key)
    if actor is None:
        return None
    return Opened(actor=actor, user=key.user, schedule=_calendar(key).schedule)


def _is_open(key: Key) -> bool:
    return key.kind == KeyKind.SHIFT_CALENDAR and key.revoked_at is None


def _calendar(key: Key) -> ShiftCalendar:
    found = from_native(key.extra.get(_SCHEDULE, ""), "schedule")
    return ShiftCalendar(key=key, schedule=ScheduleId(found) if found is not None else None)


def _person(actor: Actor) -> UserId:
    actor.must(Permission.READ)
    if actor.user is None:
        raise Forbidden(f"{actor.name} is nobody who could subscribe to a calendar")
    return actor.user
