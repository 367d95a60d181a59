"""``/services``: what raises alerts, the doors by which its events come in, and how to set up a sender."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from tocsin.actions import history, integrations
from tocsin.actions.actor import Actor, Permission
from tocsin.core.errors import Invalid
from tocsin.core.ids import UNMADE, IntegrationId, ServiceId, WorkspaceId
from tocsin.core.service import Integration, Service
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.forms import LENGTH_MAX, fields, identifier
from tocsin.web.rendering import page
from tocsin.world import Tx

Inlets = Mapping[str, Callable[[Mapping[str, Any]], None]]
"""Every kind of integration, with what checks a mapping for it."""

_CURL: Final = """curl {url} --json '{{"title": "Disk full", "severity": "critical", "dedup_key": "db-1"}}'
"""
_ALERTMANAGER: Final = """receivers:
  - name: tocsin
    webhook_configs:
      - url: {url}
        send_resolved: true
route:
  receiver: tocsin
  group_wait: 5s
  group_interval: 30s
"""
# What to put where, for the kinds that people set up by hand; {url} is the address of the new integration.
HOW: Final[Mapping[str, tuple[str, str]]] = {
    "native": ("Anything that can send JSON:", _CURL),
    "alertmanager": ("In alertmanager.yml:", _ALERTMANAGER),
    "grafana": ("In Grafana, a contact point of the type Webhook with this URL:", "{url}\n"),
}
_NEEDS_MORE: Final = frozenset({"templated", "generic"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorView:
    """An integration in the list."""

    integration: Integration
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A service in the list, with its open integrations."""

    service: Service
    id: str
    team: str
    doors: Sequence[DoorView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A new integration, whose address is shown once, and *how* to set up a sender."""

    name: str
    url: str
    how: str
    lines: str


def routes(inlets: Inlets) -> Routes:
    """Make the routes; *inlets* are the kinds of integration there are."""
    own = Routes("", tag="Pages")

    @own.get("/services", permission=Permission.READ, summary="Show services", hidden=True)
    async def show_services(call: Call) -> Response:
        """Show what raises alerts."""
        return await _page(call, inlets)

    @own.post(
        "/services",
        permission=Permission.CONFIGURE,
        summary="Add an integration",
        hidden=True,
        body_limit=LENGTH_MAX,
    )
    async def add_integration(call: Call, body: bytes) -> Response:
        """Add an integration, and say once how to set up its sender."""
        form = fields(body)
        kind = form.get("kind", "")
        try:
            _must_be_simple(kind, inlets)
            draft = Integration(
                id=IntegrationId(UNMADE),
                workspace=WorkspaceId(UNMADE),
                service=ServiceId(identifier(form.get("service", ""), "service")),
                kind=kind,
                name=form.get("name", ""),
            )
            opened = await call.act(integrations.create, draft, entropy=call.world.entropy, now=call.now)
        except Invalid as error:
            return await _page(call, inlets, form=form, problem=str(error))
        url = f"{call.kit.public_url}/integrations/{kind}/{opened.token}"
        how, lines = HOW.get(kind, ("Give the sender this address:", "{url}\n"))
        made = Made(name=draft.name, url=url, how=how, lines=lines.format(url=url))
        return await _page(call, inlets, made=made)

    return own


def _must_be_simple(kind: str, inlets: Inlets) -> None:
    if kind not in inlets or kind in _NEEDS_MORE:
        problem = "is none that can be set up here"
        raise Invalid("kind", problem, "must be made through the API, with its mapping")


async def _page(
    call: Call,
    inlets: Inlets,
    *,
    form: Mapping[str, str] | None = None,
    problem: str = "",
    made: Made | None = None,
) -> Response:
    services = await call.ask(_look)
    return page(
        "services.html",
        now=call.now,
        user=signed_in(call.request).user,
        status=400 if problem else 200,
        services=services,
        kinds=[kind for kind in inlets if kind not in _NEEDS_MORE],
        form=dict.fromkeys(("kind", "name", "service"), "") | dict(form or {}),
        problem=problem,
        made=made,
        may_change=call.actor.may(Permission.CONFIGURE),
    )


def _look(tx: Tx, actor: Actor) -> list[ServiceView]:
    directory = history.directory(tx, actor)
    doors: dict[ServiceId, list[DoorView]] = {}
    for each in directory.integrations.values():
        if each.revoked_at is None:
            doors.setdefault(each.service, []).append(DoorView(integration=each, kind=each.kind))
    found = []
    for service in sorted(directory.services.values(), key=lambda each: each.name.casefold()):
        team = directory.teams.get(service.team) if service.team is not None else None
        found.append(
            ServiceView(
                service=service,
                id=native("service", service.id),
                team=team.name if team is not None else "",
                doors=doors.get(service.id, []),
            )
        )
    return found
