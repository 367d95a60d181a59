"""The watch finds what stands still, and tells of it by a way of its own."""

from datetime import timedelta
from types import SimpleNamespace

from prometheus_client import CollectorRegistry

from builders import NOW
from tocsin.actions.watching import Findings
from tocsin.core.ids import AlertId, WorkspaceId
from tocsin.engine.metrics import EngineMetrics
from tocsin.engine.watch import AGAIN_AFTER, Watch

CALM = Findings(
    overdue_timer=timedelta(0),
    overdue_notification=timedelta(0),
    poisoned=0,
    firing=3,
    unrouted=0,
    silenced=0,
    stranded=(),
)


class Office:
    """A world in which a watch looks, and an operator who is told."""

    def __init__(self, findings=CALM, turned_at=None):
        self.now = NOW
        self.findings = findings
        self.turned = turned_at or {"page": NOW, "send": NOW}
        self.told: list[str] = []
        self.registry = CollectorRegistry()
        self.metrics = EngineMetrics(self.registry)
        world = SimpleNamespace(now=lambda: self.now, database=SimpleNamespace(read_now=self._read))
        self.watch = Watch(
            world,
            node="n1",
            turned_at=lambda: self.turned,
            tell=lambda subject, _text: self.told.append(subject),
            metrics=self.metrics,
        )

    def _read(self, _query):
        if isinstance(self.findings, Exception):
            raise self.findings
        return self.findings

    def kinds(self):
        return [alarm.kind for alarm in self.watch.look()]


def found(**changes):
    return Findings(**{name: getattr(CALM, name) for name in CALM.__slots__} | changes)


def test_all_is_calm_when_nothing_is_overdue():
    office = Office()

    assert (office.kinds(), office.told) == ([], [])
    assert office.registry.get_sample_value("tocsin_alerts_firing") == 3


def test_what_is_overdue_for_more_than_a_minute_is_told():
    late = timedelta(seconds=61)

    assert Office(found(overdue_timer=late)).kinds() == ["overdue_timer"]
    assert Office(found(overdue_notification=late)).kinds() == ["overdue_notification"]
    assert Office(found(poisoned=2)).kinds() == ["poisoned"]
    assert Office(found(unstaffed=("send",))).kinds() == ["unstaffed"]


def test_an_alert_that_nobody_will_be_asked_about_is_named():
    office = Office(found(stranded=((WorkspaceId(1), AlertId(5)),)))

    (alarm,) = office.watch.look()

    assert (alarm.kind, "alrt_" in alarm.text) == ("stranded", True)


def test_a_sender_that_stands_still_is_told_within_two_minutes_though_everything_else_works():
    office = Office()
    office.now = NOW + timedelta(seconds=90)
    office.turned = {"page": office.now, "send": NOW}

    assert office.kinds() == ["still_send"]
    assert office.told


def test_a_watch_that_cannot_look_says_so():
    office = Office(OSError("no database"))

    assert office.kinds() == ["blind"]


def test_the_same_alarm_is_not_raised_again_within_the_hour_but_is_after_it():
    office = Office(found(poisoned=1))

    for _ in range(3):
        office.watch.look()
    office.now = NOW + AGAIN_AFTER
    office.turned = {"page": office.now, "send": office.now}
    office.watch.look()

    assert len(office.told) == 2


def test_an_operator_who_cannot_be_told_does_not_stop_the_watch():
    office = Office(found(poisoned=1))

    def broken(_subject, _text):
        raise OSError("no mail")

    office.watch._tell = broken

    assert office.kinds() == ["poisoned"]
    assert office.watch.looked_at == NOW
