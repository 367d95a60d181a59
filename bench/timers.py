"""A million pending timers, a thousand due each second: how late they are acted on, and at what cost.

The real pump on the real store, on a real clock, every 20 ms. The timers' pages are gone, so that what is
measured is the keeping of time: claiming, looking, deleting; what a page then does costs as in ingest.
"""

import random  # noqa: TID251 - a program that prints may draw its own examples
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness import quantile, verdict

from tocsin.actions import paging
from tocsin.core.ids import WorkspaceId
from tocsin.store import schema, timers, workspaces
from tocsin.store.database import open_database
from tocsin.store.secrets import Vault, new_key
from tocsin.store.workspaces import Workspace
from tocsin.world import IdMaker

PENDING = 1_000_000
PER_S = 1_000
SECONDS = 15


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a program that measures reads the clock


def fill(database: Any, workspace: WorkspaceId, start: datetime) -> None:
    later = start + timedelta(days=1)
    for first in range(0, PENDING, 50_000):
        rows = [
            ("page", 10_000_000 + number, workspace, later + timedelta(seconds=number % 86_400))
            for number in range(first, first + 50_000)
        ]
        database.transact(lambda tx, rows=rows: timers.put_many(tx, rows))
    due = [
        ("page", 1 + number, workspace, start + timedelta(seconds=number / PER_S))
        for number in range(PER_S * SECONDS)
    ]
    database.transact(lambda tx: timers.put_many(tx, due))


def measure() -> tuple[list[float], float]:
    """Return how late each turn came to the longest due timer, in milliseconds, and the share of a core."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'timers.db'}"
        schema.upgrade(url)
        new_id = IdMaker(now, random.random)
        database = open_database(url, new_id=new_id, vault=Vault.from_text(new_key("k1")))
        workspace = WorkspaceId(new_id())
        made = Workspace(id=workspace, name="bench", created_at=now())
        database.transact(lambda tx: workspaces.add(tx, made))
        start = now() + timedelta(seconds=PENDING / 40_000)
        fill(database, workspace, start)
        time.sleep(max(0.0, (start - now()).total_seconds() - 0.2))
        late: list[float] = []
        cpu, began = time.process_time(), time.perf_counter()
        ends = start + timedelta(seconds=SECONDS)
        while now() < ends:
            turn = database.transact(lambda tx: paging.turn(tx, now=now()))
            if turn.lateness is not None:
                late += [turn.lateness.total_seconds() * 1000] * turn.acted
            time.sleep(0.02)
        share = (time.process_time() - cpu) / (time.perf_counter() - began)
        database.close()
    return late, share


def main() -> list[dict[str, Any]]:
    print(f"timers, {PENDING:,} pending, {PER_S:,} due a second:", flush=True)
    late, share = measure()
    print(
        f"  p50 {quantile(late, 0.5):.1f} p99 {quantile(late, 0.99):.1f} max {max(late):.1f} ms late",
        flush=True,
    )
    return [
        verdict("p99 late", quantile(late, 0.99), 100, at_least=False, unit=" ms"),
        verdict("share of a core", share * 100, 5, at_least=False, unit=" %"),
    ]


if __name__ == "__main__":
    main()
