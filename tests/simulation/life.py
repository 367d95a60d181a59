"""What goes on in a made-up town: monitors that report, people who answer, operators who change things."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random

from builders import MINUTE
from simulation.town import Town
from simulation.wire import Delivery
from simulation.world import Simulation
from tocsin.actions import alerts as people_do
from tocsin.actions import hand_paging
from tocsin.actions import silences as quiet
from tocsin.actions.actor import Actor
from tocsin.core.directory import Directory
from tocsin.core.escalation import UserTarget
from tocsin.core.event import EventStatus, Severity
from tocsin.core.ids import AlertId, PageId, ServiceId, UserId
from tocsin.core.people import Importance, NotificationRule, User, UserStatus
from tocsin.core.schedule import Override
from tocsin.core.spelling import from_any
from tocsin.store import (
    alert_policies,
    destinations,
    directories,
    escalation_policies,
    people,
    schedules,
    silences,
    teams,
)
from tocsin.store.transaction import Tx

MONITORS = 5
STORM = 9
HOSTS = ("sms-0.example", "sms-1.example", "voice-0.example", "hook.example", "place.example", "mail.example")


class Monitor:
    """Watches one thing: it breaks, is reported again and again, gets worse or better, and is mended."""

    def __init__(self, life: "Life", name: str, service: ServiceId, team: str) -> None:
        self.life = life
        self.sim = life.sim
        self.name = name
        self.service = service
        self.labels = {"team": team}
        self.broken = False
        self.later()

    def later(self) -> None:
        """Look again after a while, unless the world has been healed."""
        mean = 8 if self.broken else 20
        self.sim.soon(60 * self.sim.chance.expovariate(1 / mean), self.look)

    def look(self) -> None:
        """Say something, and then look again."""
        if self.life.over:
            return
        chance = self.sim.chance
        says = EventStatus.FIRING
        if self.broken and chance.random() < 0.25:
            says = chance.choice((EventStatus.RESOLVED,) * 4 + (EventStatus.ACKNOWLEDGED,))
        self.broken = says is not EventStatus.RESOLVED
        severity = chance.choice(tuple(Severity))
        self.sim.report(
            self.name,
            severity=severity,
            status=says,
            service=self.service,
            labels=self.labels,
            then=self.later,
        )


class Life:
    """Everything that goes on in *sim*, until it is `over`."""

    def __init__(self, sim: Simulation, town: Town) -> None:
        self.sim = sim
        self.town = town
        self.over = False
        self.people = {
            method.address: user.id
            for user in sim.directory.users.values()
            for method in user.contact_methods
        }
        sim.on_delivery = lambda number: self.hear(sim.wire.deliveries[number])
        services = sorted(sim.directory.services)
        for number in range(MONITORS):
            Monitor(self, f"monitor-{number}", sim.chance.choice(services), sim.chance.choice(("db", "web")))
        self._sometimes(50, self.storm)
        self._sometimes(25, self.edit)
        self._sometimes(30, self.say_much_at_once)
        self._sometimes(60, self.page_by_hand)
        self._sometimes(90, self.set_back_the_clock)
        self._sometimes(150, self.stop_everything)
        self._sometimes(40, self.change_the_weather)
        for silence in sim.directory.silences:
            self.ask("time a silence", lambda tx, now, each=silence: quiet.time_silence(tx, each, now))

    def end(self) -> None:
        """Let nobody begin anything more, and end what would begin by itself again and again."""
        self.over = True
        self.ask("end what recurs", self.end_recurring)
        self.sim.on_delivery = lambda _number: None

    def ask(self, what: str, action: Callable[[Tx, datetime], object]) -> None:
        self.sim.ask(what, action)

    def _sometimes(self, mean_minutes: float, what: Callable[[], None]) -> None:
        def happen() -> None:
            if not self.over:
                what()
                again()

        def again() -> None:
            self.sim.soon(60 * self.sim.chance.expovariate(1 / mean_minutes), happen)

        again()

    # --- people ---

    def hear(self, delivery: Delivery) -> None:
        """Let whoever was told do something about it, or not."""
        user = self.people.get(delivery.address)
        if delivery.kind != "page" or user is None or self.sim.chance.random() < 0.5:
            return
        page = PageId(from_any(delivery.page))
        self.sim.soon(self.sim.chance.choice((5, 40, 200, 900)), partial(self.answer, user, page))

    def answer(self, user: UserId, page: PageId) -> None:
        """Answer a page in one of the ways there are."""
        chance = self.sim.chance
        what = chance.choice(
            ("acknowledge",) * 4 + ("resolve", "resolve", "escalate", "acknowledge one", "decline")
        )
        until = chance.choice((None, 3, 15, 40))

        def action(tx: Tx, now: datetime) -> object:
            actor = self.actor(tx, user)
            ends = None if until is None else now + until * MINUTE
            match what:
                case "acknowledge":
                    return people_do.acknowledge_page(tx, actor, page, until=ends, now=now)
                case "resolve":
                    return people_do.resolve_page(tx, actor, page, now=now)
                case "decline" if actor.user is not None:
                    return people_do.decline(tx, actor, page, now=now)
                case "escalate":
                    return people_do.escalate(tx, actor, page, now=now)
                case _:
                    return people_do.acknowledge(tx, actor, self.alerts_of(page)[:1], until=ends, now=now)

        self.ask(f"{what} page {page}", action)
        if chance.random() < 0.2:
            self.sim.soon(chance.choice((60, 600)), partial(self.take_back, user, page))

    def take_back(self, user: UserId, page: PageId) -> None:
        """Take the acknowledgement of a page's alerts back."""

        def action(tx: Tx, now: datetime) -> object:
            return people_do.unacknowledge(tx, self.actor(tx, user), self.alerts_of(page), now=now)

        self.ask(f"unacknowledge page {page}", action)

    def alerts_of(self, page: PageId) -> list[AlertId]:
        rows = self.sim.observer.rows("SELECT alert_id FROM page_alerts WHERE page_id = ? ORDER BY 1", page)
        return [AlertId(row[0]) for row in rows]

    def actor(self, tx: Tx, user: UserId) -> Actor:
        directory = directories.current(tx, self.sim.directory.workspace)
        known = directory.users.get(user)
        return Actor.of_server(directory.workspace) if known is None else Actor.of_user(known)

    def page_by_hand(self) -> None:
        """Let somebody page somebody else."""
        directory = self.sim.directory
        target = UserTarget(user=self.sim.chance.choice(sorted(directory.users)))
        service = min(directory.services)

        def action(tx: Tx, now: datetime) -> object:
            actor = Actor.of_server(directory.workspace)
            return hand_paging.page_by_hand(
                tx, actor, title="come and look", targets=(target,), service=service, now=now
            )

        self.ask("page by hand", action)

    # --- the world ---

    def storm(self) -> None:
        """Break many things at once."""
        chance, services = self.sim.chance, sorted(self.sim.directory.services)
        severity = chance.choice(tuple(Severity))
        for number in range(STORM):
            self.sim.soon(
                chance.random() * 20,
                partial(
                    self.sim.report,
                    f"storm-{self.sim.steps}-{number}",
                    severity=severity,
                    service=services[0],
                    labels={"team": "db"},
                ),
            )

    def say_much_at_once(self) -> None:
        """Let one source send many things in one go: of few keys, some ending, some anew, some of no key."""
        chance, service = self.sim.chance, self.sim.chance.choice(sorted(self.sim.directory.services))
        said = []
        for _ in range(chance.randint(2, 9)):
            says = chance.choice((EventStatus.FIRING, EventStatus.FIRING, EventStatus.RESOLVED))
            key = chance.choice(("batch-1", "batch-1", "batch-2", ""))
            severity = chance.choice(tuple(Severity))
            drill = chance.random() < 0.1
            said.append(self.sim.event(key, status=says, severity=severity, service=service, drill=drill))
        self.sim.post(said)

    def set_back_the_clock(self) -> None:
        self.sim.pass_time(timedelta(seconds=-self.sim.chance.choice((0.05, 1, 4))))

    def stop_everything(self) -> None:
        """Let the whole server be down for a while."""
        self.sim.crash_all(down=self.sim.chance.choice((1, 10, 60)) * MINUTE)

    def change_the_weather(self) -> None:
        """Let a provider be out for a while."""
        host = self.sim.chance.choice(HOSTS)
        self.sim.wire.weather.out[host] = self.sim.now + self.sim.chance.choice((1, 5, 40)) * MINUTE

    # --- operators ---

    def edit(self) -> None:
        """Change something in the configuration, whatever runs by it."""
        edits = (
            self.edit_user,
            self.edit_user,
            self.delete_something,
            self.edit_escalation_policy,
            self.edit_alert_policy,
            self.edit_schedule,
            self.add_silence,
            self.add_silence,
            self.lift_silence,
        )
        edit = self.sim.chance.choice(edits)
        drawn = self.sim.chance.getrandbits(32)

        def action(tx: Tx, now: datetime) -> object:
            chance = Random(drawn)  # the same each time that it is asked for
            return edit(tx, now, Town(chance, self.town.zone, self.sim.now, self.town.numbers))

        self.ask(edit.__name__, action)

    def _current(self, tx: Tx) -> Directory:
        return directories.current(tx, self.sim.directory.workspace)

    def edit_user(self, tx: Tx, now: datetime, town: Town) -> None:
        """Change somebody's rules or addresses, or whether they are there."""
        user: User = town.chance.choice(people.all_(tx, self.sim.directory.workspace))
        match town.chance.choice(("rules", "rules", "deactivate", "unverify")):
            case "rules":
                new = replace(user, rules=_rules(town, user))
            case "deactivate":
                gone = user.status is UserStatus.DEACTIVATED
                new = replace(user, status=UserStatus.ACTIVE if gone else UserStatus.DEACTIVATED)
            case _:
                verified = now if town.chance.random() < 0.5 else None
                methods = tuple(replace(each, verified_at=verified) for each in user.contact_methods)
                new = replace(user, contact_methods=methods)
        people.save(tx, new, user)

    def delete_something(self, tx: Tx, _now: datetime, town: Town) -> None:
        """Delete what a running page may name."""
        repository = town.chance.choice(
            (people, teams, schedules, destinations, escalation_policies, alert_policies)
        )
        there = repository.all_(tx, self.sim.directory.workspace)
        if len(there) > 1:
            repository.delete(tx, town.chance.choice(there[1:]))

    def edit_escalation_policy(self, tx: Tx, _now: datetime, town: Town) -> None:
        """Give a policy new steps; pages that run keep the old ones."""
        there = escalation_policies.all_(tx, self.sim.directory.workspace)
        policy = town.chance.choice(there)
        plan = town.plan(policy.name, _targets(self._current(tx)), policy=policy.id)
        escalation_policies.save(tx, replace(policy, plan=plan), policy)

    def edit_alert_policy(self, tx: Tx, _now: datetime, town: Town) -> None:
        """Change how a policy gathers and repeats, or switch it."""
        there = alert_policies.all_(tx, self.sim.directory.workspace)
        if not there:
            return
        policy = town.chance.choice(there)
        other = town.alert_policy(escalation_policies.all_(tx, policy.workspace), _targets(self._current(tx)))
        changed = town.chance.choice(
            (
                replace(policy, gathering=other.gathering),
                replace(policy, repeat=other.repeat),
                replace(policy, rules=other.rules),
                replace(policy, enabled=not policy.enabled),
            )
        )
        alert_policies.save(tx, changed, policy)

    def edit_schedule(self, tx: Tx, now: datetime, town: Town) -> None:
        """Put a stand-in into a schedule."""
        there = schedules.all_(tx, self.sim.directory.workspace)
        if not there:
            return
        schedule = town.chance.choice(there)
        user = town.chance.choice(people.all_(tx, schedule.workspace))
        until = now + town.chance.choice((10, 60)) * MINUTE
        override = Override(id=next(town.numbers), user=user.id, starts_at=now, ends_at=until)
        schedules.save(tx, replace(schedule, overrides=(*schedule.overrides, override)), schedule)

    def add_silence(self, tx: Tx, now: datetime, town: Town) -> None:
        """Silence something, now or later."""
        town.now = now
        quiet.create(tx, self.operator, town.silence(), now=now)

    def lift_silence(self, tx: Tx, now: datetime, town: Town) -> None:
        """End a silence before its time, move it, or delete it."""
        there = silences.all_(tx, self.sim.directory.workspace)
        if not there:
            return
        silence = town.chance.choice(there)
        match town.chance.choice(("end", "move", "delete")):
            case "end":
                quiet.end(tx, self.operator, silence.id, now=now)
            case "move":
                longer = now + town.chance.choice((10, 30)) * MINUTE
                quiet.change(tx, self.operator, silence.id, lambda was: replace(was, ends_at=longer), now=now)
            case _:
                quiet.delete(tx, self.operator, silence.id, now=now)

    @property
    def operator(self) -> Actor:
        return Actor.of_server(self.sim.directory.workspace)

    def end_recurring(self, tx: Tx, now: datetime) -> None:
        for silence in silences.all_(tx, self.sim.directory.workspace):
            if silence.recurring is not None:
                if silence.starts_at < now:
                    quiet.end(tx, self.operator, silence.id, now=now)
                else:
                    quiet.delete(tx, self.operator, silence.id, now=now)


def _rules(town: Town, user: User) -> tuple[NotificationRule, ...]:
    return (*town.ladder(user.id, Importance.DEFAULT), *town.ladder(user.id, Importance.IMPORTANT))


def _targets(directory: Directory) -> tuple[list, ...]:
    named = (directory.users, directory.teams, directory.schedules, directory.destinations)
    return tuple(list(each.values()) for each in named)
