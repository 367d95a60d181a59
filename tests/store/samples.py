"""One value of each kind with every field set, and a workspace to keep them in."""

from dataclasses import MISSING, fields, replace
from datetime import UTC, date, datetime, time, timedelta

from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert import Acknowledgement, Alert, AlertStatus, PolicyMemory, Routing, Snooze
from tocsin.core.alert_policy import AlertPolicy, Mode, RepeatSilence, Rule, Scope
from tocsin.core.calendar import CronWindow, DatedWindow, Restriction, WeeklyWindow
from tocsin.core.credential import Key
from tocsin.core.escalation import (
    Assignment,
    DestinationTarget,
    EscalationPlan,
    EscalationPolicy,
    MoreAlertsThan,
    NotifyTargets,
    Outside,
    Page,
    PageStatus,
    RepeatSteps,
    ResolveAlerts,
    ScheduleTarget,
    Step,
    TeamTarget,
    UserTarget,
    WithinWindow,
)
from tocsin.core.event import Event, EventStatus, Metric, Severity
from tocsin.core.filters import parse
from tocsin.core.notification import Notification, NotificationKind, NotificationState
from tocsin.core.people import (
    ContactMethod,
    Importance,
    NotificationRule,
    Role,
    Team,
    TeamRole,
    User,
    UserStatus,
)
from tocsin.core.reminders import Reminder, Reminders
from tocsin.core.responder import Responder
from tocsin.core.schedule import Layer, Override, Position, Schedule
from tocsin.core.service import Destination, Integration, Service
from tocsin.core.silence import Silence
from tocsin.core.subscription import AlertChange, Subscription
from tocsin.core.workspace import Workspace

NOW = datetime(2026, 3, 6, 9, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WORKSPACE = 1
OTHER_WORKSPACE = 2
SERVICE = 11

HOURS = Restriction(start_day=0, start_time=time(9), end_day=4, end_time=time(17, 30, 15))
WEEKLY = WeeklyWindow(spans=(HOURS,), time_zone="Europe/London")
CRON = CronWindow(expression="0 9 * * 1-5", duration=timedelta(hours=8), time_zone="Asia/Kolkata")
DATED = DatedWindow(
    dates=(date(2026, 3, 6), date(2026, 3, 29)),
    start=time(1, 30),
    duration=timedelta(hours=3),
    time_zone="UTC",
)

workspace = Workspace(
    id=WORKSPACE,
    name="Acme",
    version=7,
    catch_all=81,
    settings={"a": [1, {"b": None}]},
    created_at=NOW,
    reminders=Reminders(ask_after=180 * MINUTE, within=MINUTE),
    pace=timedelta(seconds=5),
)
other_workspace = Workspace(id=OTHER_WORKSPACE, name="Other", created_at=NOW)

user = User(
    id=21,
    workspace=WORKSPACE,
    email="Ana@Example.com",
    name="Ana Älba",
    role=Role.ADMIN,
    status=UserStatus.PENDING,
    time_zone="Europe/Madrid",
    contact_methods=(
        ContactMethod(
            id=31, user=21, channel="email", address="ana@example.com", label="work", verified_at=NOW
        ),
        ContactMethod(id=32, user=21, channel="sms", address="+34600000000"),
    ),
    rules=(
        NotificationRule(
            id=41,
            user=21,
            importance=Importance.DEFAULT,
            position=0,
            channel="email",
            contact_method=31,
        ),
        NotificationRule(id=42, user=21, importance=Importance.DEFAULT, position=5, wait=5 * MINUTE),
        NotificationRule(
            id=43, user=21, importance=Importance.IMPORTANT, position=0, channel="sms", gather=2 * MINUTE
        ),
    ),
)
team = Team(
    id=51,
    workspace=WORKSPACE,
    name="Operations",
    handle="ops",
    description="those who run it",
    members=(22, 21),
    roles={22: TeamRole.ADMIN, 21: TeamRole.MEMBER},
)
second_user = User(id=22, workspace=WORKSPACE, email="ben@example.com")
service = Service(
    id=SERVICE, workspace=WORKSPACE, name="Shop", slug="shop", description="what earns", team=51
)
integration = Integration(
    id=61,
    workspace=WORKSPACE,
    service=SERVICE,
    kind="generic",
    name="Probe",
    token_hint="abcd",
    mapping={"title": "$.t", "labels": {"a": "$.b"}},
    message_templates={"slack": {"title": "{{ alert.title }}"}},
    description="what watches the shop",
    heartbeat=5 * MINUTE,
    revoked_at=NOW,
)
destination = Destination(
    id=71,
    workspace=WORKSPACE,
    name="War room",
    channel="slack",
    address="https://hooks.example.com/very-secret-path",
    secret="whsec_very-secret-key",
    options={"headers": {"Authorization": "very-secret-header"}, "channel": "#ops"},
    subscription=Subscription(
        enabled=False,
        changes=frozenset({AlertChange.OPENED, AlertChange.RESOLVED}),
        integrations=frozenset({61}),
        team=51,
    ),
)
plan = EscalationPlan(
    id=91,
    name="Nights",
    policy=81,
    steps=(
        Step(
            id=101,
            action=NotifyTargets(
                targets=(
                    UserTarget(user=21, via=("sms", "voice")),
                    TeamTarget(team=51, via=("email",)),
                    ScheduleTarget(schedule=111, position=Position.NEXT, via=("email",)),
                    DestinationTarget(destination=71),
                ),
                assignment=Assignment.ROUND_ROBIN,
                importance=Importance.IMPORTANT,
            ),
            condition=WithinWindow(window=WEEKLY, skip=True),
        ),
        Step(
            id=102,
            after=timedelta(seconds=90),
            action=RepeatSteps(times=3),
            condition=MoreAlertsThan(count=3, within=10 * MINUTE, skip=True),
        ),
        Step(id=103, after=MINUTE, action=ResolveAlerts()),
    ),
)
escalation_policy = EscalationPolicy(
    id=81, workspace=WORKSPACE, name="Nights", description="when it is dark", plan=plan, teams=(51,)
)
schedule = Schedule(
    id=111,
    workspace=WORKSPACE,
    name="Primary",
    time_zone="America/New_York",
    layers=(
        Layer(
            id=122,
            name="days",
            effective_date=NOW,
            end_date=NOW + timedelta(days=300),
            rotation_start=NOW - timedelta(days=1),
            days=7,
            seconds=3600,
            members=(21, None, 22),
            restrictions=(HOURS,),
            time_zone="Australia/Lord_Howe",
        ),
        Layer(id=121, name="nights", effective_date=NOW, rotation_start=NOW, days=1, members=(22,)),
    ),
    overrides=(
        Override(id=132, user=22, starts_at=NOW, ends_at=NOW + timedelta(hours=8), instead_of=21),
        Override(id=131, user=21, starts_at=NOW, ends_at=NOW + timedelta(hours=1)),
    ),
    teams=(51,),
    tags=("layer:one", "night"),
    shift_zone="Asia/Kolkata",
)
alert_policy = AlertPolicy(
    id=141,
    workspace=WORKSPACE,
    name="Shop is down",
    description="what wakes people",
    enabled=True,
    time_zone="Europe/London",
    scope=Scope(
        services=frozenset({SERVICE, 12}),
        integrations=frozenset({61}),
        monitors=frozenset({"m1", "m2"}),
        filter=parse('labels.team in [db, "data platform"]'),
    ),
    gathering=Gathering(
        by=GatherBy.FIELDS, fields=("labels.cluster",), window=10 * MINUTE, first_at_once=False
    ),
    repeat=RepeatSilence(
        after=timedelta(hours=1), by_severity={Severity.CRITICAL: None, Severity.INFO: timedelta(days=1)}
    ),
    mode=Mode.FIRST,
    notify_resolved=False,
    rules=(
        Rule(
            id=151,
            name="at work",
            filter=parse("severity = critical"),
            severities=frozenset({Severity.CRITICAL, Severity.ERROR}),
            window=CRON,
            fallback=False,
            importance=Importance.IMPORTANT,
            escalation_policies=(81,),
            inline=(replace(plan, id=92, policy=None),),
        ),
        Rule(id=152, filter=parse(""), fallback=True, window=DATED),
    ),
)
silence = Silence(
    id=161,
    workspace=WORKSPACE,
    name="Maintenance",
    comment="new disks",
    filter=parse('title ~ "disk"'),
    services=frozenset({SERVICE}),
    starts_at=NOW,
    ends_at=NOW + timedelta(days=30),
    recurring=DATED,
    created_by=21,
)
key = Key(
    id=171,
    workspace=WORKSPACE,
    kind="cloud_manager",
    name="Terraform",
    user=21,
    service=SERVICE,
    hint="wxyz",
    scopes=("read", "respond"),
    extra={"ha1": "very-secret-digest"},
    networks=("10.0.0.0/8",),
    created_at=NOW,
    last_used_at=NOW + MINUTE,
    revoked_at=NOW + 2 * MINUTE,
)
event = Event(
    id=(int(NOW.timestamp() * 1000) << 18) + 1,
    workspace=WORKSPACE,
    service=SERVICE,
    integration=61,
    dedup_key="db-1/disk",
    status=EventStatus.ACKNOWLEDGED,
    severity=Severity.CRITICAL,
    title="Disk is full",
    message="99.5 % of /var\nis used",
    source="prometheus",
    labels={"team": "db", "näme": "wért"},
    occurred_at=NOW - MINUTE,
    received_at=NOW,
    links=("https://example.com/1",),
    images=("https://example.com/1.png",),
    details={"deep": [1, 2.5, None, {"x": True}]},
    event_type="disk",
    metric=Metric(name="used", value=0.0, units="percent"),
    host="db-1",
    monitor_id="m1",
    monitor_name="Disks",
    monitor_labels=("a", "b"),
    dimensions={"device": "sda"},
    drill=True,
    opens=True,
    part="disk sda",
    rules=(151, 152),
)
alert = Alert(
    id=(int(NOW.timestamp() * 1000) << 18) + 2,
    workspace=WORKSPACE,
    service=SERVICE,
    integration=61,
    dedup_key="db-1/disk",
    status=AlertStatus.FIRING,
    severity=Severity.ERROR,
    worst_severity=Severity.CRITICAL,
    severity_since=NOW - MINUTE,
    title="Disk is full",
    message="99.5 % of /var",
    source="prometheus",
    labels={"team": "db", "näme": "wért"},
    links=("https://example.com/1",),
    event_type="disk",
    metric=Metric(name="used", value=99.5, units="percent"),
    host="db-1",
    monitor_id="m1",
    monitor_name="Disks",
    monitor_labels=("a", "b"),
    dimensions={"device": "sda"},
    opened_at=NOW - 2 * MINUTE,
    last_seen_at=NOW,
    events=3,
    acknowledgement=Acknowledgement(
        by=21,
        by_name="Ana",
        at=NOW,
        until=NOW + MINUTE,
        comment="on it",
        how="email link",
        reminder=Reminder(ask_at=NOW + MINUTE, asked_at=NOW, answer_by=NOW + 2 * MINUTE),
    ),
    resolved_at=NOW + MINUTE,
    resolved_by=22,
    routing=Routing.ROUTED,
    memory=(PolicyMemory(policy=141, severity=Severity.ERROR, routed_at=NOW),),
    drill=True,
    snooze=Snooze(by=21, by_name="Ana", at=NOW, until=NOW + MINUTE),
    parts=("disk sda", "disk sdb"),
    rules=(151,),
    erased=True,
    version=4,
)
page = Page(
    id=181,
    workspace=WORKSPACE,
    service=SERVICE,
    title="Disk is full",
    severity=Severity.ERROR,
    plan=plan,
    importance=Importance.IMPORTANT,
    policy=141,
    rule=151,
    group_key='["a"]',
    gathers_until=NOW + 10 * MINUTE,
    status=PageStatus.ACKNOWLEDGED,
    began_at=NOW,
    next_step=2,
    due=NOW + 5 * MINUTE,
    rounds=1,
    alerts=2,
    joined=1,
    responders=(
        Responder(
            user=21,
            importance=Importance.IMPORTANT,
            asked_at=NOW,
            why="on call for Primary",
            via=("sms",),
            position=5,
            told_at=NOW,
            declined=True,
            due=NOW + MINUTE,
        ),
    ),
    destinations=(71, Outside("email", "vendor@example.com")),
    drill=True,
    level=Severity.ERROR,
    version=3,
)
a_test = Notification(
    id=1,
    workspace=WORKSPACE,
    kind=NotificationKind.TEST,
    channel="webhook",
    address="https://one.example.org/",
    queued_at=NOW,
    due=NOW,
)
notification = Notification(
    id=191,
    workspace=WORKSPACE,
    kind=NotificationKind.RESOLVED,
    page=181,
    service=SERVICE,
    user=21,
    contact_method=31,
    destination=71,
    channel="slack",
    address="https://hooks.example.com/very-secret-path",
    importance=Importance.IMPORTANT,
    severity=Severity.CRITICAL,
    because="on call for Primary",
    body="hello",
    queued_at=NOW,
    due=NOW + MINUTE,
    state=NotificationState.SENT,
    attempts=2,
    provider=1,
    provider_id="abc",
    last_error="timed out",
    sent_at=NOW + MINUTE,
    bundled_into=190,
)


# Fields that are tried elsewhere: a page of a level is no digest, and the other layers of schedules are
# stored by themselves.
ELSEWHERE = {"enabled", "digest", "shifts", "feeds", "swaps", "names"}


def unset(value: object) -> set[str]:
    """Name the fields of *value* that are as they are by default, and so would survive being forgotten."""
    found = set()
    for field in fields(value):
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if default is not MISSING and getattr(value, field.name) == default:
            found.add(field.name)
    return found
