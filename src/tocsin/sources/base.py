"""What a source is: a pure reader of one format, from a request's body to drafts of events."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from tocsin.core.errors import Invalid
from tocsin.core.event import Event, EventStatus, Metric, Severity, within_limits
from tocsin.core.evolve import carrier
from tocsin.core.ids import EventId, IntegrationId, RuleId, ServiceId, WorkspaceId

NO_DEDUP_KEY_LABEL = "tocsin/no-dedup-key"
"""The label of an event from which a mapping got no dedup key: it opens an alert that nothing can repeat."""

TRUNCATED_ALERTS_LABEL = "tocsin/truncated-alerts"
"""The label that says how many alerts of its group a sender left out of the message."""

DEPTH_MAX = 100
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")  # an even number of backslashes before it means backslashes
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FORM = "application/x-www-form-urlencoded"
FORM_FIELDS_MAX = 1_000


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An event before it is known whose it is; the fields are those of ``core.event.Event``.

    *service* names a service as the sender did, by an id in any spelling or by its slug; when it is empty
    the key's or the integration's service is meant. *fits* says that the reader has seen to it already that
    all is within the limits of ``core.event``. A Struct and no dataclass, because it is made in the hot path.
    """

    service: str = ""
    dedup_key: str = ""
    status: EventStatus = EventStatus.FIRING
    severity: Severity = Severity.ERROR
    title: str = ""
    message: str = ""
    source: str = ""
    labels: Mapping[str, str] = {}
    occurred_at: datetime
    received_at: datetime
    links: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    details: Mapping[str, Any] = {}
    event_type: str = ""
    metric: Metric | None = None
    host: str = ""
    monitor_id: str = ""
    monitor_name: str = ""
    monitor_labels: tuple[str, ...] = ()
    dimensions: Mapping[str, str] = {}
    opens: bool = False
    part: str = ""
    rules: tuple[RuleId, ...] = ()
    fits: bool = False

    def event(
        self,
        *,
        id: EventId,  # noqa: A002 - the name of the field
        workspace: WorkspaceId,
        service: ServiceId,
        integration: IntegrationId | None = None,
        drill: bool = False,
    ) -> Event:
        """Make the event: what is too long is cut visibly, what no database takes is replaced."""
        event = _event_of(
            self, id=id, workspace=workspace, service=service, integration=integration, drill=drill
        )
        return event if self.fits else within_limits(event)


_event_of = carrier(Event, Draft, given=("id", "workspace", "service", "integration", "drill"))


def _no_rules(_payload: Any) -> tuple[RuleId, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """What came in at an integration's address; *headers* have lower-case names, *mapping* is as stored.

    *rules* tells which rules a payload fits, for a source that needs to know.
    """

    body: bytes
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    mapping: Mapping[str, Any] = field(default_factory=dict)
    rules: Callable[[Any], tuple[RuleId, ...]] = _no_rules


def no_mapping(mapping: Mapping[str, Any]) -> None:
    """Check the mapping of a source that knows its format by itself: it has none."""
    if mapping:
        raise Invalid(
            "mapping", "is given", "must be empty: this kind of integration knows its format by itself"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A format that Tocsin reads. *name* is the kind of its integrations; *title* is what people call it.

    *read* turns a body into drafts, all of them or, with Invalid, none. *check_mapping* raises Invalid for an
    integration's mapping that *read* could not use. *service_rule* is where it is said which service an
    event belongs to.
    """

    name: str
    title: str
    read: Callable[[Inbound], tuple[Draft, ...]]
    check_mapping: Callable[[Mapping[str, Any]], None] = no_mapping
    service_rule: str = "service"


def read_form_or_json(inbound: Inbound) -> Any:
    """Decode a body by its type, a form or else JSON; raises Invalid when it is neither."""
    if inbound.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM:
        return read_form(inbound.body)
    return read_json(inbound.body)


def read_form(body: bytes) -> Any:
    """Decode a form as an object of texts; of two equal names the later one counts."""
    try:
        pairs = parse_qsl(
            body.decode(errors="replace"), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX
        )
    except ValueError:
        problem, remedy = "the body is a form of too many fields", f"must have at most {FORM_FIELDS_MAX}"
        raise Invalid("", problem, remedy) from None
    return {name: text.replace("\0", "\ufffd") for name, text in pairs}


def read_json(body: bytes) -> Any:
    """Decode *body* as JSON; raises Invalid when it is none, or is nested more than DEPTH_MAX deep."""
    try:
        document = msgspec.json.decode(without_nul(body).removeprefix(BYTE_ORDER_MARK))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise not_json(body, error) from None
    if is_too_deep(document):
        raise not_json(body, RecursionError())
    return document


def without_nul(body: bytes) -> bytes:
    """Write U+FFFD for every U+0000 in a JSON *body*, where it can only be an escape."""
    if b"\\u0000" not in body:
        return body
    return _NUL.sub(rb"\1\\ufffd", body)


def is_too_deep(document: Any) -> bool:
    """Tell whether *document* is nested deeper than we promise to write down again: DEPTH_MAX."""
    level = [document] if type(document) in (dict, list) else []
    for _ in range(DEPTH_MAX):
        level = [
            below
            for value in level
            for below in (value.values() if type(value) is dict else value)
            if type(below) is dict or type(below) is list
        ]
        if not level:
            return False
    return True


def not_json(body: bytes, error: Exception) -> Invalid:
    """Say why *body* cannot be read, as *error* of the decoder has it."""
    if not body.strip():
        return Invalid("", "the body is empty", "must be JSON")
    match error:
        case RecursionError():
            said = f"it is nested more than {DEPTH_MAX} deep"
        case UnicodeDecodeError():
            said = f"it is not UTF-8 at byte {error.start}"
        case _:
            said = str(error)
    return Invalid("", f"the body is not JSON that can be read: {said}", "must be JSON (RFC 8259) in UTF-8")


def is_web_address(text: str) -> bool:
    """Tell whether *text* is safe and useful as a link: an http or https address on one line."""
    return text[:8].lower().startswith(("http://", "https://")) and text.isprintable() and " " not in text


def text_of(value: Any) -> str:
    """Write a JSON value as text: text as it is, all else as JSON has it."""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def keep(details: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Add *more* to *details*, under its names and never over another: ``name_`` where ``name`` is taken."""
    kept = dict(details)
    for name, value in more.items():
        free = name
        while free in kept:
            free += "_"
        kept[free] = value
    return kept
