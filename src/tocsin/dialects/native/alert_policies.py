"""``/alert-policies``: which alerts go where."""

from starlette.responses import Response

from tocsin.actions import alert_policies, policy_health, withdrawing
from tocsin.actions.actor import Permission
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import AlertPolicyId
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
from tocsin.dialects.native.wire.alert_policies import (
    WORDS,
    AlertPolicyChanges,
    AlertPolicyList,
    AlertPolicyView,
    HealthView,
    NewAlertPolicy,
    drafted,
    edited,
    show_alert_policy,
    show_health,
)
from tocsin.dialects.native.wire.rewording import reworded
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Alert policies")

_POLICY = {"alert_policy_id": "the alert policy's id"}
_LIST = "alert_policies"
_RULES: list[dict[str, object]] = [
    {
        "name": "Bad ones at any time",
        "severities": ["critical", "error"],
        "importance": "important",
        "escalation_policy_ids": ["esc_0cv1h8q4w2n2"],
    },
    {
        "name": "The rest in office hours",
        "filter": 'labels.env = prod and not title ~ "drill"',
        "window": {
            "type": "cron",
            "expression": "0 9 * * 1-5",
            "duration_s": 28_800,
            "time_zone": "Europe/Madrid",
        },
        "escalation_policy_ids": ["esc_0cv1h8q4w2n2"],
    },
]
_GATHERING: dict[str, object] = {"by": "fields", "fields": ["labels.cluster"], "window_s": 300}
_SHOP: dict[str, object] = {
    "id": "pol_0cv1h8q4w2n6",
    "name": "Shop",
    "description": "",
    "enabled": True,
    "time_zone": "UTC",
    "scope": {
        "service_ids": ["svc_0cv1h8q4w2mq"],
        "integration_ids": [],
        "monitor_ids": [],
        "team_id": None,
        "filter": "",
    },
    "gathering": {**_GATHERING, "first_at_once": True},
    "repeat_after_s": 3_600,
    "repeat_by_severity": {"critical": 600},
    "each_severity": False,
    "mode": "first",
    "notify_resolved": True,
    "rules": [{**rule, "id": f"rule_0cv1h8q4w2n{place}"} for place, rule in enumerate(_RULES, 7)],
    "created_at": "2026-03-06T09:00:00Z",
}


@ROUTES.get(
    "/alert-policies",
    permission=Permission.READ,
    summary="List alert policies",
    description="The oldest first, which is the order in which they are asked.",
    examples=(Example(title="One policy", answer={"alert_policies": [_SHOP], "next": None, "total": 1}),),
)
async def list_alert_policies(call: Call, query: Stretch) -> AlertPolicyList:
    """List alert policies."""
    listed = await call.ask(alert_policies.list_, after=beginning(_LIST, query), limit=query.limit)
    return AlertPolicyList(
        alert_policies=[show_alert_policy(each) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.post(
    "/alert-policies",
    permission=Permission.CONFIGURE,
    summary="Add an alert policy",
    description=(
        "Each policy decides alone about the alerts in its `scope`. `gathering` brings alerts with equal"
        " fields together in one page; about a repeat at the same severity it is quiet for `repeat_after_s`."
        " In mode `all` every rule that matches acts, in mode `first` only the first. `explain` shows what"
        " comes of it before anything happens."
    ),
    status=201,
    answer=AlertPolicyView,
    tagged=True,
    once=True,
    raises=(Conflict,),
    examples=(
        Example(
            title="By severity and time",
            body={
                "name": "Shop",
                "scope": {"service_ids": ["svc_0cv1h8q4w2mq"]},
                "gathering": _GATHERING,
                "repeat_after_s": 3_600,
                "repeat_by_severity": {"critical": 600},
                "mode": "first",
                "rules": _RULES,
            },
            answer=_SHOP,
        ),
    ),
)
async def add_alert_policy(call: Call, body: NewAlertPolicy) -> Response:
    """Add an alert policy."""
    with reworded(WORDS):
        return await call.once(
            created("/alert-policies", show_alert_policy), alert_policies.create, drafted(body), now=call.now
        )


@ROUTES.get(
    "/alert-policies/{alert_policy_id}",
    permission=Permission.READ,
    summary="Read an alert policy",
    description="With its rules in the order in which they are asked.",
    tagged=True,
    raises=(NotFound,),
    params=_POLICY,
    examples=(Example(title="A policy", answer=_SHOP),),
)
async def read_alert_policy(call: Call) -> AlertPolicyView:
    """Read one alert policy."""
    return show_alert_policy(await call.glance(alert_policies.get, _policy(call)))


@ROUTES.patch(
    "/alert-policies/{alert_policy_id}",
    permission=Permission.CONFIGURE,
    summary="Change an alert policy",
    description=(
        "Each field that is given is replaced whole; a rule given with its id is the same rule, changed, and"
        " what it has begun to gather stays together."
    ),
    tagged=True,
    raises=(NotFound, PreconditionFailed),
    params=_POLICY,
    examples=(Example(title="Switch it off", body={"enabled": False}, answer={**_SHOP, "enabled": False}),),
)
async def change_alert_policy(call: Call, body: AlertPolicyChanges) -> AlertPolicyView:
    """Change one alert policy."""
    edit = careful(call, show_alert_policy, lambda was: edited(was, body))
    with reworded(WORDS):
        return show_alert_policy(await call.act(alert_policies.change, _policy(call), edit, now=call.now))


@ROUTES.delete(
    "/alert-policies/{alert_policy_id}",
    permission=Permission.CONFIGURE,
    summary="Delete an alert policy",
    description="Pages that it began go on by their steps.",
    raises=(NotFound, PreconditionFailed),
    params=_POLICY,
)
async def delete_alert_policy(call: Call) -> None:
    """Delete one alert policy."""
    await call.act(alert_policies.delete, _policy(call), sure=sure(call, show_alert_policy), now=call.now)


@ROUTES.post(
    "/alert-policies/{alert_policy_id}/withdraw",
    permission=Permission.CONFIGURE,
    summary="Withdraw an alert policy",
    description=(
        "It is disabled, and the pages that it began stop. Alerts about which nobody else is paged are"
        " `withdrawn` then: the catch-all leaves them alone for as long as they get no worse."
    ),
    raises=(NotFound,),
    params=_POLICY,
    examples=(Example(title="A policy", answer={**_SHOP, "enabled": False}),),
)
async def withdraw_alert_policy(call: Call) -> AlertPolicyView:
    """Withdraw one alert policy."""
    return show_alert_policy(await call.act(withdrawing.disable, _policy(call), now=call.now))


@ROUTES.get(
    "/alert-policies/{alert_policy_id}/health",
    permission=Permission.READ,
    summary="Find what is wrong with an alert policy",
    description=(
        "What can never act as things stand, or reaches nobody: a window that never opens, a destination or"
        " a set of dates that is not here. None of it keeps a policy from being stored. `tocsin check` tells"
        " the same of all policies."
    ),
    raises=(NotFound,),
    params=_POLICY,
    examples=(
        Example(
            title="A date that does not exist",
            answer={
                "warnings": [
                    {
                        "path": "rules[0].window",
                        "problem": "never opens: no day fits '0 9 30 2 *'",
                        "remedy": "name a day that exists",
                    }
                ]
            },
        ),
    ),
)
async def read_health(call: Call) -> HealthView:
    """Find what is wrong with one alert policy."""
    return show_health(await call.ask(policy_health.health, _policy(call), now=call.now))


def _policy(call: Call) -> AlertPolicyId:
    return AlertPolicyId(named(call, "alert_policy"))
