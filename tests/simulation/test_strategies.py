"""A policy as Guance's strategies are, through crashes: silence, a rise that breaks it, upgrade, recovery."""

from collections import Counter
from random import Random

import pytest

from builders import MINUTE, directory, person, plan, step, target
from routing_builders import policy, rule
from simulation.faults import Faults
from stored import furnished
from tocsin.core.alert_policy import Lasting, Mode, RepeatSilence
from tocsin.core.event import EventStatus, Severity

ANA, BEN, CY = (person(name, "sms") for name in ("ana", "ben", "cy"))
HERE = directory(ANA, BEN, CY)
FAULTS = Faults(crash=0.25, disk=0.1, race=0.1)
ERROR, CRITICAL = Severity.ERROR, Severity.CRITICAL
BEGINS, RISES, UPGRADE, FAR = 0, 10, 12, 600  # minutes; the last never comes


def whole():
    lasting = tuple(
        Lasting(severities=frozenset({CRITICAL}), plan=plan(step(target(who), after=minutes)))
        for who, minutes in ((BEN, UPGRADE), (CY, FAR))
    )
    repeat = RepeatSilence(after=None, each_severity=True)
    takes = rule(plan(step(target(ANA))), lasting=lasting)
    return furnished(HERE, policies=[policy(takes, mode=Mode.FIRST_WINDOW, repeat=repeat)])


@pytest.mark.parametrize("seed", range(36))
def test_a_strategy_keeps_its_word_whatever_crashes(simulate, seed):
    chance = Random(seed)
    says_again, lasts = chance.random() < 0.5, chance.random() < 0.7
    ends = RISES + (UPGRADE + 10 if lasts else UPGRADE - 6)
    sim = simulate(whole(), seed=seed, faults=FAULTS)

    said = [(BEGINS, ERROR), (4, ERROR), (7, ERROR), (RISES, CRITICAL)]
    said += [(minute, CRITICAL) for minute in range(RISES + 3, ends - 1, 4)] if says_again else []
    for minute, severity in said:
        sim.at(minute * MINUTE, lambda severity=severity: sim.report("db-1", severity=severity))
    sim.at(ends * MINUTE, lambda: sim.report("db-1", status=EventStatus.RESOLVED))
    sim.run(minutes=ends + 10)
    sim.quiesce()

    messages = {each.key: each for each in sim.wire.deliveries}.values()
    names = {who.contact_methods[0].address: who.display_name for who in (ANA, BEN, CY)}
    told = Counter((names[each.address], each.kind) for each in messages)
    wanted = {(ANA.display_name, "page"): 2, (ANA.display_name, "resolved"): 1}
    wanted |= {(BEN.display_name, kind): 1 for kind in ("page", "resolved")} if lasts else {}
    assert told == wanted, sim.log()
