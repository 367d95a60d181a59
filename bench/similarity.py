"""Grouping texts of alerts by likeness, one after the other, among 2,000 groups.

Beside it stands a plain loop that compares each text with the words of every group. Figures are texts in a
second of CPU time, the best of several rounds.

Run with: python bench/similarity.py
"""

import itertools
import re
import time
from pathlib import Path
from random import Random  # noqa: TID251 - a program that prints may draw its own examples
from typing import Any

from harness import verdict

from tocsin.core.similarity import GROUPS_MAX, Groups, likeness, signature_of

TEXTS = Path(__file__).parents[1] / "tests" / "core" / "similar_texts.txt"
COUNT, ROUNDS, LOOPED = 20_000, 5, 100
RATE_MIN = 10_000


def texts() -> list[str]:
    """Texts that are all different, as they are when each names its own host and number."""
    lines = [line for line in TEXTS.read_text().splitlines() if line and line[0] not in "#="]
    return [
        f"{line} (event {number} on node-{number % 997})"
        for number, line in zip(range(COUNT), itertools.cycle(lines), strict=False)
    ]


def groups(lines: list[str]) -> tuple[Groups, list[str]]:
    """The groups of the texts, among as many others as there may be, some of whose words they share."""
    draw = Random(20261124)
    words = sorted({word for line in lines[:300] for word in re.findall(r"[a-z]{4,}", line.lower())})
    known = Groups()
    names = list(dict.fromkeys(signature_of(line) for line in lines[:300]))
    while len(names) < GROUPS_MAX:
        rare = ["".join(draw.choices("abcdefghijklmnop", k=7)) for _ in range(3)]
        names.append(" ".join([*rare, *draw.sample(words, 3)]))
    for name in names:
        known.add(name)
    return known, names


def looped(names: list[str], text: str) -> str:
    """Find the group without an index."""
    sought = signature_of(text)
    return max(names, key=lambda name: likeness(sought, name))


def rate(work: Any, lines: list[str]) -> float:
    best = 0.0
    for _ in range(ROUNDS):
        signature_of.cache_clear()
        begun = time.process_time()
        for line in lines:
            work(line)
        best = max(best, len(lines) / (time.process_time() - begun))
    return best


def main() -> list[dict[str, Any]]:
    lines = texts()
    known, names = groups(lines)
    grouped = rate(lambda line: known.find(signature_of(line)), lines)
    naive = rate(lambda line: looped(names, line), lines[:LOOPED])
    print(f"texts/s among {len(names)} groups: {grouped:,.0f}; by a plain loop {naive:,.0f}")
    return [verdict("similar texts on one core", grouped, RATE_MIN, at_least=True, unit="/s")]


if __name__ == "__main__":
    raise SystemExit(0 if all(each["good"] for each in main()) else 1)
