"""What months of events do to ingest, lists and retention, beside the same on an empty database.

A database is filled with copies of what Tocsin itself stored (see `months`), then served. Both servers do the
same in turns, and what is reported is the ratio. Then what is oldest becomes too old: how long a batch of
retention holds the writer is timed batch by batch, and ingest goes on while a server deletes.

By hand: python bench/size.py --engine sqlite --events 100000000 --keep DIRECTORY
fills DIRECTORY once, and measures what is there. --engine postgresql also wants two empty databases, given
as --databases URL URL.
"""

import argparse
import random  # noqa: TID251 - a program that prints may draw its own examples
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness import Load, Served, mail_server, median, postgresql, verdict, wrk
from ingest import hundreds, single
from kept import DAYS, Kept
from months import event, opened
from setting import API

from tocsin.actions.retention import sweep
from tocsin.core.ids import compose, made_at
from tocsin.core.spelling import native
from tocsin.store.database import open_database
from tocsin.store.secrets import Vault, new_key
from tocsin.world import IdMaker

LOOKS = 15
LOOKS_MAX_MS = 5_000
BATCHES = 40
SWEPT = 100_000  # events at least that a server is given to delete while others come
HELD_MS = 20.0  # how long a batch of retention may hold the writer
SLOW_MS = 50.0  # how long a look may take


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a server did in one round."""

    loads: dict[str, Load]
    looks: dict[str, tuple[float, float]]  # milliseconds: the first one, and the median of the others


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a program that measures reads the clock


def looks(server: Served, alert: str) -> dict[str, Callable[[], Any]]:
    """Name what people and programs look at; *alert* is an old one."""
    paths = {
        "open alerts": "alerts?status=open",
        "all alerts": "alerts",
        "resolved alerts": "alerts?status=resolved",
        "alerts of a key": "alerts?dedup_key=disk-7",
        "pages": "pages",
        "events": "events",
        "messages": "notifications",
        "an old alert": f"alerts/{alert}",
        "its story": f"alerts/{alert}/timeline",
        "its events": f"alerts/{alert}/events",
    }
    found = {name: lambda path=path: server.call("GET", f"{API}/{path}") for name, path in paths.items()}
    said = {key: each for key, each in event("7").items() if key != "status"}
    return found | {"explain": lambda: server.call("POST", f"{API}/explain", {"event": said})}


def look(ask: Callable[[], Any]) -> tuple[float, float]:
    """Ask several times, and time the first and the others."""
    times: list[float] = []
    while len(times) < LOOKS and sum(times) < LOOKS_MAX_MS:
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return times[0], median(times[1:] or times)


def an_old_alert(kept: Kept) -> str:
    """Name one that lies in the middle."""
    with opened(kept.url) as execute:
        middle = execute("SELECT (min(id) + max(id)) / 2 FROM alerts")[0][0]
        return native("alert", execute("SELECT min(id) FROM alerts WHERE id >= :middle", middle=middle)[0][0])


def take(kept: Kept, options: argparse.Namespace) -> Taken:
    """Serve it, look at it, and send to it."""
    alert = an_old_alert(kept)
    with kept.serving() as server:
        seen = {name: look(ask) for name, ask in looks(server, alert).items()}
        wrk(server, "single.lua", connections=8, seconds=1, arguments=(server.token, "1000", ""))
        loads = {
            "repeats": single(server, server.token, "1000", options),
            "new": single(server, server.token, "new", options),
            "bodies of 100": hundreds(server, options),
        }
    _all_taken(loads.values())
    return Taken(loads=loads, looks=seen)


def _all_taken(loads: Any) -> None:
    if wrong := sum(load.wrong for load in loads):
        raise SystemExit(f"{wrong} requests were not answered with 202")


def batches(kept: Kept, days: int) -> list[float]:
    """Let retention take batches of what is older than *days*, and give how many milliseconds each took."""
    database = open_database(
        kept.url, new_id=IdMaker(now, random.random), vault=Vault.from_text(new_key("k1"))
    )
    before = now() - timedelta(days=days)
    times = []
    try:
        for _ in range(BATCHES):
            began = time.perf_counter()
            done = database.transact(
                lambda tx: sweep(tx, events_before=before, alerts_before=before, now=now())
            )
            times.append((time.perf_counter() - began) * 1000)
            if not done.more:
                break
    finally:
        database.close()
    return times


def beside_retention(kept: Kept, days: int, options: argparse.Namespace) -> tuple[Load, float]:
    """Send new alerts while a server deletes events older than *days*; give also what it deleted a second."""
    limit = compose(int((now() - timedelta(days=days)).timestamp() * 1000), 0)
    counting = "SELECT count(*) FROM events WHERE id < :limit"
    with opened(kept.url) as execute, kept.serving(TOCSIN_RETENTION_EVENTS_DAYS=str(days)) as server:
        before, began = execute(counting, limit=limit)[0][0], time.perf_counter()
        load = single(server, server.token, "new", options)
        left = execute(counting, limit=limit)[0][0]
        took = time.perf_counter() - began
    _all_taken([load])
    print(f"  {before - left:,} of {before:,} old events went in {took:.1f} s", flush=True)
    return load, (before - left) / took


def days_kept(kept: Kept, events: int) -> int:
    """Say how many days are to be kept so that SWEPT events, or those of a day, are too old."""
    with opened(kept.url) as execute:
        age = now() - made_at(execute("SELECT min(id) FROM events")[0][0])
    return max(1, int((age - timedelta(days=max(1.0, DAYS * SWEPT / events))) / timedelta(days=1)))


def told(name: str, taken: Taken) -> None:
    rates = ", ".join(
        f"{what} {load.per_s:,.0f}/s p50 {load.p50_ms:.1f} p99 {load.p99_ms:.1f} ms"
        for what, load in taken.loads.items()
    )
    seen = ", ".join(f"{what} {first:.1f} {then:.1f}" for what, (first, then) in taken.looks.items())
    print(f"  {name}: {rates}\n    ms, the first and then: {seen}", flush=True)


def measure(empty: Kept, full: Kept, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Alternate both, and report medians of the ratios; then let retention work on the full one."""
    for kept, events in ((empty, 0), (full, options.events)):
        kept.fill(events)
    print(f"  {full.bytes() / options.events:,.0f} bytes an event, {full.bytes() / 1e9:.1f} GB", flush=True)
    rounds: list[tuple[Taken, Taken]] = []
    for _ in range(options.rounds):
        rounds.append((take(empty, options), take(full, options)))
        told("empty", rounds[-1][0])
        told("full", rounds[-1][1])
    engine, found = options.engine, []
    for what in rounds[0][0].loads:
        rate = median([b.loads[what].per_s / a.loads[what].per_s for a, b in rounds])
        found.append(verdict(f"{what}, full / empty, {engine}", rate, 0.8, at_least=True))
    p99 = median([b.loads["new"].p99_ms / a.loads["new"].p99_ms for a, b in rounds])
    found.append(verdict(f"p99 of new alerts, full / empty, {engine}", p99, 2.0, at_least=False))
    slowest = max((median([b.looks[what][1] for _, b in rounds]), what) for what in rounds[0][0].looks)
    name = f"the slowest look ({slowest[1]}), {engine}"
    found.append(verdict(name, slowest[0], SLOW_MS, at_least=False, unit=" ms"))
    return found + retention(full, median([b.loads["new"].p99_ms for _, b in rounds]), options)


def retention(full: Kept, p99_ms: float, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Time batches by themselves, and ingest beside them; without them its p99 was *p99_ms*."""
    engine = options.engine
    times = batches(full, days_kept(full, options.events))
    print(
        f"  {len(times)} batches of retention: p50 {median(times):.1f}, "
        f"the longest {max(times):.1f} ms, the first {times[0]:.1f}",
        flush=True,
    )
    load, _ = beside_retention(full, days_kept(full, options.events), options)
    print(f"  new beside it: {load.per_s:,.0f}/s p50 {load.p50_ms:.1f} p99 {load.p99_ms:.1f} ms", flush=True)
    return [
        verdict(f"a batch of retention, {engine}", median(times), HELD_MS, at_least=False, unit=" ms"),
        verdict(
            f"p99 of new beside retention / without, {engine}", load.p99_ms / p99_ms, 2.0, at_least=False
        ),
    ]


@contextmanager
def places(options: argparse.Namespace) -> Iterator[tuple[Kept, Kept]]:
    """Find where the two databases are, or give them a place for now."""
    with ExitStack() as stack:
        smtp_url = stack.enter_context(mail_server())
        home = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-bench-")))
        urls = options.databases or ("", "")
        if options.engine == "postgresql" and not options.databases:
            server = stack.enter_context(postgresql())
            urls = (server.create(), server.create())
        made = []
        for name, url in zip(("empty", "full"), urls, strict=True):
            (home / name).mkdir(parents=True, exist_ok=True)
            made.append(Kept(directory=home / name, smtp_url=smtp_url, database=url))
        yield made[0], made[1]


def main() -> list[dict[str, Any]]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--databases", nargs=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--connections", type=int, default=64)
    options, _ = parser.parse_known_args()
    found = []
    for engine in options.engine or ("sqlite", "postgresql"):
        options.engine = engine
        print(f"{options.events:,} events of {DAYS} days, {engine}:", flush=True)
        with places(options) as (empty, full):
            found += measure(empty, full, options)
    return found


if __name__ == "__main__":
    main()
