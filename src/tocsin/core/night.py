"""A night that has not happened: one alert and its pages go forward by themselves while nobody answers.

The deciders are those of the engine, and so is the order in which they are asked; what the engine would store
is kept in memory here, and every message counts as sent in the instant in which it is wanted.
"""

from collections import ChainMap
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from tocsin.core import alert as trouble
from tocsin.core import escalation, paging
from tocsin.core.alert import Alert, AlertStatus, Change, Routing
from tocsin.core.because import Because
from tocsin.core.because_page import (
    AlertJoined,
    DigestReplaced,
    PageBegan,
    PageRests,
    PageStopped,
    SilenceEnded,
)
from tocsin.core.digest import as_over, is_outdated, news_of, still_gathers
from tocsin.core.directory import Directory
from tocsin.core.effects import Effect, Notify, Record, Resolve, TakeTurn
from tocsin.core.escalation import Page, PageStatus
from tocsin.core.foreseen import Around, Moment, Rejudged, has_turned, is_held, judge_in, silence_changes
from tocsin.core.ids import PageId, StepId
from tocsin.core.night_holding import Holding
from tocsin.core.night_sharing import Imagined
from tocsin.core.notification import NotificationKind
from tocsin.core.once import Once
from tocsin.core.renewal import start_over
from tocsin.core.sharing import each_once
from tocsin.core.silence import covers
from tocsin.core.verdict import Judgement, Routed

SETTLING_ROUNDS_MAX = 10
INSTANTS_MAX = 2_000  # a silence that comes and goes every minute ends an explanation, not the server


class Night:
    """What becomes of *alert* from *now* on; its event, if it is imagined too, comes in at *now*."""

    def __init__(
        self, directory: Directory, alert: Alert, now: datetime, around: Around, *, imagined: bool
    ) -> None:
        self.alert = alert
        self.pages: dict[PageId, Page] = {page.id: page for page in around.pages}
        self.routed: dict[PageId, Routed] = {}
        self.moments: dict[PageId, list[Moment]] = {page.id: [] for page in around.pages}
        self.again: list[Rejudged] = []
        self._directory = directory
        self._around = around
        self._now = now
        self._event_at = now if imagined else None
        self._counted: dict[PageId, tuple[PageId | None, ...]] = {
            page.id: (page.id,) for page in around.pages
        }
        self._others = {page.id: around.others(page.id) for page in around.pages}
        self._told = {
            page.id: {(each.channel, each.address): each for each in around.told.get(page.id, ())}
            for page in around.pages
        }
        # What is taken here hides what is stored, which may well be read only when it is asked for.
        self._turns: MutableMapping[StepId, int] = ChainMap({}, around.turns)  # type: ignore[arg-type]  # never written to
        self._new: set[PageId] = set()
        self._turned = False
        self._because: dict[PageId, list[Because]] = {}
        self._messages: dict[PageId, list[Notify]] = {}
        self._queued: dict[PageId, list[Notify]] = {}
        self._once = Once()
        self._shared = Imagined(around.shared, lambda: self.alert.id)
        self._holding = Holding(directory=directory)
        self._why_again: Because = SilenceEnded()

    def change(self, alert: Alert) -> None:
        """Replace the alert; its pages follow when the night is settled."""
        self._turned = self._turned or has_turned(alert, self.alert)
        self.alert = alert

    def act(self, judgement: Judgement, change: Change) -> None:
        """Begin, join and start over pages, as the policies said."""
        self._once = Once()
        if change in (Change.RISEN, Change.FALLEN):
            for page in self._open_pages():
                self.pages[page.id] = escalation.follow_level(page, self.alert)
        if self._directory.counts_events:
            for page in self._open_pages():
                self.pages[page.id] = escalation.look_again(page, self._now, self._recent(page.id))
        for verdict in judgement.verdicts:
            if isinstance(verdict, Routed):
                self._route(verdict, change)
                if verdict.level is None and len(judgement.verdicts) > 1:
                    self._share(verdict)

    def settle(self) -> None:
        """Draw the consequences of what has changed, and let every page do what is due now."""
        self._new, new = set(), self._new
        for _ in range(SETTLING_ROUNDS_MAX):
            self._follow(new)
            for page in self._open_pages():
                if page.wake_at is not None and page.wake_at <= self._now:
                    self._proceed(page)
            if not self._turned:
                break
        for page_id, messages in self._messages.items():
            self._queued.setdefault(page_id, []).extend(messages)
        self._messages = {}

    def go_on(self, *, until: datetime, moments: int) -> datetime | None:
        """Go from one instant at which something is due to the next, up to *until* or so many *moments*.

        Return up to when that was, None when everything has come to rest.
        """
        self._look_after_whoever_has_it()
        self.settle()
        self._note()
        for _ in range(INSTANTS_MAX):
            following = self._following()
            if following is None:
                return self._now if self._holding.goes_on(self.alert) else None
            if following > until:
                return until
            if sum(map(len, self.moments.values())) >= moments:
                return self._now
            self._now = following
            self._once = Once()
            self._look_after_whoever_has_it()
            self.settle()
            self._follow_silences()
            self.settle()
            self._note()
        return self._now

    # --- what comes to pass by itself -------------------------------------------------------------------

    def _following(self) -> datetime | None:
        """Tell when something happens next, always later than now."""
        moments = [page.wake_at for page in self._open_pages()]
        if self.alert.status is AlertStatus.FIRING:
            moments.append(self._holding.next_at(self.alert, paged=any(self._open_pages())))
            moments += silence_changes(self._directory, self.alert, self._now)
        return min((each for each in moments if each is not None and each > self._now), default=None)

    def _look_after_whoever_has_it(self) -> None:
        """Ask them whether they still have the alert, or let it be nobody's any more."""
        paged, judgement = self._open_pages(), None
        changed, because = self._holding.look_after(self.alert, self._now, paged=bool(paged))
        if changed is self.alert:
            return
        self.change(changed)
        self._why_again = because[-1] if because else self._why_again
        if changed.acknowledgement is not None:
            for effect in self._holding.question(changed, self._now):
                self._carry_out(paged[0].id, effect)
        elif not paged:
            judgement = judge_in(self._directory, replace(changed, memory=()), self._now)
            self.change(judgement.alert)
            self.act(judgement, Change.FALLEN)
        if because:
            self.again.append(Rejudged(at=self._now, because=because, judgement=judgement))

    def _follow_silences(self) -> None:
        if self.alert.status is AlertStatus.RESOLVED:
            return
        was_silenced = self.alert.routing is Routing.SILENCED
        if was_silenced == any(covers(each, self.alert, self._now) for each in self._directory.silences):
            return
        because, self._why_again = (SilenceEnded(),) if was_silenced else (), SilenceEnded()
        if was_silenced and not self.alert.memory and any(self._open_pages()):
            self.change(replace(self.alert, routing=Routing.ROUTED))
            self.again.append(Rejudged(at=self._now, because=because))
            return
        forgets = was_silenced and not trouble.is_acknowledged(self.alert, self._now)
        alert = replace(self.alert, memory=()) if forgets else self.alert
        judgement = judge_in(self._directory, alert, self._now)
        self.change(judgement.alert)
        self.act(judgement, Change.FALLEN)
        self.again.append(Rejudged(at=self._now, because=because, judgement=judgement))

    # --- pages ------------------------------------------------------------------------------------------

    def _open_pages(self) -> list[Page]:
        return [page for page in self.pages.values() if page.status is not PageStatus.RESOLVED]

    def _route(self, verdict: Routed, change: Change) -> None:
        asking = None if change is Change.OPENED else self._asking(verdict)
        if asking is not None:
            if verdict.level is None:
                self.routed[asking.id] = verdict
                now = escalation.as_now(asking, self.alert, verdict.importance)
                self._start_over(now, verdict.because)
            return
        window = self._around.gathering(verdict) if verdict.group_key is not None else None
        if window is not None and window.gathers_until is not None and window.gathers_until > self._now:
            if window.id not in self.pages:
                self._join(window, verdict)
        else:
            self._begin(verdict)

    def _asking(self, verdict: Routed) -> Page | None:
        """Find the page that runs this rule's plan for the alert already; each digest is another page."""
        for page in () if verdict.gathering.digest else self._open_pages():
            same_level = page.level is verdict.level
            if same_level and escalation.runs(page, verdict.plan, policy=verdict.policy, rule=verdict.rule):
                return page
        return None

    def _share(self, verdict: Routed) -> None:
        """Let rules of one policy that speak of the alert in the same moment tell each place once."""
        for page_id, routed in self.routed.items():
            if routed is verdict:
                self._once.share(self.pages[page_id], self.alert)

    def _begin(self, verdict: Routed) -> None:
        page = escalation.begin(
            page_id=PageId(-1 - len(self.pages)),
            plan=verdict.plan,
            alert=self.alert,
            now=self._now,
            importance=verdict.importance,
            policy=verdict.policy,
            rule=verdict.rule,
            group_key=verdict.group_key,
            gathering=verdict.gathering if verdict.group_key is not None else None,
            level=verdict.level,
        )
        self._add(page, verdict, counted=(None,), others=(0, 0))
        self._new.add(page.id)
        self._tell(page.id, PageBegan(plan=page.plan.name, title=self.alert.title))

    def _join(self, window: Page, verdict: Routed) -> None:
        page = escalation.join(window, self.alert, self._now)
        self._add(page, verdict, counted=(page.id, None), others=self._around.others(page.id))
        self._tell(page.id, AlertJoined(title=self.alert.title))

    def _add(
        self, page: Page, verdict: Routed, *, counted: tuple[PageId | None, ...], others: tuple[int, int]
    ) -> None:
        self.pages[page.id] = page
        self.routed[page.id] = verdict
        self.moments[page.id] = []
        self._told[page.id] = {}
        self._counted[page.id] = counted
        self._others[page.id] = others
        self._shared.join(page, self._now)

    def _proceed(self, page: Page) -> None:
        moved, effects = paging.proceed(
            page, self._directory, self._now, turns=self._turns, recent_events=self._recent(page.id)
        )
        self.pages[page.id] = moved
        over = page.digest and self.alert.status is AlertStatus.RESOLVED and not self._others[page.id][0]
        news: Sequence[Effect] = [as_over(each) for each in effects] if over else effects
        policy = self._directory.policy(page.policy)
        for effect in each_once(moved, news, self._shared, self._now, was=page, policy=policy):
            self._carry_out(page.id, effect)
        if over and moved.gathers_until is None:
            self._end(page.id, PageStopped())
        if page.digest and page.gathers_until is not None and moved.gathers_until is None:
            for older in self._open_pages():
                alone = not self._others[older.id][0] and older.gathers_until is None
                if alone and moved in self._after(older) and is_outdated(older, (moved,)):
                    self._end(older.id, DigestReplaced())

    def _end(self, page: PageId, because: Because) -> None:
        """Stop a digest: it has told what there was to tell."""
        self.pages[page] = escalation.stop(self.pages[page])
        self._tell(page, because)

    def _tell_resolved(self) -> None:
        """Let those who were told of the alert by digests hear with the next ones that it is over."""
        for page in self._open_pages():
            policy, told = self._directory.policy(page.policy), page.responders or page.destinations
            if policy is None or not (page.digest and policy.notify_resolved):
                continue
            if page.gathers_until is not None:
                self._shared.join(page, self._now)
                self.pages[page.id] = replace(page, joined=page.joined + 1) if told else page
            elif told:
                self._route(news_of(page, policy), Change.OPENED)

    def _carry_out(self, page: PageId, effect: Effect) -> None:
        match effect:
            case Notify():
                again = self._once.again(self.pages[page], effect)
                if again is not None:
                    self._tell(page, again)
                else:
                    self._messages.setdefault(page, []).append(effect)
                    self._shared.say(page, effect, self._now)
            case Record():
                self._tell(page, effect.because)
            case Resolve():
                self._tell(page, effect.because)
                self._others[page] = (0, 0)
                self.change(trouble.resolve(self.alert, by=None, by_name="", now=self._now)[0])
                self._turned = True
            case TakeTurn():
                self._turns[effect.step] = effect.turn
            case _:
                assert_never(effect)

    def _recent(self, page: PageId) -> Callable[[timedelta], int]:
        def count(within: timedelta) -> int:
            since = self._now - within
            imagined = self._event_at is not None and self._event_at > since
            return imagined + sum(self._around.came(source, since) for source in self._counted[page])

        return count

    def _follow(self, new: set[PageId]) -> None:
        """Let the pages follow the alert, if it was acknowledged, released, silenced or resolved."""
        if not self._turned:
            return
        self._turned = False
        firing = int(self.alert.status is AlertStatus.FIRING)
        if not firing:
            self._tell_resolved()
        for page in self._open_pages():
            others_fire, others_ask_nobody = self._others[page.id]
            asks_nobody = others_ask_nobody + (firing and int(is_held(self.alert)))
            status = escalation.status(firing=firing + others_fire, acknowledged=asks_nobody)
            if status is page.status:
                continue
            self._turn(page, status, new)

    def _turn(self, page: Page, status: PageStatus, new: set[PageId]) -> None:
        """Let *page* become what its alerts make of it."""
        match status:
            case PageStatus.RESOLVED if still_gathers(page):
                self.pages[page.id] = escalation.tell_at_end(page)
            case PageStatus.RESOLVED if page.digest:
                self._end(page.id, PageStopped())
            case PageStatus.RESOLVED:
                self._stop(page, new)
            case PageStatus.ACKNOWLEDGED:
                self.pages[page.id] = escalation.rest(page)
                self._tell(page.id, PageRests(dropped=self._drop(page.id)))
            case PageStatus.TRIGGERED if is_outdated(page, self._after(page)):
                self.pages[page.id] = replace(page, status=status)
            case PageStatus.TRIGGERED:
                self._start_over(page, self._why_again)
            case _:
                assert_never(status)

    def _after(self, page: Page) -> list[Page]:
        """Give the open pages that are newer than *page*."""
        ids = [each.id for each in self._open_pages()]
        return self._open_pages()[ids.index(page.id) + 1 :]

    def _start_over(self, page: Page, because: Because) -> None:
        self.pages[page.id], effects = start_over(page, self._directory, because, self._now)
        for effect in effects:
            self._carry_out(page.id, effect)

    def _stop(self, page: Page, new: set[PageId]) -> None:
        """Stop a page, and tell everybody whom it has told that it is over."""
        self.pages[page.id] = escalation.stop(page)
        dropped = self._drop(page.id)
        policy = self._directory.policy(page.policy)
        reached = [] if page.id in new else list(self._told[page.id].values())
        if policy is not None and not policy.notify_resolved:
            reached = []
        alone = self.alert.id if page.alerts == 1 else None
        news = self._once.over(page, alone, [each for each in reached if each.user not in page.left_out])
        self._tell(page.id, because := PageStopped(dropped=dropped, told=len(news)))
        self._messages.setdefault(page.id, []).extend(
            replace(each, kind=NotificationKind.RESOLVED, because=because) for each in news
        )

    def _drop(self, page: PageId) -> int:
        """Take back what was wanted in this very instant, for it has not gone out.

        Word to the owner is taken back only when it was wanted in the same turn, as the engine does.
        """
        self._shared.take_back(page, self._now)
        dropped = self._messages.pop(page, [])
        queued = self._queued.pop(page, [])
        self._queued[page] = [each for each in queued if each.kind is not NotificationKind.PAGE]
        return len(dropped) + len(queued) - len(self._queued[page])

    # --- the story --------------------------------------------------------------------------------------

    def _tell(self, page: PageId, because: Because) -> None:
        self._because.setdefault(page, []).append(because)

    def _note(self) -> None:
        """Write down what this instant has brought, and let its messages go out."""
        for page_id in self.pages:
            because = tuple(self._because.pop(page_id, ()))
            messages = tuple(self._queued.pop(page_id, ()))
            if because or messages:
                self.moments[page_id].append(Moment(at=self._now, because=because, messages=messages))
            for each in messages:
                if each.kind is NotificationKind.PAGE:
                    self._told[page_id].setdefault((each.channel, each.address), each)
