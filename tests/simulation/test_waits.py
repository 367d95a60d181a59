"""Every wait in the product is a row: a restart in the middle of it neither ends it nor makes it longer."""

from datetime import timedelta

import pytest

from builders import MINUTE, NOW, directory, person, plan, step, target
from routing_builders import silence
from stored import furnished
from tocsin.actions import alerts as people_do
from tocsin.actions import silences as quiet
from tocsin.actions.actor import Actor
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.because_paging import StepTaken, Told
from tocsin.core.calendar import CronWindow
from tocsin.core.escalation import RepeatSteps, WithinWindow
from tocsin.core.people import Role

ANA = person("ana", "sms", "voice", role=Role.OWNER, ladder=["sms", 6, "voice"])
BEN = person("ben", "sms")
HERE = directory(ANA, BEN)
TO_ANA, TO_BEN = step(target(ANA)), step(target(BEN), after=8)
OPERATOR = Actor.of_server(HERE.workspace)


def step_wait(simulate):
    sim = simulate(furnished(HERE, plan(TO_ANA, TO_BEN)))
    sim.report("db-1")
    return sim


def gathering_wait(simulate):
    window = Gathering(by=GatherBy.FIELDS, window=7 * MINUTE, first_at_once=False)
    sim = simulate(furnished(HERE, plan(TO_ANA, TO_BEN), gathering=window))
    sim.report("db-1")
    sim.soon(100, lambda: sim.report("db-2"))
    return sim


def window_wait(simulate):
    hours = WithinWindow(window=CronWindow(expression="9 9 * * *", duration=9 * MINUTE, time_zone="UTC"))
    sim = simulate(furnished(HERE, plan(TO_ANA, step(target(BEN), condition=hours))))
    sim.report("db-1")
    return sim


def repeat_wait(simulate):
    sim = simulate(furnished(HERE, plan(TO_ANA, TO_BEN, step(action=RepeatSteps(times=1), after=3))))
    sim.report("db-1")
    return sim


def acknowledgement_wait(simulate):
    sim = step_wait(simulate)

    def acknowledge(tx, now):
        people_do.acknowledge_page(tx, OPERATOR, sim.pages()[0], until=NOW + 9 * MINUTE, now=now)

    sim.soon(30, lambda: sim.ask("acknowledge", acknowledge))
    return sim


def silence_wait(simulate):
    nine = silence(starts_at=NOW - MINUTE, ends_at=NOW + 9 * MINUTE)
    sim = simulate(furnished(HERE, plan(TO_ANA, TO_BEN), silences=[nine]))
    sim.ask("time it", lambda tx, now: quiet.time_silence(tx, nine, now))
    sim.report("db-1")
    return sim


def retry_wait(simulate):
    sim = step_wait(simulate)
    sim.wire.answers = lambda _host, _address: 500 if sim.now < NOW + 3 * MINUTE else None
    return sim


PLANNED = [step_wait, gathering_wait, window_wait, repeat_wait, acknowledgement_wait, silence_wait]


def arrivals(sim):
    """Tell in which minute what arrived where."""
    return [(round((each.at - NOW) / MINUTE), each.address) for each in sim.wire.deliveries]


@pytest.mark.parametrize("crash_s", [60, 150, 330, 450])
@pytest.mark.parametrize("wait", PLANNED)
def test_a_restart_during_a_wait_changes_nothing(simulate, wait, crash_s):
    undisturbed = wait(simulate)
    undisturbed.run(minutes=40)

    sim = wait(lambda *args, **fields: simulate(*args, seed=crash_s, **fields))
    sim.soon(crash_s, lambda: sim.crash_all(down=timedelta(seconds=20)))
    sim.run(minutes=40)

    assert len(arrivals(sim)) > 1
    assert arrivals(sim) == arrivals(undisturbed)


@pytest.mark.parametrize("wait", [*PLANNED, retry_wait])
def test_a_wait_that_was_over_while_nobody_was_there_ends_as_soon_as_somebody_is(simulate, wait):
    sim = wait(simulate)
    sim.soon(100, lambda: sim.crash_all(down=60 * MINUTE))

    sim.run(minutes=61 + 5 / 60 + 60)
    sim.quiesce()

    back = NOW + 61 * MINUTE
    afterwards = [each for each in sim.wire.deliveries if each.at > back]
    assert afterwards
    assert afterwards[0].at < back + 2 * MINUTE
    assert sim.told() == {"ana", "ben"} or wait is window_wait


def test_after_a_standstill_the_step_that_is_due_is_taken_once_and_says_how_late_it_is(simulate):
    five = plan(*(step(target(BEN if number % 2 else ANA), after=5 * bool(number)) for number in range(5)))
    sim = simulate(furnished(HERE, five))
    sim.report("db-1")
    sim.soon(60, lambda: sim.crash_all(down=44 * MINUTE))

    sim.run(minutes=46)

    (page,) = sim.pages()
    story = sim.observer.stories()[page]
    taken = [(each.step, each.late // MINUTE) for each in story if isinstance(each, StepTaken)]
    assert taken == [(1, 0), (2, 40)]
    assert [each.late // MINUTE for each in story if isinstance(each, Told)][-1] >= 39
    sim.run(minutes=20)
    steps = [each.step for each in sim.observer.stories()[page] if isinstance(each, StepTaken)]
    assert steps == [1, 2, 3, 4, 5]  # and the next ones in their own time


def test_a_message_that_waited_while_nobody_was_there_says_how_late_it_is(simulate):
    sim = simulate(furnished(HERE, plan(TO_ANA)))
    sim.nodes[0].take_in([sim.event("db-1")])
    sim.crash_all(down=41 * MINUTE)

    sim.run(minutes=42)

    late = [each.late_by // MINUTE for each in sim.wire.deliveries if each.address == address(ANA, "sms")]
    assert late == [41]


def address(user, channel):
    return next(method.address for method in user.contact_methods if method.channel == channel)
