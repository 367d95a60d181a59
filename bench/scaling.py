"""One, two and four nodes on one PostgreSQL with the same client: how much more of them take and page.

First as the machine is: nodes, PostgreSQL, client and receiver share its cores, and what is told is who used
them. Then each node has a third of a core, so that PostgreSQL always has one: that is what nodes on machines
of their own come to, and what has a goal.
"""

import argparse
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import TICKS, Served, mail_server, median, postgresql, postgresql_cpu_s, verdict, wrk
from nodes import nodes
from setting import configure
from shares import limited, possible
from sink import Sink, sink

COUNTS = (1, 2, 4)
CONNECTIONS = 64
SECONDS = 4
SHARE = 0.3  # of a core, for each node
GOAL = 1.5


@dataclass(frozen=True, kw_only=True)
class Found:
    """What so many nodes came to: alerts a second, microseconds of CPU time an alert, and the cores' use."""

    per_s: float
    nodes_us: float
    postgresql_us: float
    busy: float


def measure(database: Any, count: int, *, pages: bool, share: float | None) -> Found:
    """Load *count* nodes at once, and measure until what they were told is told on."""
    with ExitStack() as running:
        hook = running.enter_context(sink()) if pages else None
        smtp_url = running.enter_context(mail_server())
        served, _ = running.enter_context(nodes(database.create(), count, TOCSIN_SMTP_URL=smtp_url))
        configure(served[0], webhook=hook.url if hook else None, gather=not pages)
        if share is not None:
            for node in served:
                running.enter_context(limited(node.pid, share))
        _load(served, seconds=1)
        if hook:
            hook.rest()
            hook.count = 0
        before = _used(served, database)
        taken, took = _told(served, hook) if hook else _taken(served)
        after = _used(served, database)
    mine, theirs, busy = (now - then for now, then in zip(after, before, strict=True))
    return Found(
        per_s=taken / took,
        nodes_us=mine / taken * 1e6,
        postgresql_us=theirs / taken * 1e6,
        busy=busy / took / os.cpu_count(),
    )


def _load(served: Sequence[Served], *, seconds: int) -> int:
    """Send new alerts to all of them at once, over as many connections in all; return how many were taken."""

    def one(node: Served) -> int:
        arguments = (node.token, "new", f"{node.pid}-{time.monotonic_ns()}-")
        connections = CONNECTIONS // len(served)
        load = wrk(node, "single.lua", connections=connections, seconds=seconds, arguments=arguments)
        if load.wrong:
            raise SystemExit(f"{load.wrong} requests were not answered with 202")
        return load.count

    with ThreadPoolExecutor(len(served)) as pool:
        return sum(pool.map(one, served))


def _taken(served: Sequence[Served]) -> tuple[int, float]:
    began = time.perf_counter()
    return _load(served, seconds=SECONDS), time.perf_counter() - began


def _told(served: Sequence[Served], hook: Sink) -> tuple[int, float]:
    began = time.perf_counter()
    taken = _load(served, seconds=SECONDS)
    hook.rest()
    if hook.count < taken:
        raise SystemExit(f"only {hook.count:,} of {taken:,} alerts were told")
    return hook.count, hook.last_at - began


def _used(served: Sequence[Served], database: Any) -> tuple[float, float, float]:
    """CPU time of the nodes, of PostgreSQL, and of everybody."""
    fields = [int(each) / TICKS for each in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (
        sum(node.cpu_s() for node in served),
        postgresql_cpu_s(database),
        sum(fields) - sum(fields[3:5]),
        sum(fields),
    )


def compare(database: Any, rounds: int, *, pages: bool, share: float | None) -> dict[int, float]:
    """Tell what each number of nodes came to, and return how many times what one does."""
    what = "paged" if pages else "taken in"
    whose = "as the machine is" if share is None else f"each node with {share:g} of a core"
    ratios: dict[int, list[float]] = {count: [] for count in COUNTS}
    for _ in range(rounds):
        seen = {count: measure(database, count, pages=pages, share=share) for count in COUNTS}
        for count, found in seen.items():
            ratios[count].append(found.per_s / seen[1].per_s)
            print(
                f"  {what}, {whose}, nodes: {count}: {found.per_s:,.0f}/s; an alert takes "
                f"{found.nodes_us:.0f} us of the nodes and {found.postgresql_us:.0f} of PostgreSQL; "
                f"cores busy {found.busy:.0%}",
                flush=True,
            )
    return {count: median(found) for count, found in ratios.items()}


def main() -> list[dict[str, Any]]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", choices=("paging", "ingest"))
    options, _ = parser.parse_known_args()
    print("more nodes on one PostgreSQL:", flush=True)
    found = []
    limits = possible()
    with postgresql() as database:
        for what in (options.only,) if options.only else ("ingest", "paging"):
            pages = what == "paging"
            shared = compare(database, options.rounds, pages=pages, share=None)
            told = ", ".join(f"{count} nodes {ratio:.2f}" for count, ratio in shared.items() if count > 1)
            print(f"  {what}, all on the same cores, times what one does: {told}", flush=True)
            if limits:
                apart = compare(database, options.rounds, pages=pages, share=SHARE)
                told = ", ".join(f"{count} nodes {ratio:.2f}" for count, ratio in apart.items() if count > 1)
                print(f"  {what}, each node with {SHARE:g} of a core: {told}", flush=True)
                name = f"{what}, two nodes / one, while PostgreSQL has a core"
                found.append(verdict(name, apart[2], GOAL, at_least=True))
    if not limits:
        print("  nodes cannot be given shares of a core here: it takes root and control groups", flush=True)
    return found


if __name__ == "__main__":
    main()
