"""Directories: a workspace's configuration, compiled once a version and kept by the process."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from tocsin.core.directory import Directory
from tocsin.core.ids import WorkspaceId, made_at
from tocsin.store import (
    alert_policies,
    date_sets,
    destinations,
    escalation_policies,
    integrations,
    pages,
    people,
    schedules,
    services,
    silences,
    teams,
    workspaces,
)
from tocsin.store.configuration import Configured, Kept
from tocsin.store.transaction import Row, TryAgain, Tx

LOADS_MAX = 5
SILENCES_KEPT = timedelta(days=35)  # those over for longer than this are of no use to explain anything

log = logging.getLogger(__name__)

V = TypeVar("V", bound=Configured)


def current(tx: Tx, workspace: WorkspaceId) -> Directory:
    """Give the directory as it stands, which is most often the one that the process has; NotFound if none.

    A transaction that changes configuration sees its own changes, and nobody else does before the commit.
    """
    known = at_hand(tx, workspace)
    if known is not None:
        return known
    known = tx.shelf.directories.get(workspace)
    directory = load(tx, workspace)
    newer = known is None or directory.version > known.version
    if newer and "config" not in tx.wakes:  # what this transaction changes may never come to be
        tx.shelf.directories[workspace] = directory
        tx.found.stands(directory)
    return directory


def at_hand(tx: Tx, workspace: WorkspaceId) -> Directory | None:
    """Give the directory as it stands if the process has it, None if it has to be read first."""
    known = tx.shelf.directories.get(workspace)
    if known is None or known.version != workspaces.version(tx, workspace):
        return None
    tx.found.stands(known)
    return known


def load(tx: Tx, workspace: WorkspaceId) -> Directory:
    """Read and compile the directory of *workspace*, in a fixed number of queries; NotFound if none."""
    for _ in range(LOADS_MAX):
        directory = _load(tx, workspace)
        if directory.version == workspaces.version(tx, workspace):
            return directory
    raise TryAgain("the configuration kept changing while it was read")


def _load(tx: Tx, workspace: WorkspaceId) -> Directory:
    head = workspaces.get(tx, workspace)
    since = made_at(tx.new_id()) - SILENCES_KEPT
    policies = _readable(tx, alert_policies.kept, alert_policies.kept.all_rows(tx, workspace))
    named = escalation_policies.all_(tx, workspace)
    begun_with = {policy.plan.id for policy in named}
    older = [plan for plan in pages.plans_run(tx, workspace) if plan.id not in begun_with]
    quiet = _readable(tx, silences.kept, silences.kept.rows_since(tx, workspace, since))
    return Directory(
        workspace=workspace,
        name=head.name,
        version=head.version,
        users={user.id: user for user in people.all_(tx, workspace)},
        teams={team.id: team for team in teams.all_(tx, workspace)},
        services={service.id: service for service in services.all_(tx, workspace)},
        integrations={door.id: door for door in integrations.all_(tx, workspace)},
        destinations={place.id: place for place in destinations.all_(tx, workspace)},
        schedules={schedule.id: schedule for schedule in schedules.all_(tx, workspace)},
        escalation_policies={policy.id: policy for policy in named},
        alert_policies=tuple(policy for policy in policies if policy.enabled),
        silences=tuple(quiet),
        catch_all=head.catch_all,
        reminders=head.reminders,
        pace=head.pace,
        older=tuple(older),
        date_sets={dates.id: dates for dates in date_sets.all_(tx, workspace)},
    )


def _readable(tx: Tx, kept: Kept[V], rows: Sequence[Row]) -> list[V]:
    """Turn rows into values, leaving out those that cannot be read.

    A policy or silence that is left out lets alerts through to others and to the catch-all: people may be
    woken in vain, but nobody sleeps through because of one broken row.
    """
    found: list[V] = []
    for row in rows:
        try:
            found += kept.values(tx, [row])
        except Exception:
            log.exception("the %s with the id %d cannot be read and is left out", kept.noun, row[0])
    return found
