"""Plants one fault of mutants.txt after another in a copy of the tree, and tells what catches it.

Run it by hand: ``python tests/simulation/mutants.py [word of a name ...]``; all of them take half an hour.
What it says belongs into the table of README.md.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SEEDS = 60
CAUGHT = re.compile(r"^E +[\w.]*(?:Law|Error|Conflict|Exception): (.*)$", re.MULTILINE)
FAILED = re.compile(r"^FAILED \S+::(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    """A fault: in *file*, *before* becomes *after*."""

    name: str
    file: str
    before: str
    after: str


def mutants() -> Iterator[Mutant]:
    """Read mutants.txt."""
    for block in (HERE / "mutants.txt").read_text().split("\n# ")[1:]:
        name, where, *lines = block.rstrip("\n").split("\n")
        before = [line[2:] for line in lines if line.startswith("-")]
        after = [line[2:] for line in lines if line.startswith("+")]
        yield Mutant(name, where.removeprefix("@ "), "\n".join(before), "\n".join(after))


def catch(mutant: Mutant) -> str:
    """Tell what catches *mutant*."""
    with tempfile.TemporaryDirectory(prefix="tocsin-mutant-") as name:
        tree = Path(name)
        for part in ("src", "tests"):
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", tree)
        file = tree / "src" / "tocsin" / mutant.file
        text = file.read_text()
        if text.count(mutant.before) != 1:
            return "cannot be planted any more"
        file.write_text(text.replace(mutant.before, mutant.after))
        if said := failure(tree, "tests/simulation/test_seeds.py"):
            found = CAUGHT.findall(said)
            return f"a world: {found[-1] if found else said[-300:]}"
        if said := failure(tree, "tests/simulation", "--ignore=tests/simulation/test_seeds.py"):
            return ", ".join(FAILED.findall(said))
        said = failure(tree, "tests/actions", "-k", "sqlite")
        return f"tests/actions: {', '.join(FAILED.findall(said))}" if said else "NOTHING"


def failure(tree: Path, *tests: str) -> str:
    """Run *tests* in *tree* and return what pytest said, or nothing when they pass."""
    env = {**os.environ, "PYTHONPATH": str(tree / "src"), "SEEDS": str(SEEDS), "HOURS": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode else ""


if __name__ == "__main__":
    wanted = sys.argv[1:]
    for each in mutants():
        if not wanted or any(word in each.name for word in wanted):
            print(f"| {each.name} | {catch(each)} |", flush=True)
