"""What people read about an alert: how it stands, who is asked, and what comes next. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.core.alert import Alert, AlertStatus, Routing, is_acknowledged
from tocsin.core.alert_by_hand import is_snoozed
from tocsin.core.directory import Directory
from tocsin.core.escalation import NotifyTargets, Outside, Page, PageStatus
from tocsin.core.filter_language import to_text
from tocsin.core.filter_tree import Compare, Expression, Operator, all_of
from tocsin.core.spelling import native

UNTITLED = "Untitled alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an alert stands: a *word* for it, and *tone*, by which it is coloured."""

    word: str
    tone: str
    detail: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody who is being asked by a page, and why."""

    name: str
    why: str
    at: datetime
    reached: bool
    declined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What a page does next if nobody answers, and when."""

    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An alert in a list."""

    id: str
    url: str
    title: str
    alert: Alert
    service: str
    standing: Standing
    asked: tuple[Asked, ...]
    next: Next | None

    @property
    def filter(self) -> str:
        """A filter that takes alerts like this one: of its labels, or of its title where it has none."""
        alert = self.alert
        tests: list[Expression] = [
            Compare(f"labels.{name}", Operator.EQUAL, value) for name, value in alert.labels.items()
        ]
        return to_text(all_of(*(tests or [Compare("title", Operator.EQUAL, alert.title)])))


def row_of(alert: Alert, pages: Sequence[Page], directory: Directory, now: datetime) -> Row:
    """Say of *alert* what a list says."""
    running = [page for page in pages if page.status is PageStatus.TRIGGERED]
    service = directory.services.get(alert.service)
    identifier = native("alert", alert.id)
    return Row(
        id=identifier,
        url=f"/alerts/{identifier}",
        title=alert.title or UNTITLED,
        alert=alert,
        service=service.name if service is not None else "",
        standing=standing_of(alert, now),
        asked=tuple({each.name: each for page in running for each in asked_by(page, directory)}.values()),
        next=soonest(what_next(page, directory) for page in running),
    )


def standing_of(alert: Alert, now: datetime) -> Standing:
    """Say how *alert* stands."""
    held = alert.acknowledgement
    if alert.status is AlertStatus.RESOLVED:
        return Standing(word="Resolved", tone="resolved")
    if held is not None and is_acknowledged(alert, now):
        by, until = held.by_name or "its source", held.until
        if held.reminder is not None and held.reminder.answer_by is not None:
            by += ", who is asked whether that is still so,"
            until = min(until or held.reminder.answer_by, held.reminder.answer_by)
        return Standing(word="Acknowledged", tone="held", detail=f"by {by}", until=until)
    if is_snoozed(alert, now) and alert.snooze is not None:
        by = alert.snooze.by_name
        return Standing(
            word="Snoozed", tone="held", detail=f"by {by}" if by else "", until=alert.snooze.until
        )
    if alert.routing in {Routing.SILENCED, Routing.WITHDRAWN}:
        gone = alert.routing is Routing.WITHDRAWN
        detail = "the policy that took it was withdrawn" if gone else ""
        return Standing(word="Withdrawn" if gone else "Silenced", tone="held", detail=detail)
    if alert.routing is Routing.UNROUTED:
        return Standing(word="Unrouted", tone="lost", detail="no policy takes it, and there is no catch-all")
    return Standing(word="Firing", tone="firing")


def asked_by(page: Page, directory: Directory) -> Iterable[Asked]:
    """List whom *page* has asked, in the order in which it did."""
    for responder in page.responders:
        user = directory.users.get(responder.user)
        yield Asked(
            name=user.display_name if user is not None else "a deleted user",
            why=responder.why,
            at=responder.asked_at,
            reached=responder.told_at is not None,
            declined=responder.declined,
        )
    for place in page.destinations:
        if isinstance(place, Outside):
            name = place.address
        else:
            destination = directory.destinations.get(place)
            name = destination.name if destination is not None else "a deleted destination"
        yield Asked(name=name, why="", at=page.began_at, reached=True, declined=False)


def what_next(page: Page, directory: Directory) -> Next:
    """Say what *page* does next if nobody answers."""
    plan = page.plan
    if page.gathers_until is not None and page.due is not None and page.due >= page.gathers_until:
        return Next(text="gathers more alerts before anybody is told", at=page.gathers_until)
    if page.due is None or page.next_step >= len(plan.steps):
        at = page.wake_at
        return Next(text="the rest of people's own rules", at=at) if at else Next(text="nobody else is asked")
    step = plan.steps[page.next_step]
    if isinstance(step.action, NotifyTargets):
        names = [directory.describe(target) for target in step.action.targets]
        return Next(text=f"asks {_few(names)}", at=page.due)
    return Next(text=f"step {page.next_step + 1} of {plan.name}", at=page.due)


def soonest(found: Iterable[Next]) -> Next | None:
    """Give what comes first; what has no time comes last."""
    listed = sorted(found, key=lambda each: (each.at is None, each.at.timestamp() if each.at else 0.0))
    return listed[0] if listed else None


def facts_of(alert: Alert) -> Mapping[str, Any]:
    """Give what else an alert says of itself, by name, where it says it."""
    metric = alert.metric
    measured = "" if metric is None or metric.value is None else f"{metric.value:g} {metric.units}".strip()
    facts = {
        "Source": alert.source,
        "Host": alert.host,
        "Monitor": alert.monitor_name or alert.monitor_id,
        metric.name if metric is not None else "Metric": measured,
        "Key": alert.dedup_key,
    }
    return {name: value for name, value in facts.items() if name and value}


def _few(names: Sequence[str], most: int = 3) -> str:
    shown = list(dict.fromkeys(names))
    rest = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {rest} more" if rest > 0 else "")
