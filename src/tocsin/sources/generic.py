"""Any webhook: what its fields mean is said by the mapping that is stored with the integration.

What a payload leaves out is empty or the rule's default, because senders do leave things out. What is there
and cannot be understood is refused, under the name of its rule, so that nothing is taken for what it is not.
docs/sources/generic.md shows mappings for well-known senders.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NoReturn

from tocsin.core.errors import Invalid
from tocsin.core.event import EventStatus, Metric, Severity
from tocsin.sources.base import (
    NO_DEDUP_KEY_LABEL,
    Draft,
    Inbound,
    Source,
    is_web_address,
    keep,
    read_form_or_json,
    text_of,
)
from tocsin.sources.finding import Found, found, labels_at, text_at, texts_at, value_of
from tocsin.sources.mapping import Compiled, Rule, check_mapping, compiled
from tocsin.sources.words import instant_of, severity_of, status_of

EVENTS_MAX = 1_000
_OK = "ok"


def parse(payload: Any, mapping: Mapping[str, Any], *, received_at: datetime) -> tuple[Draft, ...]:
    """Make events of a decoded *payload* as *mapping* says; raises Invalid that names the rule at fault."""
    rules = compiled(mapping)
    return tuple(_draft(item, rules, received_at) for item in _items(payload, rules))


def read(inbound: Inbound) -> tuple[Draft, ...]:
    """Decode a body, JSON or a form, and make events of it."""
    return parse(read_form_or_json(inbound), inbound.mapping, received_at=inbound.received_at)


SOURCE = Source(
    name="generic",
    title="Any webhook",
    read=read,
    check_mapping=check_mapping,
    service_rule="mapping.service",
)


def _items(payload: Any, rules: Compiled) -> Iterator[Found]:
    if rules.each is None:
        yield found(payload, payload)
        return
    items = rules.each.find(document=payload, item=payload)
    if len(items) == 1 and isinstance(items[0], list):
        items = items[0]
    if not items:
        raise Invalid("mapping.each", "finds no event in the payload", "must be the path of a list of events")
    if len(items) > EVENTS_MAX:
        raise Invalid("mapping.each", f"finds {len(items)} events", f"must find at most {EVENTS_MAX} at once")
    for place, item in enumerate(items):
        yield found(payload, item, at=f" in event {place} of the payload")


def _draft(where: Found, rules: Compiled, received_at: datetime) -> Draft:
    text = {name: text_at(rule, where) for name, rule in rules.texts.items() if name != "occurred_at"}
    status, severity = _standing(text, rules, where)
    labels = labels_at(rules.labels.get("labels", ()), where)
    if "dedup_key" in text and not text["dedup_key"]:
        if status is not EventStatus.FIRING:
            problem = f"finds nothing{where.at}, which is {status.value}"
            raise Invalid("mapping.dedup_key", problem, "must find what tells one trouble from another")
        labels[NO_DEDUP_KEY_LABEL] = "true"
    return Draft(
        service=text.get("service", ""),
        dedup_key=text.get("dedup_key", ""),
        status=status,
        severity=severity,
        title=_title(text),
        message=text.get("message", ""),
        source=text.get("source", ""),
        labels=labels,
        occurred_at=_occurred_at(rules.texts.get("occurred_at"), where) or received_at,
        received_at=received_at,
        links=_addresses(rules.lists.get("links", ()), where),
        images=_addresses(rules.lists.get("images", ()), where),
        details=_details(rules, where),
        event_type=text.get("event_type", ""),
        metric=_metric(rules.metric, where),
        host=text.get("host", ""),
        monitor_id=text.get("monitor_id", ""),
        monitor_name=text.get("monitor_name", ""),
        monitor_labels=tuple(texts_at(rules.lists.get("monitor_labels", ()), where)),
        dimensions=labels_at(rules.labels.get("dimensions", ()), where),
    )


def _standing(text: Mapping[str, str], rules: Compiled, where: Found) -> tuple[EventStatus, Severity]:
    """Understand status and severity; a severity of ``ok`` is a resolve, whatever else is said."""
    word, severity = text.get("severity"), Severity.ERROR
    if word:
        severity = severity_of(word) or _not_understood(rules.texts["severity"], word, where)
        if word.strip().lower() == _OK:
            return EventStatus.RESOLVED, severity
    word, status = text.get("status"), EventStatus.FIRING
    if word:
        status = status_of(word) or _not_understood(rules.texts["status"], word, where)
    return status, severity


def _not_understood(rule: Rule, word: str, where: Found) -> NoReturn:
    remedy = "must be a word that Tocsin knows, or be named under values; a default takes all others"
    raise Invalid(rule.where, f"finds {word[:60]!r}{where.at}", remedy)


def _title(text: Mapping[str, str]) -> str:
    message = text.get("message", "").strip().partition("\n")[0]
    named = text.get("monitor_name") or text.get("dedup_key")
    return text.get("title") or message or named or "an event without a title"


def _occurred_at(rule: Rule | None, where: Found) -> datetime | None:
    value = None if rule is None else value_of(rule, where)
    if rule is None or value is None:
        return None
    try:
        if not isinstance(value, bool | dict | list):
            return instant_of(value)
    except (ValueError, OverflowError):
        pass
    remedy = "must find an RFC 3339 time, or seconds or milliseconds since 1970"
    raise Invalid(rule.where, f"finds {text_of(value)[:60]}{where.at}", remedy)


def _metric(rules: Mapping[str, Rule], where: Found) -> Metric | None:
    text = {name: text_at(rule, where) for name, rule in rules.items()}
    if not text.get("name"):
        return None
    said = text.get("value", "")
    try:
        value = float(said) if said else None
    except ValueError:
        value = math.nan
    if value is not None and not math.isfinite(value):
        raise Invalid(rules["value"].where, f"finds {said[:60]!r}{where.at}", "must find a number")
    return Metric(name=text["name"], value=value, units=text.get("units", ""))


def _addresses(rules: tuple[Rule, ...], where: Found) -> tuple[str, ...]:
    """Find what is safe to follow; the rest stays in the payload, which the details keep."""
    return tuple(filter(is_web_address, dict.fromkeys(texts_at(rules, where))))


def _details(rules: Compiled, where: Found) -> dict[str, Any]:
    """Keep what the rules ask for and the payload: of many events this one's, and what stands around them."""
    mapped = {name: value_of(rule, where) for name, rule in rules.details.items()}
    kept: dict[str, Any] = {"payload": where.item}
    if rules.each is not None and isinstance(where.document, dict):
        first = rules.each.steps[0] if rules.each.steps else None
        kept["around"] = {name: value for name, value in where.document.items() if name != first}
    return keep({name: value for name, value in mapped.items() if value is not None}, kept)
