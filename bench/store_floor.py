"""The store floor: four statements over 1,000 events at a time on SQLite, as durable as ours, and no more.

It upserts alerts from one JSON array and inserts a timeline, a timer and an outbox row for each, with an
index beside each table's key. What a body of a hundred events costs is a ratio to this.
"""

import json
import tempfile
import time
from pathlib import Path

import apsw

BATCH = 1_000
SCHEMA = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768;
CREATE TABLE alerts (id INTEGER PRIMARY KEY, service INTEGER, dedup_key TEXT, status TEXT, title TEXT,
  payload TEXT, count INTEGER, last_seen INTEGER, UNIQUE (service, dedup_key));
CREATE TABLE timeline (id INTEGER PRIMARY KEY, alert INTEGER, at INTEGER, entry TEXT);
CREATE INDEX timeline_alert ON timeline (alert);
CREATE TABLE timers (id INTEGER PRIMARY KEY, due INTEGER, alert INTEGER);
CREATE INDEX timers_due ON timers (due);
CREATE TABLE outbox (id INTEGER PRIMARY KEY, due INTEGER, alert INTEGER, body TEXT);
CREATE INDEX outbox_due ON outbox (due);
"""
FIELDS = [f"json_extract(value, '$[{number}]')" for number in range(8)]
ID, TITLE, SEEN = FIELDS[0], FIELDS[4], FIELDS[7]
SOURCE = "FROM json_each(?)"
STATEMENTS = (
    (
        f"INSERT INTO alerts SELECT {', '.join(FIELDS)} {SOURCE} WHERE true"
        " ON CONFLICT (service, dedup_key) DO UPDATE SET count = count + 1, last_seen = excluded.last_seen"
    ),
    f"INSERT INTO timeline SELECT {ID}, {ID}, {SEEN}, 'opened by ' || {TITLE} {SOURCE}",
    f"INSERT INTO timers SELECT {ID}, {SEEN}, {ID} {SOURCE}",
    f"INSERT INTO outbox SELECT {ID}, {SEEN}, {ID}, {TITLE} {SOURCE}",
)


def row(number: int) -> tuple[int, int, str, str, str, str, int, int]:
    labels = {"alertname": "DiskFull", "cluster": f"c{number % 8}", "host": f"db-{number}", "team": "storage"}
    payload = json.dumps({"message": f"The disk /var of db-{number} is 93 % full", "labels": labels})
    return (number, 1, f"key-{number}", "firing", f"Disk almost full on db-{number}", payload, 1, number)


def measure(seconds: float = 2.0) -> float:
    """Return events per second of CPU time; making the rows is not counted, for a server gets them made."""
    with tempfile.TemporaryDirectory() as folder:
        connection = apsw.Connection(str(Path(folder) / "floor.db"))
        connection.execute(SCHEMA).fetchall()
        number, spent = 0, 0.0
        while spent < seconds:
            batch = json.dumps([row(number + each) for each in range(1, BATCH + 1)])
            began = time.process_time()
            with connection:
                for statement in STATEMENTS:
                    connection.execute(statement, (batch,))
            spent += time.process_time() - began
            number += BATCH
        connection.close()
    return number / spent


if __name__ == "__main__":
    print(f"store floor: {measure():,.0f} events per CPU-second")
