"""Things that an answer names in passing: the id, and what people call it."""

from tocsin.core.directory import Directory
from tocsin.core.ids import ServiceId, UserId
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.shapes import View


class ServiceName(View):
    """A service; name and slug are empty when it is there no more."""

    id: str
    name: str
    slug: str


class PersonName(View):
    """Somebody; the name is empty when they are there no more."""

    id: str
    name: str


def name_service(service: ServiceId, directory: Directory) -> ServiceName:
    """Name a service."""
    known = directory.services.get(service)
    name, slug = (known.name, known.slug) if known is not None else ("", "")
    return ServiceName(id=native("service", service), name=name, slug=slug)


def name_person(user: UserId | None, directory: Directory) -> PersonName | None:
    """Name a person, if there is one."""
    if user is None:
        return None
    known = directory.users.get(user)
    return PersonName(id=native("user", user), name=known.display_name if known is not None else "")
