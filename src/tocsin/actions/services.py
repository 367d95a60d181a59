"""Services: the things that raise alerts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from tocsin.actions import audit
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import Edit, Sure, anyway, begin, must_be_free, must_be_known, must_have_room
from tocsin.core.alert import AlertStatus
from tocsin.core.ids import ServiceId
from tocsin.core.listing import Listed
from tocsin.core.people_check import handle_of
from tocsin.core.service import Service
from tocsin.core.service_check import check_service
from tocsin.core.silence import Silence
from tocsin.store import alert_policies, credentials, lists, services, silences, teams
from tocsin.store.transaction import Tx


def create(tx: Tx, actor: Actor, draft: Service, *, now: datetime) -> Service:
    """Add a service. Without a slug it gets one made of its name."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    must_have_room(tx, actor, services.list_, "services")
    slug = draft.slug or handle_of(draft.name)
    made = replace(draft, id=ServiceId(tx.new_id()), workspace=actor.workspace, slug=slug)
    _check(tx, actor, made)
    services.add(tx, made)
    audit.created(tx, actor, "service", made, name=made.name, now=now)
    return made


def get(tx: Tx, actor: Actor, service_id: ServiceId) -> Service:
    """Read a service."""
    actor.must(Permission.READ)
    return services.find(tx, actor.workspace, service_id)


def list_(tx: Tx, actor: Actor, *, after: int | None = None, limit: int) -> Listed[Service]:
    """List services, the oldest first."""
    actor.must(Permission.READ)
    return services.list_(tx, actor.workspace, after=after, limit=limit)


def change(tx: Tx, actor: Actor, service_id: ServiceId, edit: Edit[Service], *, now: datetime) -> Service:
    """Change a service."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    was = services.find(tx, actor.workspace, service_id)
    new = edit(was)
    _check(tx, actor, new, was)
    if new != was:
        services.save(tx, new, was)
        audit.changed(tx, actor, "service", new, was=was, name=new.name, now=now)
    return new


def delete(
    tx: Tx, actor: Actor, service_id: ServiceId, *, sure: Sure[Service] = anyway, now: datetime
) -> None:
    """Delete a service with its integrations.

    Raise Conflict while it has firing alerts, or a policy, a silence or a key names it.
    """
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    service = services.find(tx, actor.workspace, service_id)
    sure(service)
    must_be_free(f"service {service.name}", _uses(tx, service, now))
    services.delete(tx, service)
    audit.deleted(tx, actor, "service", service, name=service.name, now=now)


def _check(tx: Tx, actor: Actor, new: Service, was: Service | None = None) -> None:
    check_service(new)
    if new.team is not None and (was is None or was.team != new.team):
        must_be_known(tx, actor, teams.get_many, [(new.team, "team")], "team")


def _uses(tx: Tx, service: Service, now: datetime) -> Iterator[str]:
    workspace = service.workspace
    firing = lists.list_alerts(
        tx, workspace, status=AlertStatus.FIRING, services=(service.id,), limit=1
    ).total
    if firing:
        yield f"{firing} firing {'alert' if firing == 1 else 'alerts'}"
    for policy in alert_policies.all_(tx, workspace):
        if service.id in policy.scope.services:
            yield f"alert policy {policy.name}"
    for silence in silences.all_(tx, workspace):
        if service.id in silence.services and not _is_over(silence, now):
            yield f"silence {silence.name}"
    for key in credentials.of_service(tx, workspace, service.id):
        yield f"key {key.name}"


def _is_over(silence: Silence, now: datetime) -> bool:
    return silence.ends_at is not None and silence.ends_at <= now
