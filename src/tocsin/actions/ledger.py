"""What one transaction changes along the path, gathered first and written down in a few statements.

Ingest, timers and people all change alerts and pages through a ledger: they hand it changed values, and
`settle` draws the consequences (a page whose alerts are all acknowledged rests, one whose alerts are all
resolved stops, one that has work to do goes forward) and writes the lot.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from tocsin.actions import digests, tellings
from tocsin.actions.alert_timers import time_anew
from tocsin.actions.happenings import heard
from tocsin.actions.turns import Turns
from tocsin.actions.walks import Walks
from tocsin.core import alert as trouble
from tocsin.core import escalation
from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.because import Because
from tocsin.core.because_page import AlertJoined, PageBegan, PageRests, PageStopped, SilenceEnded
from tocsin.core.budget import held
from tocsin.core.digest import still_gathers
from tocsin.core.directory import Directory
from tocsin.core.effects import Effect, Notify, Record, Resolve, TakeTurn
from tocsin.core.escalation import Page, PageStatus
from tocsin.core.evolve import carrier
from tocsin.core.foreseen import has_turned, is_held
from tocsin.core.ids import AlertId, NotificationId, PageId
from tocsin.core.notification import Notification, NotificationKind
from tocsin.core.once import Once
from tocsin.core.recipients import why_skipped
from tocsin.core.renewal import by_hand, start_over
from tocsin.core.subscribers import subscribers
from tocsin.store import alerts, events, outbox, pages, round_robins, timeline, timers
from tocsin.store.transaction import Tx

Moments = Mapping[AlertId, datetime]
_UNKNOWN: Moments = {}
_message = carrier(Notification, Notify, Page, given=("id", "page", "because", "queued_at", "due"))
SETTLING_ROUNDS_MAX = 10  # a plan that resolves its alerts may stop other pages, and so on; that soon ends


class Ledger:
    """The changes of one transaction in the workspace of *directory*, at *now*."""

    def __init__(self, tx: Tx, directory: Directory, now: datetime) -> None:
        self.tx = tx
        self.directory = directory
        self.now = now
        self.alerts: dict[AlertId, Alert] = {}
        self.pages: dict[PageId, Page] = {}
        self._new_alerts: set[AlertId] = set()
        self._changed_alerts: set[AlertId] = set()
        self._new_pages: set[PageId] = set()
        self._changed_pages: set[PageId] = set()
        self._links: dict[tuple[PageId, AlertId], datetime] = {}
        self._known_pages: dict[AlertId, set[PageId]] = {}
        self._turned: dict[AlertId, None] = {}
        self._alone: dict[PageId, AlertId] = {}
        self.queued: list[Notification] = []
        self._story: dict[tuple[AlertId | None, PageId | None], list[Because]] = {}
        self._turns, self.once, self.new_ids = Turns(tx), Once(), tx.ids()
        self._sentences: dict[int, str] = {}  # of pages that are alike the very same reasons
        self._heard_of = bool(subscribers(directory))
        self._walks = Walks(directory, now, self._turns)

    # --- alerts ---------------------------------------------------------------------------------------

    def open(self, alert: Alert, because: Sequence[Because]) -> None:
        """Add the new *alert*."""
        self.alerts[alert.id] = alert
        if self._heard_of:
            self.queued += heard(self.tx, self.directory, None, alert, self.now)
        self._new_alerts.add(alert.id)
        self._known_pages[alert.id] = set()
        self.tell(because, alert=alert.id)

    def change(self, alert: Alert, *, was: Alert, because: Sequence[Because] = ()) -> None:
        """Replace *was* by *alert*; whether its pages rest, stop or start over follows from what differs."""
        if alert is not was:
            self.alerts[alert.id] = alert
            if alert.id not in self._new_alerts:
                self._changed_alerts.add(alert.id)
            if has_turned(alert, was):
                self._turned[alert.id] = None
            time_anew(self.tx, alert, was=was)
            if self._heard_of:
                self.queued += heard(self.tx, self.directory, was, alert, self.now)
        self.tell(because, alert=alert.id)

    # --- pages ----------------------------------------------------------------------------------------

    def begin(self, page: Page, alert: Alert, because: Sequence[Because] = (), *beside: Alert) -> None:
        """Add the new *page* of *alert*, and of those *beside* it that it counts already."""
        self.pages[page.id] = page
        self._new_pages.add(page.id)
        for each in (alert, *beside):
            self.link(page.id, each.id)
        began = PageBegan(plan=page.plan.name, title=alert.title)
        self.tell((*because, began), page=page.id)

    def join(self, page: Page, joining: Sequence[Alert], came: Moments = _UNKNOWN) -> None:
        """Let *joining* into *page*, whose window is open; they *came* now unless it is known when."""
        self.put(escalation.join_all(self.pages.get(page.id, page), joining, self.now))
        for alert in joining:
            self.link(page.id, alert.id, came.get(alert.id))
        self.tell([AlertJoined(title=alert.title) for alert in joining], page=page.id)

    def put(self, page: Page) -> None:
        """Replace a page by its changed value."""
        self.pages[page.id] = page
        if page.id not in self._new_pages:
            self._changed_pages.add(page.id)

    def start_over(self, page: Page, because: Because) -> None:
        """Start *page* over from its first step."""
        changed, effects = start_over(self.pages.get(page.id, page), self.directory, because, self.now)
        self.put(changed)
        self.carry_out(changed, effects)

    def load_pages(self, of: Iterable[AlertId]) -> None:
        """Read the pages of these alerts that are not resolved, once each, locked for the transaction."""
        unknown = [alert for alert in of if alert not in self._known_pages]
        if not unknown:
            return
        for alert in unknown:
            self._known_pages[alert] = set()
        for alert, page in pages.of_alerts(self.tx, unknown):
            self._known_pages[alert].add(page.id)
            self.pages.setdefault(page.id, page)

    def pages_of(self, alert: AlertId) -> tuple[Page, ...]:
        """Return the pages of *alert* that are not resolved, oldest first."""
        self.load_pages((alert,))
        return tuple(self.pages[page] for page in sorted(self._known_pages[alert]))

    def held_until(self, alert: AlertId, until: datetime | None = None) -> datetime | None:
        """Bound *until* by how long the rules of the alert's pages let an acknowledgement hold."""
        limits = self.directory.held_for
        rules = [page.rule for page in self.pages_of(alert)] if limits else []
        ends = [self.now + limits[rule] for rule in rules if rule is not None and rule in limits]
        return min(ends if until is None else [*ends, until], default=None)

    def link(self, page: PageId, alert: AlertId, at: datetime | None = None) -> None:
        """Note that *page* has had *alert* since *at*, or now."""
        self._links[page, alert] = at or self.now
        self._known_pages.setdefault(alert, set()).add(page)

    # --- effects --------------------------------------------------------------------------------------

    def tell(
        self, because: Sequence[Because], *, alert: AlertId | None = None, page: PageId | None = None
    ) -> None:
        """Add to the story of *alert* or of *page*."""
        if because:
            self._story.setdefault((alert, page), []).extend(because)

    def carry_out(self, page: Page, effects: Sequence[Effect]) -> None:
        """Turn what the core asks for on *page* into rows."""
        story = self._story.setdefault((None, page.id), [])
        for effect in effects:
            match effect:
                case Notify():
                    story += self._notify(page, effect)
                case Record(because=because):
                    if (why := why_skipped(because)) is not None:
                        self.tx.counted[f"skipped_{why}"] += 1
                    story.append(because)
                case Resolve(because=because):
                    story.append(because)
                    self._resolve(page)
                case TakeTurn():
                    self._turns.take(effect.step, effect.turn)
                case _:
                    assert_never(effect)

    def proceed(self, page: Page) -> None:
        """Let *page* do all that is due on it now."""
        moves = self._walks.of(page, self.recent_events(page), new=page.id in self._new_pages)
        moved, effects = moves.make(page), moves.effects
        if moved is not page:
            self.put(moved)
            news = digests.as_news(self, moved, effects) if page.digest else effects
            self.carry_out(moved, tellings.each_once(self, moved, news, was=page))
            if page.digest and moved.gathers_until is None:
                digests.end(self, moved, was=page)

    def _notify(self, page: Page, effect: Notify) -> tuple[Because, ...]:
        """Queue a message, unless it has been said; return what there is to tell of that."""
        again = self.once.again(page, effect)
        if again is not None:
            return (again,)
        sentence = self._sentences.get(id(effect.because))
        if sentence is None:
            sentence = self._sentences[id(effect.because)] = effect.because.text
        person = self.directory.users.get(effect.user) if effect.user is not None else None
        waits = held(self.tx.spent, page, effect, person, self.now)
        self.queued.append(
            _message(
                effect,
                page,
                id=NotificationId(next(self.new_ids)),
                page=page.id,
                because=sentence,
                queued_at=self.now,
                due=waits.until if waits is not None else self.now,
            )
        )
        return (effect.because,) if waits is None else (effect.because, waits)

    def _resolve(self, page: Page) -> None:
        self.write_links()
        for alert in self._alerts_of(page.id):
            if alert.status is AlertStatus.FIRING:
                resolved, because = trouble.resolve(alert, by=None, by_name="", now=self.now)
                self.change(resolved, was=alert, because=because)

    def count_firing(self, page: PageId) -> int:
        """Count the alerts of *page* that fire, as this transaction leaves them."""
        self._write_alerts()
        self.write_links()
        return pages.count_alerts(self.tx, (page,))[page][0]

    def _alerts_of(self, page: PageId) -> tuple[Alert, ...]:
        self._write_alerts()
        stored = alerts.of_page(self.tx, page, lock=True)
        return tuple(self.alerts.get(alert.id, alert) for alert in stored)

    def recent_events(self, page: Page) -> Callable[[timedelta], int]:
        """Return what counts the events of *page* in a span before now."""

        def count(within: timedelta) -> int:
            self.write_links()
            return events.count_of_page(self.tx, page.id, since=self.now - within)

        return count

    # --- settling -------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Draw the consequences of all changes and write everything down."""
        for _ in range(SETTLING_ROUNDS_MAX):
            self._write_alerts()
            self.write_links()
            self._follow_alerts()
            for page in tuple(self.pages.values()):
                if (wake_at := page.wake_at) is not None and wake_at <= self.now:
                    self.proceed(page)
            if not self._turned:
                break
        self.write_links()
        self._write_pages()
        outbox.queue_many(self.tx, self.queued)
        timeline.append_many(
            self.tx,
            [
                (self.directory.workspace, alert, page, self.now, because)
                for (alert, page), because in self._story.items()
                if because
            ],
        )
        if self._turns.taken:
            round_robins.put(self.tx, self._turns.taken)

    def _follow_alerts(self) -> None:
        """Let the pages of alerts that were acknowledged, released or resolved follow them."""
        turned, self._turned = tuple(self._turned), {}
        if not turned:
            return
        self.load_pages(turned)
        for alert_id in turned:
            digests.tell_resolved(self, self.alerts[alert_id])
        for page_id, status in self._statuses(turned).items():
            page = self.pages[page_id]
            if status is page.status:
                continue
            match status:
                case PageStatus.RESOLVED if still_gathers(page):
                    self.put(escalation.tell_at_end(page))
                case PageStatus.RESOLVED:
                    self._stop(page)
                case PageStatus.ACKNOWLEDGED:
                    self._rest(page)
                case PageStatus.TRIGGERED if digests.has_newer(self, page, turned):
                    self.put(replace(page, status=status))
                case PageStatus.TRIGGERED:
                    self.start_over(page, self._why_again(page.id, turned))
                case _:
                    assert_never(status)

    def _why_again(self, page: PageId, turned: Sequence[AlertId]) -> Because:
        """Find the reason in the alerts' own stories for *page* to start over."""
        stories = [self._story.get((alert, None)) for alert in turned if page in self._known_pages[alert]]
        reasons = [next((each for each in story if by_hand(each)), story[-1]) for story in stories if story]
        return max(reasons, key=by_hand, default=SilenceEnded())

    def _statuses(self, turned: Sequence[AlertId]) -> Mapping[PageId, PageStatus]:
        """Derive the status of each page of *turned*; a page of one alert needs no query."""
        statuses: dict[PageId, PageStatus] = {}
        many: list[PageId] = []
        for alert_id in turned:
            alert = self.alerts[alert_id]
            firing = int(alert.status is AlertStatus.FIRING)
            held = firing and int(is_held(alert))
            for page_id in self._known_pages[alert_id]:
                if self.pages[page_id].alerts == 1:
                    self._alone[page_id] = alert_id
                    statuses[page_id] = escalation.status(firing=firing, acknowledged=held)
                else:
                    many.append(page_id)
        if many:
            for page_id, (firing, held) in pages.count_alerts(self.tx, sorted(set(many))).items():
                statuses[page_id] = escalation.status(firing=firing, acknowledged=held)
        return statuses

    def _rest(self, page: Page) -> None:
        self.put(escalation.rest(page))
        dropped = self._drop(page, "the page was acknowledged before it was sent")
        self.tell((PageRests(dropped=dropped),), page=page.id)

    def _stop(self, page: Page) -> None:
        self.put(escalation.stop(page))
        if page.digest:  # it has told what there was to tell, and the next one tells of the end
            self.tell((PageStopped(),), page=page.id)
            return
        dropped = self._drop(page, "the page was resolved before it was sent")
        told = self._say_resolved(page)
        self.tell((PageStopped(dropped=dropped, told=told),), page=page.id)

    def _drop(self, page: Page, why: str) -> int:
        """Take back what waits to be sent for *page*, stored or not."""
        kept = [each for each in self.queued if each.page != page.id]
        dropped = len(self.queued) - len(kept)
        self.queued = kept
        if page.id not in self._new_pages:
            dropped += outbox.drop_for_page(self.tx, page.id, why)
        return dropped

    def _say_resolved(self, page: Page) -> int:
        """Queue the good news for everybody and every place that this page has told."""
        policy = self.directory.policy(page.policy)
        if page.id in self._new_pages or (policy is not None and not policy.notify_resolved):
            return 0
        reached = [each for each in outbox.reached_by(self.tx, page.id) if each.user not in page.left_out]
        reached = self.once.over(page, self._alone.get(page.id), reached)
        self.queued += [
            replace(
                each,
                id=NotificationId(self.tx.new_id()),
                kind=NotificationKind.RESOLVED,
                because="you were told of this page, and it is over",
                queued_at=self.now,
                due=self.now,
            )
            for each in reached
        ]
        return len(reached)

    # --- writing --------------------------------------------------------------------------------------

    def _write_alerts(self) -> None:
        # Changed ones first: an alert that is resolved makes room for the next of its dedup key.
        if self._changed_alerts:
            alerts.update_many(self.tx, [self.alerts[each] for each in sorted(self._changed_alerts)])
            self._changed_alerts = set()
        if self._new_alerts:
            alerts.insert_many(self.tx, [self.alerts[each] for each in sorted(self._new_alerts)])
            self._new_alerts = set()

    def write_links(self) -> None:
        """Write down which alerts are in which pages, for those who ask the database."""
        if self._links:
            pages.link_many(self.tx, self._links)
            self._links = {}

    def _write_pages(self) -> None:
        # Changed ones first: a window that closes makes room for the next of the same group.
        if self._changed_pages:
            pages.update_many(self.tx, [self.pages[each] for each in sorted(self._changed_pages)])
        if self._new_pages:
            pages.insert_many(self.tx, [self.pages[each] for each in sorted(self._new_pages)])
        due, idle = [], []
        for page_id in (*self._new_pages, *self._changed_pages):
            page = self.pages[page_id]
            wake_at = page.wake_at
            if wake_at is not None:
                due.append(("page", page_id, page.workspace, wake_at))
            elif page_id in self._changed_pages:
                idle.append(("page", page_id))
        timers.put_many(self.tx, due)
        timers.cancel_many(self.tx, idle)
