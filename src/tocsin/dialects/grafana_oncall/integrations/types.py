"""The types that an integration can be of, as people call them.

They are those that ``sources.presets`` reads.
"""

from dataclasses import dataclass
from typing import Final

from tocsin.dialects.grafana_oncall.errors import refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A type of integration: whether senders reach it by a link, and whether it may give signs of life."""

    title: str
    by_link: bool = True
    beats: bool = True


TYPES: Final = {
    "webhook": Type(title="Webhook"),
    "formatted_webhook": Type(title="Formatted webhook"),
    "alertmanager": Type(title="Alertmanager"),
    "grafana_alerting": Type(title="Grafana Alerting"),
    "grafana": Type(title="Grafana's older alerting"),
    "kapacitor": Type(title="Kapacitor", beats=False),
    "elastalert": Type(title="ElastAlert"),
    "zabbix": Type(title="Zabbix"),
    "inbound_email": Type(title="Inbound e-mail", by_link=False, beats=False),
    "manual": Type(title="Manual", by_link=False, beats=False),
    "maintenance": Type(title="Maintenance", by_link=False, beats=False),
    "direct_paging": Type(title="Direct paging"),
}
DIRECT_PAGING: Final = "direct_paging"
_MORE: Final = (
    "adaptive_grafana_alerting amazon_sns appdynamics azure_monitor checkmk curler datadog dynatrace"
    " elastic_observability fabric github honeybadger icinga jira nagios newrelic opsgenie pagerduty pingdom"
    " prtg sentry sentry_platform servicenow site24x7 slack_channel splunk stackdriver statuscake uptimerobot"
    " victorops zendesk"
)
ALIASES: Final = frozenset(_MORE.split())


def type_named(name: object) -> Type:
    """Find the type called *name*; refuse what is none, or may not be made."""
    if not isinstance(name, str) or not name:
        raise refused("Invalid integration type")
    if name.startswith("legacy_"):
        raise refused("This integration type is deprecated")
    found = describe(name)
    if found is None:
        raise refused("Invalid integration type")
    if name == DIRECT_PAGING:
        raise refused("Direct paging integrations can't be created")
    return found


def describe(name: str) -> Type | None:
    """Describe a type; None when there is none of that name."""
    if name in ALIASES:
        return Type(title=name.replace("_", " ").title())
    return TYPES.get(name)
