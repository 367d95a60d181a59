"""What people do about alerts and pages: acknowledge, release, resolve, escalate, decline."""

from collections.abc import Callable, Sequence
from datetime import datetime

from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import Sure, anyway
from tocsin.actions.ingest import rejudge, route_anew
from tocsin.actions.ledger import Ledger
from tocsin.core import alert as trouble
from tocsin.core import escalation, paging
from tocsin.core.alert import Alert, AlertStatus, Routing
from tocsin.core.because import Because
from tocsin.core.because_page import Escalated
from tocsin.core.errors import Conflict, Invalid, NotFound
from tocsin.core.escalation import Page, PageStatus
from tocsin.core.ids import AlertId, PageId
from tocsin.core.reminding import answer
from tocsin.core.spelling import native
from tocsin.store import alerts, directories, outbox, pages
from tocsin.store.transaction import Tx

Change = Callable[[Ledger, Alert], tuple[Alert, tuple[Because, ...]]]
AT_ONCE_MAX = 500  # alerts that one request may change


def acknowledge(
    tx: Tx,
    actor: Actor,
    alert_ids: Sequence[AlertId],
    *,
    until: datetime | None = None,
    comment: str = "",
    sure: Sure[Alert] = anyway,
    now: datetime,
) -> tuple[Alert, ...]:
    """Acknowledge alerts until *until*, or until they are resolved when that is None; all or none.

    A new acknowledgement replaces the one before, but an answer to a reminder leaves its end as it was. It
    ends earlier where the rule that paged says so. Raises Conflict when one of them is resolved.
    """
    return change_each(
        tx, actor, must_be_few(alert_ids), _acknowledging(actor, until, comment, now), sure=sure, now=now
    )


def unacknowledge(
    tx: Tx,
    actor: Actor,
    alert_ids: Sequence[AlertId],
    *,
    comment: str = "",
    sure: Sure[Alert] = anyway,
    now: datetime,
) -> tuple[Alert, ...]:
    """Take acknowledgements back; what still fires asks people again, from the first step.

    A *comment* goes into the story, also of an alert that nobody had.
    """
    change = _releasing(actor, now, comment)
    return change_each(tx, actor, must_be_few(alert_ids), change, sure=sure, now=now)


def resolve(
    tx: Tx, actor: Actor, alert_ids: Sequence[AlertId], *, sure: Sure[Alert] = anyway, now: datetime
) -> tuple[Alert, ...]:
    """Resolve alerts by hand; one that is resolved already stays as it is."""
    return change_each(tx, actor, must_be_few(alert_ids), _resolving(actor, now), sure=sure, now=now)


def acknowledge_page(
    tx: Tx,
    actor: Actor,
    page_id: PageId,
    *,
    until: datetime | None = None,
    comment: str = "",
    now: datetime,
) -> Page:
    """Acknowledge every firing alert of a page; on a resolved page there is nothing to do."""
    return _change_page(tx, actor, page_id, _acknowledging(actor, until, comment, now), now=now)


def unacknowledge_page(tx: Tx, actor: Actor, page_id: PageId, *, now: datetime) -> Page:
    """Take back the acknowledgement of every firing alert of a page."""
    return _change_page(tx, actor, page_id, _releasing(actor, now), now=now)


def resolve_page(tx: Tx, actor: Actor, page_id: PageId, *, now: datetime) -> Page:
    """Resolve every firing alert of a page."""
    return _change_page(tx, actor, page_id, _resolving(actor, now), now=now)


def escalate(tx: Tx, actor: Actor, page_id: PageId, *, now: datetime) -> Page:
    """Take a page's next step at once; one that rests is released, and one that is over stays so.

    It does not wait for its rule's hours. Raises Conflict when silences cover all that fires.
    """
    _page(tx, actor, page_id)
    firing = [each for each in alerts.of_page(tx, page_id, lock=True) if each.status is AlertStatus.FIRING]
    page = _locked(tx, actor, page_id)  # after its alerts, as everybody does
    if page.status is PageStatus.RESOLVED:
        return page
    if all(alert.routing is Routing.SILENCED for alert in firing):
        raise Conflict("a silence covers every alert of the page that fires; end the silence first")
    directory = directories.current(tx, actor.workspace)
    ledger = Ledger(tx, directory.at_any_hour(page.rule), now)
    for alert in firing:
        if alert.acknowledgement is not None:
            released, because = trouble.unacknowledge(alert, by=actor.user, by_name=actor.name, now=now)
            ledger.change(released, was=alert, because=because)
    ledger.pages[page.id] = page
    ledger.tell((Escalated(by_name=actor.name),), page=page.id)
    ledger.put(escalation.hurry(page, now))
    ledger.settle()
    return ledger.pages[page.id]


def decline(tx: Tx, actor: Actor, page_id: PageId, *, now: datetime) -> Page:
    """Leave the actor out of a page, as they wish; whoever else it asks is asked as planned.

    Done once it holds, also when an acknowledgement ends and the page starts over. Raises NotFound for
    somebody who is nobody's user.
    """
    actor.must(Permission.READ)
    page = _locked(tx, actor, page_id)
    if actor.user is None:
        raise NotFound("page", native("page", page_id))
    ledger = Ledger(tx, directories.current(tx, actor.workspace), now)
    changed, effects = paging.decline(page, ledger.directory, actor.user, now)
    if changed is page:
        return page
    outbox.drop_for_user(tx, page_id, actor.user, "they wanted to be left out before it was sent")
    ledger.put(changed)
    ledger.carry_out(changed, effects)
    ledger.settle()
    return changed


def _acknowledging(actor: Actor, until: datetime | None, comment: str, now: datetime) -> Change:
    def change(ledger: Ledger, alert: Alert) -> tuple[Alert, tuple[Because, ...]]:
        reminders, how = ledger.directory.reminders, actor.how
        told = None
        if until is None:
            told = answer(alert, reminders, by=actor.user, comment=comment, how=how, now=now)
        return told or trouble.acknowledge(
            alert,
            by=actor.user,
            by_name=actor.name,
            until=ledger.held_until(alert.id, until),
            comment=comment,
            how=how,
            reminders=reminders,
            now=now,
        )

    return change


def _releasing(actor: Actor, now: datetime, comment: str = "") -> Change:
    def change(_ledger: Ledger, alert: Alert) -> tuple[Alert, tuple[Because, ...]]:
        return trouble.unacknowledge(alert, by=actor.user, by_name=actor.name, comment=comment, now=now)

    return change


def _resolving(actor: Actor, now: datetime) -> Change:
    def change(_ledger: Ledger, alert: Alert) -> tuple[Alert, tuple[Because, ...]]:
        if alert.status is AlertStatus.RESOLVED:
            return alert, ()
        return trouble.resolve(alert, by=actor.user, by_name=actor.name, now=now)

    return change


def must_be_few(alert_ids: Sequence[AlertId]) -> Sequence[AlertId]:
    """Return *alert_ids*; raise Invalid when they are more than AT_ONCE_MAX."""
    if len(alert_ids) > AT_ONCE_MAX:
        raise Invalid("ids", f"names {len(alert_ids)} alerts", f"must name at most {AT_ONCE_MAX}")
    return alert_ids


def change_each(
    tx: Tx,
    actor: Actor,
    alert_ids: Sequence[AlertId],
    change: Change,
    *,
    sure: Sure[Alert] = anyway,
    now: datetime,
) -> tuple[Alert, ...]:
    """Change alerts of the actor's workspace, all or none, and let their pages follow.

    *sure* raises for an alert that, as it stands, is not to be changed.
    """
    actor.must(Permission.RESPOND)
    wanted = sorted(set(alert_ids))
    found = alerts.get_many(tx, wanted, lock=True)
    known = {alert.id: alert for alert in found if alert.workspace == actor.workspace}
    ledger = Ledger(tx, directories.current(tx, actor.workspace), now)
    ledger.load_pages(known)
    for alert_id in wanted:
        alert = known.get(alert_id)
        if alert is None:
            raise NotFound("alert", native("alert", alert_id))
        sure(alert)
        changed, because = change(ledger, alert)
        ledger.change(changed, was=alert, because=because)
        known[alert_id] = changed
        if alert.snooze is not None:
            rejudge(ledger, (changed,))  # another silence may cover it
    route_anew(ledger, [ledger.alerts.get(alert_id, known[alert_id]) for alert_id in wanted])
    ledger.settle()
    return tuple(ledger.alerts.get(each, known[each]) for each in alert_ids)


def _change_page(tx: Tx, actor: Actor, page_id: PageId, change: Change, *, now: datetime) -> Page:
    """Change every firing alert of a page, however many there are; the page is locked after them."""
    _page(tx, actor, page_id)
    firing = [
        alert.id for alert in alerts.of_page(tx, page_id, lock=True) if alert.status is AlertStatus.FIRING
    ]
    change_each(tx, actor, firing, change, now=now)
    return _page(tx, actor, page_id)


def _page(tx: Tx, actor: Actor, page_id: PageId) -> Page:
    """Read a page of the actor's workspace, if they may answer it."""
    actor.must(Permission.RESPOND)
    return _found(actor, page_id, pages.get_many(tx, (page_id,)))


def _locked(tx: Tx, actor: Actor, page_id: PageId) -> Page:
    return _found(actor, page_id, pages.get_many(tx, (page_id,), lock=True))


def _found(actor: Actor, page_id: PageId, found: Sequence[Page]) -> Page:
    if not found or found[0].workspace != actor.workspace:
        raise NotFound("page", native("page", page_id))
    return found[0]
