"""One event reaches one place once for each policy, whatever its rules have in common. On either database."""

from collections import Counter
from random import Random  # noqa: TID251 - seeded: the same policy each time

import pytest

from builders import MINUTE, NOW, destination, directory, person, plan, step, team
from conftest import ENGINES
from routing_builders import SECOND, event, policy, resolved, rule
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert_policy import RepeatSilence
from tocsin.core.because_paging import ToldAlready
from tocsin.core.escalation import AddressTarget, DestinationTarget, TeamTarget, UserTarget
from tocsin.core.event import Severity

ANA, BEN = person("Ana", "email"), person("Ben", "email")
OPS = team("Ops", ANA, BEN)
ROOM, HALL = destination("Room"), destination("Hall")
HERE = directory(ANA, BEN, OPS, ROOM, HALL)
(ANAS,) = (each.address for each in ANA.contact_methods)
(BENS,) = (each.address for each in BEN.contact_methods)
MACHINES = frozenset({"webhook", "email"})  # so that nothing is held back, and each message can be seen
REACHES = {
    DestinationTarget(destination=ROOM.id): {ROOM.address},
    DestinationTarget(destination=HALL.id): {HALL.address},
    UserTarget(user=ANA.id, via=("email",)): {ANAS},
    TeamTarget(team=OPS.id, via=("email",)): {ANAS, BENS},
    AddressTarget(channel="email", address=BENS): {BENS},
}
EVERYWHERE = set().union(*REACHES.values())
LEVELS = list(Severity)


def some(chance, things, most):
    return chance.sample(things, chance.randint(1, most))


class Office:
    """A policy whose rules overlap as chance has it, and what each place was told of each alert."""

    def __init__(self, desk, chance, **gathering):
        self.rules = [
            (
                frozenset(chance.sample(LEVELS, chance.randint(1, 5))),
                chance.sample(list(REACHES), chance.randint(1, 3)),
            )
            for _ in range(chance.randint(2, 4))
        ]
        rules = [rule(plan(step(*targets)), severities=levels) for levels, targets in self.rules]
        values = {"by": GatherBy.FIELDS, "window": 5 * MINUTE, "digest": True, **gathering}
        whole = policy(*rules, gathering=Gathering(**values), repeat=RepeatSilence(each_severity=True))
        self.here = desk(HERE, policies=[whole])
        self.told = Counter()

    def reaches(self, level):
        """Name the places that the rules for *level* tell."""
        return {
            address
            for levels, targets in self.rules
            for each in targets
            if level in levels
            for address in REACHES[each]
        }

    def pass_(self, at):
        """Act on what is due at *at*, and write down who is told of which alert, and of which state."""
        self.here.turn(at)
        claimed = self.here.claim(at, machines=MACHINES)
        self.here.record(claimed, at)
        for each in claimed:
            assert each.total == len(each.alerts)
            assert each.page.severity is max((one.severity for one in each.alerts), key=lambda one: one.rank)
            for alert in each.alerts:
                self.told[each.notification.address, alert.dedup_key, alert.status.value] += 1


@pytest.fixture(params=[ENGINES[0]])
def engine(request):
    return request.param


@pytest.mark.parametrize("seed", range(60))
def test_each_place_that_the_rules_of_a_policy_tell_hears_of_each_event_once(desk, seed):
    chance = Random(seed)
    fields = chance.choice([(), ("labels.pod",), ("monitor_id",)])
    here = Office(desk, chance, fields=fields, first_at_once=chance.random() < 0.5)
    levels, ends = {}, {}
    for number in range(chance.randint(1, 8)):
        key, began = f"k{number}", chance.randint(0, 12) * MINUTE
        levels[key] = (chance.choice(LEVELS), began, chance.choice(["a", "b"]))
        if chance.random() < 0.5:
            ends[key] = began + chance.randint(1, 12) * MINUTE

    happens = {began for _, began, _ in levels.values()} | set(ends.values())
    for after in sorted(happens | {each + 5 * MINUTE * times for each in happens for times in (1, 2)}):
        fresh = [
            event(level, dedup_key=key, title=key, labels={"pod": pod}, monitor_id=pod)
            for key, (level, began, pod) in levels.items()
            if began == after
        ]
        over = [resolved(dedup_key=key) for key, when in ends.items() if when == after]
        if fresh or over:
            here.here.report(*fresh, *over, at=NOW + after)
        here.pass_(NOW + after)

    for key, (level, _, _) in levels.items():
        for address in EVERYWHERE:
            told = [here.told[address, key, state] for state in ("firing", "resolved")]
            wanted = address in here.reaches(level)
            right = [[1, 1], [0, 1]] if key in ends else [[1, 0]]  # it may be over before anybody is told
            assert told in (right if wanted else [[0, 0]]), (key, address)


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
@pytest.mark.parametrize(
    ("after", "told"),
    [
        (5 * MINUTE - SECOND, ["resolved"]),
        (5 * MINUTE, ["resolved"]),  # the very moment in which the window closes
        (5 * MINUTE + SECOND, ["firing", "resolved"]),
    ],
)
def test_what_ends_as_a_window_closes_is_told_exactly_once(desk, after, told):
    room = plan(step(DestinationTarget(destination=ROOM.id)))
    gathering = Gathering(by=GatherBy.FIELDS, window=5 * MINUTE, first_at_once=False, digest=True)
    here = desk(HERE, policies=[policy(rule(room), rule(room), gathering=gathering)])
    here.report(event(Severity.ERROR, dedup_key="a"), event(Severity.ERROR, dedup_key="b"))
    said = []

    for moment in sorted({after, 5 * MINUTE, 10 * MINUTE, 11 * MINUTE}):
        if moment == after:
            here.report(resolved(dedup_key="a"), at=NOW + moment)
        here.turn(NOW + moment)
        claimed = here.claim(NOW + moment, machines=MACHINES)
        here.record(claimed, NOW + moment)
        said += [(one.dedup_key, one.status.value) for each in claimed for one in each.alerts]

    assert [state for key, state in said if key == "a"] == told
    assert [state for key, state in said if key == "b"] == ["firing"]


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_a_message_leaves_out_what_its_place_has_heard_of_and_nothing_else(desk):
    both = plan(step(*(DestinationTarget(destination=each.id) for each in (ROOM, HALL))))
    room = plan(step(DestinationTarget(destination=ROOM.id)))
    critical, any_level = frozenset({Severity.CRITICAL}), frozenset()
    gathering = Gathering(by=GatherBy.FIELDS, window=5 * MINUTE, first_at_once=False, digest=True)
    rules = [rule(room, severities=critical), rule(both, severities=any_level)]
    here = desk(HERE, policies=[policy(*rules, gathering=gathering)])

    here.report(
        event(Severity.CRITICAL, dedup_key="a", title="a"), event(Severity.WARNING, dedup_key="b", title="b")
    )
    at = NOW + 5 * MINUTE
    here.turn(at)
    claimed = here.claim(at, machines=MACHINES)

    said = sorted(
        (each.notification.address, each.page.title, each.page.severity, [one.title for one in each.alerts])
        for each in claimed
    )
    assert said == sorted(
        [
            (ROOM.address, "a", Severity.CRITICAL, ["a"]),
            (ROOM.address, "b", Severity.WARNING, ["b"]),
            (HALL.address, "a", Severity.CRITICAL, ["a", "b"]),
        ]
    )


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_where_nothing_is_left_to_tell_the_story_says_so(desk):
    room = [plan(step(DestinationTarget(destination=ROOM.id))) for _ in range(2)]
    gathering = Gathering(by=GatherBy.FIELDS, window=5 * MINUTE, first_at_once=False, digest=True)
    here = desk(HERE, policies=[policy(*map(rule, room), gathering=gathering)])

    here.report(event(Severity.CRITICAL))
    at = NOW + 5 * MINUTE
    here.turn(at)

    assert len(here.claim(at, machines=MACHINES)) == 1
    stories = [because for page in here.pages() for because in here.story(page.id)]
    assert [type(each) for each in stories].count(ToldAlready) == 1


@pytest.mark.parametrize("first_at_once", [False, True])
def test_pages_that_ask_for_an_answer_tell_a_place_once_when_they_begin_and_when_others_joined(
    desk, first_at_once
):
    room = [plan(step(DestinationTarget(destination=ROOM.id))) for _ in range(2)]
    gathering = Gathering(by=GatherBy.FIELDS, window=5 * MINUTE, first_at_once=first_at_once)
    here = desk(HERE, policies=[policy(*map(rule, room), gathering=gathering)])

    here.report(event(Severity.CRITICAL, dedup_key="a"))
    sent = here.run(NOW, 1)
    here.report(event(Severity.CRITICAL, dedup_key="b"), at=NOW + 2 * MINUTE)
    sent += [(minute + 2, where) for minute, where in here.run(NOW + 2 * MINUTE, 10)]

    assert [minute for minute, _ in sent] == ([0, 5] if first_at_once else [5])
