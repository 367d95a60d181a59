"""What is saved as the form shows it stays as it was, whatever it was."""

from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api_world import ADA, REA, directory
from builders import NOW, WORKSPACE
from tocsin.actions.actor import Actor
from tocsin.core import filters
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert_policy import AlertPolicy, Lasting, Mode, RepeatSilence, Rule, Scope
from tocsin.core.calendar import CronWindow, DatedWindow, DateSetWindow, Restriction, WeeklyWindow
from tocsin.core.date_set import DateSetId
from tocsin.core.errors import Invalid
from tocsin.core.escalation import (
    AddressTarget,
    Assignment,
    DestinationTarget,
    EscalationPlan,
    EscalationPolicy,
    MoreAlertsThan,
    NotifyTargets,
    Pause,
    RepeatSteps,
    ResolveAlerts,
    ScheduleTarget,
    Step,
    TeamTarget,
    UserTarget,
    WithinWindow,
)
from tocsin.core.event import Severity
from tocsin.core.ids import (
    AlertPolicyId,
    DestinationId,
    EscalationPolicyId,
    IntegrationId,
    PlanId,
    RecurringShiftId,
    RuleId,
    ScheduleId,
    ServiceId,
    StepId,
    TeamId,
)
from tocsin.core.payload_test import Language, PayloadTest
from tocsin.core.people import Importance
from tocsin.core.recurrence import Frequency, Recurrence
from tocsin.core.recurring_shift import RecurringShift
from tocsin.core.schedule import Position
from tocsin.core.spelling import native
from tocsin.web import policy_forms, recurring_forms, recurring_words
from tocsin.web.editing import Around
from tocsin.web.escalation import KIND
from tocsin.web.forms import Faulty, typed
from tocsin.web.recurring_forms import Placed

HERE = Around(directory=directory(), actor=Actor.of_user(ADA), user=ADA, now=NOW)
SECONDS = st.integers(0, 200_000).map(lambda seconds: timedelta(seconds=seconds))
TEXT = st.text("aé\"'<>&,;: 🚨", max_size=12).map(str.strip)
NUMBER = st.integers(1, 1 << 59)
ZONE = st.sampled_from(["UTC", "Europe/Madrid"])
CLOCK = st.builds(time, st.integers(0, 23), st.integers(0, 59), st.sampled_from([0, 0, 30]))
SPAN = st.builds(
    Restriction, start_day=st.integers(0, 6), start_time=CLOCK, end_day=st.integers(0, 6), end_time=CLOCK
)
DATES = st.lists(st.dates(), min_size=1, max_size=4).map(tuple)
WINDOW = st.one_of(
    st.builds(WeeklyWindow, spans=st.lists(SPAN, min_size=1, max_size=4).map(tuple), time_zone=ZONE),
    st.builds(CronWindow, expression=st.just("0 9 * * 1-5"), duration=SECONDS, time_zone=ZONE),
    st.builds(DatedWindow, dates=DATES, start=CLOCK, duration=SECONDS, time_zone=ZONE),
    st.builds(
        DateSetWindow,
        sets=st.lists(NUMBER.map(DateSetId), min_size=1, max_size=2, unique=True).map(tuple),
        start=CLOCK,
        duration=SECONDS,
        time_zone=ZONE,
    ),
)
VIA = st.sampled_from([(), ("sms",), ("email", "voice")])
TARGET = st.one_of(
    st.builds(UserTarget, user=st.just(REA.id), via=VIA),
    st.builds(TeamTarget, team=NUMBER.map(TeamId), via=VIA),
    st.builds(ScheduleTarget, schedule=NUMBER.map(ScheduleId), position=st.sampled_from(Position), via=VIA),
    st.builds(DestinationTarget, destination=NUMBER.map(DestinationId)),
    st.builds(AddressTarget, channel=st.just("email"), address=st.just("a:b,c@example.org")),
)
ACTION = st.one_of(
    st.builds(
        NotifyTargets,
        targets=st.lists(TARGET, min_size=1, max_size=4, unique=True).map(tuple),
        assignment=st.sampled_from(Assignment),
        importance=st.sampled_from([None, *Importance]),
    ),
    st.builds(RepeatSteps, times=st.integers(0, 100)),
    st.just(ResolveAlerts()),
    st.just(Pause()),
)
CONDITION = st.one_of(
    st.none(),
    st.builds(WithinWindow, window=WINDOW, skip=st.booleans()),
    st.builds(MoreAlertsThan, count=st.integers(0, 99), within=SECONDS, skip=st.booleans()),
)
STEPS = st.lists(st.tuples(SECONDS, ACTION, CONDITION), min_size=1, max_size=4).map(
    lambda parts: tuple(
        Step(id=StepId(number), after=after, action=action, condition=condition)
        for number, (after, action, condition) in enumerate(parts, 1)
    )
)
PLAN = st.builds(
    EscalationPlan, id=NUMBER.map(PlanId), name=st.sampled_from(["", "Own", "Rule"]), steps=STEPS
)
LASTING = st.builds(Lasting, severities=st.frozensets(st.sampled_from(Severity)), plan=PLAN)
FILTER = st.sampled_from(["", "severity >= error", 'title ~ "a, b"']).map(filters.parse)
RULE = st.builds(
    Rule,
    id=st.just(RuleId(1)),
    name=st.one_of(TEXT, st.just("Rule")),
    filter=FILTER,
    severities=st.frozensets(st.sampled_from(Severity)),
    window=st.one_of(st.none(), WINDOW),
    hours=st.one_of(st.none(), WINDOW),
    fallback=st.booleans(),
    importance=st.sampled_from([None, *Importance]),
    escalation_policies=st.lists(NUMBER.map(EscalationPolicyId), max_size=3, unique=True).map(tuple),
    inline=st.lists(PLAN, max_size=2, unique_by=lambda plan: plan.id).map(tuple),
    lasting=st.lists(LASTING, max_size=2, unique_by=lambda each: each.plan.id).map(tuple),
    team=st.one_of(st.none(), NUMBER.map(TeamId)),
    held_for=st.one_of(st.none(), SECONDS),
    payload=st.one_of(
        st.none(), st.builds(PayloadTest, language=st.sampled_from(Language), text=st.just("a|b"))
    ),
)
GATHERING = st.one_of(
    st.just(Gathering()),
    st.builds(
        Gathering,
        by=st.sampled_from([GatherBy.FIELDS, GatherBy.SIMILARITY, GatherBy.MEANING]),
        fields=st.sampled_from([(), ("host",), ("labels.a", "title")]),
        first_labels=st.sampled_from([(), ("a, b", "c")]),
        window=SECONDS,
        first_at_once=st.booleans(),
        digest=st.booleans(),
    ),
)
SILENCE = st.one_of(st.none(), SECONDS)
POLICY = st.builds(
    AlertPolicy,
    id=st.just(AlertPolicyId(7)),
    workspace=st.just(WORKSPACE),
    name=TEXT,
    description=TEXT,
    enabled=st.booleans(),
    time_zone=ZONE,
    scope=st.builds(
        Scope,
        services=st.frozensets(NUMBER.map(ServiceId), max_size=2),
        integrations=st.frozensets(NUMBER.map(IntegrationId), max_size=2),
        monitors=st.frozensets(st.sampled_from(["m,1", "m 2"])),
        team=st.one_of(st.none(), NUMBER.map(TeamId)),
        filter=FILTER,
    ),
    gathering=GATHERING,
    repeat=st.builds(
        RepeatSilence,
        after=SILENCE,
        by_severity=st.dictionaries(st.sampled_from(Severity), SILENCE),
        each_severity=st.booleans(),
    ),
    mode=st.sampled_from(Mode),
    notify_resolved=st.booleans(),
    rules=st.lists(RULE, max_size=3).map(
        lambda rules: tuple(_numbered(rule, number) for number, rule in enumerate(rules, 1))
    ),
)
ESCALATION = st.builds(
    EscalationPolicy,
    id=st.just(EscalationPolicyId(8)),
    workspace=st.just(WORKSPACE),
    name=TEXT,
    description=TEXT,
    plan=PLAN,
    teams=st.lists(NUMBER.map(TeamId), max_size=2, unique=True).map(tuple),
)
PATIENT = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def _numbered(rule: Rule, number: int) -> Rule:
    values = {name: getattr(rule, name) for name in Rule.__dataclass_fields__}
    return Rule(**values | {"id": RuleId(number)})


def sent(values):
    """Send a form as a browser does, and read it as the server does."""
    return typed(urlencode(values, doseq=True).encode())


@PATIENT
@given(ESCALATION)
def test_an_escalation_policy_stays_as_it_was(policy):
    assert KIND.read(sent(KIND.form_of(policy, HERE)), HERE, policy) == policy


@PATIENT
@given(POLICY)
def test_an_alert_policy_stays_as_it_was(policy):
    assert policy_forms.read(sent(policy_forms.values_of(policy, "UTC")), HERE, policy) == policy


WALL = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - what a clock on the wall shows
SOME_DAYS = st.lists(st.sampled_from(["MO", "FR", "SU", "1MO", "-1FR"]), max_size=4, unique=True).map(tuple)
RULE_OF_SHIFT = st.builds(
    Recurrence,
    frequency=st.sampled_from([Frequency.WEEKLY, Frequency.MONTHLY, Frequency.YEARLY]),
    interval=st.integers(1, 9),
    by_day=SOME_DAYS,
    by_month=st.lists(st.integers(1, 12), max_size=3, unique=True).map(tuple),
    by_month_day=st.lists(st.integers(1, 31), max_size=2).map(tuple),
    by_year_day=st.lists(st.integers(-366, -1), max_size=2).map(tuple),
    by_hour=st.lists(st.integers(0, 23), max_size=2).map(tuple),
    by_minute=st.lists(st.integers(0, 59), max_size=2).map(tuple),
    by_position=st.lists(st.integers(1, 5), max_size=2).map(tuple),
    week_start=st.integers(0, 6),
    until=st.none() | WALL,
)
GROUPS = st.lists(st.lists(st.sampled_from([ADA.id, REA.id]), max_size=2, unique=True).map(tuple), max_size=3)
PLACED = st.builds(
    Placed,
    shift=st.builds(
        RecurringShift,
        id=NUMBER.map(RecurringShiftId),
        workspace=st.just(WORKSPACE),
        name=TEXT,
        team=st.none() | NUMBER.map(TeamId),
        start=WALL,
        duration=st.timedeltas(timedelta(seconds=1), timedelta(hours=8)),
        rule=st.none() | RULE_OF_SHIFT,
        groups=GROUPS.map(tuple),
        in_turn=st.just(value=True),
        first_group=st.integers(0, 9),
        rotation_start=st.none() | WALL,
        cut=st.booleans(),
        ends_at=st.none() | WALL.map(lambda wall: wall.replace(tzinfo=UTC)),
        level=st.integers(-9, 9),
        override=st.booleans(),
        time_zone=st.none() | ZONE,
    ),
    schedules=st.lists(NUMBER.map(ScheduleId), max_size=2, unique=True).map(tuple),
)


@PATIENT
@given(PLACED)
def test_a_recurring_shift_stays_as_it_was(placed):
    assert recurring_forms.read(sent(recurring_forms.values_of(placed, "UTC")), HERE, placed) == placed


ODD_TEXTS = """0|-1|1, -1|367|99999999999999999999|x|MO|-1FR|99MO|8h|999999999d|daily|hourly|turn|on|Mars
2026-03-02T09:00|2026-02-30T09:00|9999-12-31T23:59|0001-01-01|2026-03-02T09:00+14:00|usr_00000000000z|٣²|"""
ODD = st.sampled_from([*ODD_TEXTS.replace("\n", "|").split("|"), native("user", ADA.id)])
FIELDS = sorted(
    {*recurring_forms.fresh("", NOW), "rule.by_day", "rule.by_numbered_day", "rule.by_month", "rule.until"}
    | {f"rule.{name}" for name in recurring_forms.NUMBERS}
    | {"rotation_start", "cut", "ends_at", "override", "time_zone", "team", "name", "groups.1.people"}
)


@PATIENT
@given(st.dictionaries(st.sampled_from(FIELDS), st.lists(ODD, max_size=2)))
def test_whatever_is_typed_makes_a_recurring_shift_or_is_refused(values):
    try:
        made = recurring_forms.read(sent({**recurring_forms.fresh("", NOW), **values}), HERE, None)
    except (Faulty, Invalid):
        return
    assert recurring_words.words(made, HERE.directory)["When"]
    assert recurring_forms.read(sent(recurring_forms.values_of(made, "UTC")), HERE, made) == made
