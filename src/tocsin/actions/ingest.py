"""Events in: each is folded into its alert, judged by every policy, and begins or joins pages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import NamedTuple, assert_never

from tocsin.actions.ledger import Ledger
from tocsin.actions.likeness import Likeness
from tocsin.core import alert as trouble
from tocsin.core import escalation, judging
from tocsin.core.alert import Alert, AlertStatus, Change, Folded, Routing, fold
from tocsin.core.alert_by_hand import is_snoozed
from tocsin.core.alert_policy import Mode
from tocsin.core.alike import Alike
from tocsin.core.because_page import SilenceEnded
from tocsin.core.directory import Directory
from tocsin.core.escalation import Page
from tocsin.core.event import Event, EventStatus
from tocsin.core.ids import AlertId, PageId, WorkspaceId
from tocsin.core.judging import Decision
from tocsin.core.silence import applies, holds
from tocsin.core.verdict import Judgement, Passed, Quiet, Routed, Silenced, Unrouted, Verdict, any_routes
from tocsin.store import alerts, directories, events, pages
from tocsin.store.transaction import Tx

NONE_KNOWN: Mapping[WorkspaceId, Directory] = MappingProxyType({})
Group = tuple[int, int, int, str]

_Acting = Routed | Quiet | Silenced | Unrouted
# To look a member up on its class costs more than all that is done with it here.
_OPENED, _REPEATED, _OVER = Change.OPENED, Change.REPEATED, AlertStatus.RESOLVED
_MOVED = (Change.RISEN, Change.FALLEN)
_FIRED = (_OPENED, _REPEATED, *_MOVED)


class _Judged(NamedTuple):
    """An alert that was judged, with what the policies said, to be acted on in order."""

    alert: Alert
    verdicts: tuple[Verdict, ...]
    change: Change


def ingest(
    tx: Tx, batch: Sequence[Event], now: datetime, known: Mapping[WorkspaceId, Directory] = NONE_KNOWN
) -> None:
    """Take *batch* in, of any workspaces, in its order; when this is committed it is accepted for good.

    *known* are directories that this transaction has found to stand.
    """
    by_workspace: dict[WorkspaceId, list[Event]] = {}
    for event in batch:
        by_workspace.setdefault(event.workspace, []).append(event)
    for workspace in sorted(by_workspace):
        directory = known.get(workspace) or directories.current(tx, workspace)
        _ingest_one(tx, directory, by_workspace[workspace], now)


def _ingest_one(tx: Tx, directory: Directory, batch: Sequence[Event], now: datetime) -> None:
    ledger = Ledger(tx, directory, now)
    folding = _Folding(ledger, batch)
    filed = [(event, folding.fold(event)) for event in batch]
    events.insert_many(tx, filed)
    _act(ledger, folding.judged)
    ledger.settle()


class _Folding:
    """Folds the events of a batch into their alerts, one after the other, and has those *judged*."""

    def __init__(self, ledger: Ledger, batch: Sequence[Event]) -> None:
        self.judged: list[_Judged] = []
        self._ledger = ledger
        keys = {(event.service, event.dedup_key) for event in batch if event.dedup_key}
        self._open = alerts.open_by_keys(ledger.tx, sorted(keys))
        self._new_ids = ledger.new_ids
        by_event = any(policy.mode is Mode.FIRST_WINDOW for policy in ledger.directory.asking)
        self._decide = partial(_decide, ledger.directory, now=ledger.now, by_event=by_event)
        self._alike = Alike(self._decide)  # those that were just opened differ least

    def fold(self, event: Event) -> AlertId | None:
        """Fold *event* into its alert and judge that; return the alert's id, None when there is none."""
        ledger, key = self._ledger, (event.service, event.dedup_key)
        before = self._open.get(key) if event.dedup_key else None
        held_until = None
        if before is not None:
            before = _released_in_time(ledger, before)
            if event.status is EventStatus.ACKNOWLEDGED:
                held_until = ledger.held_until(before.id)
        elif event.opens and event.status is EventStatus.RESOLVED:
            last = _last_over(ledger, event)
            if last is not None:
                return last
        alert_id = AlertId(next(self._new_ids)) if before is None else before.id
        folded = fold(before, event, ledger.now, alert_id=alert_id, held_until=held_until)
        if folded.alert is None:
            return None
        alert = self._judge(folded, folded.alert, before)
        if alert.status is _OVER:
            self._open.pop(key, None)
        elif event.dedup_key:
            self._open[key] = alert
        return alert.id

    def _judge(self, folded: Folded, alert: Alert, before: Alert | None) -> Alert:
        """Have *alert* judged if an event said that it fires, and write down what became of it."""
        ledger, change, because = self._ledger, folded.change, folded.because
        if change in _FIRED:
            decision = self._alike(alert) if change is _OPENED else self._decide(alert)
            alert = judging.remember(alert, decision)
            self.judged.append(_Judged(alert, decision.verdicts, change))
            was_silenced = before is not None and before.routing is Routing.SILENCED
            if was_silenced and alert.routing is not Routing.SILENCED:
                because = (*because, SilenceEnded())
        if change is _OPENED:
            ledger.open(alert, because)
        elif before is not None:
            ledger.change(alert, was=before, because=because)
        return alert


def _last_over(ledger: Ledger, event: Event) -> AlertId | None:
    """Count *event*, which says once more that it is over, to the alert that was over last, if any."""
    last = (
        alerts.last_resolved(ledger.tx, event.workspace, event.service, event.dedup_key)
        if event.dedup_key
        else None
    )
    if last is None:
        return None
    last = ledger.alerts.get(last.id, last)
    ledger.change(replace(last, events=last.events + 1, version=last.version + 1), was=last)
    return last.id


def _released_in_time(ledger: Ledger, alert: Alert) -> Alert:
    """End the acknowledgement of *alert* if its time has come, though its timer has not been acted on yet."""
    expired, because = trouble.expire(alert, ledger.now)
    if expired is not alert:
        ledger.change(expired, was=alert, because=because)
    return expired


def judge(directory: Directory, alert: Alert, now: datetime, *, by_event: bool = False) -> Judgement:
    """Ask every policy of *directory* that may have to do with *alert*; *by_event*, at its event's time."""
    return judging.apply(alert, _decide(directory, alert, now, by_event=by_event))


def _decide(directory: Directory, alert: Alert, now: datetime, *, by_event: bool) -> Decision:
    return judging.decide(
        directory.asking,
        directory.silences,
        directory.plans,
        alert,
        now,
        catch_all=directory.catch_all_plan,
        among=directory.index.among(alert),
        said_at=alert.last_seen_at if by_event else None,
    )


def _act(ledger: Ledger, judged: Sequence[_Judged]) -> None:
    """Begin, join and start over pages as the policies said."""
    if ledger.directory.compares_texts:
        like = Likeness(ledger.tx, [said for each in judged for said in each.verdicts])
        judged = [each._replace(verdicts=like.regroup(each.verdicts)) for each in judged]
    # Of a repeat that pages nobody there is nothing to do or to say.
    acts = [each for each in judged if each.change is not _REPEATED or any_routes(each.verdicts)]
    again = [each.alert.id for each in acts if each.change is not _OPENED and any_routes(each.verdicts)]
    moved = [each.alert for each in judged if each.change in _MOVED]
    ledger.load_pages([*again, *(alert.id for alert in moved)])
    for alert in moved:
        _follow_level(ledger, alert)
    _look_again(ledger, judged)
    # Those that are alike have the very same verdicts.
    said = {id(each.verdicts): each.verdicts for each in acts}
    acting = {key: _acting(verdicts) for key, verdicts in said.items()}
    windows = _Windows(ledger, acting.values())
    for each in acts:
        for verdict in acting[id(each.verdicts)]:
            _act_on(ledger, windows, each, verdict)
    windows.let_in(ledger)


def _acting(verdicts: Iterable[Verdict]) -> list[_Acting]:
    """Leave out who stood back: explain tells of them, and the story would be all about them."""
    return [verdict for verdict in verdicts if not isinstance(verdict, Passed)]


def _follow_level(ledger: Ledger, alert: Alert) -> None:
    """Let the pages that wait for *alert* to last at one severity see that it has another."""
    for page in ledger.pages_of(alert.id):
        followed = escalation.follow_level(page, alert)
        if followed is not page:
            ledger.put(followed)


def _look_again(ledger: Ledger, judged: Sequence[_Judged]) -> None:
    """Let steps that wait for more events look again, where a plan has any such step."""
    if not ledger.directory.counts_events:
        return
    ledger.load_pages(each.alert.id for each in judged)
    for each in judged:
        for page in ledger.pages_of(each.alert.id):
            looked = escalation.look_again(page, ledger.now, ledger.recent_events(page))
            if looked is not page:
                ledger.put(looked)


def rejudge(ledger: Ledger, firing: Iterable[Alert]) -> None:
    """Judge alerts anew, because a silence began or ended; only those for which it makes a difference."""
    judged = []
    in_force = [each for each in ledger.directory.silences if holds(each, ledger.now)]  # for all alerts alike
    for alert in firing:
        by_hand = alert.routing is Routing.ROUTED and not alert.memory  # no silence stops what a person asks
        was_silenced = alert.routing is Routing.SILENCED
        covered = is_snoozed(alert, ledger.now) or any(applies(each, alert) for each in in_force)
        if by_hand or was_silenced == covered:
            continue
        # What a policy let through before the silence counts no more: after it, everybody is asked anew.
        forgets = was_silenced and not trouble.is_acknowledged(alert, ledger.now)
        judgement = judge(ledger.directory, replace(alert, memory=()) if forgets else alert, ledger.now)
        ledger.change(judgement.alert, was=alert, because=(SilenceEnded(),) if was_silenced else ())
        judged.append(_Judged(judgement.alert, judgement.verdicts, Change.FALLEN))
    _act(ledger, judged)


def page_again(ledger: Ledger, alert: Alert) -> None:
    """Let *alert*, whose own silence is over, page: unless another silence covers it."""
    rejudge(ledger, (alert,))
    now = ledger.alerts.get(alert.id, alert)
    if now.routing is not Routing.SILENCED:
        route_anew(ledger, (now,))


def route_anew(ledger: Ledger, released: Iterable[Alert]) -> None:
    """Judge alerts that fire, that nobody holds any more, and for which there is no page.

    They were silenced or unrouted when they were acknowledged, and that no longer need be so. Those whose
    policy was withdrawn stay as they are.
    """
    judged = []
    free = [
        alert
        for alert in released
        if alert.status is AlertStatus.FIRING
        and alert.routing is not Routing.WITHDRAWN
        and not trouble.is_acknowledged(alert, ledger.now)
    ]
    ledger.load_pages(alert.id for alert in free)
    for alert in free:
        if not ledger.pages_of(alert.id):
            judgement = judge(ledger.directory, replace(alert, memory=()), ledger.now)
            ledger.change(judgement.alert, was=alert)
            judged.append(_Judged(judgement.alert, judgement.verdicts, Change.FALLEN))
    _act(ledger, judged)


class _Windows:
    """The pages that gather, by (policy, rule, plan, group key), as far as this batch needs them."""

    def __init__(self, ledger: Ledger, said: Iterable[Iterable[_Acting]]) -> None:
        wanted = {
            group_of(verdict)
            for verdicts in said
            for verdict in verdicts
            if isinstance(verdict, Routed) and verdict.group_key is not None
        }
        self._open: dict[Group, Page] = {}
        self._joining: dict[PageId, list[Alert]] = {}
        if wanted:
            for page in pages.gathering(ledger.tx, sorted(wanted)):
                ledger.pages.setdefault(page.id, page)
                self._open[(page.policy or 0, page.rule or 0, page.plan.id, page.group_key)] = page

    def find(self, ledger: Ledger, verdict: Routed) -> Page | None:
        """Return the page that gathers for *verdict* and whose window is open now."""
        known = self._open.get(group_of(verdict))
        if known is None:
            return None
        page = ledger.pages[known.id]
        if page.gathers_until is None or page.gathers_until <= ledger.now:
            return None
        return page

    def join(self, page: Page, alert: Alert) -> None:
        """Let *alert* into *page*, together with others that come."""
        self._joining.setdefault(page.id, []).append(alert)

    def let_in(self, ledger: Ledger) -> None:
        """Let in who has come; before anything else is done with a page that gathers."""
        for page_id, joining in self._joining.items():
            ledger.join(ledger.pages[page_id], joining)
        self._joining = {}

    def closed(self, ledger: Ledger, verdict: Routed) -> None:
        """Close a window that is over but whose timer was not due yet, so that the next may open."""
        known = self._open.pop(group_of(verdict), None)
        if known is None:
            return
        self.let_in(ledger)
        ledger.proceed(ledger.pages[known.id])
        page = ledger.pages[known.id]
        if page.gathers_until is not None:  # it rests, and nothing wakes a page that rests
            ledger.put(replace(page, gathers_until=None, joined=0))

    def opened(self, verdict: Routed, page: Page) -> None:
        """Remember that *page* gathers from now on."""
        self._open[group_of(verdict)] = page


def group_of(verdict: Routed) -> Group:
    """Return what alerts must have in common to be gathered into one page."""
    return (verdict.policy or 0, verdict.rule or 0, verdict.plan.id, verdict.group_key or "")


def _act_on(ledger: Ledger, windows: _Windows, each: _Judged, verdict: _Acting) -> None:
    match verdict:
        case Routed():
            _route(ledger, windows, each, verdict)
        case Quiet() | Silenced() | Unrouted():
            if each.change is not _REPEATED:
                ledger.tell((verdict.because,), alert=each.alert.id)
        case _:
            assert_never(verdict)


def _route(ledger: Ledger, windows: _Windows, each: _Judged, verdict: Routed) -> None:
    """Page for *verdict*: start over the page that asks already, join the one that gathers, or begin one."""
    alert = each.alert
    asking = None
    if each.change is not _OPENED:
        windows.let_in(ledger)
        asking = _asking(ledger.pages_of(alert.id), verdict)
    if asking is not None and verdict.level is not None:
        return  # it waits for this very severity to last, or has had its turn
    ledger.tell((verdict.because,), alert=alert.id)
    if asking is not None:
        ledger.put(escalation.as_now(asking, alert, verdict.importance))
        ledger.start_over(asking, verdict.because)
        _share(ledger, each, asking)
        return
    if verdict.group_key is not None:
        window = windows.find(ledger, verdict)
        if window is not None:
            _join(ledger, windows, window, alert)
            return
        windows.closed(ledger, verdict)
    page = escalation.begin(
        page_id=PageId(next(ledger.new_ids)),
        plan=verdict.plan,
        alert=alert,
        now=ledger.now,
        importance=verdict.importance,
        policy=verdict.policy,
        rule=verdict.rule,
        group_key=verdict.group_key,
        gathering=verdict.gathering if verdict.group_key is not None else None,
        level=verdict.level,
    )
    ledger.begin(page, alert)
    if page.gathers_until is not None:
        windows.opened(verdict, page)
    _share(ledger, each, page)


def _join(ledger: Ledger, windows: _Windows, window: Page, alert: Alert) -> None:
    """Let *alert* into *window*, unless it has come into it before."""
    if not window.digest or all(page.id != window.id for page in ledger.pages_of(alert.id)):
        windows.join(window, alert)


def _share(ledger: Ledger, each: _Judged, page: Page) -> None:
    """Let rules of one policy that speak of the same alert in the same moment tell each place once."""
    if page.level is None and len(each.verdicts) > 1:
        ledger.once.share(ledger.pages[page.id], each.alert)


def _asking(pages_of_alert: Iterable[Page], verdict: Routed) -> Page | None:
    """Find the page that runs this rule's plan for the alert already; each digest is a page of its own."""
    if verdict.gathering.digest:
        return None
    for page in pages_of_alert:
        same_level = page.level is verdict.level
        if same_level and escalation.runs(page, verdict.plan, policy=verdict.policy, rule=verdict.rule):
            return page
    return None
