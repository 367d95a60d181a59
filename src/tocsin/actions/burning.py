"""What is burning, for those who look at it: counted, gathered, and the worst of it first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.actions import history
from tocsin.actions.actor import Actor, Permission
from tocsin.core.alert import Alert
from tocsin.core.event import Severity
from tocsin.core.ids import UNMADE, AlertId, ServiceId, UserId
from tocsin.store import alerts, burning
from tocsin.store.burning import Kind, Wanted
from tocsin.store.transaction import Tx

__all__ = ["EVERY", "Heap", "Kind", "Look", "Wanted", "count", "firing", "ids", "look", "wanted_of"]

EVERY: Final = Wanted()
HEAPS_MAX: Final = 20  # groups that are shown at once, the worst first
BY_HEAP: Final = 5  # alerts of each of them
ALL_MAX: Final = 10_000  # alerts that are named at once
NOBODYS: Final = ServiceId(UNMADE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heap:
    """Alerts that share *key*: *count* of them, *needs* of which need somebody, and the first few."""

    key: str
    count: int
    needs: int
    worst: Severity
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is burning: *total* open alerts are wanted, *needs* of which need somebody.

    *heaps* are the groups that are shown, of *heaps_total*.
    """

    total: int
    needs: int
    by_severity: Mapping[Severity, int]
    heaps: tuple[Heap, ...]
    heaps_total: int


def wanted_of(
    tx: Tx,
    actor: Actor,
    *,
    services: Sequence[str] = (),
    team: str = "",
    severities: Sequence[Severity] = (),
    labels: Mapping[str, str] | None = None,
    text: str = "",
    mine: bool = False,
) -> Wanted:
    """Say which alerts are wanted, by the names that people use; names that are not there fit nothing."""
    directory = history.directory(tx, actor)
    owner = next((each.id for each in directory.teams.values() if each.handle == team), None)
    owned = [each.id for each in directory.services.values() if owner is not None and each.team == owner]
    handles = {each.id: each.handle for each in directory.teams.values()}
    return Wanted(
        owners={each.id: handles[each.team] for each in directory.services.values() if each.team in handles},
        services=[directory.slugs.get(each, NOBODYS) for each in services],
        team=team,
        owned=owned,
        severities=severities,
        labels=labels,
        text=text,
        mine=(actor.user or UserId(UNMADE)) if mine else None,
    )


def look(
    tx: Tx, actor: Actor, wanted: Wanted, *, by: str = "", label: str = "", offset: int = 0, limit: int
) -> Look:
    """Look at the *wanted* open alerts, gathered *by* how they stand, service, team, severity or *label*.

    By how they stand it is one list, of which *limit* alerts are read from the *offset*-th on; otherwise the
    worst few of the worst groups.
    """
    actor.must(Permission.READ)
    kinds = burning.kinds(tx, actor.workspace, wanted, by=by, label=label)
    by_key: dict[str, list[Kind]] = {}
    for kind in kinds:
        by_key.setdefault(kind.key, []).append(kind)
    order = sorted(by_key, key=lambda key: (*_badness(by_key[key]), key), reverse=True)
    shown = order[:HEAPS_MAX]
    if by:
        found = burning.best(tx, actor.workspace, wanted, by=by, label=label, keys=shown, each=BY_HEAP)
    else:
        named = burning.stretch(tx, actor.workspace, wanted, offset=offset, limit=limit)
        rows = {alert.id: alert for alert in alerts.get_many(tx, sorted(named))} if named else {}
        standing = [rows[each] for each in named if each in rows]
        found = [("burning" if _needs(alert) else "held", alert) for alert in standing]
    by_severity = {each: sum(kind.count for kind in kinds if kind.severity is each) for each in Severity}
    return Look(
        total=sum(kind.count for kind in kinds),
        needs=sum(kind.count for kind in kinds if kind.needs),
        by_severity={severity: count for severity, count in by_severity.items() if count},
        heaps=tuple(_heap(key, by_key[key], found) for key in shown),
        heaps_total=len(order),
    )


def count(tx: Tx, actor: Actor) -> int:
    """Count all open alerts."""
    actor.must(Permission.READ)
    return sum(kind.count for kind in burning.kinds(tx, actor.workspace, EVERY))


def ids(tx: Tx, actor: Actor, wanted: Wanted) -> list[AlertId]:
    """Name the *wanted* open alerts, ALL_MAX at most."""
    actor.must(Permission.READ)
    return burning.stretch(tx, actor.workspace, wanted, offset=0, limit=ALL_MAX)


def firing(tx: Tx, actor: Actor, alert_ids: Sequence[AlertId], *, free: bool = False) -> list[AlertId]:
    """Leave out of *alert_ids* what fires no longer, or was never there, in the order in which they are.

    Those that are *free* are those that nobody has acknowledged.
    """
    actor.must(Permission.READ)
    found = {each.id: each for each in alerts.get_many(tx, sorted(set(alert_ids)))} if alert_ids else {}
    wanted = {
        each.id
        for each in found.values()
        if each.workspace == actor.workspace
        and each.resolved_at is None
        and not (free and each.acknowledgement is not None)
    }
    return [each for each in dict.fromkeys(alert_ids) if each in wanted]


def _heap(key: str, own: Sequence[Kind], found: Sequence[tuple[str, Alert]]) -> Heap:
    return Heap(
        key=key,
        count=sum(kind.count for kind in own),
        needs=sum(kind.count for kind in own if kind.needs),
        worst=max((kind.severity for kind in own), key=lambda severity: severity.rank),
        alerts=tuple(alert for its, alert in found if its == key),
    )


def _badness(own: Sequence[Kind]) -> tuple[bool, int, int]:
    needed = [kind for kind in own if kind.needs]
    worst = max((kind.severity.rank for kind in needed or own), default=0)
    return bool(needed), worst, sum(kind.count for kind in needed or own)


def _needs(alert: Alert) -> bool:
    return alert.acknowledgement is None and (
        alert.routing is None or alert.routing.value not in {"silenced", "withdrawn"}
    )
