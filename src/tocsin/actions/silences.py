"""Silences: made, changed, lifted; whatever they cover is judged anew when that changes."""

from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.actions import audit
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import Edit, Sure, anyway, begin, must_be_known, must_have_room
from tocsin.core.errors import Conflict
from tocsin.core.ids import SilenceId
from tocsin.core.listing import Listed
from tocsin.core.silence import Silence, changes_at, check
from tocsin.store import services, silences, timers
from tocsin.store.transaction import Tx

AN_INSTANT = timedelta(microseconds=1)  # a span of time has a length, also when it ends as it begins


def time_silence(tx: Tx, silence: Silence, now: datetime) -> None:
    """Have the alerts judged anew when *silence* next begins or stops to be in force."""
    moment = changes_at(silence, now)
    if moment is None:
        timers.cancel(tx, "silence", silence.id)
    else:
        timers.put(tx, "silence", silence.id, silence.workspace, moment)


def create(tx: Tx, actor: Actor, draft: Silence, *, now: datetime) -> Silence:
    """Add a silence. What it covers already stops paging at once."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    must_have_room(tx, actor, silences.list_, "silences")
    silence = SilenceId(tx.new_id())
    made = replace(draft, id=silence, workspace=actor.workspace, created_by=actor.user)
    _check(tx, actor, made)
    silences.add(tx, made)
    _judge_anew(tx, made, now)
    audit.created(tx, actor, "silence", made, name=made.name, now=now)
    return made


def get(tx: Tx, actor: Actor, silence_id: SilenceId) -> Silence:
    """Read a silence."""
    actor.must(Permission.READ)
    return silences.find(tx, actor.workspace, silence_id)


def list_(tx: Tx, actor: Actor, *, after: int | None = None, limit: int) -> Listed[Silence]:
    """List silences, those that are over too, the oldest first."""
    actor.must(Permission.READ)
    return silences.list_(tx, actor.workspace, after=after, limit=limit)


def change(tx: Tx, actor: Actor, silence_id: SilenceId, edit: Edit[Silence], *, now: datetime) -> Silence:
    """Change a silence: what it covers now stops paging, what it covers no longer pages."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    was = silences.find(tx, actor.workspace, silence_id)
    new = edit(was)
    _check(tx, actor, new, was)
    if new != was:
        silences.save(tx, new, was)
        _judge_anew(tx, new, now)
        audit.changed(tx, actor, "silence", new, was=was, name=new.name, now=now)
    return new


def end(
    tx: Tx, actor: Actor, silence_id: SilenceId, *, sure: Sure[Silence] = anyway, now: datetime
) -> Silence:
    """End a silence now; what still fires under it pages, and says why. One that is over stays as it was.

    Raise Conflict for one that has not begun: that is to be deleted.
    """

    def edit(was: Silence) -> Silence:
        sure(was)
        if was.ends_at is not None and was.ends_at <= now:
            return was
        if was.starts_at > now:
            raise Conflict(f"silence {was.name} has not begun yet; delete it instead")
        return replace(was, ends_at=max(now, was.starts_at + AN_INSTANT))

    return change(tx, actor, silence_id, edit, now=now)


def delete(
    tx: Tx, actor: Actor, silence_id: SilenceId, *, sure: Sure[Silence] = anyway, now: datetime
) -> None:
    """Delete a silence; what still fires under it pages, and says why."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    silence = silences.find(tx, actor.workspace, silence_id)
    sure(silence)
    silences.delete(tx, silence)
    _judge_anew(tx, silence, now)
    audit.deleted(tx, actor, "silence", silence, name=silence.name, now=now)


def _judge_anew(tx: Tx, silence: Silence, now: datetime) -> None:
    """Have the alerts judged at once: the timer's turn then times the silence's next change."""
    timers.put(tx, "silence", silence.id, silence.workspace, now)


def _check(tx: Tx, actor: Actor, new: Silence, was: Silence | None = None) -> None:
    check(new)
    added = sorted(new.services.difference(was.services if was is not None else ()))
    must_be_known(tx, actor, services.get_many, [(each, "services") for each in added], "service")
