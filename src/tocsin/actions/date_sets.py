"""Sets of dates: named once, and shared by the time windows of alert policies."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tocsin.actions import audit
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import Edit, Sure, anyway, begin, must_be_free, must_have_room
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.calendar import DateSetWindow
from tocsin.core.date_set import DateSet, check
from tocsin.core.ids import DateSetId
from tocsin.core.listing import Listed
from tocsin.store import alert_policies, date_sets
from tocsin.store.transaction import Tx


def create(tx: Tx, actor: Actor, draft: DateSet, *, now: datetime) -> DateSet:
    """Add a set of dates."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    must_have_room(tx, actor, date_sets.list_, "sets of dates")
    made = replace(draft, id=DateSetId(tx.new_id()), workspace=actor.workspace)
    check(made)
    date_sets.add(tx, made)
    audit.created(tx, actor, "date_set", made, name=made.name, now=now)
    return made


def get(tx: Tx, actor: Actor, date_set_id: DateSetId) -> DateSet:
    """Read a set of dates."""
    actor.must(Permission.READ)
    return date_sets.find(tx, actor.workspace, date_set_id)


def list_(tx: Tx, actor: Actor, *, after: int | None = None, limit: int) -> Listed[DateSet]:
    """List sets of dates, the oldest first."""
    actor.must(Permission.READ)
    return date_sets.list_(tx, actor.workspace, after=after, limit=limit)


def using(tx: Tx, actor: Actor) -> Mapping[DateSetId, Sequence[AlertPolicy]]:
    """Tell of each set of dates that a window names which alert policies name it, the oldest first."""
    actor.must(Permission.READ)
    found: dict[DateSetId, list[AlertPolicy]] = {}
    for policy in alert_policies.all_(tx, actor.workspace):
        windows = (window for rule in policy.rules for window in rule.windows)
        named = {each for window in windows if isinstance(window, DateSetWindow) for each in window.sets}
        for each in named:
            found.setdefault(each, []).append(policy)
    return found


def change(tx: Tx, actor: Actor, date_set_id: DateSetId, edit: Edit[DateSet], *, now: datetime) -> DateSet:
    """Change a set of dates, for every window that names it."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    was = date_sets.find(tx, actor.workspace, date_set_id)
    new = edit(was)
    check(new)
    if new != was:
        date_sets.save(tx, new, was)
        audit.changed(tx, actor, "date_set", new, was=was, name=new.name, now=now)
    return new


def delete(
    tx: Tx,
    actor: Actor,
    date_set_id: DateSetId,
    *,
    sure: Sure[DateSet] = anyway,
    even_in_use: bool = False,
    now: datetime,
) -> None:
    """Delete a set of dates; raise InUse while a window names it, unless that is wanted *even_in_use*.

    A window opens on no date of a set that is not there.
    """
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    dates = date_sets.find(tx, actor.workspace, date_set_id)
    sure(dates)
    if not even_in_use:
        uses = using(tx, actor).get(date_set_id, ())
        must_be_free(f"date set {dates.name}", (f"alert policy {policy.name}" for policy in uses))
    date_sets.delete(tx, dates)
    audit.deleted(tx, actor, "date_set", dates, name=dates.name, now=now)
