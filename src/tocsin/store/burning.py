"""What is burning: the open alerts of a workspace, the worst first, counted and gathered by what they share.

However many there are, a look at them is three statements: what there is of each kind, the best of each
group, and these alerts themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, case, func, literal, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from tocsin.core.alert import Alert
from tocsin.core.event import Severity
from tocsin.core.ids import AlertId, ServiceId, UserId, WorkspaceId
from tocsin.store import alerts as stored
from tocsin.store.columns import to_json
from tocsin.store.statements import Statement, among, containing, has_labels, number, words
from tocsin.store.tables import alerts, notifications, page_alerts, pages
from tocsin.store.transaction import Tx

_a = alerts.c
_RANK: Final = case({each.value: each.rank for each in Severity}, value=_a.severity, else_=0)
_quiet = or_(_a.ack_at.is_not(None), and_(_a.routing.is_not(None), _a.routing.in_(("silenced", "withdrawn"))))
_NEEDS: Final = case((_quiet, 0), else_=1)
_ASKED = (
    select(page_alerts.c.alert_id)
    .join(pages, pages.c.id == page_alerts.c.page_id)
    .join(notifications, notifications.c.page_id == pages.c.id)
    .where(notifications.c.user_id == number("mine"), pages.c.status != "resolved")
)


class LabelOf(ColumnElement[str]):
    """The label of an alert that the parameter *name* names; empty without one."""

    inherit_cache = False
    type = Text()

    def __init__(self, column: ColumnElement[str], name: str) -> None:
        self.column = column
        self.name = name


@compiles(LabelOf, "sqlite")
def _label_sqlite(element: LabelOf, compiler: SQLCompiler, **kw: Any) -> str:
    column = compiler.process(element.column, **kw)
    found = f"SELECT had.value FROM json_each({column}) AS had WHERE had.key = :{element.name}"  # noqa: S608  # names of ours
    return f"coalesce(({found}), '')"


@compiles(LabelOf, "postgresql")
def _label_postgresql(element: LabelOf, compiler: SQLCompiler, **kw: Any) -> str:
    return f"coalesce({compiler.process(element.column, **kw)}::jsonb ->> %({element.name})s, '')"


class TeamOf(ColumnElement[str]):
    """The team whose alert it is: the one that its label names, or else the one that owns its service."""

    inherit_cache = False
    type = Text()


@compiles(TeamOf, "sqlite")
def _team_sqlite(_element: TeamOf, _compiler: SQLCompiler, **_kw: Any) -> str:
    named = "SELECT had.value FROM json_each(alerts.labels) AS had WHERE had.key = 'team'"
    owner = "SELECT own.value FROM json_each(:owners) AS own WHERE own.key = CAST(alerts.service_id AS TEXT)"
    return f"coalesce(({named}), ({owner}), '')"


@compiles(TeamOf, "postgresql")
def _team_postgresql(_element: TeamOf, _compiler: SQLCompiler, **_kw: Any) -> str:
    owner = "%(owners)s::jsonb ->> alerts.service_id::text"
    return f"coalesce(alerts.labels::jsonb ->> 'team', {owner}, '')"


_KEYS: Final[Mapping[str, ColumnElement[Any]]] = {
    "": case((_quiet, literal("held")), else_=literal("burning")),
    "service": _a.service_id,
    "severity": _a.severity,
    "label": LabelOf(_a.labels, "label"),
    "team": TeamOf(),
}
_FILTERS: Final[Mapping[str, ColumnElement[bool]]] = {
    "services": among(_a.service_id, "services"),
    "team": or_(among(_a.service_id, "owned"), has_labels(_a.labels, "team")),
    "severities": among(_a.severity, "severities"),
    "labels": has_labels(_a.labels, "labels"),
    "text": or_(
        func.lower(_a.title).like(func.lower(words("text")), escape="\\"),
        func.lower(_a.message).like(func.lower(words("text")), escape="\\"),
    ),
    "mine": or_(_a.ack_by == number("mine"), _a.id.in_(_ASKED)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which open alerts: what is empty does not matter.

    *team* is a handle, *owned* are that team's services, and *owners* names the team of each service. *mine*
    asks for those that ask somebody, or that they have.
    """

    services: Sequence[ServiceId] = ()
    team: str = ""
    owned: Sequence[ServiceId] = ()
    owners: Mapping[ServiceId, str] = field(default_factory=dict)
    severities: Sequence[Severity] = ()
    labels: Mapping[str, str] | None = None
    text: str = ""
    mine: UserId | None = None

    @property
    def given(self) -> dict[str, Any]:
        """What is given, by the names of filters; *owned* and *team* go together."""
        found = {
            "services": sorted(self.services) or None,
            "team": to_json({"team": self.team}) if self.team else None,
            "severities": sorted(self.severities) or None,
            "labels": to_json(self.labels) if self.labels else None,
            "text": containing(self.text) if self.text else None,
            "mine": self.mine,
        }
        return {name: value for name, value in found.items() if value is not None}

    def values(self) -> dict[str, Any]:
        """Give what the statement is run with."""
        return self.given | ({"owned": sorted(self.owned)} if self.team else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How many alerts there are of one *key* at one severity, and whether they *need* somebody."""

    key: str
    needs: bool
    severity: Severity
    count: int


def kinds(tx: Tx, workspace: WorkspaceId, wanted: Wanted, *, by: str = "", label: str = "") -> list[Kind]:
    """Count the *wanted* alerts by what they share: how they stand, or their service, severity or *label*."""
    counting, _, _ = _statements(frozenset(wanted.given), by)
    rows = tx.rows(counting, **wanted.values(), **_key(wanted, by, label), workspace=workspace)
    return [
        Kind(key=str(key), needs=bool(needs), severity=Severity(severity), count=count)
        for key, needs, severity, count in rows
    ]


def best(
    tx: Tx,
    workspace: WorkspaceId,
    wanted: Wanted,
    *,
    by: str = "",
    label: str = "",
    keys: Sequence[str],
    each: int,
) -> list[tuple[str, Alert]]:
    """Read the first *each* of the *wanted* alerts of each of *keys*; those that need somebody come first."""
    _, finding, _ = _statements(frozenset(wanted.given), by)
    among_keys: Sequence[Any] = [int(key) for key in keys] if by == "service" else keys
    rows = tx.rows(
        finding,
        **wanted.values(),
        **_key(wanted, by, label),
        workspace=workspace,
        keys=sorted(among_keys),
        each=each,
    )
    placed = {row[0]: (place, str(row[1])) for place, row in enumerate(rows)}
    found = stored.get_many(tx, sorted(placed)) if placed else []
    found.sort(key=lambda alert: placed[alert.id][0])
    return [(placed[alert.id][1], alert) for alert in found]


def stretch(tx: Tx, workspace: WorkspaceId, wanted: Wanted, *, offset: int, limit: int) -> list[AlertId]:
    """Name *limit* of the *wanted* alerts, from the *offset*-th on, those that need somebody first."""
    _, _, listing = _statements(frozenset(wanted.given), "")
    rows = tx.rows(listing, **wanted.values(), workspace=workspace, offset=offset, limit=limit)
    return [AlertId(row[0]) for row in rows]


def _key(wanted: Wanted, by: str, label: str) -> dict[str, str]:
    """Give what the key by which one gathers is made of."""
    match by:
        case "label":
            return {"label": label}
        case "team":
            return {"owners": to_json({str(service): team for service, team in wanted.owners.items()})}
        case _:
            return {}


@cache
def _statements(filters: frozenset[str], by: str) -> tuple[Statement, Statement, Statement]:
    """Write the statements that count kinds, that find the best of each, and that list."""
    wanted = [_a.workspace_id == number("workspace"), _a.status == "firing"]
    wanted += [_FILTERS[name] for name in sorted(filters)]
    key = _KEYS[by].label("key")
    order = (_NEEDS.desc(), _RANK.desc(), _a.id.desc())
    open_ones = select(key, _NEEDS.label("needs"), _a.severity).where(*wanted).subquery()
    counted = select(*open_ones.columns, func.count()).group_by(*open_ones.columns)
    place = func.row_number().over(partition_by=key, order_by=order).label("place")
    placed = select(_a.id, key, place).where(*wanted).subquery()
    best_ones = (
        select(placed.c.id, placed.c.key)
        .where(among(placed.c.key, "keys"), placed.c.place <= number("each"))
        .order_by(placed.c.place, placed.c.id.desc())
    )
    listed = select(_a.id).where(*wanted).order_by(*order)
    return (
        Statement(counted),
        Statement(best_ones),
        Statement(listed.limit(number("limit")).offset(number("offset"))),
    )
