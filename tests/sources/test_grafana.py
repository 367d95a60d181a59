import copy
import json
from datetime import UTC, datetime

import pytest

from tocsin.core.errors import Invalid
from tocsin.core.event import EventStatus, Severity
from tocsin.sources.grafana import parse

NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)

# Grafana 11: one group of two alerts.
GROUP = json.loads("""
{
  "receiver": "tocsin",
  "status": "firing",
  "orgId": 1,
  "alerts": [
    {
      "status": "firing",
      "labels": {"alertname": "Latency", "instance": "web-1", "severity": "critical"},
      "annotations": {"summary": "p99 is over 2 s", "description": "See the dashboard."},
      "startsAt": "2026-03-06T08:59:44Z",
      "endsAt": "0001-01-01T00:00:00Z",
      "generatorURL": "https://grafana.example.org/alerting/grafana/abc/view",
      "fingerprint": "c6eadffa33fcdf37",
      "silenceURL": "https://grafana.example.org/alerting/silence/new",
      "dashboardURL": "https://grafana.example.org/d/abc",
      "panelURL": "",
      "imageURL": "https://grafana.example.org/image.png",
      "values": {"B": 2.4, "C": 1},
      "valueString": "[ var='B' labels={instance=web-1} value=2.4 ]"
    },
    {
      "status": "resolved",
      "labels": {"alertname": "DatasourceNoData", "datasource_uid": "x"},
      "annotations": {},
      "startsAt": "2026-03-06T08:00:00Z",
      "endsAt": "2026-03-06T08:30:00Z",
      "fingerprint": "aaaadffa33fcdf37",
      "valueString": "<no value>"
    }
  ],
  "groupLabels": {"alertname": "Latency"},
  "commonLabels": {},
  "commonAnnotations": {},
  "externalURL": "https://grafana.example.org/",
  "version": "1",
  "groupKey": "{}:{alertname=\\"Latency\\"}",
  "truncatedAlerts": 0,
  "title": "[FIRING:1]",
  "state": "alerting",
  "message": ""
}
""")


def read(group) -> tuple:
    return parse(json.dumps(group).encode(), received_at=NOW)


def test_each_alert_of_a_group_is_an_event_with_what_grafana_knows_besides():
    firing, over = read(GROUP)

    assert (firing.status, over.status) == (EventStatus.FIRING, EventStatus.RESOLVED)
    assert (firing.dedup_key, firing.title) == ("c6eadffa33fcdf37", "p99 is over 2 s")
    assert (firing.severity, over.severity) == (Severity.CRITICAL, Severity.NODATA)
    assert firing.message == "See the dashboard.\n\n[ var='B' labels={instance=web-1} value=2.4 ]"
    assert over.message == ""
    assert firing.links == (
        "https://grafana.example.org/alerting/grafana/abc/view",
        "https://grafana.example.org/",
        "https://grafana.example.org/d/abc",
        "https://grafana.example.org/alerting/silence/new",
    )
    assert firing.images == ("https://grafana.example.org/image.png",)
    assert {draft.source for draft in (firing, over)} == {"grafana"}


@pytest.mark.parametrize("value", [None, 7, ["x"], "  "])
def test_what_was_measured_may_be_anything_or_missing(value):
    group = copy.deepcopy(GROUP)
    group["alerts"][0]["valueString"] = value
    group["alerts"][0]["imageURL"] = value

    assert read(group)[0].message == "See the dashboard."
    assert read(group)[0].images == ()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"alerts": []}', b'{"alerts": [7]}', b"<a/>"])
def test_what_is_no_notification_is_refused(body):
    with pytest.raises(Invalid):
        parse(body, received_at=NOW)
