"""Months of use, made of an hour of it: what Tocsin itself stored is copied into the past, again and again.

A model is made by sending: alerts that fire, repeat, page, are acknowledged and are resolved. Then each
statement copies one table of it, with every id and every moment moved to its place in time. So rows are as
large as real ones, lie in the order in which they would have come, and fit each other.
"""

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import apsw
import psycopg
from harness import Served
from setting import API

from tocsin.core.ids import COUNTER_BITS, COUNTER_MAX
from tocsin.store.tables import metadata

ALERTS = 200  # of the model
EVENTS_EACH = 50  # of an alert: it fires, repeats, and is resolved
AT_ONCE = 100
COPIES_AT_ONCE = 20  # in one transaction
PATIENCE_S = 60
# What moves in time: ids of what was made on the way, and moments. Other columns are copied as they are.
IDS = {
    "events": ("id", "alert_id"),
    "alerts": ("id",),
    "pages": ("id",),
    "page_alerts": ("page_id", "alert_id"),
    "notifications": ("id", "page_id", "bundled_into"),
    "timeline": ("id", "alert_id", "page_id"),
}
MOMENTS = {
    "events": ("received_at", "occurred_at"),
    "alerts": ("severity_since", "opened_at", "last_seen_at", "ack_at", "resolved_at"),
    "pages": ("began_at", "due"),
    "page_alerts": ("joined_at",),
    "notifications": ("queued_at", "due", "sent_at"),
    "timeline": ("at",),
}
Execute = Callable[..., list[Any]]


def event(key: str, *, resolved: bool = False) -> dict[str, Any]:
    """Spell what a monitor says, as briefly as they do."""
    return {
        "dedup_key": f"disk-{key}",
        "status": "resolved" if resolved else "firing",
        "severity": "error",
        "title": f"Disk almost full on db-{key}",
        "source": "prometheus",
        "labels": {"alertname": "DiskFull", "cluster": f"c{len(key)}", "host": f"db-{key}"},
    }


def send(server: Served, events: list[dict[str, Any]]) -> None:
    headers = {"content-type": "application/json", "authorization": f"Bearer {server.token}"}
    for first in range(0, len(events), AT_ONCE):
        body = json.dumps({"events": events[first : first + AT_ONCE]}).encode()
        request = urllib.request.Request(f"{server.url}{API}/events", body, headers)
        with urllib.request.urlopen(request) as answer:
            answer.read()


def make_model(server: Served) -> None:
    """Let ALERTS alerts happen from beginning to end, all told to the webhook and half acknowledged."""
    keys = [str(number) for number in range(ALERTS)]
    send(server, [event(key) for key in keys])
    for state in ("queued", "sending"):
        _until(lambda state=state: not _total(server, f"notifications?state={state}&limit=1"))
    for _ in range(EVENTS_EACH - 2):
        send(server, [event(key) for key in keys])
    listed = server.call("GET", f"{API}/alerts?status=firing&limit={ALERTS // 2}")["alerts"]
    server.call("POST", f"{API}/alerts/acknowledge", {"ids": [alert["id"] for alert in listed]})
    send(server, [event(key, resolved=True) for key in keys])
    _until(lambda: not _total(server, "alerts?status=firing&limit=1"))


def _total(server: Served, path: str) -> int:
    return server.call("GET", f"{API}/{path}")["total"]


def _until(condition: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_S * 20):
        if condition():
            return
        time.sleep(0.05)
    raise SystemExit("the model did not come to rest")


@contextmanager
def opened(url: str, *, safe: bool = True) -> Iterator[Execute]:
    """Open the database at *url* for statements; unless *safe*, a crash of the machine may cost all of it."""
    if url.startswith("postgresql:"):
        with psycopg.connect(url, autocommit=True) as connection:
            if not safe:
                connection.execute("SET synchronous_commit = off")

            def execute(text: str, **values: int) -> list[Any]:
                found = connection.execute(re.sub(r":(\w+)", r"%(\1)s", text), values or None)
                return found.fetchall() if found.description else []

            yield execute
        return
    connection = apsw.Connection(url.removeprefix("sqlite:///"))
    connection.set_busy_timeout(10_000)
    if not safe:
        connection.execute("PRAGMA synchronous=OFF; PRAGMA cache_size=-262144")
    yield lambda text, **values: connection.execute(text, values).fetchall()
    connection.close()


def copies(url: str, *, events: int, days: int) -> Iterator[int]:
    """Copy the model at *url* into the last *days* until there are *events*; yields how many there are."""
    with opened(url, safe=False) as execute:
        for name in IDS:
            execute(f"CREATE TEMP TABLE model_{name} AS SELECT * FROM {name}")
        (first, last, each), *_ = execute("SELECT min(id), max(id), count(*) FROM model_events")
        first, span = first >> COUNTER_BITS, (last - first >> COUNTER_BITS) + 60_000
        times = max(1, events // each)
        apart = days * 86_400_000 // (times + 1)
        stretch = max(1, apart // span)
        start = (last >> COUNTER_BITS) - days * 86_400_000
        statements = [_copy(name) for name in IDS]
        for number in range(times):
            if number % COPIES_AT_ONCE == 0:
                execute("BEGIN")
            place = {"first": first, "stretch": stretch, "base": start + number * apart}
            for statement in statements:
                execute(statement, **place)
            if number % COPIES_AT_ONCE == COPIES_AT_ONCE - 1 or number == times - 1:
                execute("COMMIT")
                yield (number + 1) * each
        if url.startswith("postgresql:"):
            execute("VACUUM ANALYZE")  # as the server itself would have done, over the months
        else:
            execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy(name: str) -> str:
    """Write the statement that copies one table of the model to another time."""
    table = metadata.tables[name]
    chosen = []
    for column in table.columns:
        if column.name in IDS[name]:
            moved = f"(:base + (({column.name} >> {COUNTER_BITS}) - :first) * :stretch)"
            chosen.append(f"({moved} << {COUNTER_BITS}) | ({column.name} & {COUNTER_MAX})")
        elif column.name in MOMENTS[name]:
            chosen.append(f"({column.name} - :first * 1000) * :stretch + :base * 1000")
        else:
            chosen.append(column.name)
    order = next(iter(table.primary_key.columns)).name
    return (
        f"INSERT INTO {name} ({', '.join(table.columns.keys())}) "
        f"SELECT {', '.join(chosen)} FROM model_{name} ORDER BY {order}"
    )
