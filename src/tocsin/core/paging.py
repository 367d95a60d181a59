"""One page going forward: its window closes, its steps are taken, whomever they name is told.

The engine, explain and the simulation all move pages by `proceed`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from tocsin.core import pace as pacing
from tocsin.core import responder as asking
from tocsin.core.because import Because
from tocsin.core.because_paging import (
    LeftOut,
    NobodyLeft,
    PlanEnded,
    ResolvedByPlan,
    StepPassed,
    StepsRepeated,
    StepTaken,
    StepWaits,
    Told,
    Unreachable,
    WindowClosed,
)
from tocsin.core.condition import RecentEvents, unmet
from tocsin.core.directory import Directory, Found, Recipient, can_be_asked
from tocsin.core.effects import Effect, Moves, Notify, Record, Resolve, TakeTurn
from tocsin.core.escalation import (
    STEPS_MAX,
    AddressTarget,
    Assignment,
    Condition,
    DestinationTarget,
    NotifyTargets,
    Outside,
    Page,
    PageStatus,
    Pause,
    RepeatSteps,
    ResolveAlerts,
    Step,
    Target,
    UserTarget,
    WithinWindow,
)
from tocsin.core.ids import DestinationId, StepId, UserId
from tocsin.core.notification import NotificationKind
from tocsin.core.people import Importance, User
from tocsin.core.recipients import called, identity_of, place_of
from tocsin.core.responder import Responder
from tocsin.core.service import Destination

STEPS_AT_ONCE_MAX = 2 * STEPS_MAX  # the rest of a round and the whole of the next
ROUND_MIN = timedelta(seconds=60)  # from a round that took no time to the next one
_LEFT_OUT = "they want to be left out of this page"


def proceed(
    page: Page,
    directory: Directory,
    now: datetime,
    *,
    turns: Mapping[StepId, int],
    recent_events: RecentEvents,
) -> tuple[Page, tuple[Effect, ...]]:
    """Do all that is due on *page* at *now*: close its window, take its steps, go on with whom it asks.

    *turns* tells which target each round-robin step takes next (0 when it is not there), *recent_events* how
    many events of the page's alerts came in the span before *now*. Early, late or again is harmless. After
    a standstill the step that is overdue is taken once, and the next one counts from *now*: nobody loses
    time to answer, and nothing that time has overtaken is replayed.
    """
    moves = moves_of(page, directory, now, turns=turns, recent_events=recent_events)
    return moves.make(page), moves.effects


def moves_of(
    page: Page,
    directory: Directory,
    now: datetime,
    *,
    turns: Mapping[StepId, int],
    recent_events: RecentEvents,
) -> Moves:
    """Find out what `proceed` does on *page*."""
    wake_at = page.wake_at
    if wake_at is None or now < wake_at:
        return Moves()
    walk = _Walk(page, directory, now, turns)
    if page.gathers_until is not None and page.gathers_until <= now:
        walk.close_window()
    walk.take_steps(recent_events)
    walk.go_on_asking()
    return walk.end()


def undelivered(
    page: Page, directory: Directory, user: UserId, now: datetime, *, queued_at: datetime | None = None
) -> tuple[Page, tuple[Effect, ...]]:
    """Let *user* be asked by their next rule at once: a message to them, of *queued_at*, failed for good.

    What is due then is done by `proceed`. A page at rest, and somebody it does not ask, stay as they are.
    """
    person = directory.users.get(user)
    asked = next((responder for responder in page.responders if responder.user == user), None)
    if page.status is not PageStatus.TRIGGERED or person is None or asked is None:
        return page, ()
    changed, effects = asking.undelivered(asked, person, now, queued_at=queued_at)
    responders = tuple(changed if responder is asked else responder for responder in page.responders)
    return replace(page, responders=responders), effects


def decline(page: Page, directory: Directory, user: UserId, now: datetime) -> tuple[Page, tuple[Effect, ...]]:
    """Leave *user* out of *page* for good, at their own wish; whoever else is asked goes on as planned.

    When nobody is left to ask, the story and the owner are told. A page that is over stays as it is.
    """
    person = directory.users.get(user)
    if page.status is PageStatus.RESOLVED or person is None or user in page.left_out:
        return page, ()
    walk = _Walk(page, directory, now, {})
    asked = walk.responders.get(user) or asking.ask(person, page.importance, now)
    walk.responders[user] = asking.decline(asked)
    walk.record(LeftOut(name=person.display_name))
    if page.status is PageStatus.TRIGGERED and page.next_step >= len(page.plan.steps):
        walk.say_if_nobody_is_left()
    moves = walk.end()
    return moves.make(page), moves.effects


class _Walk:
    """A page on its way, for the length of one call: what changes on it, and what comes of it."""

    def __init__(self, page: Page, directory: Directory, now: datetime, turns: Mapping[StepId, int]) -> None:
        self.page = page
        self.plan = page.plan
        self.pace = pacing.of_steps(page, directory.pace)
        self.directory = directory
        self.now = now
        self.turns = turns
        self.turned: dict[StepId, int] = {}
        self.next_step = page.next_step
        self.due = page.due
        self.rounds = page.rounds
        self.gathers_until = page.gathers_until
        self.joined = page.joined
        self.responders = {responder.user: responder for responder in page.responders}
        self.destinations: dict[DestinationId | Outside, None] = dict.fromkeys(page.destinations)
        self.round_began = False
        self.effects: list[Effect] = []

    def end(self) -> Moves:
        """Put together what has come of it."""
        changes: dict[str, Any] = {
            "next_step": self.next_step,
            "due": self.due,
            "rounds": self.rounds,
            "gathers_until": self.gathers_until,
            "joined": self.joined,
            "responders": tuple(self.responders.values()),
            "destinations": tuple(self.destinations),
        }
        return Moves(changes, tuple(self.effects))

    def close_window(self) -> None:
        """Take no more alerts, and tell those who were told before of the ones that joined since.

        Steps stay due when they were: news is no reason for the next person to be asked later.
        """
        joined, self.joined, self.gathers_until = self.joined, 0, None
        self.record(WindowClosed(joined=joined))
        if not joined:
            return
        why = f"told that {joined} more alert{'s' * (joined != 1)} joined"
        for user, responder in self.responders.items():
            person = self.directory.users.get(user)
            if person is not None and can_be_asked(person):
                self.responders[user], effects = asking.tell_again(responder, person, self.now, why=why)
                self.effects += effects
        for place in self.destinations:
            destination = self.directory.place(place)
            if destination is not None:
                self.tell(destination, self.page.importance, why)

    def take_steps(self, recent_events: RecentEvents) -> None:
        """Take the steps that are due: one after the other, while they reach nobody or wait for nothing."""
        for _ in range(STEPS_AT_ONCE_MAX):
            if self.due is None or self.due > self.now:
                return
            step = self.plan.steps[self.next_step]
            self.round_began = self.round_began or self.next_step == 0
            conditions = self.conditions(step)
            if not conditions or self.holds(conditions, self.due, recent_events):
                self.take(step, self.due)
        self.due = self.now + ROUND_MIN

    def conditions(self, step: Step) -> tuple[Condition, ...]:
        """Give what must hold for *step*: its condition, and for the first the hours of the page's rule."""
        own = () if step.condition is None else (step.condition,)
        hours = None if self.next_step or self.page.rule is None else self.directory.hours.get(self.page.rule)
        return own if hours is None else (WithinWindow(window=hours), *own)

    def holds(self, conditions: Iterable[Condition], due: datetime, recent_events: RecentEvents) -> bool:
        """Tell whether all *conditions* of the next step hold; if not, let it wait or pass it."""
        for condition in conditions:
            missing = unmet(condition, self.now, due=due, recent_events=recent_events)
            if missing is None:
                continue
            if missing.waits:
                self.due = missing.until
                self.record(self.waits(missing.why, missing.until))
            else:
                self.pass_by(missing.why)
            return False
        return True

    def take(self, step: Step, due: datetime) -> None:
        """Do what the step says; *due* is when it should have been done."""
        match step.action:
            case NotifyTargets():
                if self.ask(step, step.action, due):
                    self.move_on(answer=True, pause=self.pace)
                else:
                    self.pass_by("it reaches nobody")
            case ResolveAlerts():
                self.resolve()
            case RepeatSteps(times=times):
                self.repeat(step, times)
            case Pause():
                self.move_on(answer=True)
            case _:
                assert_never(step.action)

    def ask(self, step: Step, action: NotifyTargets, due: datetime) -> bool:
        """Ask whomever the step names, each once; tell whether there was anybody."""
        late = asking.lateness(due, self.now)
        importance = action.importance or self.page.importance
        named: dict[object, tuple[Recipient, tuple[str, ...]]] = {}
        for target, found in self.found(step, action):
            self.leave_out(found.missing)
            via = () if isinstance(target, DestinationTarget | AddressTarget) else target.via
            for recipient in found.recipients:
                named.setdefault(identity_of(recipient), (recipient, via))
        if not named:
            return False
        asked = tuple([called(recipient) for recipient, _ in named.values()])
        number, steps = self.next_step + 1, len(self.plan.steps)
        pause = self.pace if number < steps else timedelta(0)
        taken = StepTaken(plan=self.plan.name, step=number, steps=steps, asked=asked, late=late, pause=pause)
        self.record(taken)
        for recipient, via in named.values():
            why = f"{recipient.why or 'named'} (step {number} of {self.plan.name})"
            if isinstance(recipient.who, Destination):
                self.destinations[place_of(recipient.who)] = None
                self.tell(recipient.who, importance, why, late)
            else:
                responder = asking.ask(recipient.who, importance, self.now, via=via, why=why, due=due)
                self.enlist(recipient.who, responder)
        return True

    def found(self, step: Step, action: NotifyTargets) -> Iterator[tuple[Target, Found]]:
        """Look up the targets of the step; in turn, only up to the first that reaches somebody."""
        if action.assignment is Assignment.ALL:
            for target in action.targets:
                yield target, self.look_up(target)
            return
        turn = self.turned[step.id] if step.id in self.turned else self.turns.get(step.id, 0)
        for skipped in range(len(action.targets)):
            target = action.targets[(turn + skipped) % len(action.targets)]
            found = self.look_up(target)
            yield target, found
            if found.recipients:
                self.turned[step.id] = turn + skipped + 1
                self.effects.append(TakeTurn(step=step.id, turn=turn + skipped + 1))
                return

    def look_up(self, target: Target) -> Found:
        """Find whom *target* means, but for those who want to be left out."""
        return self.directory.find(target, self.now).without(self.page.left_out, _LEFT_OUT)

    def enlist(self, person: User, asked: Responder) -> None:
        """Let *person* be asked, or asked again."""
        before = self.responders.get(person.id)
        if before is None:
            self.responders[person.id] = asked
        else:
            self.responders[person.id], effects = asking.ask_again(before, person, asked)
            self.effects += effects

    def resolve(self) -> None:
        """Ask for the alerts to be resolved, and do nothing more; the page's status follows theirs."""
        because = ResolvedByPlan(plan=self.plan.name, step=self.next_step + 1)
        self.effects.append(Resolve(because=because))
        self.next_step, self.due, self.gathers_until = len(self.plan.steps), None, None
        self.responders = {user: replace(one, due=None) for user, one in self.responders.items()}

    def repeat(self, step: Step, times: int) -> None:
        """Take the first step next: at once, or a while later if this round has only just begun.

        So a plan that reaches nobody, or waits for nobody but by the pace, never spins.
        """
        before = self.plan.steps[: self.next_step]
        if not any(isinstance(earlier.action, NotifyTargets) for earlier in before):
            self.pass_by("no step before it asks anybody")
            return
        if self.rounds >= times:
            again = f"has started over {times} time{'s' * (times != 1)}"
            self.pass_by(f"the plan {again if times else 'does not start over'}")
            return
        short = self.round_began or pacing.only_paced((*before[1:], step), self.pace)
        wait = max(ROUND_MIN, step.after) if short else timedelta(0)
        self.rounds += 1
        self.record(StepsRepeated(plan=self.plan.name, round=self.rounds, times=times, wait=wait))
        self.next_step = 0
        self.due = self.now + wait if wait else self.due

    def pass_by(self, why: str) -> None:
        """Pass the present step, so that the next one is due at once."""
        self.record(StepPassed(plan=self.plan.name, step=self.next_step + 1, why=why))
        self.move_on(answer=False)

    def move_on(self, *, answer: bool, pause: timedelta = pacing.NONE) -> None:
        """Make the next step due: now, or if somebody was asked, when they have had time to answer."""
        self.next_step += 1
        if self.next_step < len(self.plan.steps):
            self.due = self.now + pause + self.plan.steps[self.next_step].after if answer else self.due
            return
        self.due = None
        ended = PlanEnded(plan=self.plan.name, reached=bool(self.responders or self.destinations))
        self.record(ended)
        if ended.reached:
            self.say_if_nobody_is_left()
        else:
            self.tell_owner(ended)

    def say_if_nobody_is_left(self) -> None:
        """Tell the story and the owner if all who were asked want to be left out."""
        if not self.destinations and all(responder.declined for responder in self.responders.values()):
            because = NobodyLeft(plan=self.plan.name)
            self.record(because)
            self.tell_owner(because)

    def go_on_asking(self) -> None:
        """Take the next rungs of everybody who is asked and has one due."""
        pace = self.directory.pace
        for user, responder in self.responders.items():
            if responder.due is None or responder.due > self.now:
                continue
            person = self.directory.users.get(user)
            if person is not None and can_be_asked(person):
                self.responders[user], effects = asking.advance(responder, person, self.now, pace=pace)
                self.effects += effects
            else:
                self.responders[user] = replace(responder, due=None)
                self.leave_out(self.directory.find(UserTarget(user=user), self.now).missing)

    def leave_out(self, missing: Iterable[Because]) -> None:
        """Say who is not told; the owner hears in the first round of those who have no way to be reached."""
        for because in missing:
            self.record(because)
            if isinstance(because, Unreachable) and self.rounds == 0:
                self.tell_owner(because)

    def tell_owner(self, because: Because) -> None:
        """Send the workspace's owner word of what they should mend."""
        owner = self.directory.owner
        if owner is not None:
            method = owner.reachable[0]
            self.effects.append(
                Notify(
                    kind=NotificationKind.OPERATOR,
                    user=owner.id,
                    contact_method=method.id,
                    channel=method.channel,
                    address=method.address,
                    because=because,
                )
            )

    def tell(
        self, destination: Destination, importance: Importance, why: str, late: timedelta = timedelta(0)
    ) -> None:
        """Send a message to *destination*."""
        self.effects.append(
            Notify(
                destination=destination.id or None,
                channel=destination.channel,
                address=destination.address,
                importance=importance,
                because=Told(name=destination.name, why=why, rule="told directly", late=late),
            )
        )

    def waits(self, why: str, until: datetime | None = None) -> StepWaits:
        return StepWaits(plan=self.plan.name, step=self.next_step + 1, why=why, until=until)

    def record(self, because: Because) -> None:
        self.effects.append(Record(because=because))
