"""Events in: single ones, new and repeated, and bodies of a hundred, as ratios to their floors.

Run with: python bench/ingest.py [--rounds 3] [--seconds 4] [--connections 64]
"""

import argparse
import itertools
from typing import Any

import store_floor
from harness import Served, floor, mail_server, median, tocsin, verdict, wrk
from setting import configure

seeds = itertools.count()


def single(server: Served, token: str, mode: str, options: argparse.Namespace) -> Any:
    seed = f"n{next(seeds)}-"
    return wrk(
        server,
        "single.lua",
        connections=options.connections,
        seconds=options.seconds,
        arguments=(token, mode, seed),
    )


def hundreds(server: Served, options: argparse.Namespace) -> Any:
    seed = f"h{next(seeds)}-"
    return wrk(server, "hundred.lua", connections=16, seconds=options.seconds, arguments=(server.token, seed))


def measure(options: argparse.Namespace, *, gather: bool) -> list[dict[str, Any]]:
    """Alternate floor and server, and report medians of the ratios."""
    ratios: dict[str, list[float]] = {"new": [], "repeats": [], "hundred": [], "p99": []}
    seen: dict[str, list[float]] = {"floor": [], "new": [], "repeats": [], "hundred": []}
    for _ in range(options.rounds):
        with floor() as ground:
            base = single(ground, "x" * 40, "new", options)
        with mail_server() as smtp_url, tocsin(TOCSIN_SMTP_URL=smtp_url) as server:
            configure(server, gather=gather)
            wrk(server, "single.lua", connections=8, seconds=1, arguments=(server.token, "1000", ""))
            repeats = single(server, server.token, "1000", options)
            new = single(server, server.token, "new", options)
        with mail_server() as smtp_url, tocsin(TOCSIN_SMTP_URL=smtp_url) as server:
            configure(server, gather=gather)
            hundred = hundreds(server, options)
        wrong = repeats.wrong + new.wrong + hundred.wrong
        if wrong:
            raise SystemExit(f"{wrong} requests were not answered with 202")
        ratios["new"].append(new.per_cpu_s / base.per_cpu_s)
        ratios["repeats"].append(repeats.per_cpu_s / base.per_cpu_s)
        ratios["hundred"].append(hundred.per_cpu_s * 100 / store_floor.measure(1.0))
        ratios["p99"].append(new.p99_ms / base.p99_ms)
        seen["floor"].append(base.per_s)
        for name, load in (("new", new), ("repeats", repeats)):
            seen[name].append(load.per_s)
        seen["hundred"].append(hundred.per_s * 100)
        print(
            f"  floor {base.per_s:,.0f}/s p99 {base.p99_ms:.1f} ms; "
            f"new {new.per_s:,.0f}/s p50 {new.p50_ms:.1f} p99 {new.p99_ms:.1f} ms; "
            f"repeats {repeats.per_s:,.0f}/s p99 {repeats.p99_ms:.1f} ms; "
            f"bodies of 100: {hundred.per_s * 100:,.0f} events/s",
            flush=True,
        )
    how = "gathered by cluster" if gather else "a page for each alert"
    return [
        verdict(f"new alerts / floor, {how}", median(ratios["new"]), 0.20, at_least=True),
        verdict(f"repeats / floor, {how}", median(ratios["repeats"]), 0.30, at_least=True),
        verdict(f"bodies of 100 / store floor, {how}", median(ratios["hundred"]), 0.25, at_least=True),
        verdict(f"p99 of new alerts / floor's, {how}", median(ratios["p99"]), 5.0, at_least=False),
    ]


def main() -> list[dict[str, Any]]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=64)
    options, _ = parser.parse_known_args()
    found = []
    for gather in (True, False):
        print(f"ingest, {'gathered' if gather else 'a page for each alert'}:", flush=True)
        found += measure(options, gather=gather)
    return found


if __name__ == "__main__":
    main()
