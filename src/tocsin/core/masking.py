"""What is shown of addresses and options by which anybody could post: a part, or a mark in their place."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

HIDDEN_MARK: Final = "***"
TAIL_SHOWN: Final = 4

_IN_PART: Final = frozenset(
    {"slack", "webhook", "teams", "google_chat", "dingtalk", "wecom", "feishu", "guance_http"}
)
_NO_SECRETS: Final = frozenset({"channel", "method", "body", "content_type"}) | frozenset(
    {"http_method", "data", "forward_all", "trigger_template", "preset", "username"}
)


def shown_address(channel: str, address: str) -> str:
    """Give an address as it may be shown: of one by which anybody could post, the host and the end."""
    if channel not in _IN_PART or "://" not in address:
        return address
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/…{address[-TAIL_SHOWN:]}"


def masked(options: Mapping[str, Any]) -> dict[str, Any]:
    """Hide the values of options that may hold credentials: headers above all."""
    return {name: value if name in _NO_SECRETS else _hidden(value) for name, value in options.items()}


def unmasked(options: Mapping[str, Any], was: Mapping[str, Any]) -> dict[str, Any]:
    """Put the values back that came as they are shown."""
    return {name: _revealed(value, was.get(name)) for name, value in options.items()}


def _hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict.fromkeys(value, HIDDEN_MARK)
    return HIDDEN_MARK


def _revealed(value: Any, was: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(was, Mapping):
        return {name: was.get(name, each) if each == HIDDEN_MARK else each for name, each in value.items()}
    return was if value == HIDDEN_MARK and was is not None else value
