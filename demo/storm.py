"""A short alert storm, told as Prometheus Alertmanager tells it: version 4 of its webhook."""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

SLOW, LAG, FULL = "QueriesAreSlow", "ReplicationLag", "DiskFull"
_ALERTS = {
    "db-1": [
        (FULL, "critical", "Disk full on db-1", "98 % of /var/lib/postgresql are used"),
        (SLOW, "error", "Queries are slow on db-1", "the median took 4.2 s in the last minute"),
    ],
    "db-2": [
        (LAG, "error", "db-2 is 340 s behind db-1", "what customers read there is old"),
        (SLOW, "error", "Queries are slow on db-2", "the median took 3.1 s in the last minute"),
    ],
    "web-1": [("Latency", "warning", "The shop answers slowly", "one request in twenty takes more than 2 s")],
}
_TEAMS = {"db-1": "database", "db-2": "database", "web-1": "web"}


def messages() -> Iterator[Mapping[str, Any]]:
    """Give the messages of the storm, one a host."""
    for host, alerts in _ALERTS.items():
        yield _message(host, [_alert(host, *alert) for alert in alerts], status="firing")


def size() -> int:
    """Count the alerts of the storm."""
    return sum(map(len, _ALERTS.values()))


def send(url: str, message: Mapping[str, Any]) -> None:
    """Post *message* to an integration's address."""
    request = urllib.request.Request(
        url, json.dumps(message).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


def _message(host: str, alerts: list[Mapping[str, Any]], *, status: str) -> Mapping[str, Any]:
    return {
        "version": "4",
        "groupKey": f'{{}}:{{instance="{host}"}}',
        "status": status,
        "receiver": "tocsin",
        "groupLabels": {"instance": host},
        "commonLabels": {"instance": host, "cluster": "eu-1"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.harbour.example",
        "truncatedAlerts": 0,
        "alerts": alerts,
    }


def _alert(host: str, name: str, severity: str, summary: str, description: str) -> Mapping[str, Any]:
    return {
        "status": "firing",
        "labels": {
            "alertname": name,
            "instance": f"{host}:9100",
            "severity": severity,
            "team": _TEAMS[host],
            "cluster": "eu-1",
        },
        "annotations": {
            "summary": summary,
            "description": description,
            "runbook_url": f"https://wiki.harbour.example/{name}",
        },
        "startsAt": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.harbour.example/graph",
    }
