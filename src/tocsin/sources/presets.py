"""What the templates of an integration say where nobody has written any: one preset for each type of sender.

The types and their rules are those of Grafana OnCall's integrations. They are functions and no templates,
because nearly every event comes by here.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from tocsin.sources.base import is_web_address, text_of

Say = Callable[[Any], str]
Ask = Callable[[Any], bool]

MESSAGE_PARTS_MAX: Final = 50


def _nothing(_payload: Any) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """How the payloads of one *type* of sender are read.

    *grouping* names the trouble; empty stands for one that is like no other. *splits* is set for senders
    whose message holds several alerts, each of which is a part of the trouble.
    """

    type: str
    title: str  # what people call the sender
    grouping: Say
    resolved: Ask
    headline: Say
    message: Say
    link: Say = _nothing
    image: Say = _nothing
    splits: bool = False
    by_link: bool = True  # whether it sends to an address
    beats: bool = True  # whether it may send heartbeats


def field(payload: Any, *path: str) -> Any:
    """Look up what is at *path* in *payload*; None when it is not there."""
    for name in path:
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload


def _text(payload: Any, *path: str) -> str:
    value = field(payload, *path)
    return "" if value is None else text_of(value)


def _says_ok(payload: Any) -> bool:
    return _text(payload, "state").upper() == "OK"


def whole(payload: Any) -> str:
    """Name a payload by all that is in it."""
    return hashlib.sha256(msgspec.json.encode(payload, order="sorted")).hexdigest()


def _incident(_payload: Any) -> str:
    return "Incident"


def _everything(payload: Any) -> str:
    """List what stands at the top of a payload."""
    if not isinstance(payload, dict):
        return text_of(payload)[:2_000]
    lines = [f"{name}: {text_of(value)[:500]}" for name, value in list(payload.items())[:MESSAGE_PARTS_MAX]]
    return "\n".join(lines)


def _group_name(payload: Any) -> str:
    """Call a group of Alertmanager by its alertname and, in brackets, the other labels it is grouped by."""
    labels = field(payload, "groupLabels")
    if not isinstance(labels, dict) or not labels:
        return _text(payload, "commonLabels", "alertname") or _text(payload, "labels", "alertname")
    name = _text(labels, "alertname")
    others = ", ".join(text_of(value) for key, value in labels.items() if key != "alertname")
    return f"{name} ({others})".strip() if others else name


def _group_message(payload: Any) -> str:
    """Say how many alerts of a group fire, and what they have in common."""
    lines = [f"Status: {_text(payload, 'status')}"]
    counted = {name: field(payload, name) for name in ("numFiring", "numResolved")}
    lines += [f"{name.removeprefix('num')}: {count}" for name, count in counted.items() if count]
    for title, part in (("Labels", "commonLabels"), ("Annotations", "commonAnnotations")):
        found = field(payload, part)
        if isinstance(found, dict) and found:
            said = [f"- {name}: {text_of(value)}" for name, value in list(found.items())[:MESSAGE_PARTS_MAX]]
            lines += [f"{title}:", *said]
    return "\n".join(lines)


def _first_address(*found: Any) -> str:
    return next((each for each in found if isinstance(each, str) and is_web_address(each)), "")


def _group_link(payload: Any) -> str:
    return _first_address(field(payload, "externalURL"), field(payload, "generatorURL"))


def _said(*names: str) -> Say:
    return lambda payload: next((text for name in names if (text := _text(payload, name))), "")


def _web(*names: str) -> Say:
    return lambda payload: _first_address(*(field(payload, name) for name in names))


def _rule(payload: Any) -> str:
    return (
        _text(payload, "ruleName")
        or _text(payload, "labels", "alertname")
        or _text(payload, "commonLabels", "alertname")
    )


def _rule_title(payload: Any) -> str:
    return _text(payload, "title") or _rule(payload)


def _rule_over(payload: Any) -> bool:
    return _text(payload, "state") == "ok" or _text(payload, "status") == "resolved"


def _generic(type_: str, title: str, *, by_link: bool = True) -> Preset:
    return Preset(
        type=type_,
        title=title,
        grouping=whole,
        resolved=_says_ok,
        headline=_incident,
        message=_everything,
        by_link=by_link,
        beats=by_link,
    )


def _by_uid(type_: str, title: str, headline: Say) -> Preset:
    return Preset(
        type=type_,
        title=title,
        grouping=_said("alert_uid"),
        resolved=_says_ok,
        headline=headline,
        message=lambda payload: _text(payload, "message") or _everything(payload),
        link=_web("link_to_upstream_details"),
        image=_web("image_url"),
    )


def _by_group(type_: str, title: str) -> Preset:
    return Preset(
        type=type_,
        title=title,
        grouping=_said("groupKey"),
        resolved=lambda payload: _text(payload, "status") == "resolved",
        headline=_group_name,
        message=_group_message,
        link=_group_link,
    )


PRESETS: Final[Mapping[str, Preset]] = {
    preset.type: preset
    for preset in (
        _generic("webhook", "Webhook"),
        _by_uid("formatted_webhook", "Formatted webhook", _said("title")),
        _by_group("alertmanager", "Alertmanager"),
        _by_group("grafana_alerting", "Grafana Alerting"),
        Preset(
            type="grafana",
            title="Grafana's older alerting",
            grouping=_rule,
            resolved=_rule_over,
            headline=_rule_title,
            message=lambda payload: _text(payload, "message") or _group_message(payload),
            link=lambda payload: _first_address(field(payload, "ruleUrl"), field(payload, "generatorURL")),
            image=_web("imageUrl"),
            splits=True,
        ),
        Preset(
            type="kapacitor",
            title="Kapacitor",
            grouping=_said("id"),
            resolved=lambda payload: _text(payload, "level").startswith("OK"),
            headline=_said("id"),
            message=_said("message"),
            beats=False,
        ),
        _by_uid("elastalert", "ElastAlert", _incident),
        _by_uid("zabbix", "Zabbix", _said("title")),
        Preset(
            type="inbound_email",
            title="Inbound e-mail",
            grouping=lambda payload: _text(payload, "subject").upper(),
            resolved=lambda payload: _text(payload, "message").upper() == "OK",
            headline=_said("subject"),
            message=_said("message"),
            by_link=False,
            beats=False,
        ),
        _generic("manual", "Manual", by_link=False),
        _generic("maintenance", "Maintenance", by_link=False),
        _generic("direct_paging", "Direct paging"),
    )
}
"""Every preset by its type."""

_MORE: Final = (
    "adaptive_grafana_alerting amazon_sns appdynamics azure_monitor checkmk curler datadog dynatrace"
    " elastic_observability fabric github honeybadger icinga jira nagios newrelic opsgenie pagerduty pingdom"
    " prtg sentry sentry_platform servicenow site24x7 slack_channel splunk stackdriver statuscake uptimerobot"
    " victorops zendesk"
)
ALIASES: Final = frozenset(_MORE.split())
"""Types that some senders have elsewhere; here they are read as any webhook is."""


def preset_of(type_: str) -> Preset | None:
    """Find the preset of a *type*; None when there is no such type."""
    found = PRESETS.get(type_)
    if found is None and type_ in ALIASES:
        return _generic(type_, type_.replace("_", " "))
    return found
