"""Microseconds to turn a body into events, beside decoding alone: python bench/parse_events.py."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from tocsin.core.ids import EventId, ServiceId, WorkspaceId
from tocsin.sources import alertmanager, native
from tocsin.sources.native_wire import WireEvent

NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)
ROUND_S = 0.2
ROUNDS = 7

EVENT = {
    "dedup_key": "db-1/disk",
    "status": "firing",
    "severity": "critical",
    "title": "Disk almost full on db-1",
    "message": "The volume /var/lib/postgresql has 2 % left, at this pace for 40 minutes.",
    "source": "prometheus",
    "labels": {
        "team": "database",
        "environment": "production",
        "region": "eu-1",
        "volume": "/var/lib/postgresql",
    },
    "occurred_at": "2026-03-06T08:59:58Z",
    "host": "db-1",
    "monitor_id": "4711",
    "monitor_name": "disk space",
}
RICH = {
    **EVENT,
    "links": ["https://example.org/runbook/disk"],
    "images": ["https://example.org/graph.png"],
    "details": {"mount": "/var/lib/postgresql", "inodes": 0.4, "history": [9, 7, 5, 2]},
    "metric": {"name": "disk_free", "value": 0.02, "units": "ratio"},
    "monitor_labels": ["disk", "database"],
    "dimensions": {"device": "/dev/vda1", "number": 1},
}
ODD = {**EVENT, "priority": "P1", "labels": {**EVENT["labels"], "shard": 7}}
ALERT = {
    "status": "firing",
    "labels": {"alertname": "DiskAlmostFull", "severity": "critical", "instance": "db-1:9100", "job": "node"},
    "annotations": {
        "summary": "Disk almost full on db-1",
        "description": "2 % left",
        "runbook_url": "https://example.org",
    },
    "startsAt": "2026-03-06T08:59:58.123Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus:9090/graph?g0.expr=disk",
    "fingerprint": "0123456789abcdef",
}


class Bare(msgspec.Struct):
    events: list[WireEvent]


def to_events(drafts):
    return [draft.event(id=EventId(1), workspace=WorkspaceId(1), service=ServiceId(1)) for draft in drafts]


def microseconds(work, argument):
    """The quickest of some rounds, for one call."""
    best = float("inf")
    for _ in range(ROUNDS):
        calls, begun = 0, time.perf_counter()
        while (spent := time.perf_counter() - begun) < ROUND_S / ROUNDS or calls == 0:
            work(argument)
            calls += 1
        best = min(best, spent / calls)
    return best * 1e6


def main():
    bare_one = msgspec.json.Decoder(WireEvent).decode
    bare_many = msgspec.json.Decoder(Bare).decode
    bare_any = msgspec.json.Decoder().decode
    cases = [
        ("plain", EVENT, bare_one, bare_many),
        ("every field", RICH, bare_one, bare_many),
        ("odd", ODD, bare_any, bare_any),
    ]
    print(f"{'µs per event':24}{'decode only':>12}{'to drafts':>12}{'to events':>12}")
    for name, event, one, many in cases:
        single, batch = msgspec.json.encode(event), msgspec.json.encode({"events": [event] * 100})
        for label, body, decode, count in ((name, single, one, 1), (f"{name}, of 100", batch, many, 100)):
            decoded = microseconds(decode, body) / count
            drafted = microseconds(lambda body: native.parse(body, received_at=NOW), body) / count
            whole = microseconds(lambda body: to_events(native.parse(body, received_at=NOW)), body) / count
            print(f"{label:24}{decoded:12.2f}{drafted:12.2f}{whole:12.2f}")
    for count in (1, 100):
        body = msgspec.json.encode(
            {"version": "4", "status": "firing", "groupKey": "{}", "alerts": [ALERT] * count}
        )
        decoded = microseconds(bare_any, body) / count
        drafted = microseconds(lambda body: alertmanager.parse(body, received_at=NOW), body) / count
        whole = microseconds(lambda body: to_events(alertmanager.parse(body, received_at=NOW)), body) / count
        print(f"{f'alertmanager, of {count}':24}{decoded:12.2f}{drafted:12.2f}{whole:12.2f}")


if __name__ == "__main__":
    main()
