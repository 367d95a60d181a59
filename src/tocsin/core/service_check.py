"""What makes a service, an integration or a destination one that can be stored."""

from typing import Final

from tocsin.core.errors import check_text
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


def check_service(service: Service) -> None:
    """Raise Invalid, naming the field, for a service that cannot be."""
    check_text(service.name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    check_handle(service.slug, "slug")
    check_text(service.description, "description", longest=DESCRIPTION_LENGTH_MAX)


def check_integration(integration: Integration) -> None:
    """Raise Invalid for an integration that cannot be; its source has checked the mapping."""
    check_text(integration.kind, "kind", shortest=1, longest=KIND_LENGTH_MAX)
    check_text(integration.name, "name", shortest=1, longest=NAME_LENGTH_MAX)


def check_destination(destination: Destination) -> None:
    """Raise Invalid for a destination that cannot be; its channel has checked the address and options."""
    check_text(destination.name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    check_text(destination.channel, "channel", shortest=1, longest=CHANNEL_LENGTH_MAX)
    check_text(destination.address, "address", shortest=1, longest=ADDRESS_LENGTH_MAX)
    check_text(destination.secret, "secret", longest=SECRET_LENGTH_MAX)
