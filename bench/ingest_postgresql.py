"""Events in on PostgreSQL: single ones, new and repeated, and bodies of a hundred, as ratios to their floors.

Rates are per second of the node's own CPU time, as everywhere; the database's is not counted, since a node
has a core of its own and the database its own machine. Bodies of a hundred are measured by the clock, beside
one statement over 1,000 events that does as little as can be, on the same database. Then the same is sent
while each commit waits for a synchronous standby, and compared by the clock with what was taken without.
"""

import argparse
import json
import time
from dataclasses import dataclass
from typing import Any

import psycopg
from harness import Load, floor, mail_server, median, postgresql, postgresql_cpu_s, tocsin, verdict
from ingest import hundreds, single
from setting import configure
from standby import synchronous_standby
from store_floor import row

BATCH = 1_000
SCHEMA = """
CREATE TABLE alerts (id bigint PRIMARY KEY, service bigint, dedup_key text, status text, title text,
  payload text, count bigint, last_seen bigint, UNIQUE (service, dedup_key));
CREATE TABLE timeline (id bigint PRIMARY KEY, alert bigint, at bigint, entry text);
CREATE INDEX timeline_alert ON timeline (alert);
CREATE TABLE timers (id bigint PRIMARY KEY, due bigint, alert bigint);
CREATE INDEX timers_due ON timers (due);
CREATE TABLE outbox (id bigint PRIMARY KEY, due bigint, alert bigint, body text);
CREATE INDEX outbox_due ON outbox (due);
"""
STATEMENT = """
WITH new AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::bigint[], %s::bigint[]) AS t(id, service, dedup_key, status, title, payload, count, last_seen)),
  stored AS (INSERT INTO alerts SELECT * FROM new ON CONFLICT (service, dedup_key)
    DO UPDATE SET count = alerts.count + 1, last_seen = excluded.last_seen),
  told AS (INSERT INTO timeline SELECT id, id, last_seen, 'opened by ' || title FROM new),
  timed AS (INSERT INTO timers SELECT id, last_seen, id FROM new)
INSERT INTO outbox SELECT id, last_seen, id, title FROM new
"""


def store_floor(url: str, seconds: float) -> float:
    """Return events a second by the clock, on one connection."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "DROP SCHEMA IF EXISTS floor CASCADE; CREATE SCHEMA floor; SET search_path = floor"
        )
        connection.execute(SCHEMA)
        number, spent = 0, 0.0
        while spent < seconds:
            rows = [row(number + each) for each in range(1, BATCH + 1)]
            columns = [list(column) for column in zip(*rows, strict=True)]
            began = time.perf_counter()
            connection.execute(STATEMENT, columns, binary=True, prepare=True)
            spent += time.perf_counter() - began
            number += BATCH
    return number / spent


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a node took in: single events, repeated and new, and bodies of a hundred."""

    repeats: Load
    new: Load
    hundred: Load
    share: float  # the node's CPU time, over PostgreSQL's

    def per_s(self) -> dict[str, float]:
        """Give events a second by the clock."""
        return {
            "new": self.new.per_s,
            "repeats": self.repeats.per_s,
            "bodies of 100": self.hundred.per_s * 100,
        }


def take(database: Any, smtp_url: str, options: argparse.Namespace) -> Taken:
    """Let a node on an empty database take all of it in."""
    with tocsin(TOCSIN_SMTP_URL=smtp_url, TOCSIN_DATABASE_URL=database.create()) as server:
        configure(server, gather=True)
        single(server, server.token, "1000", options)
        repeats = single(server, server.token, "1000", options)
        before = postgresql_cpu_s(database), server.cpu_s()
        new = single(server, server.token, "new", options)
        theirs, its = postgresql_cpu_s(database) - before[0], server.cpu_s() - before[1]
        hundred = hundreds(server, options)
    if wrong := repeats.wrong + new.wrong + hundred.wrong:
        raise SystemExit(f"{wrong} requests were not answered with 202")
    return Taken(repeats=repeats, new=new, hundred=hundred, share=its / theirs)


def measure(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Alternate floors and node, without a standby and with one, and report medians of the ratios."""
    ratios: dict[str, list[float]] = {"new": [], "repeats": [], "hundred": []}
    kept: dict[str, list[float]] = {}
    with postgresql() as database, mail_server() as smtp_url:
        for _ in range(options.rounds):
            with floor() as ground:
                base = single(ground, "x" * 40, "new", options)
            taken = take(database, smtp_url, options)
            most = store_floor(database.create(), 2.0)
            ratios["new"].append(taken.new.per_cpu_s / base.per_cpu_s)
            ratios["repeats"].append(taken.repeats.per_cpu_s / base.per_cpu_s)
            ratios["hundred"].append(taken.hundred.per_s * 100 / most)
            print(
                f"  floor {base.per_s:,.0f}/s, store {most:,.0f}/s; {_told(taken)}; "
                f"the node's CPU time is {taken.share:.1f} times PostgreSQL's",
                flush=True,
            )
            with synchronous_standby(database):
                safer = take(database, smtp_url, options)
            print(f"  with a synchronous standby: {_told(safer)}", flush=True)
            for what, rate in safer.per_s().items():
                kept.setdefault(what, []).append(rate / taken.per_s()[what])
    return [
        verdict("new alerts / floor, PostgreSQL", median(ratios["new"]), 0.15, at_least=True),
        verdict("repeats / floor, PostgreSQL", median(ratios["repeats"]), 0.25, at_least=True),
        verdict("bodies of 100 / store floor, PostgreSQL", median(ratios["hundred"]), 0.25, at_least=True),
        *(
            verdict(f"{what} with a synchronous standby / without", median(found), 0.5, at_least=True)
            for what, found in kept.items()
        ),
    ]


def _told(taken: Taken) -> str:
    rates = ", ".join(f"{what} {rate:,.0f}/s" for what, rate in taken.per_s().items())
    return f"{rates}; p99 of new {taken.new.p99_ms:.1f} ms"


def main() -> list[dict[str, Any]]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=64)
    options, _ = parser.parse_known_args()
    print("ingest on PostgreSQL:", flush=True)
    return measure(options)


if __name__ == "__main__":
    print(json.dumps(main(), indent=2))
