"""Senders whose payloads are read by templates: what is the same trouble, when it is over, what it is called.

The mapping of such an integration names a *type*, whose preset says all that no template says (see
``sources.presets``), and templates over ``payload``. Each message is an alert's next event: one that says
resolved where nothing is open opens an alert that is over. docs/sources/templated.md has the whole of it.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from tocsin.channels.rich_templates import Allowance, says_yes
from tocsin.channels.templating import Template
from tocsin.core.errors import Invalid
from tocsin.core.event import EventStatus
from tocsin.core.ids import RuleId
from tocsin.core.spelling import native
from tocsin.sources.base import Draft, Inbound, Source, is_web_address, read_form_or_json, text_of
from tocsin.sources.multipart import MULTIPART
from tocsin.sources.multipart import read as read_multipart
from tocsin.sources.presets import Preset, field
from tocsin.sources.template_set import TemplateSet, check_mapping, templates_of

WRAPPED: Final = "tocsin/payload"
"""Where the payload stands in the details of an event if it is no object."""

PARTS_AT_ONCE_MAX: Final = 1_000


def read(inbound: Inbound) -> tuple[Draft, ...]:
    """Decode a body, JSON or a form, and make events of it; whoever sends none says nothing but that."""
    return drafts(_payload(inbound), inbound)


def drafts(payload: Any, inbound: Inbound) -> tuple[Draft, ...]:
    """Make events of a decoded *payload*."""
    templates = templates_of(inbound.mapping)
    reader = _Reader(templates, inbound)
    entries = field(payload, "alerts") if templates.preset.splits else None
    if isinstance(entries, list):
        return tuple(reader.part(entry, payload) for entry in _entries(entries))
    return (reader.draft(_completed(payload, templates.preset)),)


def _payload(inbound: Inbound) -> Any:
    media = inbound.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == MULTIPART:
        form = read_multipart(inbound.headers["content-type"], inbound.body)
        if form.files:
            raise Invalid("", "the multipart form holds a file", "must hold texts alone")
        return form.texts
    return read_form_or_json(inbound) if inbound.body.strip() else {}


def payload_of(details: Mapping[str, Any]) -> Any:
    """Give the payload back that an event of such an integration came with."""
    return details[WRAPPED] if len(details) == 1 and WRAPPED in details else details


SOURCE = Source(
    name="templated",
    title="A sender read by templates",
    read=read,
    check_mapping=check_mapping,
)


class _Reader:
    """Reads the payloads of one message."""

    def __init__(self, templates: TemplateSet, inbound: Inbound) -> None:
        self._of = templates
        self._preset = templates.preset
        self._inbound = inbound
        self._allowance = Allowance(inbound.received_at)

    def draft(self, payload: Any, *, part: str = "") -> Draft:
        """Make an event of *payload*."""
        of, preset, now = self._of, self._preset, self._inbound.received_at
        self._allowance = Allowance(now)
        values = {"payload": payload, "labels": {}} if of.any else {}
        rules = self._inbound.rules(payload)
        # In this order: what decides most comes before the templates may have done too much.
        grouping, status = self._grouping(payload, values), self._status(payload, values)
        title = self._title(payload, values)
        message = preset.message(payload) if of.message is None else self._made(of.message, values)
        link = preset.link(payload) if of.source_link is None else self._made(of.source_link, values)
        image = preset.image(payload) if of.image_url is None else self._made(of.image_url, values)
        return Draft(
            dedup_key=_key(grouping, rules),
            status=status,
            title=title,
            message=message,
            source=preset.type,
            labels=_labels(payload),
            occurred_at=now,
            received_at=now,
            links=(link,) if link and is_web_address(link) else (),
            images=(image,) if image and is_web_address(image) else (),
            details=payload if isinstance(payload, dict) and WRAPPED not in payload else {WRAPPED: payload},
            opens=True,
            part=part,
            rules=rules,
        )

    def part(self, entry: Any, around: Any) -> Draft:
        """Make an event of one of several alerts in a message."""
        del around
        labels = field(entry, "labels")
        return self.draft(entry, part=_fingerprint(labels if isinstance(labels, dict) else entry))

    def _grouping(self, payload: Any, values: dict[str, object]) -> str:
        if self._of.grouping_key is None:
            return self._preset.grouping(payload)
        return self._made(self._of.grouping_key, values).strip()

    def _status(self, payload: Any, values: dict[str, object]) -> EventStatus:
        of, allowance = self._of, self._allowance
        if of.resolve_signal is None:
            over = self._preset.resolved(payload)
        else:
            over = says_yes(of.resolve_signal, values, allowance)
        if over:
            return EventStatus.RESOLVED
        held = of.acknowledge_signal is not None and says_yes(of.acknowledge_signal, values, allowance)
        return EventStatus.ACKNOWLEDGED if held else EventStatus.FIRING

    def _title(self, payload: Any, values: dict[str, object]) -> str:
        made = "" if self._of.title is None else self._made(self._of.title, values)
        return made or self._preset.headline(payload) or self._preset.title

    def _made(self, template: Template, values: dict[str, object]) -> str:
        """Fill a template in; one that cannot be makes nothing."""
        try:
            return self._allowance.fill(template, values)
        except Invalid:
            return ""


def _key(grouping: str, rules: tuple[RuleId, ...]) -> str:
    """Name the trouble: what goes different ways is not the same."""
    return f"{_way(rules[0])}/{grouping}" if grouping and rules else grouping


@lru_cache(maxsize=10_000)
def _way(rule: RuleId) -> str:
    return native("rule", rule)


def _completed(payload: Any, preset: Preset) -> Any:
    """Count how many alerts of a group fire, where the sender does not."""
    alerts = field(payload, "alerts")
    if not preset.type.endswith("alerting") and preset.type != "alertmanager":
        return payload
    if not isinstance(payload, dict):
        raise Invalid("", "the body is not an object", "must be one, with the alerts of a group")
    if not isinstance(alerts, list) or ("numFiring" in payload and "numResolved" in payload):
        return payload
    statuses = [field(alert, "status") for alert in alerts]
    counted = {"numFiring": statuses.count("firing"), "numResolved": statuses.count("resolved")}
    return {**payload, **{name: payload.get(name, count) for name, count in counted.items()}}


def _entries(entries: list[Any]) -> Iterator[Any]:
    if not entries or len(entries) > PARTS_AT_ONCE_MAX:
        problem = f"has {len(entries)} entries"
        raise Invalid("alerts", problem, f"must have 1 to {PARTS_AT_ONCE_MAX}")
    yield from entries


def _labels(payload: Any) -> dict[str, str]:
    labels = field(payload, "commonLabels") or field(payload, "labels")
    if not isinstance(labels, dict):
        return {}
    return {name: text_of(value) for name, value in labels.items() if value is not None}


def _fingerprint(labels: Any) -> str:
    return msgspec.json.encode(labels, order="sorted").decode()[:2_000]
