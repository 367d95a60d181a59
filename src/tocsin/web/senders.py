"""What to put where in each monitoring system, so that its alerts come in by an integration. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from tocsin.core.service import Integration

URL: Final = "<<the address>>"  # stands in the lines for the integration's own address


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A system that sends: the *kind* of integration it needs, *how* it is set up, and the *lines* to copy.

    *mapping* is what its integration begins with.
    """

    key: str
    title: str
    kind: str
    how: str
    lines: str
    mapping: Mapping[str, Any] = field(default_factory=dict)

    def lines_for(self, url: str) -> str:
        """Give the lines with the integration's own address in them."""
        return self.lines.replace(URL, url)

    @property
    def mapping_text(self) -> str:
        """The mapping as people edit it."""
        return written(self.mapping)


def written(mapping: Mapping[str, Any]) -> str:
    """Write a mapping as JSON that people can read and edit; none is nothing."""
    return msgspec.json.format(msgspec.json.encode(mapping), indent=2).decode() if mapping else ""


_CURL: Final = f"""curl {URL} \\
  --json '{{"title": "Disk full", "severity": "critical", "dedup_key": "db-1"}}'
"""
_ALERTMANAGER: Final = f"""receivers:
  - name: tocsin
    webhook_configs:
      - url: {URL}
        send_resolved: true
route:
  receiver: tocsin
  group_wait: 5s
  group_interval: 30s
"""
_DATADOG: Final = f"""Name     tocsin
URL      {URL}
Payload  {{
  "title": "$EVENT_TITLE",
  "text": "$TEXT_ONLY_MSG",
  "state": "$ALERT_TRANSITION",
  "key": "$ALERT_CYCLE_KEY",
  "priority": "$ALERT_PRIORITY",
  "host": "$HOSTNAME",
  "monitor": "$ALERT_ID",
  "link": "$LINK"
}}
"""
_ZABBIX: Final = f"""var asked = new HttpRequest();
asked.addHeader('Content-Type: application/json');
asked.post('{URL}', value);
if (asked.getStatus() > 299) throw asked.getStatus();
return 'OK';
"""

SENDERS: Final = (
    Sender(
        key="native",
        title="Anything that can send JSON (curl)",
        kind="native",
        how='Try it from a shell; the same with "status": "resolved" ends it.',
        lines=_CURL,
    ),
    Sender(
        key="alertmanager",
        title="Prometheus Alertmanager",
        kind="alertmanager",
        how="In alertmanager.yml:",
        lines=_ALERTMANAGER,
    ),
    Sender(
        key="grafana",
        title="Grafana Alerting",
        kind="grafana",
        how="In Grafana, under Alerting, Contact points: add one of the type Webhook with this URL, and let a"
        " notification policy use it.",
        lines=f"{URL}\n",
    ),
    Sender(
        key="datadog",
        title="Datadog (its Webhooks integration)",
        kind="generic",
        how="In Datadog, under Integrations, Webhooks: a new one with these three. Then write"
        " @webhook-tocsin into the messages of your monitors.",
        lines=_DATADOG,
        mapping={
            "title": "$.title",
            "message": "$.text",
            "dedup_key": "$.key",
            "status": {
                "path": "$.state",
                "values": {"Recovered": "resolved"},
                "default": "firing",
            },
            "severity": {
                "path": "$.priority",
                "values": {"P1": "critical", "P2": "error", "P3": "warning", "P4": "info", "P5": "info"},
                "default": "error",
            },
            "source": "datadog",
            "host": "$.host",
            "monitor_id": "$.monitor",
            "links": ["$.link"],
        },
    ),
    Sender(
        key="zabbix",
        title="Zabbix",
        kind="generic",
        how="A media type Webhook with this script. Its parameters: event_id {EVENT.ID}, value {EVENT.VALUE},"
        " severity {EVENT.SEVERITY}, name {EVENT.NAME}, opdata {EVENT.OPDATA}, host {HOST.NAME},"
        " url {TRIGGER.URL}.",
        lines=_ZABBIX,
        mapping={
            "dedup_key": "$.event_id",
            "status": {"template": "{{ 'resolved' if value == '0' else 'firing' }}"},
            "severity": {"path": "$.severity", "values": {"Not classified": "info"}},
            "title": "{{ name }} on {{ host }}",
            "message": "$.opdata",
            "source": "zabbix",
            "host": "$.host",
            "links": "$.url",
        },
    ),
    Sender(
        key="generic",
        title="Any webhook, by a mapping of its fields",
        kind="generic",
        how="Give the sender this address, as a webhook that posts JSON:",
        lines=f"{URL}\n",
        mapping={"title": "$.title", "message": "$.message"},
    ),
    Sender(
        key="templated",
        title="Any webhook, by templates",
        kind="templated",
        how="Give the sender this address, as a webhook that posts JSON:",
        lines=f"{URL}\n",
        mapping={"type": "webhook", "grouping_key": "{{ payload.id }}", "title": "{{ payload.title }}"},
    ),
)
BY_KEY: Final[Mapping[str, Sender]] = {sender.key: sender for sender in SENDERS}


def of_integration(integration: Integration) -> Sender:
    """Give the sender whose set-up fits *integration*: by its kind, and by its mapping's source."""
    named = BY_KEY.get(str(integration.mapping.get("source", "")), BY_KEY["generic"])
    if named.kind == integration.kind:
        return named
    return BY_KEY.get(integration.kind, BY_KEY["generic"])
