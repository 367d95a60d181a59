"""Nights that have not happened: the deciders, asked what they would do; nothing is written or sent.

`explain` folds an event, lets every policy judge, and then lets each page that would begin go forward, from
one due moment to the next, while nobody answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tocsin.core import escalation, paging
from tocsin.core.alert import Alert, AlertStatus, Change, fold
from tocsin.core.alert_policy import Judgement, Routed, judge
from tocsin.core.because import Because
from tocsin.core.because_page import PageBegan
from tocsin.core.directory import Directory
from tocsin.core.effects import Effect, Notify, Record, Resolve, TakeTurn
from tocsin.core.escalation import Page
from tocsin.core.event import Event
from tocsin.core.ids import AlertId, PageId, StepId

MOMENTS_MAX = 200  # of one page: what a plan with many repeats does after that, it did before
HORIZON = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a page would do at one instant: the messages that would go out, and every reason."""

    at: datetime
    because: tuple[Because, ...]
    messages: tuple[Notify, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a page would go if nobody answered; *goes_on* tells that it would do so beyond the last moment."""

    routed: Routed
    moments: tuple[Moment, ...]
    goes_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What an event would come to: the alert, what each policy and rule says, and how each page goes.

    *alert* is None when the event would change nothing; *because* says what it does to the alert.
    """

    at: datetime
    alert: Alert | None
    change: Change
    because: tuple[Because, ...]
    judgement: Judgement | None = None
    runs: tuple[Run, ...] = ()


def explain(
    directory: Directory,
    event: Event,
    at: datetime,
    *,
    known: Alert | None = None,
    turns: Mapping[StepId, int] | None = None,
) -> Explanation:
    """Tell what *event* would come to, received at *at*, with *known* as the open alert of its dedup key.

    *turns* tells whose turn it is at round-robin steps. Each run ends with its plan, after MOMENTS_MAX
    moments, or HORIZON later.
    """
    folded = fold(known, event, at, alert_id=AlertId(0))
    if folded.alert is None or folded.alert.status is AlertStatus.RESOLVED or folded.change is Change.IGNORED:
        return Explanation(at=at, alert=folded.alert, change=folded.change, because=folded.because)
    judgement = judge(
        directory.alert_policies,
        directory.silences,
        directory.plans,
        folded.alert,
        at,
        catch_all=directory.catch_all_plan,
    )
    walk = _Turns(dict(turns or {}))
    routed = [verdict for verdict in judgement.verdicts if isinstance(verdict, Routed)]
    return Explanation(
        at=at,
        alert=judgement.alert,
        change=folded.change,
        because=folded.because,
        judgement=judgement,
        runs=tuple(_run(directory, judgement.alert, verdict, at, walk) for verdict in routed),
    )


@dataclass(slots=True)
class _Turns:
    """Whose turn it would be, as the imagined pages take theirs."""

    taken: dict[StepId, int] = field(default_factory=dict)


def _run(directory: Directory, alert: Alert, verdict: Routed, at: datetime, turns: _Turns) -> Run:
    """Let the page of *verdict* go forward while nobody answers."""
    page = escalation.begin(
        page_id=PageId(0),
        plan=verdict.plan,
        alert=alert,
        now=at,
        importance=verdict.importance,
        policy=verdict.policy,
        rule=verdict.rule,
        group_key=verdict.group_key,
        gathering=verdict.gathering if verdict.group_key is not None else None,
    )
    began: tuple[Because, ...] = (PageBegan(plan=page.plan.name, title=alert.title),)
    moments = [Moment(at=at, because=began)]
    now: datetime | None = at
    while now is not None and now <= at + HORIZON and len(moments) < MOMENTS_MAX:
        page, effects = paging.proceed(page, directory, now, turns=turns.taken, recent_events=_one_event)
        if effects:
            moments.append(_moment(now, effects, turns))
        now = _next(page, now)
    return Run(routed=verdict, moments=_joined(moments), goes_on=now is not None)


def _next(page: Page, now: datetime) -> datetime | None:
    """Return when *page* has something to do next, always later than *now*."""
    wake_at = page.wake_at
    return None if wake_at is None or wake_at <= now else wake_at


def _moment(now: datetime, effects: tuple[Effect, ...], turns: _Turns) -> Moment:
    because: list[Because] = []
    messages: list[Notify] = []
    for effect in effects:
        match effect:
            case Notify():
                messages.append(effect)
            case Record() | Resolve():
                because.append(effect.because)
            case TakeTurn():
                turns.taken[effect.step] = effect.turn
    return Moment(at=now, because=tuple(because), messages=tuple(messages))


def _joined(moments: list[Moment]) -> tuple[Moment, ...]:
    """Put the beginning and what happens in the same instant together."""
    if len(moments) > 1 and moments[0].at == moments[1].at:
        first, second, *rest = moments
        together = Moment(
            at=first.at, because=first.because + second.because, messages=second.messages
        )
        return (together, *rest)
    return tuple(moments)


def _one_event(_within: timedelta) -> int:
    """Count the events of an alert that was only just imagined."""
    return 1
