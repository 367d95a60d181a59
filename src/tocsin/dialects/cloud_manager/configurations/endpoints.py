"""Notifications that go to a program or a room: each becomes a destination, and its secrets stay in there."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

from tocsin.core.destination import check_url
from tocsin.core.errors import Invalid
from tocsin.core.ids import UNMADE, DestinationId, WorkspaceId
from tocsin.core.service import Destination
from tocsin.dialects.cloud_manager.configurations.wire import Notification
from tocsin.dialects.cloud_manager.errors import bad

MASK: Final = "*" * 8
SHOWN: Final = 4  # of a secret's last characters, where it has more than twice as many

_SUMMARY = "{{ headline | tojson }}"
_KEY = "{{ (page.id or id) | tojson }}"
_IS_OVER = '{{ "resolve" if type == "tocsin.resolved" else "trigger" }}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where to send what: *masked* is what may be shown of the notification's secrets, by field."""

    channel: str
    address: str
    secret: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    masked: Mapping[str, str]

    def destination(self, name: str) -> Destination:
        """Make the destination, called *name*."""
        return Destination(
            id=DestinationId(UNMADE),
            workspace=WorkspaceId(UNMADE),
            name=name,
            channel=self.channel,
            address=self.address,
            secret=self.secret,
            options=self.options,
        )


def masked(secret: str) -> str:
    """Give what may be shown of *secret*."""
    return MASK + (secret[-SHOWN:] if len(secret) > 2 * SHOWN else "")


def is_masked(text: str | None) -> bool:
    """Tell whether *text* is what was shown of a secret."""
    return text is not None and text.startswith(MASK)


def endpoint_of(said: Notification) -> Endpoint:  # noqa: PLR0911 - one for each type
    """Read where a notification of one of ENDPOINTS goes; raise a refusal for what cannot be."""
    secrets = {name: _needed(said, name) for name in ENDPOINTS[said.type_name] if _is_needed(said, name)}
    shown = {name: masked(value) for name, value in secrets.items() if name in SECRETS}
    match said.type_name:
        case "WEBHOOK":
            secret = said.webhook_secret or ""
            return Endpoint(
                channel="webhook",
                address=_url(secrets["webhookUrl"], "webhookUrl"),
                secret=_signing(secret) if secret else "",
                masked=shown | ({"webhookSecret": masked(secret)} if secret else {}),
            )
        case "MICROSOFT_TEAMS":
            name = "microsoftTeamsWebhookUrl"
            return Endpoint(channel="teams", address=_url(secrets[name], name), masked=shown)
        case "SLACK":
            body = f'{{"channel": {_json(secrets["channelName"])}, "text": {_SUMMARY}}}'
            return _post(
                "https://slack.com/api/chat.postMessage", body, shown, f"Bearer {secrets['apiToken']}"
            )
        case "PAGER_DUTY":
            payload = f'"payload": {{"summary": {_SUMMARY}, "source": "Tocsin", "severity": "critical"}}'
            key = f'"routing_key": {_json(secrets["serviceKey"])}'
            body = f'{{{key}, "event_action": "{_IS_OVER}", "dedup_key": {_KEY}, {payload}}}'
            return _post("https://events.pagerduty.com/v2/enqueue", body, shown)
        case "OPS_GENIE":
            host = "api.eu.opsgenie.com" if said.ops_genie_region == "EU" else "api.opsgenie.com"
            body = f'{{"message": {_SUMMARY}, "alias": {_KEY}}}'
            return _post(f"https://{host}/v2/alerts", body, shown, f"GenieKey {secrets['opsGenieApiKey']}")
        case "VICTOR_OPS":
            path = quote(secrets["victorOpsApiKey"], safe="")
            routing = quote(said.victor_ops_routing_key or "default", safe="")
            body = f'{{"message_type": "CRITICAL", "entity_id": {_KEY}, "state_message": {_SUMMARY}}}'
            address = f"https://alert.victorops.com/integrations/generic/20131114/alert/{path}/{routing}"
            return _post(address, body, shown)
        case _:
            site = {"EU": "datadoghq.eu", "US3": "us3.datadoghq.com", "US5": "us5.datadoghq.com"}
            host = site.get(said.datadog_region or "US", "datadoghq.com")
            body = f'{{"title": {_SUMMARY}, "text": {_SUMMARY}, "alert_type": "error"}}'
            made = _post(f"https://api.{host}/api/v1/events", body, shown)
            headers = {"DD-API-KEY": _line(secrets["datadogApiKey"], "datadogApiKey")}
            options = {**made.options, "headers": headers}
            return Endpoint(channel="webhook", address=made.address, options=options, masked=shown)


ENDPOINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "WEBHOOK": ("webhookUrl", "webhookSecret"),
    "MICROSOFT_TEAMS": ("microsoftTeamsWebhookUrl",),
    "SLACK": ("apiToken", "channelName"),
    "PAGER_DUTY": ("serviceKey",),
    "OPS_GENIE": ("opsGenieApiKey",),
    "VICTOR_OPS": ("victorOpsApiKey", "victorOpsRoutingKey"),
    "DATADOG": ("datadogApiKey",),
}
"""The fields of each type that goes to an endpoint."""

SECRETS: Final = frozenset(
    {
        "webhookUrl",
        "webhookSecret",
        "microsoftTeamsWebhookUrl",
        "apiToken",
        "serviceKey",
        "opsGenieApiKey",
        "victorOpsApiKey",
        "victorOpsRoutingKey",
        "datadogApiKey",
    }
)
"""The fields of which only the end is shown."""

_OPTIONAL = frozenset({"webhookSecret", "victorOpsRoutingKey"})
_ATTRIBUTES = dict(zip(Notification.__struct_encode_fields__, Notification.__struct_fields__, strict=True))


def given(said: Notification, name: str) -> str | None:
    """Give the field that is called *name* over the wire."""
    value = getattr(said, _ATTRIBUTES[name])
    return value if isinstance(value, str) else None


def _is_needed(said: Notification, name: str) -> bool:
    return name not in _OPTIONAL or bool(given(said, name))


def _needed(said: Notification, name: str) -> str:
    value = given(said, name)
    if not value:
        raise bad("MISSING_ATTRIBUTE", f"The required attribute {name} was not specified.", name)
    if is_masked(value):
        raise bad("INVALID_JSON_ATTRIBUTE", f"Attribute {name} is masked; specify it anew.", name)
    return value


def _post(address: str, body: str, shown: Mapping[str, str], authorization: str = "") -> Endpoint:
    options: dict[str, Any] = {"body": body}
    if authorization:
        options["headers"] = {"Authorization": _line(authorization, "apiToken")}
    return Endpoint(channel="webhook", address=address, options=options, masked=shown)


def _line(text: str, name: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise bad("INVALID_JSON_ATTRIBUTE", f"Attribute {name} cannot stand in a header.", name)
    return text


def _url(text: str, name: str) -> str:
    try:
        return check_url(text, name)
    except Invalid as error:
        raise bad("INVALID_JSON_ATTRIBUTE", f"Invalid attribute {name} specified: {error}.", name) from None


def _json(text: str) -> str:
    """Write *text* into a template for JSON; it is no part of the template."""
    return "{{ " + _quoted(text) + " | tojson }}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    if not escaped.isprintable():
        raise bad("INVALID_JSON_ATTRIBUTE", "A notification's key holds an invisible character.")
    return f'"{escaped}"'


def _signing(secret: str) -> str:
    """Make what Standard Webhooks are signed with of whatever text the vendor takes for a secret."""
    return "whsec_" + base64.b64encode(sha256(secret.encode()).digest()).decode()
