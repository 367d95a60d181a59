"""The store floor: four statements over 1,000 events at a time, on SQLite as durable as ours, and nothing else.

It upserts alerts from one JSON array and inserts a timeline, a timer and an outbox row for each. What a body
of a hundred events costs is a ratio to this.
"""

import json
import tempfile
import time
from pathlib import Path

import apsw

SCHEMA = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
CREATE TABLE alerts (id INTEGER PRIMARY KEY, service INTEGER, dedup_key TEXT, title TEXT, payload TEXT,
  count INTEGER, last_seen INTEGER, UNIQUE (service, dedup_key));
CREATE TABLE timeline (id INTEGER PRIMARY KEY, alert INTEGER, at INTEGER, entry TEXT);
CREATE INDEX timeline_alert ON timeline (alert);
CREATE TABLE timers (id INTEGER PRIMARY KEY, due INTEGER, alert INTEGER);
CREATE INDEX timers_due ON timers (due);
CREATE TABLE outbox (id INTEGER PRIMARY KEY, due INTEGER, alert INTEGER, body TEXT);
CREATE INDEX outbox_due ON outbox (due);
"""
FROM = "FROM json_each(?)"
FIELD = "json_extract(value, '$[{}]')"
UPSERT = (
    f"INSERT INTO alerts SELECT {', '.join(FIELD.format(n) for n in range(7))} {FROM} WHERE true"
    " ON CONFLICT (service, dedup_key) DO UPDATE SET count = count + 1, last_seen = excluded.last_seen"
)
OTHERS = (
    f"INSERT INTO timeline SELECT {FIELD.format(0)}, {FIELD.format(0)}, {FIELD.format(6)}, 'opened' {FROM}",
    f"INSERT INTO timers SELECT {FIELD.format(0)}, {FIELD.format(6)}, {FIELD.format(0)} {FROM}",
    f"INSERT INTO outbox SELECT {FIELD.format(0)}, {FIELD.format(6)}, {FIELD.format(0)}, {FIELD.format(3)} {FROM}",
)


def measure(seconds: float = 2.0) -> float:
    """Return events per second of CPU time."""
    with tempfile.TemporaryDirectory() as folder:
        connection = apsw.Connection(str(Path(folder) / "floor.db"))
        connection.execute(SCHEMA).fetchall()
        number, began = 0, time.process_time()
        while time.process_time() - began < seconds:
            payload = json.dumps({"labels": {"alertname": "DiskFull", "host": "db-1", "team": "storage"}})
            batch = json.dumps(
                [
                    (number + each, 1, f"key-{number + each}", "Disk almost full", payload, 1, number)
                    for each in range(1, 1001)
                ]
            )
            with connection:
                connection.execute(UPSERT, (batch,))
                for statement in OTHERS:
                    connection.execute(statement, (batch,))
            number += 1000
        cpu = time.process_time() - began
        connection.close()
    return number / cpu


if __name__ == "__main__":
    print(f"store floor: {measure():,.0f} events per CPU-second")
