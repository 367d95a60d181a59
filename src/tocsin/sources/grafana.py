"""Grafana Alerting's webhook: the format of Alertmanager, with what Grafana knows besides.

Source: Grafana documentation, "Configure the webhook notifier for Alerting". Each alert of the group is an
event of its own, known again by its fingerprint. What Grafana says of missing data is of that severity, and
what was measured follows the message.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from tocsin.core.event import MESSAGE_LENGTH_MAX, Severity, clip
from tocsin.sources import alertmanager
from tocsin.sources.base import Draft, Source, is_web_address

NO_DATA: Final = frozenset({"DatasourceNoData"})
_LINKS: Final = ("panelURL", "dashboardURL", "silenceURL")
_NOT_SAID: Final = ("<no value>", "[no value]")


def parse(payload: bytes, *, received_at: datetime) -> tuple[Draft, ...]:
    """Read one notification of Grafana; raises Invalid, and then takes none of its alerts."""
    return tuple(map(_enriched, alertmanager.parse(payload, received_at=received_at)))


SOURCE = Source(
    name="grafana",
    title="Grafana Alerting",
    read=lambda inbound: parse(inbound.body, received_at=inbound.received_at),
)


def _enriched(draft: Draft) -> Draft:
    alert = draft.details
    image = _address(alert, "imageURL")
    links = (*draft.links, *filter(None, (_address(alert, name) for name in _LINKS)))
    return msgspec.structs.replace(
        draft,
        source="grafana",
        severity=Severity.NODATA if draft.monitor_name in NO_DATA else draft.severity,
        message=_message(draft, alert),
        links=tuple(dict.fromkeys(links)),
        images=(image,) if image else (),
    )


def _address(alert: Mapping[str, Any], name: str) -> str:
    value = alert.get(name)
    return value if isinstance(value, str) and is_web_address(value) else ""


def _message(draft: Draft, alert: Mapping[str, Any]) -> str:
    """Let the message end in what was measured, where Grafana says it."""
    measured = alert.get("valueString")
    if not isinstance(measured, str) or not measured.strip() or measured.strip() in _NOT_SAID:
        return draft.message
    said = f"{draft.message}\n\n{measured}" if draft.message else measured
    return clip(said, MESSAGE_LENGTH_MAX)
