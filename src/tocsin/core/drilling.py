"""What arrived of a drill: a test alert that went the real way to real people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.because import span
from tocsin.core.directory import Directory
from tocsin.core.escalation import Page, PageStatus
from tocsin.core.ids import AlertId
from tocsin.core.notification import Notification, NotificationKind, NotificationState

_WENT = (NotificationState.SENT, NotificationState.DELIVERED)
_OPEN = (NotificationState.QUEUED, NotificationState.SENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message of a drill: to whom, by which way, and what became of it, *after* the drill began."""

    name: str
    channel: str
    state: NotificationState
    after: timedelta | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillReport:
    """What arrived of the drill *alert* so far; *over* once nothing more is to come. *text* sums it up."""

    alert: AlertId
    title: str
    began_at: datetime
    arrivals: tuple[Arrival, ...]
    answered_by: str
    answered_after: timedelta | None
    unreached: tuple[str, ...]
    next_at: datetime | None
    over: bool
    text: str


def report(
    alert: Alert, pages: Sequence[Page], messages: Sequence[Notification], directory: Directory
) -> DrillReport:
    """Report what arrived of the drill *alert*, with its *pages* and their *messages*, as they stand."""
    told = [each for each in messages if each.kind is NotificationKind.PAGE]
    arrivals = tuple(_arrival(each, alert, directory) for each in told)
    went = {each.user for each in told if each.state in _WENT}
    asked = dict.fromkeys(responder.user for page in pages for responder in page.responders)
    unreached = [directory.users[user] for user in asked if user not in went and user in directory.users]
    held = alert.acknowledgement
    waking = [page.wake_at for page in pages if page.status is PageStatus.TRIGGERED]
    next_at = min((each for each in waking if each is not None), default=None)
    waits = any(each.state in _OPEN for each in told)
    found = DrillReport(
        alert=alert.id,
        title=alert.title,
        began_at=alert.opened_at,
        arrivals=arrivals,
        answered_by=held.by_name if held is not None else "",
        answered_after=held.at - alert.opened_at if held is not None else None,
        unreached=tuple(user.display_name for user in unreached),
        next_at=next_at,
        over=not waits and (alert.status is AlertStatus.RESOLVED or held is not None or next_at is None),
        text="",
    )
    return _with_text(found, nobody=not pages)


def _arrival(message: Notification, alert: Alert, directory: Directory) -> Arrival:
    user = directory.users.get(message.user) if message.user is not None else None
    place = directory.destinations.get(message.destination) if message.destination is not None else None
    if user is not None:
        name = user.display_name
    else:
        name = place.name if place is not None else "somebody who is not here any more"
    return Arrival(
        name=name,
        channel=message.channel,
        state=message.state,
        after=message.sent_at - alert.opened_at if message.sent_at is not None else None,
        error=message.last_error if message.state not in _WENT else "",
    )


def _with_text(found: DrillReport, *, nobody: bool) -> DrillReport:
    went = [each for each in found.arrivals if each.state in _WENT]
    failed = [each for each in found.arrivals if each.state is NotificationState.FAILED]
    lines = [f"{len(went)} of {len(found.arrivals)} messages went out, {len(failed)} failed."]
    if nobody:
        lines = ["No page began: nobody is told of an alert like this."]
    lines += [_line(each) for each in found.arrivals]
    if found.answered_after is not None:
        lines.append(f"{found.answered_by} answered after {span(found.answered_after)}.")
    elif went:
        lines.append("Nobody has answered yet." if not found.over else "Nobody has answered.")
    lines += [f"{name} was asked and no message went out to them." for name in found.unreached]
    text = "\n".join(lines)
    return DrillReport(
        **{name: getattr(found, name) for name in found.__slots__ if name != "text"}, text=text
    )


def _line(each: Arrival) -> str:
    when = f" after {span(each.after)}" if each.after is not None else ""
    error = f": {each.error}" if each.error else ""
    return f"  {each.name} by {each.channel}: {each.state.value}{when}{error}"
