"""``/alert_policy``: alert strategies."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec
from msgspec import UNSET
from starlette.responses import Response

from tocsin.actions import alert_policies, extras, history
from tocsin.actions.actor import Actor, Permission
from tocsin.core.alert_policy import AlertPolicy, Scope
from tocsin.core.errors import Forbidden, Invalid, NotFound
from tocsin.core.ids import AlertPolicyId
from tocsin.dialects.guance import envelope, permits
from tocsin.dialects.guance.envelope import Enveloped, EnvelopedPage
from tocsin.dialects.guance.handling import (
    ALL,
    DIALECT,
    PREFIX,
    all_of,
    id_in_path,
    id_of,
    matching,
    part_of,
    reworded,
    stamped,
)
from tocsin.dialects.guance.spelled import STRATEGY
from tocsin.dialects.guance.strategies import records
from tocsin.dialects.guance.strategies.bodies import (
    ChangedStrategy,
    DeletedStrategies,
    NewStrategy,
    StrategyDocument,
    StrategyPart,
    check,
    opt_of,
    with_silence,
)
from tocsin.dialects.guance.strategies.records import KIND, Kept, kept_of, monitors_of, record
from tocsin.dialects.guance.strategies.translate import (
    NOTHING,
    Meaning,
    drafted,
    meaning_in,
    meaning_of,
    still_means,
)
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes
from tocsin.world import Tx

ROUTES = Routes(f"{PREFIX}/alert_policy", tag="Alert strategies")

ONE: Final = {"uuid": "the strategy's id, altpl_…"}
_NEW: JsonReader[NewStrategy] = JsonReader(NewStrategy)
_CHANGED: JsonReader[ChangedStrategy] = JsonReader(ChangedStrategy)
_WORDS: Final = (
    (re.compile(r"^time_zone"), "ruleTimezone"),
    (re.compile(r"^scope\.monitors"), "checkerUUIDs"),
    (re.compile(r"^gathering\.window"), "alertOpt.aggInterval"),
    (re.compile(r"^gathering\.first_labels"), "alertOpt.aggLabels"),
    (re.compile(r"^gathering"), "alertOpt.aggFields"),
    (re.compile(r"^repeat"), "alertOpt.silentTimeout"),
    (re.compile(r"^rules"), "alertOpt.alertTarget"),
    (re.compile(r"^description"), "desc"),
)
_CURL: Final[dict[str, Any]] = {
    "name": "jj_test",
    "ruleTimezone": "Asia/Shanghai",
    "alertOpt": {
        "silentTimeout": 21600,
        "aggInterval": 120,
        "aggFields": ["df_monitor_checker_id"],
        "alertTarget": [{"targets": [{"status": "warning", "to": ["notify_xxxx32"]}]}],
    },
}


@ROUTES.post(
    "/add_v2",
    permission=Permission.CONFIGURE,
    summary="Create a strategy, and associate monitors",
    body_later=StrategyDocument,
    answer=Enveloped[dict[str, Any]],
    examples=(Example(title="By level", body=_CURL),),
)
async def add_strategy_v2(call: Call) -> Response:
    """Create a strategy."""
    return await _add(call, _NEW.read(await call.read()))


@ROUTES.post(
    "/add",
    permission=Permission.CONFIGURE,
    summary="Create a strategy",
    description="Takes the same body, and ignores `checkerUUIDs`.",
    body_later=StrategyDocument,
    answer=Enveloped[dict[str, Any]],
)
async def add_strategy(call: Call) -> Response:
    """Create a strategy without a word about monitors."""
    return await _add(call, _without_monitors(_NEW.read(await call.read())))


@ROUTES.post(
    "/{uuid}/modify_v2",
    permission=Permission.READ,
    summary="Change a strategy, and its associated monitors",
    description="A field that is left out stays as it is; `checkerUUIDs` replaces the association.",
    body_later=StrategyDocument,
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound, Forbidden),
    params=ONE,
)
async def modify_strategy_v2(call: Call) -> Response:
    """Change a strategy."""
    policy = AlertPolicyId(id_in_path(call, STRATEGY, KIND))
    return await _modify(call, policy, _CHANGED.read(await call.read()))


@ROUTES.post(
    "/{uuid}/modify",
    permission=Permission.READ,
    summary="Change a strategy",
    description="Takes the same body, and ignores `checkerUUIDs`.",
    body_later=StrategyDocument,
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound, Forbidden),
    params=ONE,
)
async def modify_strategy(call: Call) -> Response:
    """Change a strategy without a word about monitors."""
    policy = AlertPolicyId(id_in_path(call, STRATEGY, KIND))
    return await _modify(call, policy, _without_monitors(_CHANGED.read(await call.read())))


@ROUTES.get(
    "/{uuid}/get",
    permission=Permission.READ,
    summary="Read a strategy",
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound,),
    params=ONE,
)
async def get_strategy(call: Call) -> Response:
    """Read a strategy."""
    policy_id = AlertPolicyId(id_in_path(call, STRATEGY, KIND))
    return envelope.ok(call, await call.ask(_read, policy_id))


@ROUTES.get(
    "/list",
    permission=Permission.READ,
    summary="List strategies",
    description="The newest first.",
    answer=EnvelopedPage[dict[str, Any]],
)
async def list_strategies(call: Call, query: StrategyPart) -> Response:
    """List strategies, a part of them."""
    found, kept, directory = await call.ask(_found, query)

    def show(part: Any) -> Any:
        rows = [records.row(policy, kept.get(policy.id, {}), directory) for policy in part]
        return {"data": rows, "declaration": {}}

    return part_of(call, found, query.page_index, query.page_size, show)


@ROUTES.post(
    "/delete",
    permission=Permission.READ,
    summary="Delete strategies",
    description="All of them or, when one is not there or may not be deleted, none.",
    answer=Enveloped[bool],
    raises=(NotFound, Forbidden),
)
async def delete_strategies(call: Call, body: DeletedStrategies) -> Response:
    """Delete strategies."""
    wanted = [AlertPolicyId(id_of(each, STRATEGY, KIND)) for each in dict.fromkeys(body.alertPolicyUUIDs)]

    def delete(tx: Tx, actor: Actor) -> None:
        kept = extras.kept(tx, actor, wanted, dialect=DIALECT, kind=KIND)
        for policy in wanted:
            alert_policies.get(tx, actor, policy)
            allowed = permits.permitted(tx, actor, kept.get(policy, {}))
            alert_policies.delete(tx, allowed, policy, now=call.now)

    await call.act(delete)
    return envelope.ok(call, content=True)


async def _add(call: Call, given: NewStrategy) -> Response:
    check(given)
    read = opt_of(given)
    text, meaning = (None, None) if read is None else (read[0], meaning_of(read[1], given.ruleTimezone))

    def add(tx: Tx, actor: Actor) -> Any:
        desc = given.desc if isinstance(given.desc, str) else ""
        draft = drafted(given.name, desc, given.ruleTimezone, monitors_of(given, {}), meaning or NOTHING)
        made = alert_policies.create(tx, actor, draft, strict=False, now=call.now)
        kept = stamped(actor, kept_of({}, given, text), call.now)
        extras.keep(tx, actor, made.id, kept, dialect=DIALECT, kind=KIND)
        return record(made, kept, history.directory(tx, actor), new=True)

    return envelope.ok(call, await _told(call, add))


async def _modify(call: Call, policy_id: AlertPolicyId, given: ChangedStrategy) -> Response:
    await call.ask(_must_be_there, policy_id)
    check(given)
    read = opt_of(given)
    if read is not None:
        meaning_of(read[1], given.ruleTimezone)  # tells what is wrong with its filters

    def modify(tx: Tx, actor: Actor) -> Any:
        was = extras.kept(tx, actor, (policy_id,), dialect=DIALECT, kind=KIND).get(policy_id, {})
        allowed = permits.permitted(tx, actor, was)
        text = was.get("alertOpt")
        if read is not None:
            text = read[0]
            if read[1].silent_timeout is None:
                text = with_silence(text, _silence(alert_policies.get(tx, allowed, policy_id)))
        meaning = None if text is None else records.meaning_of_text(text, given.ruleTimezone)
        edit = _Edit(given, was, meaning, replaces=read is not None)
        new = alert_policies.change(tx, allowed, policy_id, edit, strict=False, now=call.now)
        kept = stamped(actor, kept_of(was, given, text if read is not None else None), call.now)
        extras.keep(tx, allowed, policy_id, kept, dialect=DIALECT, kind=KIND)
        return record(new, kept, history.directory(tx, actor))

    return envelope.ok(call, await _told(call, modify))


class _Edit:
    """Changes a policy as a request says; what *meaning* says holds unless it was changed elsewhere since."""

    def __init__(
        self, given: ChangedStrategy, kept: Kept, meaning: Meaning | None, *, replaces: bool
    ) -> None:
        self._given = given
        self._kept = kept
        self._meaning = meaning
        self._replaces = replaces

    def __call__(self, was: AlertPolicy) -> AlertPolicy:
        given = self._given
        new = replace(
            was,
            name=was.name if given.name is UNSET else given.name,
            description=was.description if given.desc is UNSET else given.desc,
            time_zone=given.ruleTimezone,
            scope=self._scope(was),
        )
        if self._meaning is None or not (self._replaces or self._is_untouched(was)):
            return new
        return meaning_in(new, self._meaning)

    def _scope(self, was: AlertPolicy) -> Scope:
        given = self._given
        if given.checkerUUIDs is UNSET and given.securityRuleUUIDs is UNSET:
            return was.scope
        kept = {**self._kept, "checkerUUIDs": self._checkers(was)}
        return replace(was.scope, monitors=frozenset(monitors_of(given, kept)))

    def _checkers(self, was: AlertPolicy) -> list[str]:
        security = set(self._kept.get("securityRuleUUIDs", ()))
        return sorted(was.scope.monitors.difference(security))

    def _is_untouched(self, was: AlertPolicy) -> bool:
        """Tell whether the policy still is what the text that is kept says, so that a new zone moves it."""
        text = self._kept.get("alertOpt")
        meaning = None if text is None else records.meaning_of_text(text, was.time_zone)
        return meaning is not None and still_means(was, meaning)


def _without_monitors(given: Any) -> Any:
    return msgspec.structs.replace(given, checkerUUIDs=UNSET)


def _silence(policy: AlertPolicy) -> int:
    after = policy.repeat.after
    return 0 if after is None else int(after.total_seconds())


def _must_be_there(tx: Tx, actor: Actor, policy_id: AlertPolicyId) -> None:
    alert_policies.get(tx, actor, policy_id)


def _read(tx: Tx, actor: Actor, policy_id: AlertPolicyId) -> Any:
    policy = alert_policies.get(tx, actor, policy_id)
    kept = extras.kept(tx, actor, (policy_id,), dialect=DIALECT, kind=KIND).get(policy_id, {})
    directory = history.directory(tx, actor)
    written = record(policy, kept, directory)
    text = records.text_of(policy, kept, directory.plans)
    return written | {
        "notifyObjectName": records.notify_names(text, directory),
        "forbiddenOperation": not permits.may_change(tx, actor, kept),
    }


def _found(tx: Tx, actor: Actor, query: StrategyPart) -> tuple[list[AlertPolicy], Mapping[int, Kept], Any]:
    directory = history.directory(tx, actor)
    policies = all_of(alert_policies.list_(tx, actor, limit=ALL))
    policies = matching(policies, query.search, lambda policy: policy.name)
    kept = extras.kept(tx, actor, [policy.id for policy in policies], dialect=DIALECT, kind=KIND)
    found = [
        policy
        for policy in policies
        if records.names_any(policy, kept.get(policy.id, {}), directory, query.wanted)
    ]
    return found, kept, directory


async def _told(call: Call, action: Any) -> Any:
    """Act; what the domain finds wrong is told by the path that the client wrote."""
    try:
        return await call.act(action)
    except Invalid as error:
        raise reworded(error, _WORDS) from None
