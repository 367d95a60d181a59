"""``/integrations``: doors for alerts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from msgspec import UNSET

from tocsin.actions import alert_policies, integrations, services, silences
from tocsin.core.filters import EVERYTHING
from tocsin.core.ids import UNMADE, IntegrationId, ServiceId, SilenceId, TeamId, WorkspaceId
from tocsin.core.people_check import handle_of
from tocsin.core.service import Integration, Service
from tocsin.core.silence import Silence, holds
from tocsin.dialects.grafana_oncall.errors import refused
from tocsin.dialects.grafana_oncall.fields import Fields, as_integer
from tocsin.dialects.grafana_oncall.handling import Ask, Resource
from tocsin.dialects.grafana_oncall.integrations import templates, wire
from tocsin.dialects.grafana_oncall.integrations.held import (
    MAINTENANCE,
    TEMPLATED,
    TYPE,
    every,
    held,
    keep,
    one,
)
from tocsin.dialects.grafana_oncall.integrations.keys import key_for
from tocsin.dialects.grafana_oncall.integrations.routing import default_changed, with_policy
from tocsin.dialects.grafana_oncall.integrations.show import show_integration
from tocsin.dialects.grafana_oncall.integrations.types import DIRECT_PAGING, type_named
from tocsin.dialects.grafana_oncall.team_filter import team_filter

NAME_LENGTH_MAX: Final = 150
DESCRIPTION_LENGTH_MAX: Final = 250
MAINTENANCE_MAX: Final = timedelta(days=365)
NAME_TAKEN: Final = "An integration with this name already exists for this team"
ON_MAINTENANCE: Final = "Already on maintenance"
MODES: Final = ("debug", "maintenance")

RESOURCE = Resource("integrations", "integration", shown=wire.Integration, noun="integration")
ROUTES = RESOURCE.routes


def _show(ask: Ask, items: Sequence[Integration]) -> list[wire.Integration]:
    return [show_integration(ask, each) for each in held(ask, items)]


@RESOURCE.lists(_show)
def list_integrations(ask: Ask) -> Sequence[Integration]:
    """Find those of a name, or of a team, if that is asked for."""
    found = every(ask)
    name, team = ask.query.one("name"), team_filter(ask)
    if name is not None:
        found = [each for each in found if each.name == name]
    if team is not None:
        owners = ask.directory.services
        found = [each for each in found if _team_of(owners.get(each.service)) in team]
    return found


@RESOURCE.reads
def read_integration(ask: Ask, identifier: int) -> wire.Integration:
    """Read one integration."""
    return show_integration(ask, one(ask, identifier))


@RESOURCE.creates(wire.IntegrationBody)
def create_integration(ask: Ask, fields: Fields) -> wire.Integration:
    """Make an integration with a service and a default route of its own. Only the type is needed."""
    if "type" not in fields:
        fields.wrong("type", "This field is required.")
        fields.must_be_right()
    type_ = type_named(fields.raw("type"))
    kind = str(fields.raw("type"))
    name = fields.text("name", null=True, longest=NAME_LENGTH_MAX)
    description = fields.text("description_short", null=True, blank=True, longest=DESCRIPTION_LENGTH_MAX)
    team = fields.reference("team_id", "team", ask.directory.teams)
    fields.must_be_right()
    owner = TeamId(team) if isinstance(team, int) else None
    mapping, messages = templates.changed({TYPE: kind}, {}, fields)
    named = _free_name(ask, type_.title, owner) if not isinstance(name, str) else name
    _must_be_free(ask, named, owner)
    draft = Integration(
        id=IntegrationId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        service=ServiceId(UNMADE),
        kind=TEMPLATED,
        name=named,
        mapping=mapping,
        description=description if isinstance(description, str) else "",
        message_templates=messages,
    )
    made = _create(ask, draft, owner, key=key_for(ask, fields.raw("link")))
    whole, _ = with_policy(ask, one(ask, made.id))
    return show_integration(ask, default_changed(ask, whole, fields.raw("default_route")))


@RESOURCE.changes(wire.IntegrationBody)
def change_integration(ask: Ask, identifier: int, fields: Fields) -> wire.Integration:
    """Change what is named: name, team, templates, default route. The type stays."""
    found = one(ask, identifier)
    name = fields.text("name", null=True, longest=NAME_LENGTH_MAX)
    description = fields.text("description_short", null=True, blank=True, longest=DESCRIPTION_LENGTH_MAX)
    team = fields.reference("team_id", "team", ask.directory.teams)
    fields.must_be_right()
    owner = found.team if team is UNSET else None if team is None else TeamId(team)
    named = name if isinstance(name, str) else found.integration.name
    if (named, owner) != (found.integration.name, found.team):
        _must_be_free(ask, named, owner, but=found.integration.id)
    given, messages = templates.changed(
        found.integration.mapping, found.integration.message_templates, fields
    )
    mapping = given if found.integration.kind == TEMPLATED else found.integration.mapping
    said = found.integration.description if description is UNSET else description or ""
    integrations.change(
        ask.tx,
        ask.actor,
        found.integration.id,
        lambda was: replace(was, name=named, description=said, mapping=mapping, message_templates=messages),
        now=ask.now,
    )
    if found.service is not None and owner != found.team:
        services.change(
            ask.tx, ask.actor, found.service.id, lambda was: replace(was, team=owner), now=ask.now
        )
    again = one(ask, identifier)
    return show_integration(ask, default_changed(ask, again, fields.raw("default_route")))


@RESOURCE.deletes
def delete_integration(ask: Ask, identifier: int) -> None:
    """Close its address for good and take its routes away; its alert groups stay."""
    found = one(ask, identifier)
    if found.type == DIRECT_PAGING:
        raise refused("Direct paging integrations can't be deleted")
    if found.silence is not None and holds(found.silence, ask.now):
        silences.end(ask.tx, ask.actor, found.silence.id, now=ask.now)
    if found.policy is not None:
        alert_policies.delete(ask.tx, ask.actor, found.policy.id, now=ask.now)
    integrations.revoke(ask.tx, ask.actor, found.integration.id, now=ask.now)


@RESOURCE.acts(
    "maintenance_start",
    "Start maintenance of an integration",
    answer=wire.Integration,
    body=wire.MaintenanceBody,
)
def start_maintenance(ask: Ask, identifier: int, fields: Fields) -> wire.Integration:
    """Let alert groups open, and nobody be notified of them, for so many seconds."""
    found = one(ask, identifier)
    mode, seconds = fields.raw("mode"), as_integer(fields.raw("duration"))
    if mode not in MODES:
        fields.wrong("mode", "Unknown mode")
    if seconds is None or not 0 < seconds <= MAINTENANCE_MAX.total_seconds():
        fields.wrong("duration", "Invalid duration")
    fields.must_be_right()
    if found.silence is not None and holds(found.silence, ask.now):
        raise refused(ON_MAINTENANCE)
    silence = silences.create(
        ask.tx,
        ask.actor,
        Silence(
            id=SilenceId(UNMADE),
            workspace=WorkspaceId(UNMADE),
            name=f"{found.integration.name}: {mode}",
            filter=EVERYTHING,
            services=frozenset({found.integration.service}),
            starts_at=ask.now,
            ends_at=ask.now + timedelta(seconds=seconds or 0),
        ),
        now=ask.now,
    )
    keep(ask, found.integration.id, {**found.kept, MAINTENANCE: {"mode": mode, "silence": silence.id}})
    return show_integration(ask, one(ask, identifier))


@RESOURCE.acts("maintenance_stop", "Stop maintenance of an integration", answer=wire.Integration)
def stop_maintenance(ask: Ask, identifier: int, fields: Fields) -> wire.Integration:
    """Let people be notified again, also of what still fires."""
    del fields
    found = one(ask, identifier)
    if found.silence is not None and holds(found.silence, ask.now):
        silences.end(ask.tx, ask.actor, found.silence.id, now=ask.now)
    return show_integration(ask, one(ask, identifier))


def _create(ask: Ask, draft: Integration, team: TeamId | None, *, key: str) -> Integration:
    """Make an integration and the service that its alerts belong to."""
    service = services.create(
        ask.tx,
        ask.actor,
        Service(
            id=ServiceId(UNMADE),
            workspace=WorkspaceId(UNMADE),
            name=draft.name,
            slug=_free_slug(ask, draft.name),
            team=team,
        ),
        now=ask.now,
    )
    opened = integrations.create(
        ask.tx,
        ask.actor,
        replace(draft, service=service.id),
        entropy=ask.call.world.entropy,
        token=key,
        now=ask.now,
    )
    return opened.integration


def _free_slug(ask: Ask, name: str) -> str:
    base = handle_of(name) or "integration"
    taken = ask.directory.slugs
    numbers = range(2, len(taken) + 3)
    return next(
        slug for slug in (base, *(f"{base[:50]}-{number}" for number in numbers)) if slug not in taken
    )


def _free_name(ask: Ask, title: str, team: TeamId | None) -> str:
    taken = _names(ask, team)
    numbers = range(2, len(taken) + 3)
    return next(name for name in (title, *(f"{title} {number}" for number in numbers)) if name not in taken)


def _must_be_free(ask: Ask, name: str, team: TeamId | None, *, but: IntegrationId | None = None) -> None:
    if name in _names(ask, team, but=but):
        raise refused(NAME_TAKEN)


def _names(ask: Ask, team: TeamId | None, *, but: IntegrationId | None = None) -> set[str]:
    owners = ask.directory.services
    return {each.name for each in every(ask) if each.id != but and _team_of(owners.get(each.service)) == team}


def _team_of(service: Service | None) -> TeamId | None:
    return service.team if service is not None else None
