"""Hundreds of worlds by chance, each held to every law at every step."""

import os
from random import Random

import pytest

from simulation.faults import Faults
from simulation.life import Life
from simulation.town import Town
from simulation.wire import Weather

SEED = os.environ.get("SEED")  # this one alone
SEEDS = int(os.environ.get("SEEDS", "200"))
HOURS = float(os.environ.get("HOURS", "1"))
CHUNK = max(1, int(10 / HOURS)) if HOURS > 1 else 10
FIRST = int(os.environ.get("FIRST", "0"))
WORLDS = range(FIRST, FIRST + SEEDS) if SEED is None else [int(SEED)]
FAULTS = Faults(crash=0.02, disk=0.02, race=0.03, slow=0.02, freeze=0.005)


def weather() -> Weather:
    return Weather(fail=0.06, refuse=0.02, unpaid=0.03, busy=0.05, silent=0.04, lie=0.02)


def live(simulate, seed: int) -> None:
    town = Town(Random(seed))
    directory = town.build()
    along = seed % 2 == 0
    sim = simulate(directory, start=town.now, seed=seed, faults=FAULTS, weather=weather(), along=along)
    life = Life(sim, town)
    try:
        sim.run(hours=HOURS)
        life.end()
        sim.quiesce()
    except BaseException as error:
        print(sim.log())
        error.add_note(f"repeat it with: SEED={seed} HOURS={HOURS:g} pytest tests/simulation/test_seeds.py")
        raise
    finally:
        sim.close()


@pytest.mark.parametrize("seeds", [WORLDS[first : first + CHUNK] for first in range(0, len(WORLDS), CHUNK)])
def test_every_law_holds_in_every_world(simulate, seeds):
    for seed in seeds:
        live(simulate, seed)
