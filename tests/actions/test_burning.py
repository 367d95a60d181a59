"""What is burning, on either engine: counted and gathered in the database, the worst first."""

import pytest

from builders import NOW, directory, person, plan, step, target
from counting import Counting
from desk import OPERATOR
from routing_builders import event
from tocsin.actions import alerts as people_do
from tocsin.actions import burning
from tocsin.core.event import Severity
from tocsin.core.people import Role

ANA = person("Ana", "sms", role=Role.OWNER)
HERE = directory(ANA)
LADDER = plan(step(target(ANA)))
GIVEN = (
    ("slow", Severity.WARNING, {"env": "prod", "host": "a"}),
    ("down", Severity.CRITICAL, {"env": "prod"}),
    ("odd", Severity.INFO, {"env": 'it\'s "test"'}),
    ("bare", Severity.ERROR, {}),
)


@pytest.fixture
def here(desk):
    opened = desk(HERE, LADDER)
    opened.report(
        *(event(dedup_key=key, title=key, severity=bad, labels=labels) for key, bad, labels in GIVEN)
    )
    return opened


def look(here, wanted=burning.EVERY, **how):
    return here.do(lambda tx: burning.look(tx, OPERATOR, wanted, **({"limit": 100} | how)))


def heaps(found):
    return [(heap.key, heap.count, [alert.title for alert in heap.alerts]) for heap in found.heaps]


def test_it_is_gathered_by_a_label_whatever_its_values_hold(here):
    found = look(here, by="label", label="env")

    assert heaps(found) == [
        ("prod", 2, ["down", "slow"]),
        ("", 1, ["bare"]),
        ('it\'s "test"', 1, ["odd"]),
    ]


def test_it_is_gathered_by_severity_and_by_service(here):
    service = str(here.alerts()[0].service)

    assert [key for key, _, _ in heaps(look(here, by="severity"))] == ["critical", "error", "warning", "info"]
    assert heaps(look(here, by="service")) == [(service, 4, ["down", "bare", "slow", "odd"])]


def test_it_is_gathered_by_the_team_that_is_named_or_that_owns_the_service(here):
    service = here.alerts()[0].service
    here.report(event(dedup_key="mine", title="mine", labels={"team": "data"}))
    wanted = burning.Wanted(owners={service: "ops"})

    found = heaps(look(here, wanted, by="team"))

    assert {(key, count) for key, count, _ in found} == {("ops", 4), ("data", 1)}


def test_what_somebody_has_comes_after_what_needs_somebody(here):
    down = next(each.id for each in here.alerts() if each.title == "down")
    here.do(lambda tx: people_do.acknowledge(tx, OPERATOR, [down], now=NOW))

    found = look(here)

    assert heaps(found) == [("burning", 3, ["bare", "slow", "odd"]), ("held", 1, ["down"])]
    assert (found.total, found.needs) == (4, 3)
    assert found.by_severity[Severity.CRITICAL] == 1


@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        (burning.Wanted(severities=[Severity.CRITICAL]), ["down"]),
        (burning.Wanted(labels={"env": "prod", "host": "a"}), ["slow"]),
        (burning.Wanted(text="O%"), []),
        (burning.Wanted(text="D"), ["down", "odd"]),
        (burning.Wanted(mine=ANA.id), ["down", "bare", "slow", "odd"]),
        (burning.Wanted(services=[burning.NOBODYS]), []),
        (burning.Wanted(team="ops"), []),
    ],
)
def test_filters_leave_out_what_is_not_wanted(here, wanted, titles):
    found = look(here, wanted)

    assert [alert.title for heap in found.heaps for alert in heap.alerts] == titles
    assert found.total == len(titles)


def test_a_stretch_begins_where_it_is_told(here):
    (heap,) = look(here, offset=1, limit=2).heaps

    assert [alert.title for alert in heap.alerts] == ["bare", "slow"]
    assert heap.count == 4


def test_however_many_there_are_a_look_is_as_many_queries(here):
    counting = Counting(here.database)

    def statements():
        return counting.count(
            lambda: counting.transact(lambda tx: burning.look(tx, OPERATOR, burning.EVERY, limit=100))
        )

    few = statements()
    here.report(*(event(dedup_key=f"more {number}") for number in range(60)))

    assert statements() == few
