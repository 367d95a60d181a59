"""Services over the wire."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from tocsin.core.ids import UNMADE, ServiceId, TeamId, WorkspaceId, made_at
from tocsin.core.service import Service
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.shapes import Body, Description, Id, Name, View
from tocsin.dialects.native.wire.spelled import reference, spelled

WORDS: Words = ((re.compile(r"^team$"), "team_id"),)

Slug = Annotated[
    str,
    Meta(
        max_length=63, description="how events name it: a to z, 0 to 9, - _ . ; made of the name if not given"
    ),
]


class NewService(Body):
    """A new service."""

    name: Name
    slug: Slug = ""
    description: Description = ""
    team_id: Id | None = None


class ServiceChanges(Body):
    """What to change about a service."""

    name: Name | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    team_id: Id | UnsetType | None = UNSET


class ServiceView(View):
    """A thing that raises alerts."""

    id: str
    name: str
    slug: str
    description: str
    team_id: str | None
    created_at: datetime


class ServiceList(View):
    """Some of the services."""

    services: list[ServiceView]
    next: str | None
    total: int


def drafted(body: NewService) -> Service:
    """Read a new service."""
    return Service(
        id=ServiceId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=body.name,
        slug=body.slug,
        description=body.description,
        team=_team(body.team_id),
    )


def edited(was: Service, body: ServiceChanges) -> Service:
    """Apply changes to a service."""
    return replace(
        was,
        name=was.name if body.name is UNSET else body.name,
        slug=was.slug if body.slug is UNSET else body.slug,
        description=was.description if body.description is UNSET else body.description,
        team=was.team if body.team_id is UNSET else _team(body.team_id),
    )


def show_service(service: Service) -> ServiceView:
    """Write a service."""
    return ServiceView(
        id=native("service", service.id),
        name=service.name,
        slug=service.slug,
        description=service.description,
        team_id=spelled("team", service.team),
        created_at=made_at(service.id),
    )


def _team(text: str | None) -> TeamId | None:
    return None if text is None else TeamId(reference(text, "team", "team_id"))
