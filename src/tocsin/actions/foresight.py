"""What would become of an event or an alert: load what is there, and ask the core; nothing is written."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.actions.actor import Actor, Permission
from tocsin.actions.history import find_alert
from tocsin.actions.ingest import group_of
from tocsin.actions.intake import Drafted, service_for
from tocsin.actions.likeness import Likeness
from tocsin.actions.tellings import Stored
from tocsin.core import foresight
from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.because_page import PageStopped
from tocsin.core.directory import Directory
from tocsin.core.effects import Notify
from tocsin.core.escalation import Assignment, EscalationPlan, NotifyTargets, Page, PageStatus
from tocsin.core.event import Event
from tocsin.core.foreseen import Around, is_held
from tocsin.core.foresight import Explanation
from tocsin.core.ids import UNMADE, AlertId, EventId, PageId, StepId
from tocsin.core.notification import Notification
from tocsin.core.verdict import Routed
from tocsin.store import directories, events, lists, outbox, pages, round_robins
from tocsin.store.transaction import Tx

_NO_KEY = "(none)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """An *explanation*, and the *directory* by which it was made."""

    explanation: Explanation
    directory: Directory


def explain_event(tx: Tx, actor: Actor, draft: Drafted, *, at: datetime | None, now: datetime) -> Foreseen:
    """Tell what an event would come to: now, or as if nothing were open at *at*.

    Raise Invalid when it names a service that is not there.
    """
    actor.must(Permission.READ)
    directory = directories.current(tx, actor.workspace)
    service = service_for(tx, actor, draft.service, path="event.service")
    event = draft.event(id=EventId(UNMADE), workspace=actor.workspace, service=service)
    known = _open_alert(tx, event) if at is None else None
    return _foreseen(tx, directory, event, known, at or now)


def explain_alert(tx: Tx, actor: Actor, alert_id: AlertId, *, at: datetime | None, now: datetime) -> Foreseen:
    """Tell what becomes of an alert that is reported once more: now, or as if it were new at *at*."""
    alert = find_alert(tx, actor, alert_id)
    directory = directories.current(tx, actor.workspace)
    event = foresight.event_of(alert, at or now)
    if at is not None or alert.status is AlertStatus.RESOLVED:
        return _foreseen(tx, directory, event, None, at or now)
    # Without a dedup key nothing can report it again; what becomes of it can be told all the same.
    event = replace(event, dedup_key=alert.dedup_key or _NO_KEY)
    return _foreseen(tx, directory, event, alert, now)


def _foreseen(tx: Tx, directory: Directory, event: Event, known: Alert | None, at: datetime) -> Foreseen:
    explanation = foresight.explain(directory, event, at, _around(tx, directory, known))
    return Foreseen(explanation=explanation, directory=directory)


def _open_alert(tx: Tx, event: Event) -> Alert | None:
    if not event.dedup_key:
        return None
    found = lists.list_alerts(
        tx,
        event.workspace,
        status=AlertStatus.FIRING,
        services=(event.service,),
        key=event.dedup_key,
        limit=1,
    )
    return found.items[0] if found.items else None


def _around(tx: Tx, directory: Directory, known: Alert | None) -> Around:
    """Load what is there around *known*, the open alert, if there is one."""
    its_pages: tuple[Page, ...] = ()
    if known is not None:
        every = pages.of_alerts(tx, (known.id,), resolved=True)
        its_pages = tuple(page for _, page in every if page.status is not PageStatus.RESOLVED)
    return Around(
        known=known,
        pages=its_pages,
        told={page.id: _told(outbox.reached_by(tx, page.id)) for page in its_pages},
        others=_others(tx, known, {page.id for page in its_pages}),
        came=_came(tx, known),
        gathering=lambda verdict: _window(tx, verdict),
        shared=Stored(tx, directory.workspace),
        turns=round_robins.peek(tx, sorted(set(_turning(directory, its_pages)))),
    )


def _others(tx: Tx, known: Alert | None, its_pages: set[PageId]) -> Callable[[PageId], tuple[int, int]]:
    def count(page: PageId) -> tuple[int, int]:
        firing, held = pages.count_alerts(tx, (page,))[page]
        if known is None or page not in its_pages:
            return firing, held
        return firing - 1, held - is_held(known)

    return count


def _came(tx: Tx, known: Alert | None) -> Callable[[PageId | None, datetime], int]:
    def count(page: PageId | None, since: datetime) -> int:
        if page is not None:
            return events.count_of_page(tx, page, since=since)
        return events.count_of_alert(tx, known.id, since=since) if known is not None else 0

    return count


def _window(tx: Tx, verdict: Routed) -> Page | None:
    if verdict.gathering.by_text:
        verdict = Likeness(tx, (verdict,)).grouped(verdict)
    found = pages.gathering(tx, (group_of(verdict),), lock=False)
    return found[0] if found else None


def _told(reached: Sequence[Notification]) -> tuple[Notify, ...]:
    return tuple(
        Notify(
            kind=each.kind,
            user=each.user,
            contact_method=each.contact_method,
            destination=each.destination,
            channel=each.channel,
            address=each.address,
            importance=each.importance,
            because=PageStopped(),
        )
        for each in reached
    )


def _turning(directory: Directory, its_pages: Sequence[Page]) -> Iterator[StepId]:
    """List the steps that ask one of their targets in turn."""
    plans: list[EscalationPlan] = [*directory.plans.values(), *(page.plan for page in its_pages)]
    plans += [plan for policy in directory.alert_policies for rule in policy.rules for plan in rule.plans]
    for plan in plans:
        for step in plan.steps:
            if isinstance(step.action, NotifyTargets) and step.action.assignment is Assignment.ROUND_ROBIN:
                yield step.id
