"""``/on-call/escalation-policies``: create, read, replace, delete, and, though it is not published, list."""

from collections.abc import Iterable

from tocsin.actions import escalation_policies, extras
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.named import look_up
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.escalation import EscalationPolicy
from tocsin.core.ids import EscalationPolicyId
from tocsin.dialects.datadog.errors import in_use
from tocsin.dialects.datadog.handling import (
    PREFIX,
    Including,
    lasting,
    must_be_in_path,
    path_id,
    read_body,
    reworded,
)
from tocsin.dialects.datadog.jsonapi import MEDIA, Include, Included, read_include
from tocsin.dialects.datadog.objects import DIALECT, TEAM, TeamExtras
from tocsin.dialects.datadog.policies.translate import (
    KIND,
    WORDS,
    Names,
    add_included,
    drafted,
    names_in,
    replaced,
    show,
    show_policy,
)
from tocsin.dialects.datadog.policies.wire import (
    INCLUDES,
    CreatePolicy,
    PoliciesQuery,
    PolicyBody,
    PolicyDocument,
    PolicyIncluded,
    PolicyList,
    UpdatePolicy,
)
from tocsin.dialects.datadog.wire import place_of
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Routes
from tocsin.world import Tx

ROUTES = Routes(f"{PREFIX}/on-call", tag="Escalation policies")

_POLICY = {"policy_id": "the escalation policy's id"}
_INCLUDE = f"`include`: {', '.join(f'`{path}`' for path in INCLUDES)}."
_CREATE: JsonReader[CreatePolicy] = JsonReader(CreatePolicy)
_UPDATE: JsonReader[UpdatePolicy] = JsonReader(UpdatePolicy)


@ROUTES.get(
    "/escalation-policies",
    permission=Permission.READ,
    summary="List escalation policies",
    description=f"By name. {_INCLUDE}",
    media=MEDIA,
)
async def list_on_call_escalation_policies(call: Call, query: PoliciesQuery) -> Answer[PolicyList]:
    """List policies, a page of them."""
    return await lasting(call, _listed, query, read_include(query.include, INCLUDES))


@ROUTES.post(
    "/escalation-policies",
    permission=Permission.CONFIGURE,
    summary="Create an escalation policy",
    description=_INCLUDE,
    status=201,
    body_later=CreatePolicy,
    media=MEDIA,
)
async def create_on_call_escalation_policy(call: Call, query: Including) -> PolicyDocument:
    """Create a policy."""
    include = read_include(query.include, INCLUDES)
    given = (await read_body(call, _CREATE)).data
    draft = drafted(given)

    def create(tx: Tx, actor: Actor) -> PolicyDocument:
        made = escalation_policies.create(tx, actor, draft, now=call.now)
        return _shown(tx, actor, made, given.attributes, include)

    with reworded(WORDS):
        return await call.act(create)


@ROUTES.get(
    "/escalation-policies/{policy_id}",
    permission=Permission.READ,
    summary="Read an escalation policy",
    description=_INCLUDE,
    media=MEDIA,
    raises=(NotFound,),
    params=_POLICY,
)
async def get_on_call_escalation_policy(call: Call, query: Including) -> Answer[PolicyDocument]:
    """Read a policy."""
    policy_id = EscalationPolicyId(path_id(call, "policy"))
    return await lasting(call, _read, policy_id, query.include)


@ROUTES.put(
    "/escalation-policies/{policy_id}",
    permission=Permission.CONFIGURE,
    summary="Replace an escalation policy",
    description=(
        "Steps with an `id` stay the same steps; others are new, and those that are not there are removed."
        f" Pages that run keep the steps with which they began. {_INCLUDE}"
    ),
    body_later=UpdatePolicy,
    media=MEDIA,
    raises=(NotFound,),
    params=_POLICY,
)
async def update_on_call_escalation_policy(call: Call, query: Including) -> PolicyDocument:
    """Replace a policy."""
    policy_id = EscalationPolicyId(path_id(call, "policy"))
    _policy_in(await call.directory(), policy_id)
    include = read_include(query.include, INCLUDES)
    given = (await read_body(call, _UPDATE)).data
    must_be_in_path(call, "policy", given.id)

    def update(tx: Tx, actor: Actor) -> PolicyDocument:
        changed = escalation_policies.change(
            tx, actor, policy_id, lambda was: replaced(was, given), now=call.now
        )
        return _shown(tx, actor, changed, given.attributes, include)

    with reworded(WORDS):
        return await call.act(update)


@ROUTES.delete(
    "/escalation-policies/{policy_id}",
    permission=Permission.CONFIGURE,
    summary="Delete an escalation policy",
    description="Refused while anything routes to it.",
    raises=(NotFound, Conflict),
    params=_POLICY,
)
async def delete_on_call_escalation_policy(call: Call) -> None:
    """Delete a policy."""
    policy_id = EscalationPolicyId(path_id(call, "policy"))
    with in_use("policy", policy_id):
        await call.act(escalation_policies.delete, policy_id, now=call.now)


def _policy_in(directory: Directory, policy_id: EscalationPolicyId) -> EscalationPolicy:
    policy = directory.escalation_policies.get(policy_id)
    if policy is None:
        raise NotFound(KIND, str(policy_id))
    return policy


def _listed(tx: Tx, actor: Actor, directory: Directory, query: PoliciesQuery, include: Include) -> PolicyList:
    policies = sorted(
        directory.escalation_policies.values(), key=lambda each: (each.name.casefold(), each.name, each.id)
    )
    page = policies[query.number * query.size :][: query.size]
    names, included = Names(), Included[PolicyIncluded]()
    for policy in page:
        names_in(policy, include, into=names)
    avatars = _avatars(tx, actor, names)
    for policy in page:
        add_included(included, policy, include, directory, avatars)
    tags = _kept(tx, actor, page)
    return PolicyList(
        [show_policy(policy, tags.get(policy.id, {})) for policy in page],
        place_of(number=query.number, size=query.size, total=len(policies)),
        included.shown(include),
    )


def _read(
    tx: Tx, actor: Actor, directory: Directory, policy_id: EscalationPolicyId, include_text: str
) -> PolicyDocument:
    policy = _policy_in(directory, policy_id)
    include = read_include(include_text, INCLUDES)
    tags = _kept(tx, actor, (policy,)).get(policy.id, {})
    return show(policy, tags, include, directory, _avatars(tx, actor, names_in(policy, include)))


def _shown(
    tx: Tx, actor: Actor, policy: EscalationPolicy, given: PolicyBody, include: Include
) -> PolicyDocument:
    """Keep what a policy that was just written has beyond the domain, and write it as it is now."""
    tags = {"tags": given.tags or []}
    if _kept(tx, actor, (policy,)).get(policy.id, {"tags": []}) != tags:
        extras.keep(tx, actor, policy.id, tags, dialect=DIALECT, kind=KIND)
    names = names_in(policy, include)
    known = look_up(tx, actor, of_users=names.users, of_teams=names.teams, of_schedules=names.schedules)
    return show(policy, tags, include, known, _avatars(tx, actor, names))


def _kept(tx: Tx, actor: Actor, policies: Iterable[EscalationPolicy]) -> dict[int, extras.Extras]:
    ids = [policy.id for policy in policies]
    return dict(extras.kept(tx, actor, ids, dialect=DIALECT, kind=KIND))


def _avatars(tx: Tx, actor: Actor, names: Names) -> TeamExtras:
    return extras.kept(tx, actor, sorted(names.teams), dialect=DIALECT, kind=TEAM)
