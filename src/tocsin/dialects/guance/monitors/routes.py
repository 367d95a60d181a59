"""``/checker``: monitors, kept as a register. Nothing is measured here; events bring their ids."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from tocsin.actions import alert_policies, extras, monitors
from tocsin.actions.actor import Actor, Permission
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.errors import Forbidden, NotFound
from tocsin.core.ids import UNMADE, MonitorId, WorkspaceId
from tocsin.core.monitor import Monitor
from tocsin.dialects.guance import envelope, permits
from tocsin.dialects.guance.envelope import Enveloped, EnvelopedPage
from tocsin.dialects.guance.handling import (
    ALL,
    DIALECT,
    PREFIX,
    PageIndex,
    PageSize,
    Search,
    all_of,
    matching,
    part_of,
    stamped,
    stamps,
)
from tocsin.dialects.guance.reading import a_text, an_object, decoded
from tocsin.dialects.guance.spelled import MONITOR, STRATEGY, read, spelled
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

KIND: Final = "monitor"
ONE: Final = {"uuid": "the monitor's id, rul_…"}
NAME_LENGTH_MAX: Final = 256
_KEPT: Final = ("type", "extend", "tags", "status")

Ids = Annotated[list[Annotated[str, Meta(min_length=1, max_length=255)]], Meta(max_length=1_000)]


class CheckerBody(msgspec.Struct, frozen=True, kw_only=True):
    """A monitor; what is left out of a change stays."""

    type: str | UnsetType = UNSET
    status: int | UnsetType = UNSET
    jsonScript: msgspec.Raw = msgspec.Raw()  # noqa: N815 - the names are the vendor's
    extend: dict[str, Any] | UnsetType | None = UNSET
    alertPolicyUUIDs: Ids | UnsetType = UNSET  # noqa: N815 - the names are the vendor's
    tags: list[Any] | UnsetType = UNSET
    openPermissionSet: bool | UnsetType = UNSET  # noqa: N815 - the names are the vendor's
    permissionSet: Ids | UnsetType = UNSET  # noqa: N815 - the names are the vendor's


class CheckerDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A monitor as it is sent, for the document."""

    jsonScript: dict[str, Any]  # noqa: N815 - the names are the vendor's
    type: str = "trigger"
    status: int = 0
    extend: dict[str, Any] = {}
    alertPolicyUUIDs: list[str] = []  # noqa: N815 - the names are the vendor's
    tags: list[str] = []


class DeletedCheckers(msgspec.Struct, frozen=True, kw_only=True):
    """Monitors to delete, all or none."""

    ruleUUIDs: Annotated[Ids, Meta(min_length=1)]  # noqa: N815 - the names are the vendor's


class CheckerPart(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which monitors are wanted."""

    search: Search = ""
    page_index: PageIndex = 1
    page_size: PageSize = 20
    checkers: Annotated[str, Meta(max_length=10_000, description="ids with commas between them")] = (
        msgspec.field(default="", name="checkerUUID")
    )
    strategies: Annotated[str, Meta(max_length=10_000, description="ids with commas between them")] = (
        msgspec.field(default="", name="alertPolicyUUID")
    )
    monitors: Annotated[str, Meta(max_length=10_000, description="not looked at: groups are not kept")] = (
        msgspec.field(default="", name="monitorUUID")
    )


ROUTES = Routes(PREFIX, tag="Monitors")
_BODY: JsonReader[CheckerBody] = JsonReader(CheckerBody)


@ROUTES.post(
    "/checker/add",
    permission=Permission.CONFIGURE,
    summary="Register a monitor, and associate strategies",
    body_later=CheckerDocument,
    answer=Enveloped[dict[str, Any]],
)
async def add_checker(call: Call) -> Response:
    """Register a monitor."""
    given = _BODY.read(await call.read())
    permits.check_set(given.permissionSet)
    name, text = _script(given, needed=True)

    def add(tx: Tx, actor: Actor) -> Any:
        draft = Monitor(id=MonitorId(UNMADE), workspace=WorkspaceId(UNMADE), key="", name=name)
        made = monitors.create(tx, actor, draft, key=lambda number: spelled("monitor", number), now=call.now)
        _associate(tx, actor, made, given, call)
        kept = stamped(actor, _kept_of({}, given, text), call.now)
        extras.keep(tx, actor, made.id, kept, dialect=DIALECT, kind=KIND)
        return record(made, kept, _policies(tx, actor))

    return envelope.ok(call, await call.act(add))


@ROUTES.get(
    "/checker/{uuid}/get",
    permission=Permission.READ,
    summary="Read a monitor",
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound,),
    params=ONE,
)
async def get_checker(call: Call) -> Response:
    """Read a monitor."""

    def find(tx: Tx, actor: Actor) -> Any:
        found = _find(tx, actor, call.params["uuid"])
        return record(found, _was(tx, actor, found.id), _policies(tx, actor))

    return envelope.ok(call, await call.ask(find))


@ROUTES.post(
    "/checker/{uuid}/modify",
    permission=Permission.READ,
    summary="Change a monitor",
    body_later=CheckerDocument,
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound, Forbidden),
    params=ONE,
)
async def modify_checker(call: Call) -> Response:
    """Change a monitor."""
    given = _BODY.read(await call.read())
    permits.check_set(given.permissionSet)
    name, text = _script(given, needed=False)

    def modify(tx: Tx, actor: Actor) -> Any:
        found = _find(tx, actor, call.params["uuid"])
        was = _was(tx, actor, found.id)
        allowed = permits.permitted(tx, actor, was)
        changed = monitors.change(
            tx, allowed, found.id, lambda old: replace(old, name=name or old.name), now=call.now
        )
        _associate(tx, allowed, changed, given, call)
        kept = stamped(actor, _kept_of(was, given, text), call.now)
        extras.keep(tx, allowed, found.id, kept, dialect=DIALECT, kind=KIND)
        return record(changed, kept, _policies(tx, allowed))

    return envelope.ok(call, await call.act(modify))


@ROUTES.post(
    "/checker/delete",
    permission=Permission.READ,
    summary="Delete monitors",
    description="Strategies go on taking the events that carry their ids.",
    answer=Enveloped[bool],
    raises=(NotFound, Forbidden),
)
async def delete_checkers(call: Call, body: DeletedCheckers) -> Response:
    """Delete monitors."""

    def delete(tx: Tx, actor: Actor) -> None:
        for uuid in dict.fromkeys(body.ruleUUIDs):
            found = _find(tx, actor, uuid)
            allowed = permits.permitted(tx, actor, _was(tx, actor, found.id))
            monitors.delete(tx, allowed, found.id, now=call.now)

    await call.act(delete)
    return envelope.ok(call, content=True)


@ROUTES.get(
    "/checker/list",
    permission=Permission.READ,
    summary="List monitors",
    description="The newest first.",
    answer=EnvelopedPage[dict[str, Any]],
)
async def list_checkers(call: Call, query: CheckerPart) -> Response:
    """List monitors, a part of them."""
    return await _list(call, query)


@ROUTES.get(
    "/monitor/check/list",
    permission=Permission.READ,
    summary="List monitors, by the older path",
    answer=EnvelopedPage[dict[str, Any]],
)
async def list_monitor_checks(call: Call, query: CheckerPart) -> Response:
    """List monitors, a part of them."""
    return await _list(call, query)


def record(monitor: Monitor, kept: Mapping[str, Any], policies: Sequence[AlertPolicy]) -> dict[str, Any]:
    """Write a monitor; *policies* are all of the workspace."""
    script = kept.get("jsonScript")
    named = [
        spelled("alert_policy", policy.id) for policy in policies if monitor.key in policy.scope.monitors
    ]
    return {
        "uuid": monitor.key,
        "type": kept.get("type", "trigger"),
        "name": monitor.name,
        "jsonScript": msgspec.Raw(script.encode()) if script else {"title": monitor.name},
        "extend": kept.get("extend", {}),
        "tags": kept.get("tags", []),
        "alertPolicyUUIDs": _in_order(named, kept.get("alertPolicyUUIDs", ())),
        **permits.shown_permissions(kept),
        **stamps(monitor.id, kept, monitor.workspace),
        "status": kept.get("status", 0),
    }


def _in_order(named: Sequence[str], given: Sequence[str]) -> list[str]:
    """Give the strategies of a monitor in the order in which it was given them."""
    kept = [each for each in given if each in named or read(each, STRATEGY) is None]
    return kept + [each for each in named if each not in kept]


async def _list(call: Call, query: CheckerPart) -> Response:
    wanted = set(_split(query.checkers))
    strategies = {read(each, STRATEGY) for each in _split(query.strategies)}

    def find(tx: Tx, actor: Actor) -> tuple[list[Monitor], Mapping[int, Any], list[AlertPolicy]]:
        found = matching(all_of(monitors.list_(tx, actor, limit=ALL)), query.search, lambda each: each.name)
        policies = _policies(tx, actor)
        named = [policy.scope.monitors for policy in policies if policy.id in strategies]
        found = [
            each
            for each in found
            if (not wanted or each.key in wanted)
            and (not strategies or any(each.key in keys for keys in named))
        ]
        kept = extras.kept(tx, actor, [each.id for each in found], dialect=DIALECT, kind=KIND)
        return found, kept, policies

    found, kept, policies = await call.ask(find)

    def show(part: Sequence[Monitor]) -> Any:
        return {"data": [record(each, kept.get(each.id, {}), policies) for each in part], "declaration": {}}

    return part_of(call, found, query.page_index, query.page_size, show)


def _split(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _script(given: CheckerBody, *, needed: bool) -> tuple[str, str | None]:
    """Read the name out of ``jsonScript``, and its text as it came."""
    raw = bytes(given.jsonScript)
    if not raw:
        if needed:
            an_object(None, "jsonScript")
        return "", None
    script = an_object(decoded(raw, "jsonScript"), "jsonScript")
    title = script.get("title", script.get("name", ""))
    return a_text(title, "jsonScript.title", longest=NAME_LENGTH_MAX) or "Untitled monitor", raw.decode()


def _kept_of(was: Mapping[str, Any], given: CheckerBody, text: str | None) -> dict[str, Any]:
    new = {name: getattr(given, name) for name in (*_KEPT, "alertPolicyUUIDs")}
    permissions = permits.kept_permissions(was, opened=given.openPermissionSet, entries=given.permissionSet)
    kept = {**was, **permissions, **{name: value for name, value in new.items() if value is not UNSET}}
    return kept if text is None else {**kept, "jsonScript": text}


def _associate(tx: Tx, actor: Actor, monitor: Monitor, given: CheckerBody, call: Call) -> None:
    """Let exactly the strategies that are given be for *monitor*; those that are not here are only kept."""
    if given.alertPolicyUUIDs is UNSET:
        return
    wanted = {read(each, STRATEGY) for each in given.alertPolicyUUIDs}
    for policy in _policies(tx, actor):
        has = monitor.key in policy.scope.monitors
        if has == (policy.id in wanted):
            continue

        def edit(was: AlertPolicy, *, leave: bool = has) -> AlertPolicy:
            others = was.scope.monitors - {monitor.key}
            named = others if leave else others | {monitor.key}
            return replace(was, scope=replace(was.scope, monitors=named))

        alert_policies.change(tx, actor, policy.id, edit, strict=False, now=call.now)


def _find(tx: Tx, actor: Actor, uuid: str) -> Monitor:
    """Find a monitor by what its events carry."""
    number = read(uuid, MONITOR)
    if number is not None:
        return monitors.get(tx, actor, MonitorId(number))
    found = [each for each in monitors.list_(tx, actor, limit=ALL).items if each.key == uuid]
    if not found:
        raise NotFound(KIND, uuid[:100])
    return found[0]


def _policies(tx: Tx, actor: Actor) -> list[AlertPolicy]:
    return list(alert_policies.list_(tx, actor, limit=ALL).items)


def _was(tx: Tx, actor: Actor, number: MonitorId) -> Mapping[str, Any]:
    return extras.kept(tx, actor, (number,), dialect=DIALECT, kind=KIND).get(number, {})
