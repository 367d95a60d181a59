"""A directory of the core put into a database, in one line, so that actions and the engine find it there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import routing_builders as routing
from builders import SERVICE
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.directory import Directory
from tocsin.core.escalation import EscalationPlan
from tocsin.core.ids import ServiceId
from tocsin.core.service import Service
from tocsin.core.silence import Silence
from tocsin.core.workspace import Workspace
from tocsin.store import (
    alert_policies,
    destinations,
    directories,
    escalation_policies,
    people,
    schedules,
    services,
    silences,
    teams,
    workspaces,
)
from tocsin.store.transaction import Tx

KINDS = (
    (people, "users"),
    (teams, "teams"),
    (services, "services"),
    (destinations, "destinations"),
    (schedules, "schedules"),
    (escalation_policies, "escalation_policies"),
)


OTHER_SERVICE = ServiceId(3)


def furnished(
    directory: Directory,
    *plans: EscalationPlan,
    policies: Sequence[AlertPolicy] = (),
    silences: Sequence[Silence] = (),
    **of_policy: object,
) -> Directory:
    """Give *directory* two services, *policies*, and one more policy that runs *plans* for everything."""
    if plans:
        policies = (*policies, routing.policy(routing.rule(*plans), **of_policy))
    return replace(
        directory,
        alert_policies=tuple(policies),
        silences=tuple(silences),
        services={number: service(number, directory) for number in (SERVICE, OTHER_SERVICE)},
    )


def service(number: ServiceId, directory: Directory, name: str = "Shop") -> Service:
    """Make a service of the directory's workspace."""
    return Service(id=number, workspace=directory.workspace, name=name, slug=f"{name.lower()}-{number}")


def put(tx: Tx, directory: Directory, *, now: datetime) -> Directory:
    """Store all of *directory*, the workspace too, and return it as the store gives it back."""
    head = Workspace(id=directory.workspace, name=directory.name, created_at=now)
    workspaces.add(tx, head)
    for repository, name in KINDS:
        for value in getattr(directory, name).values():
            repository.add(tx, value)
    for policy in directory.alert_policies:
        alert_policies.add(tx, policy)
    for silence in directory.silences:
        silences.add(tx, silence)
    asking = {"reminders": directory.reminders, "pace": directory.pace}
    workspaces.save(tx, replace(head, catch_all=directory.catch_all, **asking))
    return directories.current(tx, directory.workspace)
