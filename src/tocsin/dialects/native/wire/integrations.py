"""Integrations over the wire."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, field

from tocsin.channels.message_templates import check
from tocsin.channels.registry import CHANNELS
from tocsin.core.errors import Invalid
from tocsin.core.ids import UNMADE, IntegrationId, ServiceId, WorkspaceId, made_at
from tocsin.core.service import Integration
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.shapes import Body, Description, Id, Name, View, seconds, span
from tocsin.dialects.native.wire.spelled import reference

WORDS: Words = (
    (re.compile(r"^service$"), "service_id"),
    (re.compile(r"^heartbeat$"), "heartbeat_s"),
)

Inlets = Mapping[str, Callable[[Mapping[str, Any]], None]]
"""Every kind of integration, with what checks a mapping for it."""

Kind = Annotated[str, Meta(min_length=1, max_length=50, description="the format that comes in")]
Mapped = Annotated[
    dict[str, Any],
    Meta(description="for kind generic: where in a payload what is; for kind templated: type and templates"),
]
MessageTemplates = Annotated[
    dict[str, dict[str, str]],
    Meta(
        description="for a channel, templates of title, message and image_url of alerts in its messages;"
        " docs/templates.md has the values that they see"
    ),
]
Heartbeat = Annotated[
    Annotated[int, Meta(ge=30, le=30 * 86_400)] | None,
    Meta(description="seconds without a heartbeat after which an alert opens; null expects none"),
]


class NewIntegration(Body):
    """A new door for events."""

    service_id: Id
    kind: Kind
    name: Name
    mapping: Mapped = field(default_factory=dict)
    description: Description = ""
    heartbeat_s: Heartbeat = None
    message_templates: MessageTemplates = field(default_factory=dict)


class IntegrationChanges(Body):
    """What to change about an integration."""

    service_id: Id | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    mapping: Mapped | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    heartbeat_s: Heartbeat | UnsetType = UNSET
    message_templates: MessageTemplates | UnsetType = UNSET


class IntegrationView(View):
    """A door for events into a service."""

    id: str
    service_id: str
    kind: str
    name: str
    mapping: dict[str, Any]
    description: str
    heartbeat_s: int | None
    message_templates: dict[str, dict[str, str]]
    token_hint: str
    created_at: datetime
    revoked_at: datetime | None


class OpenedView(IntegrationView):
    """The same with its token, and the address to which events go; neither is shown again."""

    token: str
    url: str


class IntegrationList(View):
    """Some of the integrations."""

    integrations: list[IntegrationView]
    next: str | None
    total: int


def drafted(body: NewIntegration, inlets: Inlets) -> Integration:
    """Read a new integration; raise Invalid for a kind that is none of *inlets*, or a bad mapping."""
    if body.kind not in inlets:
        problem = f"is {body.kind!r}, which is no kind of integration"
        raise Invalid("kind", problem, f"must be one of {', '.join(inlets)}")
    inlets[body.kind](body.mapping)
    return Integration(
        id=IntegrationId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        service=_service(body.service_id),
        kind=body.kind,
        name=body.name,
        mapping=body.mapping,
        description=body.description,
        heartbeat=_span(body.heartbeat_s),
        message_templates=_checked(body.message_templates),
    )


def edited(was: Integration, body: IntegrationChanges, inlets: Inlets) -> Integration:
    """Apply changes to an integration; raise Invalid for a bad mapping."""
    if body.mapping is not UNSET and was.kind in inlets:
        inlets[was.kind](body.mapping)
    return replace(
        was,
        service=was.service if body.service_id is UNSET else _service(body.service_id),
        name=was.name if body.name is UNSET else body.name,
        mapping=was.mapping if body.mapping is UNSET else body.mapping,
        description=was.description if body.description is UNSET else body.description,
        heartbeat=was.heartbeat if body.heartbeat_s is UNSET else _span(body.heartbeat_s),
        message_templates=was.message_templates
        if body.message_templates is UNSET
        else _checked(body.message_templates),
    )


def show_integration(integration: Integration) -> IntegrationView:
    """Write an integration."""
    return IntegrationView(
        id=native("integration", integration.id),
        service_id=native("service", integration.service),
        kind=integration.kind,
        name=integration.name,
        mapping=dict(integration.mapping),
        description=integration.description,
        heartbeat_s=None if integration.heartbeat is None else seconds(integration.heartbeat),
        message_templates={name: dict(each) for name, each in integration.message_templates.items()},
        token_hint=integration.token_hint,
        created_at=made_at(integration.id),
        revoked_at=integration.revoked_at,
    )


def show_opened(integration: Integration, token: str, public_url: str) -> OpenedView:
    """Write an integration with its new token, on the server that people reach at *public_url*."""
    return OpenedView(
        id=native("integration", integration.id),
        service_id=native("service", integration.service),
        kind=integration.kind,
        name=integration.name,
        mapping=dict(integration.mapping),
        description=integration.description,
        heartbeat_s=None if integration.heartbeat is None else seconds(integration.heartbeat),
        message_templates={name: dict(each) for name, each in integration.message_templates.items()},
        token_hint=integration.token_hint,
        created_at=made_at(integration.id),
        revoked_at=integration.revoked_at,
        token=token,
        url=f"{public_url.rstrip('/')}/integrations/{integration.kind}/{token}",
    )


def _span(length_s: int | None) -> timedelta | None:
    return None if length_s is None else span(length_s)


def _checked(templates: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return message templates without channels that have none; raise Invalid when one cannot be used."""
    check(templates, CHANNELS)
    return {channel: each for channel, each in templates.items() if each}


def _service(text: str) -> ServiceId:
    return ServiceId(reference(text, "service", "service_id"))
