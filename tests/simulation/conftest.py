"""Worlds for the tests of this room: made on request, looked after, and their story told when they break."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from builders import NOW
from simulation.world import Simulation
from tocsin.store import schema

MEMORY = Path("/dev/shm")  # a file system in memory, where there is one


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "tocsin.db"
    schema.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for worlds, in memory where that can be had."""
    home = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="tocsin-sim-", dir=home) as name:
        yield Path(name)


@pytest.fixture
def simulate(template: Path, folder: Path) -> Iterator[Callable[..., Simulation]]:
    """Make worlds: ``simulate(directory, seed=1, faults=Faults(crash=0.1))``."""
    with ExitStack() as worlds:
        worlds.enter_context(capture_logs())

        def make(directory, *, start=NOW, **options) -> Simulation:
            world = Simulation(template, folder, directory, start=start, **options)
            worlds.callback(world.close)
            return world

        yield make
