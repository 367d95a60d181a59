"""A workspace's configuration, compiled and immutable: all that routing and paging look things up in."""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import assert_never

from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.because import Because
from tocsin.core.because_paging import NotAsked, Unreachable
from tocsin.core.calendar import DateSetWindow, TimeWindow, with_dates
from tocsin.core.date_set import DateSet
from tocsin.core.destination_group import places_of
from tocsin.core.escalation import (
    AddressTarget,
    Assignment,
    DestinationTarget,
    EscalationPlan,
    EscalationPolicy,
    MoreAlertsThan,
    NotifyTargets,
    Outside,
    ScheduleTarget,
    Target,
    TeamTarget,
    UserTarget,
)
from tocsin.core.feed import Names
from tocsin.core.filters import Filter, Subject
from tocsin.core.ids import (
    UNMADE,
    AlertPolicyId,
    DateSetId,
    DestinationId,
    EscalationPolicyId,
    IntegrationId,
    RuleId,
    ScheduleId,
    ServiceId,
    TeamId,
    UserId,
    WorkspaceId,
)
from tocsin.core.people import Role, Team, User, UserStatus
from tocsin.core.policy_index import PolicyIndex
from tocsin.core.reminders import Reminders
from tocsin.core.schedule import Position, Schedule, for_people, on_call, shifts_at
from tocsin.core.service import Destination, Integration, Service
from tocsin.core.silence import Silence

GONE = "it is not here any more"
NO_ADDRESS = "nothing is here under that name, and it is no address"
_HOLDS = {
    Position.PREVIOUS: "previously on call for",
    Position.CURRENT: "on call for",
    Position.NEXT: "next on call for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody or something to tell, and *why*: "on call for Primary", "a member of Ops"."""

    who: User | Destination
    why: str = ""

    @property
    def name(self) -> str:
        """The name of whoever it is."""
        return self.who.display_name if isinstance(self.who, User) else self.who.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Whom a target means at some instant, and *missing*: why others, or all, are not among them."""

    recipients: tuple[Recipient, ...] = ()
    missing: tuple[Because, ...] = ()

    def without(self, users: frozenset[UserId], why: str) -> "Found":
        """Let *users*, whoever of them is found, be missing because of *why*."""
        out = [each for each in self.recipients if isinstance(each.who, User) and each.who.id in users]
        if not out:
            return self
        kept = tuple(each for each in self.recipients if each not in out)
        return Found(
            recipients=kept, missing=(*self.missing, *(NotAsked(name=each.name, why=why) for each in out))
        )


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Directory:
    """The configuration of *workspace* as it stood at *version*.

    *alert_policies* are the enabled ones in the order of their ids. *plans* are the plans that the
    escalation policies begin pages with now. *owner* is who hears of what Tocsin itself cannot do: the
    first active owner who can be reached. *older* are plans that pages run, though none begins with them any
    more; *counts_events* tells whether any plan, old or new, has a step that waits for a number of events,
    *compares_texts* whether any policy gathers by texts.
    *slugs* names the services; *default_service*, the oldest, takes what names none.
    *schedules* know whom their feeds name, and leave out of recurring shifts who may not be on call.
    *asking* are the alert policies as they are to be asked: one for a team knows which alerts are the team's.
    *index* finds those of them that an alert may be for. *rewords* are the channels on which some integration
    has templates of its own. *hours* and *held_for* are those of the rules that
    have them. *reminders* and *pace* are the workspace's.
    """

    workspace: WorkspaceId
    name: str
    version: int
    users: Mapping[UserId, User] = field(default_factory=dict)
    teams: Mapping[TeamId, Team] = field(default_factory=dict)
    services: Mapping[ServiceId, Service] = field(default_factory=dict)
    integrations: Mapping[IntegrationId, Integration] = field(default_factory=dict)
    destinations: Mapping[DestinationId, Destination] = field(default_factory=dict)
    schedules: Mapping[ScheduleId, Schedule] = field(default_factory=dict)
    escalation_policies: Mapping[EscalationPolicyId, EscalationPolicy] = field(default_factory=dict)
    alert_policies: tuple[AlertPolicy, ...] = ()
    silences: tuple[Silence, ...] = ()
    date_sets: Mapping[DateSetId, DateSet] = field(default_factory=dict)
    catch_all: EscalationPolicyId | None = None
    reminders: Reminders | None = None
    pace: timedelta = timedelta(0)
    older: tuple[EscalationPlan, ...] = ()
    plans: Mapping[EscalationPolicyId, EscalationPlan] = field(init=False)
    owner: User | None = field(init=False)
    counts_events: bool = field(init=False)
    compares_texts: bool = field(init=False)
    slugs: Mapping[str, ServiceId] = field(init=False)
    default_service: ServiceId | None = field(init=False)
    asking: tuple[AlertPolicy, ...] = field(init=False)
    index: PolicyIndex = field(init=False, compare=False, repr=False)
    hours: Mapping[RuleId, TimeWindow] = field(init=False)
    held_for: Mapping[RuleId, timedelta] = field(init=False)
    rewords: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        dated = [self._dated(policy) for policy in self.alert_policies]
        object.__setattr__(self, "asking", tuple(map(self._in_scope, dated)))
        object.__setattr__(self, "index", PolicyIndex(self.asking))
        rules = [rule for policy in dated for rule in policy.rules]
        hours = {rule.id: rule.hours for rule in rules if rule.hours is not None}
        object.__setattr__(self, "hours", hours)
        held_for = {rule.id: rule.held_for for rule in rules if rule.held_for is not None}
        object.__setattr__(self, "held_for", held_for)
        names = Names(self.users.values())
        schedules = {each.id: for_people(each, self.users, names) for each in self.schedules.values()}
        object.__setattr__(self, "schedules", schedules)
        plans = {policy.id: policy.plan for policy in self.escalation_policies.values()}
        owners = [user for user in self.users.values() if user.role is Role.OWNER and can_be_asked(user)]
        inline = (plan for rule in rules for plan in rule.plans)
        counts = any(
            isinstance(step.condition, MoreAlertsThan)
            for plan in chain(plans.values(), inline, self.older)
            for step in plan.steps
        )
        object.__setattr__(self, "plans", plans)
        object.__setattr__(self, "counts_events", counts)
        compares = any(policy.gathering.by_text for policy in self.alert_policies)
        object.__setattr__(self, "compares_texts", compares)
        object.__setattr__(self, "owner", min(owners, key=lambda user: user.id, default=None))
        rewords = frozenset(name for each in self.integrations.values() for name in each.message_templates)
        object.__setattr__(self, "rewords", rewords)
        slugs = {service.slug: service.id for service in self.services.values()}
        object.__setattr__(self, "slugs", slugs)
        object.__setattr__(self, "default_service", min(self.services, default=None))

    def at_any_hour(self, rule: RuleId | None) -> "Directory":
        """Give the same without the hours of *rule*, for a page that is to wait for them no longer."""
        if rule not in self.hours:
            return self
        hurried = copy(self)
        hours = {each: window for each, window in self.hours.items() if each != rule}
        object.__setattr__(hurried, "hours", hours)
        return hurried

    @property
    def catch_all_plan(self) -> EscalationPlan | None:
        """The plan for alerts that no policy takes, when there is one."""
        return None if self.catch_all is None else self.plans.get(self.catch_all)

    def has(self, target: Target) -> bool:
        """Tell whether whom or what *target* names is here, reachable or not."""
        match target:
            case UserTarget(user=user):
                return user in self.users
            case TeamTarget(team=team):
                return team in self.teams
            case ScheduleTarget(schedule=schedule):
                return schedule in self.schedules
            case DestinationTarget(destination=destination):
                return destination in self.destinations
            case AddressTarget(channel=channel, address=address):
                return is_address(channel, address)
            case _:
                assert_never(target)

    def recipients(self, target: Target, at: datetime) -> tuple[Recipient, ...]:
        """Tell whom *target* means at *at*, each once; only those who can be told something."""
        return self.find(target, at).recipients

    def asked(self, action: NotifyTargets, at: datetime, *, turn: int = 0) -> tuple[Recipient, ...]:
        """Tell whom a step asks at *at*; in turn, the first target from *turn* on that reaches anybody."""
        targets = action.targets
        if action.assignment is Assignment.ALL:
            return tuple(each for target in targets for each in self.recipients(target, at))
        in_turn = (targets[(turn + skipped) % len(targets)] for skipped in range(len(targets)))
        return next((found for target in in_turn if (found := self.recipients(target, at))), ())

    def policy(self, policy_id: AlertPolicyId | None) -> AlertPolicy | None:
        """Find an enabled alert policy."""
        return next((each for each in self.alert_policies if each.id == policy_id), None)

    def place(self, told: DestinationId | Outside) -> Destination | None:
        """Find the destination, or the address outside, that a page has told; None when it is gone."""
        if isinstance(told, Outside):
            return self._outside(told.channel, told.address)
        return self.destinations.get(told)

    def find(self, target: Target, at: datetime) -> Found:
        """Tell whom *target* means at *at*, and why nobody, or not everybody, can be told something."""
        match target:
            case UserTarget(user=user):
                return self._people(((user, ""),))
            case TeamTarget(team=team):
                return self._members(target, self.teams.get(team))
            case ScheduleTarget(schedule=schedule):
                return self._on_call(target, self.schedules.get(schedule), at)
            case DestinationTarget(destination=destination_id):
                return self._places(target, self.destinations.get(destination_id))
            case AddressTarget(channel=channel, address=address):
                if not is_address(channel, address):
                    return _nobody(address, NO_ADDRESS)
                return Found(recipients=(Recipient(who=self._outside(channel, address)),))
            case _:
                assert_never(target)

    def describe(self, target: Target) -> str:
        """Name *target* for a sentence: "Ana Alba", "team Ops", "schedule Primary (next on call)"."""
        match target:
            case UserTarget(user=user_id):
                user = self.users.get(user_id)
                return user.display_name if user is not None else "a deleted user"
            case TeamTarget(team=team_id):
                team = self.teams.get(team_id)
                return f"team {team.name}" if team is not None else "a deleted team"
            case ScheduleTarget(schedule=schedule_id, position=position):
                schedule = self.schedules.get(schedule_id)
                which = "" if position is Position.CURRENT else f" ({position.value} on call)"
                return f"schedule {schedule.name}{which}" if schedule is not None else "a deleted schedule"
            case DestinationTarget(destination=destination_id):
                destination = self.destinations.get(destination_id)
                return destination.name if destination is not None else "a deleted destination"
            case AddressTarget(address=address):
                return address
            case _:
                assert_never(target)

    def _outside(self, channel: str, address: str) -> Destination:
        """Make a place of an address that is nobody's here; it has no id."""
        return Destination(
            id=DestinationId(UNMADE),
            workspace=self.workspace,
            name=address,
            channel=channel,
            address=address,
        )

    def _dated(self, policy: AlertPolicy) -> AlertPolicy:
        """Put the dates into the windows of rules that name sets of them."""
        if not any(isinstance(each, DateSetWindow) for rule in policy.rules for each in rule.windows):
            return policy
        dates = {number: each.dates for number, each in self.date_sets.items()}

        def dated(window: TimeWindow | None) -> TimeWindow | None:
            return with_dates(window, dates) if isinstance(window, DateSetWindow) else window

        rules = [replace(rule, window=dated(rule.window), hours=dated(rule.hours)) for rule in policy.rules]
        return replace(policy, rules=tuple(rules))

    def _in_scope(self, policy: AlertPolicy) -> AlertPolicy:
        """Let a policy whose scope is a team's know the team's handle and services."""
        scope = policy.scope
        team = None if scope.team is None else self.teams.get(scope.team)
        if scope.team is None:
            return policy
        owned = frozenset(service.id for service in self.services.values() if service.team == scope.team)
        handle = None if team is None else team.handle
        narrower = scope.filter.matches

        def matches(subject: Subject) -> bool:
            mine = subject.service in owned or (handle is not None and subject.labels.get("team") == handle)
            return mine and narrower(subject)

        text = f"team {team.name}" if team is not None else "a deleted team"
        text += f" and {scope.filter.text}" if scope.filter.text else ""
        return replace(policy, scope=replace(scope, filter=Filter(text, matches, scope.filter.expression)))

    def _places(self, target: DestinationTarget, destination: Destination | None) -> Found:
        if destination is None:
            return _nobody(self.describe(target), GONE)
        if destination.subscription is not None and not destination.subscription.enabled:
            return _nobody(destination.name, "it is switched off")
        places = places_of(destination, self.users, self.teams)
        if not places:
            return _nobody(destination.name, "nobody in it has an address there")
        return Found(recipients=tuple(Recipient(who=place) for place in places))

    def _members(self, target: TeamTarget, team: Team | None) -> Found:
        if team is None or not team.members:
            return _nobody(self.describe(target), GONE if team is None else "it has no members")
        why = f"a member of {team.name}"
        return self._people((member, why) for member in team.members)

    def _on_call(self, target: ScheduleTarget, schedule: Schedule | None, at: datetime) -> Found:
        if schedule is None:
            return _nobody(self.describe(target), GONE)
        current = target.position is Position.CURRENT
        shifts = on_call(schedule, at) if current else shifts_at(schedule, at, target.position)
        if not shifts:
            return _nobody(self.describe(target), f"nobody is {_HOLDS[target.position]} it")
        why = f"{_HOLDS[target.position]} {schedule.name}"
        return self._people((shift.user, why) for shift in shifts)

    def _people(self, named: Iterable[tuple[UserId, str]]) -> Found:
        """Look up users, each with why they are meant, leaving out whoever cannot be asked."""
        recipients: dict[UserId, Recipient] = {}
        missing: list[Because] = []
        for user_id, why in named:
            user = self.users.get(user_id)
            if user is None:
                missing.append(NotAsked(name="a deleted user", why=GONE))
            elif user.status is UserStatus.DEACTIVATED:
                missing.append(NotAsked(name=user.display_name, why="they are deactivated"))
            elif not can_be_asked(user):
                missing.append(Unreachable(name=user.display_name))
            elif user_id not in recipients:
                recipients[user_id] = Recipient(who=user, why=why)
        return Found(recipients=tuple(recipients.values()), missing=tuple(missing))


def is_address(channel: str, address: str) -> bool:
    """Tell whether *address* may be one on *channel*, rather than the name of something that is not here."""
    return "@" in address if channel == "email" else not any(map(str.isalpha, address))


def can_be_asked(user: User) -> bool:
    """Tell whether *user* is there and has a verified contact method."""
    if user.status is not UserStatus.DEACTIVATED:
        for method in user.contact_methods:  # every page comes this way, and any() would be slower
            if method.verified_at is not None:
                return True
    return False


def _nobody(name: str, why: str) -> Found:
    return Found(missing=(NotAsked(name=name, why=why),))
