"""What a configuration asks of alerts, as a filter."""

import re
from typing import Final

from tocsin.core.errors import Invalid
from tocsin.core.filter_fields import number_text
from tocsin.core.filter_tree import And, Compare, Exists, Expression, Not, Operator, all_of, any_of
from tocsin.core.filters import Filter, from_expression
from tocsin.dialects.cloud_manager.alerts.translate import CLUSTER, HOST_TYPE, REPLICA_SET, SHARD
from tocsin.dialects.cloud_manager.configurations.wire import ConfigurationBody, Matcher
from tocsin.dialects.cloud_manager.errors import bad, missing
from tocsin.dialects.cloud_manager.words import (
    HOST_DOWN,
    METRIC_THRESHOLD,
    UNITS,
    WITH_CLUSTER,
    WITH_REPLICA_SET,
    WITH_THRESHOLD,
    About,
    about,
)

EVENT_TYPE_FORM: Final = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")

_METRIC = re.compile(r"[A-Z][A-Z0-9_]*")
_LABELS: Final = {
    "TYPE_NAME": HOST_TYPE,
    "REPLICA_SET_NAME": REPLICA_SET,
    "SHARD_NAME": SHARD,
    "CLUSTER_NAME": CLUSTER,
}
_SPECIAL = re.compile(r"([\\.+*?()|\[\]{}^$])")
_OPERATORS: Final = {"GREATER_THAN": Operator.MORE, "LESS_THAN": Operator.LESS}
# What comes before and behind the quoted value, for each operator; a port has digits on either side.
_FORMS: Final = {
    "EQUALS": ("^{}$", ":{}$", "^{}(:[0-9]+)?$"),
    "CONTAINS": ("{}", ":[0-9]*{}[0-9]*$", "^[^:]*{}"),
    "STARTS_WITH": ("^{}", ":{}[0-9]*$", "^{}"),
    "ENDS_WITH": ("{}$", ":[0-9]*{}$", "{}(:[0-9]+)?$"),
    "REGEX": ("{}", "{}", "{}"),
}


def filter_of(body: ConfigurationBody) -> Filter:
    """Write the filter; raise a refusal for what a configuration of this event type cannot ask."""
    event_type = body.event_type_name
    if EVENT_TYPE_FORM.fullmatch(event_type) is None:
        raise bad("INVALID_EVENT_TYPE_FOR_ALERT", f"Event type {event_type} cannot open alerts.", event_type)
    parts = [of_type(event_type), *_thresholds(body)]
    parts += [_matched(matcher, event_type) for matcher in body.matchers or ()]
    try:
        return from_expression(all_of(*parts), "matchers")
    except Invalid as error:
        raise bad(
            "INVALID_JSON_ATTRIBUTE", f"Invalid attribute matchers specified: {error}.", "matchers"
        ) from None


def of_type(event_type: str) -> Expression:
    """Ask for alerts of *event_type*: those that say so, and those of which it is made from what they say."""
    said = Compare("event_type", Operator.EQUAL, event_type)
    silent = Not(Exists("event_type"))
    metric, host = Exists("metric.name"), Exists("host")
    if event_type == METRIC_THRESHOLD:
        return any_of(said, And((silent, metric)))
    if event_type == HOST_DOWN:
        return any_of(said, And((silent, Not(metric), host)))
    if about(event_type) is not About.UNKNOWN:
        return said
    between = "[^A-Za-z0-9]*"
    name = between.join(event_type.split("_"))
    named = Compare("monitor_name", Operator.MATCHES, f"(?i)^{between}{name}{between}$")
    return any_of(said, And((silent, Not(metric), Not(host), named)))


def _thresholds(body: ConfigurationBody) -> list[Expression]:  # noqa: C901 - one for each fault
    event_type = body.event_type_name
    metric, threshold = body.metric_threshold, body.threshold
    if (event_type == METRIC_THRESHOLD) != (metric is not None):
        code = "MISSING_METRIC_THRESHOLD" if metric is None else "METRIC_THRESHOLD_PRESENT"
        raise bad(code, f"A metric threshold is for {METRIC_THRESHOLD}, and must be there then.", event_type)
    if (event_type in WITH_THRESHOLD) != (threshold is not None):
        code = "MISSING_THRESHOLD" if threshold is None else "THRESHOLD_PRESENT"
        raise bad(code, f"A threshold does not go with event type {event_type}, or is missing.", event_type)
    for each in (metric, threshold):
        if each is not None and each.units not in UNITS:
            raise bad("INVALID_ENUM_VALUE", f"An invalid unit {each.units} was specified.", each.units)
    if metric is not None:
        if metric.mode == "TOTAL":
            raise bad("TOTAL_MODE_DEPRECATED", "Mode TOTAL is no longer supported; use AVERAGE.")
        if metric.mode != "AVERAGE":
            raise bad("INVALID_ENUM_VALUE", f"An invalid mode {metric.mode} was specified.", metric.mode)
        if _METRIC.fullmatch(metric.metric_name) is None:
            name = metric.metric_name
            raise missing("INVALID_METRIC_NAME", f"No metric with name {name} exists.", name)
        return [
            Compare("metric.name", Operator.EQUAL, metric.metric_name),
            Compare("metric.value", _OPERATORS[metric.operator], number_text(metric.threshold)),
        ]
    if threshold is None:
        return []
    wanted = "LESS_THAN" if event_type == "TOO_FEW_HEALTHY_MEMBERS" else "GREATER_THAN"
    if threshold.operator != wanted:
        detail = f"Operator {threshold.operator} does not go with event type {event_type}."
        raise bad("INVALID_OPERATOR_FOR_EVENT_TYPE", detail, threshold.operator, event_type)
    exceeded = Compare("metric.value", _OPERATORS[wanted], number_text(threshold.threshold))
    return [any_of(Not(Exists("metric.name")), exceeded)]


def _matched(matcher: Matcher, event_type: str) -> Expression:
    subject, name = about(event_type), matcher.field_name
    right = subject in WITH_CLUSTER if name in {"SHARD_NAME", "CLUSTER_NAME"} else subject in WITH_REPLICA_SET
    if name in {"TYPE_NAME", "HOSTNAME", "PORT", "HOSTNAME_AND_PORT"}:
        right = subject in {About.HOST, About.HOST_METRIC, About.UNKNOWN}
    if not right:
        detail = f"Matcher field {name} does not go with event type {event_type}."
        raise bad("INVALID_ATTRIBUTE", detail, "matchers")
    operator = matcher.operator.removeprefix("NOT_")
    labels = _LABELS.get(name)
    if labels is None:
        place = 1 if name == "PORT" else 2 if name == "HOSTNAME" else 0
        found: Expression = Compare("host", Operator.MATCHES, _pattern(operator, matcher.value, place))
    else:
        pattern = _pattern(operator, matcher.value, 0)
        found = any_of(*(Compare(f"labels.{each}", Operator.MATCHES, pattern) for each in labels))
    return Not(found) if operator != matcher.operator else found


def _pattern(operator: str, value: str, place: int) -> str:
    quoted = value if operator == "REGEX" else _SPECIAL.sub(r"\\\1", value)
    return _FORMS[operator][place].format(quoted)
