"""``/now``: what is burning, who is being asked this second, and what comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from msgspec import Meta
from starlette.responses import RedirectResponse, Response

from tocsin.actions import burning, history
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.burning import Heap
from tocsin.core.alert import Alert
from tocsin.core.directory import Directory
from tocsin.core.event import Severity
from tocsin.core.people import User
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import must_be_still, signed_in
from tocsin.web.live import Live, stream
from tocsin.web.receivers import Receiver, receivers_of
from tocsin.web.rendering import fragment
from tocsin.web.rendering import page as write
from tocsin.web.words import Row, row_of
from tocsin.world import Tx

SHOWN: Final = 100  # alerts of a list at once
GROUPS: Final = {"": "how it stands", "service": "service", "team": "team", "severity": "severity"}
GROUP_LABELS_MAX: Final = 12  # names of labels by which one can gather
_STANDING: Final = {"burning": "Needs somebody", "held": "Somebody has it, or it is quiet"}
_Text = Annotated[str, Meta(max_length=300)]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which alerts somebody wants to see, gathered how, and how many of them to skip: all in the address."""

    service: Annotated[list[_Text], Meta(max_length=50)] = msgspec.field(default_factory=list)
    severity: Annotated[list[_Text], Meta(max_length=10)] = msgspec.field(default_factory=list)
    label: Annotated[list[_Text], Meta(max_length=20)] = msgspec.field(default_factory=list)
    team: _Text = ""
    q: _Text = ""
    mine: Annotated[str, Meta(max_length=1)] = ""
    by: _Text = ""
    first: Annotated[int, Meta(ge=0, le=1_000_000)] = 0

    @property
    def labels(self) -> dict[str, str]:
        """The labels that are wanted; what is not name=value is none."""
        found = (each.partition("=") for each in self.label)
        return {name.strip(): value.strip() for name, sign, value in found if sign and name.strip()}

    @property
    def by_label(self) -> str:
        """The label by which to gather, if it is one."""
        return self.by.removeprefix("label:") if self.by.startswith("label:") else ""

    def url(self, path: str = "/now", **changes: Any) -> str:
        """Give the address of the same with *changes*."""
        said = {name: getattr(self, name) for name in self.__struct_fields__} | changes
        query = urlencode({name: value for name, value in said.items() if value}, doseq=True)
        return f"{path}?{query}" if query else path


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Alerts that share something, under a *title*; *url* leads to all of them where some are not shown."""

    name: str
    title: str
    count: int
    needs: int
    rows: Sequence[Row]
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """All that the page shows: *total* alerts fit, *open* are open in all."""

    groups: Sequence[Group]
    total: int
    needs: int
    open: int
    by_severity: Mapping[Severity, int]
    before: str = ""
    after: str = ""
    shown: int = 0
    groups_left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the filters offer."""

    services: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    receivers: Mapping[str, Sequence[Receiver]] = field(default_factory=dict)
    gatherings: Mapping[str, str] = field(default_factory=dict)


def routes(live: Live) -> Routes:
    """Make the routes of the first page."""
    own = Routes("", tag="Pages")

    @own.get("/", permission=Permission.READ, summary="Go to the first page", hidden=True)
    async def first(call: Call) -> Response:
        """Lead to what is burning."""
        del call
        return RedirectResponse("/now", 303)

    @own.get("/now", permission=Permission.READ, summary="Show what is burning", hidden=True)
    async def show_now(call: Call, query: Wanted) -> Response:
        """Show the open alerts."""
        found, choices = await call.ask(_whole, query, call.now)
        user = signed_in(call.request).user
        values = _values(call.actor, query, found) | {"choices": choices}
        return write("now.html", now=call.now, user=user, **values)

    @own.get("/now/live", permission=Permission.READ, summary="See what is burning change", hidden=True)
    async def follow_now(call: Call, query: Wanted) -> Response:
        """Stream the list of open alerts, each time that it changes."""
        user = signed_in(call.request).user

        async def show() -> str:
            return await call.ask(_rewritten, user, query, now=call.world.now())

        whose = user.id if query.mine else None
        what = (call.actor.workspace, query.url(), user.time_zone, user.role, whose)
        return stream(live.beats(what, show))

    return own


def wanted_in(tx: Tx, actor: Actor, query: Wanted) -> burning.Wanted:
    """Read which alerts are wanted."""
    return burning.wanted_of(
        tx,
        actor,
        services=query.service,
        team=query.team,
        severities=[each for each in Severity if each in query.severity],
        labels=query.labels,
        text=query.q.strip(),
        mine=bool(query.mine),
    )


def _values(actor: Actor, query: Wanted, found: Now) -> dict[str, Any]:
    return {"found": found, "wanted": query, "may_answer": actor.may(Permission.RESPOND)}


def _rewritten(tx: Tx, actor: Actor, user: User, query: Wanted, *, now: datetime) -> str:
    """Write the list anew, for as long as *user* is who they were."""
    directory = history.directory(tx, actor)
    must_be_still(directory, user)
    found, _ = _look(tx, actor, query, now)
    return fragment("now_list.html", now=now, user=user, **_values(actor, query, found))


def _whole(tx: Tx, actor: Actor, query: Wanted, now: datetime) -> tuple[Now, Choices]:
    directory = history.directory(tx, actor)
    found, alerts = _look(tx, actor, query, now)
    names = list(dict.fromkeys(name for alert in alerts for name in alert.labels))[:GROUP_LABELS_MAX]
    names += [query.by_label] if query.by_label and query.by_label not in names else []
    return found, Choices(
        services={each.slug: each.name for each in directory.services.values()},
        teams={each.handle: each.name for each in directory.teams.values()},
        receivers=receivers_of(directory) if actor.may(Permission.RESPOND) else {},
        gatherings=GROUPS | {f"label:{name}": f"label {name}" for name in names},
    )


def _look(tx: Tx, actor: Actor, query: Wanted, now: datetime) -> tuple[Now, list[Alert]]:
    directory = history.directory(tx, actor)
    wanted = wanted_in(tx, actor, query)
    by = "label" if query.by_label else query.by if query.by in GROUPS else ""
    look = burning.look(tx, actor, wanted, by=by, label=query.by_label, offset=query.first, limit=SHOWN)
    alerts = [alert for heap in look.heaps for alert in heap.alerts]
    pages = history.pages_of(tx, actor, alerts)
    rows = {each.id: row_of(each, pages.get(each.id, ()), directory, now) for each in alerts}
    groups = [
        _group(heap, query, by, directory, [rows[each.id] for each in heap.alerts]) for heap in look.heaps
    ]
    every = burning.count(tx, actor) if wanted.given else look.total
    more = not by and query.first + len(alerts) < look.total
    found = Now(
        groups=[group for group in groups if group.rows],
        total=look.total,
        needs=look.needs,
        open=every,
        by_severity=look.by_severity,
        shown=len(alerts),
        before=query.url(first=max(0, query.first - SHOWN)) if query.first and not by else "",
        after=query.url(first=query.first + SHOWN) if more else "",
        groups_left=look.heaps_total - len(look.heaps),
    )
    return found, alerts


def _group(heap: Heap, query: Wanted, by: str, directory: Directory, rows: Sequence[Row]) -> Group:
    """Name a group, and say where all of it is."""
    title, only = heap.key, dict[str, Any]()
    match by:
        case "service":
            service = next((each for each in directory.services.values() if str(each.id) == heap.key), None)
            title = service.name if service is not None else "a deleted service"
            only = {"service": [service.slug]} if service is not None else {}
        case "team":
            team = next((each for each in directory.teams.values() if each.handle == heap.key), None)
            title = team.name if team is not None else heap.key or "without a team"
            only = {"team": heap.key} if heap.key else {}
        case "severity":
            only = {"severity": [heap.key]}
        case "label":
            title = f"{query.by_label}={heap.key}" if heap.key else f"without {query.by_label}"
            only = {"label": [*query.label, title]} if heap.key else {}
        case _:
            title = _STANDING[heap.key]
    more = bool(by and only and heap.count > len(rows))
    return Group(
        name=heap.key,
        title=title,
        count=heap.count,
        needs=heap.needs,
        rows=rows,
        url=query.url(**(only | {"by": "", "first": 0})) if more else "",
    )
