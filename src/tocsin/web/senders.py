"""What to put where in each monitoring system, so that its alerts come in by an integration. Pure."""

from collections.abc import Mapping, Sequence
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
# App Platform itself tells mailboxes and Slack alone; its jobs may tell anybody (reference of the app spec).
_DIGITALOCEAN: Final = f"""jobs:
  - name: tell-that-it-failed
    kind: FAILED_DEPLOY
    image: {{registry_type: DOCKER_HUB, registry: curlimages, repository: curl, tag: 8.11.1}}
    run_command: >-
      curl {URL} --json
      '{{"title": "A deployment failed", "severity": "critical", "dedup_key": "shop/DEPLOYMENT_FAILED",
      "labels": {{"app_name": "shop", "rule": "DEPLOYMENT_FAILED"}}}}'
  - name: tell-that-it-is-over
    kind: POST_DEPLOY
    image: {{registry_type: DOCKER_HUB, registry: curlimages, repository: curl, tag: 8.11.1}}
    run_command: >-
      curl {URL} --json
      '{{"status": "resolved", "dedup_key": "shop/DEPLOYMENT_FAILED"}}'
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
        key="guance",
        title="Guance",
        kind="generic",
        how="In Guance, under Monitoring, Notification targets: a new one of the type Custom webhook with"
        " this address. Then let whatever alerts there notify it.",
        lines=f"{URL}\n",
        mapping={
            "dedup_key": "{{ df_monitor_checker_event_ref"
            " or (df_monitor_checker_id or df_monitor_id or df_title) ~ (df_dimension_tags or '') }}",
            "severity": {"path": "$.df_status", "values": {"fatal": "critical"}},
            "title": "$.df_title",
            "message": "$.df_message",
            "source": "guance",
            "host": "$.host",
            "occurred_at": "$.timestamp",
            "monitor_id": "$.df_monitor_checker_id",
            "monitor_name": "$.df_monitor_checker_name",
            "monitor_labels": "$.df_label",
            "labels": {"workspace": "$.df_workspace_name"},
            "links": "$.df_event_link",
        },
    ),
    Sender(
        key="cloud-manager",
        title="MongoDB Cloud Manager, Ops Manager or Atlas",
        kind="generic",
        how="In the project's settings, under Integrations: Webhook, with this URL. Then choose Webhook under"
        " Add notifier in each alert that is to come here.",
        lines=f"{URL}\n",
        mapping={
            "dedup_key": "$.id",
            "status": {
                "path": "$.status",
                "values": {"CLOSED": "resolved", "CANCELLED": "resolved", "ACKNOWLEDGED": "acknowledged"},
                "default": "firing",
            },
            "severity": {"path": "$.status", "values": {"INFORMATIONAL": "info"}, "default": "error"},
            "title": "{{ eventTypeName }}{% if hostnameAndPort %} on {{ hostnameAndPort }}"
            "{% elif clusterName %} in {{ clusterName }}{% endif %}",
            "message": "$.humanReadable",
            "source": "cloud-manager",
            "event_type": "$.eventTypeName",
            "host": "$.hostnameAndPort",
            "occurred_at": "$.updated",
            "metric": {
                "name": "$.metricName",
                "value": "$.currentValue.number",
                "units": "$.currentValue.units",
            },
            "labels": {
                "project": "$.groupId",
                "replica_set": "$.replicaSetName",
                "cluster": "$.clusterName",
            },
        },
    ),
    Sender(
        key="digitalocean",
        title="DigitalOcean App Platform",
        kind="native",
        how="In the spec of the app, with its name in place of shop; doctl apps update takes it. Whoever else"
        " measures your app can send the same, with another rule.",
        lines=_DIGITALOCEAN,
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
MAIL: Final = "inbound_email"
_ELSEWHERE: Final = Sender(
    key="grafana-oncall",
    title="A sender set up for Grafana OnCall",
    kind="templated",
    how="It was made by Grafana OnCall's API. Give the sender this address, as a webhook:",
    lines=f"{URL}\n",
)
_MAILED: Final = Sender(
    key="mail",
    title="Mail",
    kind="templated",
    how="It was made by Grafana OnCall's API, and takes mail to this address. Let a mail service (Mailgun,"
    " SendGrid, Postmark) hand such mail on to /integrations/inbound_email_webhook of this server.",
    lines=f"{URL}\n",
)
BY_KEY: Final[Mapping[str, Sender]] = {sender.key: sender for sender in SENDERS}


def of_integration(integration: Integration, *, elsewhere: bool = False) -> Sequence[Sender]:
    """Give the senders whose set-up fits *integration*: by its kind, and by its mapping's source.

    One that was made *elsewhere*, by Grafana OnCall's API, is set up as it is there.
    """
    if elsewhere:
        return (_MAILED if integration.mapping.get("type") == MAIL else _ELSEWHERE,)
    named = BY_KEY.get(str(integration.mapping.get("source", "")), BY_KEY["generic"])
    if named.kind == integration.kind:
        return (named,)
    return [sender for sender in SENDERS if sender.kind == integration.kind] or (BY_KEY["generic"],)
