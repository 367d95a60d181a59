"""Templates between this API, which sorts them by channel, and an integration.

Those of the web, and the signals, are the mapping's: they make what every channel says. Those of the other
channels are message templates.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import UNSET

from tocsin.channels.rich_templates import read_rich
from tocsin.core.errors import Invalid
from tocsin.dialects.grafana_oncall.errors import refused
from tocsin.dialects.grafana_oncall.fields import Fields

SIGNALS: Final = ("grouping_key", "resolve_signal", "acknowledge_signal", "source_link")
WEB: Final = "web"
CHANNELS: Final[Mapping[str, tuple[str, ...]]] = {
    "slack": ("title", "message", "image_url"),
    "web": ("title", "message", "image_url"),
    "sms": ("title",),
    "phone_call": ("title",),
    "telegram": ("title", "message", "image_url"),
    "email": ("title", "message"),
    "mobile_app": ("title", "message"),
    "webhook": ("title", "message", "image_url"),
}
OURS: Final = {"phone_call": "voice", "mobile_app": "push"}
"""Channels that have another name in the domain."""

MOVED: Final = "channels"  # where a mapping once had what message templates have now

Messages = Mapping[str, Mapping[str, str]]


def show(mapping: Mapping[str, Any], messages: Messages) -> dict[str, Any]:
    """Write all templates, null for each that is the type's own."""
    shown: dict[str, Any] = {name: mapping.get(name) for name in SIGNALS}
    for channel, names in CHANNELS.items():
        kept = mapping if channel == WEB else messages.get(OURS.get(channel, channel), {})
        shown[channel] = {name: kept.get(name) for name in names}
    return shown


def changed(
    mapping: Mapping[str, Any], messages: Messages, fields: Fields
) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """Apply the templates of a body; what is not named stays, and null is the type's own."""
    new = {name: value for name, value in mapping.items() if name != MOVED}
    others = {channel: dict(kept) for channel, kept in messages.items()}
    given = fields.raw("templates")
    if given is UNSET or given is None:
        return new, others
    if not isinstance(given, dict):
        raise refused("Invalid template data")
    for name in SIGNALS:
        if name in given:
            _set(new, name, given[name], f"Invalid {name} template data")
    for channel, names in CHANNELS.items():
        if channel not in given:
            continue
        target = new if channel == WEB else others.setdefault(OURS.get(channel, channel), {})
        _channel(target, channel, names, given[channel])
    return new, {channel: kept for channel, kept in others.items() if kept}


def _channel(target: dict[str, Any], channel: str, names: tuple[str, ...], given: Any) -> None:
    if given is None:
        given = dict.fromkeys(names)
    if not isinstance(given, dict) or not set(given) <= set(names):
        raise refused("Invalid template data")
    for name, text in given.items():
        _set(target, name, text, f"invalid {channel} {name} template")


def _set(target: dict[str, Any], name: str, text: Any, refusal: str) -> None:
    if text is None:
        target.pop(name, None)
        return
    if not isinstance(text, str) or "\0" in text:
        raise refused(refusal)
    try:
        text.encode()
        read_rich(text)
    except (Invalid, UnicodeEncodeError):
        raise refused(refusal) from None
    target[name] = text
