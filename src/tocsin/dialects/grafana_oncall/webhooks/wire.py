"""Outgoing webhooks as JSON has them."""

from typing import Any

import msgspec


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A request to be made when something becomes of an alert group, or when a step says so."""

    id: str
    name: str
    is_webhook_enabled: bool
    team: str | None
    data: str | None
    username: str | None
    password: str | None
    authorization_header: str | None
    trigger_template: str | None
    headers: str | None
    url: str
    forward_all: bool
    http_method: str
    trigger_type: str
    integration_filter: list[str] | None
    preset: str | None


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """The same under its old name."""

    id: str
    name: str
    is_webhook_enabled: bool
    team_id: str | None
    user: str | None
    data: str | None
    password: str | None
    authorization_header: str | None
    trigger_template: str | None
    headers: str | None
    url: str
    forward_whole_payload: bool
    http_method: str
    trigger_type: str
    integration_filter: list[str] | None


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook was sent, and what it answered."""

    timestamp: str
    url: str | None
    request_trigger: str | None
    request_headers: str | None
    request_data: str | None
    status_code: str | None
    content: str | None
    event_data: Any


class WebhookBody(msgspec.Struct, kw_only=True):
    """What to make, or to change, of a webhook."""

    name: str | None = None
    url: str | None = None
    http_method: str | None = None
    trigger_type: str | None = None
    is_webhook_enabled: bool | None = None
    team: str | None = None
    data: str | None = None
    username: str | None = None
    password: str | None = None
    authorization_header: str | None = None
    trigger_template: str | None = None
    headers: str | None = None
    forward_all: bool | None = None
    integration_filter: list[str] | None = None
    preset: str | None = None
