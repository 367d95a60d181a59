"""A workspace made up by chance: people, schedules near a clock change, plans, policies, silences."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

import stored
from builders import MINUTE, at
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert_policy import AlertPolicy, Lasting, Mode, RepeatSilence, Rule, Scope
from tocsin.core.calendar import CronWindow, TimeWindow
from tocsin.core.directory import Directory
from tocsin.core.escalation import (
    Action,
    AddressTarget,
    Assignment,
    Condition,
    DestinationTarget,
    EscalationPlan,
    EscalationPolicy,
    MoreAlertsThan,
    NotifyTargets,
    RepeatSteps,
    ResolveAlerts,
    ScheduleTarget,
    Step,
    Target,
    TeamTarget,
    UserTarget,
    WithinWindow,
)
from tocsin.core.event import Severity
from tocsin.core.filters import parse
from tocsin.core.ids import (
    AlertPolicyId,
    ContactMethodId,
    DestinationId,
    EscalationPolicyId,
    LayerId,
    NotificationRuleId,
    PlanId,
    RuleId,
    ScheduleId,
    ServiceId,
    SilenceId,
    StepId,
    TeamId,
    UserId,
    WorkspaceId,
)
from tocsin.core.people import ContactMethod, Importance, NotificationRule, Role, Team, User
from tocsin.core.reminders import Reminders
from tocsin.core.schedule import Layer, Position, Schedule
from tocsin.core.service import Destination
from tocsin.core.silence import Silence

WORKSPACE = WorkspaceId(1)
NAMES = ("Ana", "Ben", "Cem", "Dee", "Eva", "Fay")
TEAMS = ("db", "web")
OUTSIDE = ("agency@example.net", "customer@example.net")
CHANNELS = ("sms", "sms", "sms", "voice", "voice", "webhook", "webhook", "email")
# Half an hour or so before the clocks change somewhere, and a day on which they do not.
STARTS = (
    ("America/New_York", at("2026-03-08 06:20")),
    ("Europe/London", at("2026-10-25 00:15")),
    ("Australia/Lord_Howe", at("2026-04-04 14:40")),
    ("America/New_York", at("2026-11-01 05:30")),
    ("Asia/Kolkata", at("2026-07-01 03:10")),
)

REMINDERS = (
    None,
    Reminders(ask_after=10 * MINUTE, within=5 * MINUTE),
    Reminders(ask_after=5 * MINUTE),
)
PACES = tuple(timedelta(seconds=seconds) for seconds in (0, 0, 5, 20))


@dataclass(slots=True)
class Town:
    """Makes configuration by *chance*; *numbers* are its ids, small, so that they meet no others."""

    chance: Random
    zone: str = "UTC"
    now: datetime = STARTS[-1][1]
    numbers: count = field(default_factory=lambda: count(10))

    def build(self) -> Directory:
        """Make a whole workspace."""
        self.zone, self.now = self.chance.choice(STARTS)
        services = [ServiceId(next(self.numbers)) for _ in range(2)]
        users = [self.user(name, owner=name == "Ana") for name in NAMES]
        teams = [self.team(name, users) for name in TEAMS]
        schedules = [self.schedule(name, users) for name in ("Primary", "Secondary")]
        places = [self.destination(name) for name in ("#ops", "#db")]
        targets = (users, teams, schedules, places)
        policies = [self.escalation_policy(name, targets) for name in ("Backend", "Frontend", "Everything")]
        head = Directory(
            workspace=WORKSPACE,
            name="Example",
            version=1,
            users={each.id: each for each in users},
            teams={each.id: each for each in teams},
            schedules={each.id: each for each in schedules},
            destinations={each.id: each for each in places},
            escalation_policies={each.id: each for each in policies},
            alert_policies=tuple(
                self.alert_policy(policies, targets) for _ in range(self.chance.randint(1, 3))
            ),
            silences=tuple(self.silence() for _ in range(self.chance.choice((0, 0, 1, 2)))),
            catch_all=self.chance.choice((None, policies[-1].id)),
            reminders=self.chance.choice(REMINDERS),
            pace=self.chance.choice(PACES),
        )
        return replace(head, services={each: stored.service(each, head) for each in services})

    # --- people and places ---

    def user(self, name: str, *, owner: bool = False) -> User:
        """Make somebody who can be reached in some ways, or in none."""
        user = UserId(next(self.numbers))
        channels = ["sms"] if owner else self.chance.sample(CHANNELS, self.chance.randint(0, 3))
        methods = tuple(self.method(user, name, channel, owner=owner) for channel in dict.fromkeys(channels))
        return User(
            id=user,
            workspace=WORKSPACE,
            email=f"{name.lower()}@example.com",
            name=name,
            role=Role.OWNER if owner else Role.RESPONDER,
            time_zone=self.zone,
            contact_methods=methods,
            rules=(*self.ladder(user, Importance.DEFAULT), *self.ladder(user, Importance.IMPORTANT)),
        )

    def method(self, user: UserId, name: str, channel: str, *, owner: bool) -> ContactMethod:
        """Make an address that is like no other."""
        number = next(self.numbers)
        addresses = {
            "email": f"{name.lower()}-{number}@example.com",
            "webhook": f"https://hook.example/{number}",
        }
        verified = owner or self.chance.random() < 0.9
        return ContactMethod(
            id=ContactMethodId(number),
            user=user,
            channel=channel,
            address=addresses.get(channel, f"+{number}"),
            verified_at=self.now if verified else None,
        )

    def ladder(self, user: UserId, importance: Importance) -> tuple[NotificationRule, ...]:
        """Make somebody's rules: none, or up to five rungs."""
        position, rules = 0, []
        for _ in range(self.chance.choice((0, 1, 3, 5))):
            position += self.chance.randint(1, 3)
            waits = self.chance.random() < 0.4
            rules.append(
                NotificationRule(
                    id=NotificationRuleId(next(self.numbers)),
                    user=user,
                    importance=importance,
                    position=position,
                    channel=None if waits else self.chance.choice(CHANNELS),
                    wait=self.chance.choice((1, 3, 10)) * MINUTE if waits else timedelta(0),
                )
            )
        return tuple(rules)

    def team(self, name: str, users: Sequence[User]) -> Team:
        """Make a team of some of *users*."""
        members = self.chance.sample(list(users), self.chance.randint(0, 3))
        return Team(
            id=TeamId(next(self.numbers)),
            workspace=WORKSPACE,
            name=name,
            handle=f"{name}-{next(self.numbers)}",
            members=tuple(each.id for each in members),
            roles={},
        )

    def schedule(self, name: str, users: Sequence[User]) -> Schedule:
        """Make a schedule whose turns change while the world lasts."""
        layers = tuple(self.layer(users) for _ in range(self.chance.randint(1, 2)))
        number = ScheduleId(next(self.numbers))
        return Schedule(id=number, workspace=WORKSPACE, name=name, time_zone=self.zone, layers=layers)

    def layer(self, users: Sequence[User]) -> Layer:
        """Make a rotation by days of the wall clock or by elapsed hours, perhaps with turns of no-one."""
        members = [each.id for each in self.chance.sample(list(users), self.chance.randint(1, 4))]
        if self.chance.random() < 0.2:
            members.append(None)
        days, seconds = self.chance.choice(((1, 0), (0, 3_600), (0, 1_800), (7, 0)))
        began = self.now - timedelta(days=3, minutes=self.chance.choice((0, 25, 50)))
        return Layer(
            id=LayerId(next(self.numbers)),
            name="rotation",
            effective_date=began,
            rotation_start=began,
            days=days,
            seconds=seconds,
            members=tuple(members),
        )

    def destination(self, name: str) -> Destination:
        """Make a web server to be told."""
        number = next(self.numbers)
        return Destination(
            id=DestinationId(number),
            workspace=WORKSPACE,
            name=name,
            channel="webhook",
            address=f"https://place.example/{number}",
        )

    # --- plans and policies ---

    def escalation_policy(self, name: str, targets: Sequence[Sequence]) -> EscalationPolicy:
        """Make a named plan."""
        policy = EscalationPolicyId(next(self.numbers))
        return EscalationPolicy(
            id=policy, workspace=WORKSPACE, name=name, plan=self.plan(name, targets, policy=policy)
        )

    def plan(
        self, name: str, targets: Sequence[Sequence], *, policy: EscalationPolicyId | None = None
    ) -> EscalationPlan:
        """Make a list of steps that ask people, perhaps with a repeat or a resolve at its end."""
        steps = [self.step(targets) for _ in range(self.chance.randint(1, 4))]
        last = self.chance.random()
        if last < 0.3:
            steps.append(self._step(RepeatSteps(times=self.chance.randint(0, 2))))
        elif last < 0.4:
            steps.append(self._step(ResolveAlerts()))
        return EscalationPlan(id=PlanId(next(self.numbers)), name=name, steps=tuple(steps), policy=policy)

    def step(self, targets: Sequence[Sequence]) -> Step:
        """Make a step that asks up to three targets."""
        asked = tuple(self.target(targets) for _ in range(self.chance.randint(1, 3)))
        assignment = self.chance.choice((Assignment.ALL, Assignment.ALL, Assignment.ROUND_ROBIN))
        importance = self.chance.choice((None, None, Importance.IMPORTANT))
        action = NotifyTargets(targets=asked, assignment=assignment, importance=importance)
        return self._step(action, condition=self.condition() if self.chance.random() < 0.25 else None)

    def _step(self, action: Action, *, condition: Condition | None = None) -> Step:
        after = self.chance.choice((0, 1, 5, 5, 15)) * MINUTE
        return Step(id=StepId(next(self.numbers)), after=after, action=action, condition=condition)

    def target(self, targets: Sequence[Sequence]) -> Target:
        """Choose somebody or something to ask."""
        users, teams, schedules, places = targets
        via = ("voice",) if self.chance.random() < 0.1 else ()
        match self.chance.choice(("user", "user", "team", "schedule", "schedule", "place", "outside")):
            case "user":
                return UserTarget(user=self.chance.choice(users).id, via=via)
            case "team":
                return TeamTarget(team=self.chance.choice(teams).id, via=via)
            case "schedule":
                position = self.chance.choice((Position.CURRENT, Position.CURRENT, Position.NEXT))
                return ScheduleTarget(schedule=self.chance.choice(schedules).id, position=position, via=via)
            case "outside":
                return AddressTarget(channel="email", address=self.chance.choice(OUTSIDE))
            case _:
                return DestinationTarget(destination=self.chance.choice(places).id)

    def condition(self) -> Condition:
        """Make something that a step has to wait for."""
        skip = self.chance.random() < 0.5
        if self.chance.random() < 0.5:
            return WithinWindow(window=self.window(), skip=skip)
        return MoreAlertsThan(count=self.chance.randint(0, 3), within=10 * MINUTE, skip=skip)

    def window(self) -> TimeWindow:
        """Make a window that opens and closes while the world lasts."""
        minute = self.chance.choice(("*/20", "15", "40", "0"))
        length = self.chance.choice((5, 12, 30)) * MINUTE
        return CronWindow(expression=f"{minute} * * * *", duration=length, time_zone=self.zone)

    def alert_policy(self, named: Sequence[EscalationPolicy], targets: Sequence[Sequence]) -> AlertPolicy:
        """Make an alert policy of one to three rules."""
        rules = tuple(self.rule(named, targets) for _ in range(self.chance.randint(1, 3)))
        number = AlertPolicyId(next(self.numbers))
        return AlertPolicy(
            id=number,
            workspace=WORKSPACE,
            name=f"Policy {number}",
            time_zone=self.zone,
            scope=Scope(
                team=self.chance.choice(targets[1]).id if targets[1] and self.chance.random() < 0.1 else None,
                filter=parse(self.chance.choice(("", "", "labels.team = db"))),
            ),
            gathering=self.gathering(),
            repeat=self.repeat(),
            mode=self.chance.choice(tuple(Mode)),
            notify_resolved=self.chance.random() < 0.7,
            rules=rules,
        )

    def repeat(self) -> RepeatSilence:
        """Make a silence about repeats: of all severities together, or of each by itself."""
        spans = (None, None, 10 * MINUTE, timedelta(0))
        return RepeatSilence(
            after=self.chance.choice(spans),
            by_severity={Severity.CRITICAL: self.chance.choice(spans)} if self.chance.random() < 0.2 else {},
            each_severity=self.chance.random() < 0.3,
        )

    def lasting(self, targets: Sequence[Sequence]) -> Lasting:
        """Make a plan for what stays at one severity for a while."""
        severities = frozenset({Severity.CRITICAL}) if self.chance.random() < 0.5 else frozenset()
        plan = self.plan("while it lasts", targets)
        timed = [
            replace(each, condition=None) if isinstance(each.condition, MoreAlertsThan) else each
            for each in plan.steps
        ]
        return Lasting(severities=severities, plan=replace(plan, steps=tuple(timed)))

    def rule(self, named: Sequence[EscalationPolicy], targets: Sequence[Sequence]) -> Rule:
        """Make a rule with a named plan, one of its own, or both."""
        chosen = self.chance.sample(list(named), min(len(named), self.chance.choice((0, 1, 1, 2))))
        policies = tuple(each.id for each in chosen)
        own = not policies or self.chance.random() < 0.2
        bad = frozenset({Severity.CRITICAL, Severity.ERROR})
        return Rule(
            id=RuleId(next(self.numbers)),
            filter=parse(self.chance.choice(("", "", "labels.team = db", "severity >= error"))),
            severities=bad if self.chance.random() < 0.2 else frozenset(),
            window=self.window() if self.chance.random() < 0.2 else None,
            fallback=self.chance.random() < 0.1,
            importance=self.chance.choice((None, *Importance)),
            hours=self.window() if self.chance.random() < 0.15 else None,
            held_for=self.chance.choice((3, 20)) * MINUTE if self.chance.random() < 0.2 else None,
            escalation_policies=policies,
            inline=(self.plan("inline", targets),) if own else (),
            lasting=(self.lasting(targets),) if self.chance.random() < 0.25 else (),
        )

    def gathering(self) -> Gathering:
        """Make a way of gathering, most often none."""
        if self.chance.random() < 0.5:
            return Gathering()
        like = self.chance.random() < 0.2
        return Gathering(
            by=GatherBy.SIMILARITY if like else GatherBy.FIELDS,
            fields=("title",) if like else self.chance.choice(((), ("labels.team",), ("severity",))),
            window=self.chance.choice((1, 4, 20)) * MINUTE,
            first_at_once=self.chance.random() < 0.6,
            digest=self.chance.random() < 0.4,
        )

    def silence(self) -> Silence:
        """Make a silence: past, present or to come, once or again and again."""
        number = SilenceId(next(self.numbers))
        starts_at = self.now + self.chance.choice((-20, 0, 0, 15, 40)) * MINUTE
        length = self.chance.choice((None, 5, 30, 90))
        ends_at = None if length is None else starts_at + length * MINUTE
        recurring = self.window() if ends_at is None or self.chance.random() < 0.2 else None
        return Silence(
            id=number,
            workspace=WORKSPACE,
            name=f"Maintenance {number}",
            filter=parse(self.chance.choice(("", "labels.team = db", "severity < error"))),
            starts_at=starts_at,
            ends_at=ends_at,
            recurring=recurring,
        )
