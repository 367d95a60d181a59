"""``/escalation-policies``: named lists of steps from an alert to a human."""

from starlette.responses import Response

from tocsin.actions import escalation_policies
from tocsin.actions.actor import Permission
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import EscalationPolicyId
from tocsin.dialects.native.handling import (
    PREFIX,
    Stretch,
    beginning,
    careful,
    created,
    following,
    named,
    sure,
)
from tocsin.dialects.native.wire.escalation_policies import (
    WORDS,
    EscalationPolicyChanges,
    EscalationPolicyList,
    EscalationPolicyView,
    NewEscalationPolicy,
    drafted,
    edited,
    show_escalation_policy,
)
from tocsin.dialects.native.wire.rewording import reworded
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Escalation policies")

_POLICY = {"escalation_policy_id": "the escalation policy's id"}
_LIST = "escalation_policies"
_STEPS = [
    {
        "after_s": 0,
        "action": {
            "type": "notify",
            "targets": [{"type": "schedule", "id": "sch_0cv1h8q4w2mv", "position": "current"}],
        },
    },
    {
        "after_s": 600,
        "action": {"type": "notify", "targets": [{"type": "team", "id": "team_0cv1h8q4w2m6"}]},
    },
    {"after_s": 900, "action": {"type": "repeat", "times": 3}},
]
_BACKEND = {
    "id": "esc_0cv1h8q4w2n2",
    "name": "Backend",
    "description": "",
    "team_ids": [],
    "steps": [{**step, "id": f"step_0cv1h8q4w2n{place}"} for place, step in enumerate(_STEPS, 3)],
    "created_at": "2026-03-06T09:00:00Z",
}


@ROUTES.get(
    "/escalation-policies",
    permission=Permission.READ,
    summary="List escalation policies",
    description="The oldest first.",
    examples=(
        Example(title="One policy", answer={"escalation_policies": [_BACKEND], "next": None, "total": 1}),
    ),
)
async def list_escalation_policies(call: Call, query: Stretch) -> EscalationPolicyList:
    """List escalation policies."""
    listed = await call.ask(escalation_policies.list_, after=beginning(_LIST, query), limit=query.limit)
    return EscalationPolicyList(
        escalation_policies=[show_escalation_policy(each) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.post(
    "/escalation-policies",
    permission=Permission.CONFIGURE,
    summary="Add an escalation policy",
    description=(
        "Each step comes `after_s` seconds after the one before, and waits for its `condition` or is skipped."
        " `notify` asks all its targets, or one of them in turn (`round_robin`); `repeat` starts over;"
        " `resolve` resolves the alerts. A step that reaches nobody is passed at once."
    ),
    status=201,
    answer=EscalationPolicyView,
    tagged=True,
    once=True,
    raises=(Conflict,),
    examples=(
        Example(
            title="Whoever is on call, then the team, three times",
            body={"name": "Backend", "steps": _STEPS},
            answer=_BACKEND,
        ),
    ),
)
async def add_escalation_policy(call: Call, body: NewEscalationPolicy) -> Response:
    """Add an escalation policy."""
    with reworded(WORDS):
        return await call.once(
            created("/escalation-policies", show_escalation_policy),
            escalation_policies.create,
            drafted(body),
            now=call.now,
        )


@ROUTES.get(
    "/escalation-policies/{escalation_policy_id}",
    permission=Permission.READ,
    summary="Read an escalation policy",
    description="With the steps with which its pages begin now.",
    tagged=True,
    raises=(NotFound,),
    params=_POLICY,
    examples=(Example(title="A policy", answer=_BACKEND),),
)
async def read_escalation_policy(call: Call) -> EscalationPolicyView:
    """Read one escalation policy."""
    return show_escalation_policy(await call.glance(escalation_policies.get, _policy(call)))


@ROUTES.patch(
    "/escalation-policies/{escalation_policy_id}",
    permission=Permission.CONFIGURE,
    summary="Change an escalation policy",
    description=(
        "`steps` replaces all of them; a step given with its id keeps its round-robin turn. Pages that run"
        " keep the steps with which they began."
    ),
    tagged=True,
    raises=(NotFound, PreconditionFailed),
    params=_POLICY,
    examples=(Example(title="Another name", body={"name": "Web"}, answer={**_BACKEND, "name": "Web"}),),
)
async def change_escalation_policy(call: Call, body: EscalationPolicyChanges) -> EscalationPolicyView:
    """Change one escalation policy."""
    edit = careful(call, show_escalation_policy, lambda was: edited(was, body))
    with reworded(WORDS):
        changed = await call.act(escalation_policies.change, _policy(call), edit, now=call.now)
    return show_escalation_policy(changed)


@ROUTES.delete(
    "/escalation-policies/{escalation_policy_id}",
    permission=Permission.CONFIGURE,
    summary="Delete an escalation policy",
    description="Refused while an alert policy or the workspace's catch-all runs it.",
    raises=(NotFound, Conflict, PreconditionFailed),
    params=_POLICY,
)
async def delete_escalation_policy(call: Call) -> None:
    """Delete one escalation policy."""
    await call.act(
        escalation_policies.delete, _policy(call), sure=sure(call, show_escalation_policy), now=call.now
    )


def _policy(call: Call) -> EscalationPolicyId:
    return EscalationPolicyId(named(call, "escalation_policy"))
