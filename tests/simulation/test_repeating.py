"""The same seed makes the same world, so that whatever breaks in one can be looked into."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
WORLD = """
import sys, tempfile
from pathlib import Path
from random import Random
from structlog.testing import capture_logs
from simulation.faults import Faults
from simulation.life import Life
from simulation.town import Town
from simulation.wire import Weather
from simulation.world import Simulation

town = Town(Random(7))
with tempfile.TemporaryDirectory() as folder, capture_logs():
    sim = Simulation(
        Path(sys.argv[1]), Path(folder), town.build(), seed=7, start=town.now,
        faults=Faults(crash=0.05, disk=0.05, race=0.05, slow=0.05, freeze=0.02),
        weather=Weather(fail=0.1, refuse=0.05, busy=0.05, silent=0.05, lie=0.05),
    )
    Life(sim, town)
    sim.run(hours=1)
    print(sim.log())
    sim.close()
"""


def test_a_world_is_the_same_each_time_in_any_process(template):
    worlds = []
    for hashes in ("1", "2"):  # no decision may hang on the order of a set
        env = {**os.environ, "PYTHONHASHSEED": hashes, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
        command = [sys.executable, "-c", WORLD, str(template)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        worlds.append(done.stdout.splitlines())

    first, second = worlds
    assert len(first) > 200
    assert first == second
