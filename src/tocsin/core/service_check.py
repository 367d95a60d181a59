"""What makes a service, an integration or a destination one that can be stored."""

from datetime import timedelta
from typing import Final

from tocsin.core.errors import Invalid, check_text
from tocsin.core.people_check import (
    ADDRESS_LENGTH_MAX,
    CHANNEL_LENGTH_MAX,
    DESCRIPTION_LENGTH_MAX,
    NAME_LENGTH_MAX,
    check_handle,
)
from tocsin.core.service import Destination, Integration, Service

KIND_LENGTH_MAX: Final = 50
SECRET_LENGTH_MAX: Final = 500
HEARTBEAT_MIN: Final = timedelta(seconds=30)
HEARTBEAT_MAX: Final = timedelta(days=30)


def check_service(service: Service) -> None:
    """Raise Invalid, naming the field, for a service that cannot be."""
    check_text(service.name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    check_handle(service.slug, "slug")
    check_text(service.description, "description", longest=DESCRIPTION_LENGTH_MAX)


def check_integration(integration: Integration) -> None:
    """Raise Invalid for an integration that cannot be; its source has checked the mapping."""
    check_text(integration.kind, "kind", shortest=1, longest=KIND_LENGTH_MAX)
    check_text(integration.name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    check_text(integration.description, "description", longest=DESCRIPTION_LENGTH_MAX)
    beat = integration.heartbeat
    if beat is not None and not HEARTBEAT_MIN <= beat <= HEARTBEAT_MAX:
        remedy = f"must be {HEARTBEAT_MIN.total_seconds():.0f} to {HEARTBEAT_MAX.total_seconds():.0f} seconds"
        raise Invalid("heartbeat", f"is {beat.total_seconds():.0f} seconds", remedy)


def check_destination(destination: Destination) -> None:
    """Raise Invalid for a destination that cannot be; its channel has checked the address and options."""
    check_text(destination.name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    check_text(destination.channel, "channel", shortest=1, longest=CHANNEL_LENGTH_MAX)
    check_text(destination.address, "address", shortest=1, longest=ADDRESS_LENGTH_MAX)
    check_text(destination.secret, "secret", longest=SECRET_LENGTH_MAX)
