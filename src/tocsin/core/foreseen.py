"""What is there before a night that has not happened, and what is told of it afterwards."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.core.alert import Alert, AlertStatus, Routing
from tocsin.core.because import Because
from tocsin.core.directory import Directory
from tocsin.core.effects import Notify
from tocsin.core.escalation import Page
from tocsin.core.ids import PageId, StepId
from tocsin.core.judging import judge
from tocsin.core.night_sharing import Nothing
from tocsin.core.sharing import Shared
from tocsin.core.silence import changes_at
from tocsin.core.verdict import Judgement, Routed


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a page would do at one instant: the messages that would go out, and every reason."""

    at: datetime
    because: tuple[Because, ...] = ()
    messages: tuple[Notify, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudged:
    """What happened to the alert by itself at *at*, and what the policies said then if they were asked again.

    A silence came or went, or whoever has the alert was asked whether they still have it, or has it no more.
    """

    at: datetime
    because: tuple[Because, ...]
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is there already.

    *known* is the open alert of the event's dedup key, *pages* are those of its pages that are not over and
    *told* the messages that went out for each. *others* tells of a page how many other alerts in it fire, and
    how many of those ask nobody; *came* how many events of a page's alerts, or of the known alert when the
    page is None, came after an instant. *gathering* finds the page that gathers for a verdict. *turns* tells
    whose turn it is at round-robin steps, *shared* what the pages of a policy share.
    """

    known: Alert | None = None
    pages: tuple[Page, ...] = ()
    told: Mapping[PageId, Sequence[Notify]] = field(default_factory=dict)
    others: Callable[[PageId], tuple[int, int]] = lambda _page: (0, 0)
    came: Callable[[PageId | None, datetime], int] = lambda _page, _since: 0
    gathering: Callable[[Routed], Page | None] = lambda _verdict: None
    turns: Mapping[StepId, int] = field(default_factory=dict)
    shared: Shared = field(default_factory=Nothing)


def judge_in(
    directory: Directory, alert: Alert, now: datetime, *, said_at: datetime | None = None
) -> Judgement:
    """Ask every policy of *directory* about *alert*, of which an event spoke at *said_at*."""
    return judge(
        directory.asking,
        directory.silences,
        directory.plans,
        alert,
        now,
        catch_all=directory.catch_all_plan,
        said_at=said_at,
    )


def silence_changes(directory: Directory, alert: Alert, now: datetime) -> Iterator[datetime | None]:
    """Tell when each silence that is for *alert* begins or ends next, if it does."""
    for silence in directory.silences:
        if (not silence.services or alert.service in silence.services) and silence.filter.matches(alert):
            yield changes_at(silence, now)


def is_held(alert: Alert) -> bool:
    """Tell whether *alert* asks nobody, though it fires: somebody has it, or a silence covers it."""
    return alert.acknowledgement is not None or alert.routing is Routing.SILENCED


def has_turned(alert: Alert, was: Alert) -> bool:
    """Tell whether *alert* differs from what it *was* in something that its pages and timers follow."""
    if (
        alert.status is was.status
        and alert.acknowledgement is was.acknowledgement
        and alert.routing is was.routing
    ):
        return False  # so it is with nearly every event
    return followed(alert) != followed(was)


def followed(alert: Alert) -> tuple[AlertStatus, bool, datetime | None, datetime | None]:
    """Give what about *alert* its pages and timers follow."""
    held = alert.acknowledgement
    return (alert.status, is_held(alert), held.until if held else None, held.at if held else None)
