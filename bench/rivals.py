"""The same work done by Tocsin and by others: python bench --against alertmanager, or alerta.

Alertmanager keeps its alerts in memory and answers before anything is on disk; Alerta keeps them in
PostgreSQL, and is compared with Tocsin on PostgreSQL. Both take turns, and what is reported is the median of
the ratios. --only names a part, once for each: rates, paged, times, sizes, survived. --sizes says with how
many open alerts.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from typing import Any

import rival_work as work
from harness import LOAD_CORE, median, verdict
from rival_servers import Run, alerta, alertmanager, ours, ours_on_postgresql

RIVALS: dict[str, tuple[Run, Run]] = {
    "alertmanager": (ours, alertmanager),
    "alerta": (ours_on_postgresql, alerta),
}
FASTER = {"alertmanager": 0.7, "alerta": 10.0}  # where nothing is paged
PAGED = {"alertmanager": 1.0, "alerta": 10.0}
SLOWER = {"alertmanager": 2.0, "alerta": 0.1}  # from the event to the webhook
SIZES = {"alertmanager": (10_000, 100_000, 1_000_000), "alerta": (10_000, 100_000)}
READY_S = 1.0


def taken_in(name: str, rounds: int) -> list[dict[str, Any]]:
    """Compare how many alerts a second are taken where none pages by itself."""
    mine, theirs = RIVALS[name]
    pairs = [(work.rates(mine), work.rates(theirs)) for _ in range(rounds)]
    found = []
    for what in pairs[0][0]:
        ratio = _ratio(name, what, [(own[what], other[what]) for own, other in pairs], "/s")
        found.append(verdict(f"{what} / {name}", ratio, FASTER[name], at_least=True))
    return found


def each_paged(name: str, rounds: int) -> list[dict[str, Any]]:
    """Compare how many alerts a second are taken and told to a webhook, each by itself."""
    mine, theirs = RIVALS[name]
    pairs = [(work.paged(mine), work.paged(theirs)) for _ in range(rounds)]
    ratio = _ratio(name, "each alert pages", pairs, "/s")
    return [verdict(f"each alert pages / {name}", ratio, PAGED[name], at_least=True)]


def time_to_page(name: str) -> list[dict[str, Any]]:
    mine, theirs = (work.times(run) for run in RIVALS[name])
    found = []
    for what, taken in theirs.items():
        ratio = _ratio(name, f"sent to received, {what}", [(mine[what], taken)], " ms")
        found.append(verdict(f"time to page, {what} / {name}", ratio, SLOWER[name], at_least=False))
    return found


def open_alerts(name: str, sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Compare memory, and how long it takes to look at what is open, with many open alerts."""
    mine, theirs = (work.sizes(run, sizes) for run in RIVALS[name])
    found = []
    for count in sizes:
        for what, value in mine[count].items():
            unit = " MB" if what == "memory" else " ms"
            ratio = _ratio(name, f"{what}, {count:,} open", [(value, theirs[count][what])], unit)
            goal = 1.0 if what == "memory" or name == "alertmanager" else SLOWER[name]
            found.append(verdict(f"{what}, {count:,} open alerts / {name}", ratio, goal, at_least=False))
    return found


def killed(name: str) -> list[dict[str, Any]]:
    mine, _theirs = (work.survived(run) for run in RIVALS[name])
    return [
        verdict("accepted and missing after SIGKILL", mine["missing"], 0, at_least=False),
        verdict(f"ready with {work.KEPT:,} open alerts", mine["ready"], READY_S, at_least=False, unit=" s"),
    ]


def _ratio(name: str, what: str, pairs: Sequence[tuple[float, float]], unit: str) -> float:
    """Tell both figures of each round, and return the median of their ratios."""
    told = "; ".join(f"{mine:,.4g} and {theirs:,.4g}{unit}" for mine, theirs in pairs)
    print(f"  {what}, Tocsin and {name}: {told}", flush=True)
    return median([mine / max(theirs, 1e-9) for mine, theirs in pairs])


PARTS = ("rates", "paged", "times", "sizes", "survived")


def main() -> list[dict[str, Any]]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", action="append", choices=sorted(RIVALS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=PARTS)
    parser.add_argument("--sizes", type=lambda text: [int(each) for each in text.split(",")])
    options, _ = parser.parse_known_args()
    found = []
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    for name in options.against or ["alertmanager"]:
        print(f"beside {name}:", flush=True)
        parts: dict[str, Callable[[], list[dict[str, Any]]]] = {
            "rates": lambda name=name: taken_in(name, options.rounds),
            "paged": lambda name=name: each_paged(name, options.rounds),
            "times": lambda name=name: time_to_page(name),
            "sizes": lambda name=name: open_alerts(name, options.sizes or SIZES[name]),
            "survived": lambda name=name: killed(name),
        }
        for part, measure in parts.items():
            if not options.only or part in options.only:
                found += measure()
    return found


if __name__ == "__main__":
    main()
