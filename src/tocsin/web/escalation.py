"""``/escalation-policies``: named plans, each as a ladder in time, and the form by which they are changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from tocsin.actions import escalation_policies, history, workspace
from tocsin.actions.actor import Actor, Permission
from tocsin.core.escalation import EscalationPlan, EscalationPolicy
from tocsin.core.ids import UNMADE, EscalationPolicyId, PlanId, TeamId, WorkspaceId
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web import choosing, plans
from tocsin.web.browsers import signed_in
from tocsin.web.differing import Words
from tocsin.web.editing import Around, Kind, shown
from tocsin.web.editing import routes as editing_routes
from tocsin.web.forms import Form, Reader, Values, identifier
from tocsin.web.searching import asked, look_for
from tocsin.world import Tx

ROUTES = Routes("/escalation-policies", tag="Pages")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """An escalation policy: its ladder as things stand, whose it is, and what runs it."""

    id: str
    policy: EscalationPolicy
    teams: Sequence[str]
    rungs: Sequence[plans.Rung]
    used_by: Sequence[str]
    catches_all: bool = False


@ROUTES.get("", permission=Permission.READ, summary="Show the escalation policies", hidden=True)
async def show_list(call: Call) -> Response:
    """Show every named plan."""
    found = await call.ask(_list, call)
    return shown(call, "escalations.html", policies=look_for(asked(call), found, _texts))


def _texts(each: PolicyView) -> Iterator[str]:
    yield from (each.policy.name, each.policy.description, *each.teams)
    for rung in each.rungs:
        yield from (rung.text, *(asked.name for asked in rung.asked))


@ROUTES.get("/{policy_id}", permission=Permission.READ, summary="Show an escalation policy", hidden=True)
async def show_one(call: Call) -> Response:
    """Show one plan as a ladder."""
    policy = EscalationPolicyId(identifier(call.params["policy_id"], "escalation_policy"))

    def look(tx: Tx, actor: Actor) -> PolicyView:
        found = escalation_policies.get(tx, actor, policy)
        directory = history.directory(tx, actor)
        return PolicyView(
            id=native("escalation_policy", policy),
            policy=found,
            teams=_teams(found, Around.of(directory, actor, call)),
            rungs=plans.ladder(found.plan, directory, call.now),
            used_by=escalation_policies.used_by(tx, actor, policy),
            catches_all=policy == directory.catch_all,
        )

    return shown(call, "escalation.html", found=await call.ask(look))


@ROUTES.post(
    "/{policy_id}/catch-all",
    permission=Permission.CONFIGURE,
    summary="Let an escalation policy catch all",
    hidden=True,
)
async def catch_all(call: Call) -> Response:
    """Let a plan take every alert that no alert policy takes."""
    policy = EscalationPolicyId(identifier(call.params["policy_id"], "escalation_policy"))
    await call.act(workspace.change, lambda was: replace(was, catch_all=policy), now=call.now)
    return RedirectResponse(f"/escalation-policies/{native('escalation_policy', policy)}?said=saved", 303)


def _list(tx: Tx, actor: Actor, call: Call) -> list[PolicyView]:
    directory = history.directory(tx, actor)
    here = Around.of(directory, actor, call)
    return [
        PolicyView(
            id=native("escalation_policy", each.id),
            policy=each,
            teams=_teams(each, here),
            rungs=plans.ladder(each.plan, directory, call.now),
            used_by=(),
            catches_all=each.id == directory.catch_all,
        )
        for each in sorted(
            directory.escalation_policies.values(), key=lambda each: (each.name.casefold(), each.id)
        )
    ]


# --- the form -----------------------------------------------------------------------------------------


def _blank(call: Call) -> Values:
    first = plans.new_step(signed_in(call.request).user.time_zone, "0m")
    return {f"steps.0.{field}": held for field, held in first.items()}


def _form_of(policy: EscalationPolicy, around: Around) -> Values:
    return {
        "name": [policy.name],
        "description": [policy.description],
        "teams": [native("team", team) for team in policy.teams],
        **plans.values_of("steps", policy.plan.steps, around.zone),
    }


def _read(form: Form, around: Around, was: EscalationPolicy | None) -> EscalationPolicy:
    reader = Reader(form)
    steps = plans.read(reader, "steps", was.plan.steps if was is not None else ())
    teams = _chosen_teams(reader, around, was)
    reader.done()
    plan = was.plan if was is not None else EscalationPlan(id=PlanId(UNMADE), name="", steps=())
    new = was or EscalationPolicy(
        id=EscalationPolicyId(UNMADE), workspace=WorkspaceId(UNMADE), name="", plan=plan
    )
    return replace(
        new,
        name=form("name"),
        description=form("description"),
        teams=teams,
        plan=replace(plan, steps=steps),
    )


def _chosen_teams(reader: Reader, around: Around, was: EscalationPolicy | None) -> tuple[TeamId, ...]:
    known = was.teams if was is not None else ()
    found = []
    for text in dict.fromkeys(reader.form.all("teams")):
        one = reader.take_text(
            "teams",
            text,
            lambda each: choosing.chosen(each, "team", around.directory.teams, TeamId, was=known),
        )
        found += [one] if one is not None else []
    return tuple(found)


def _words(policy: EscalationPolicy, around: Around) -> Words:
    return {
        "Name": [policy.name],
        "Description": [policy.description] if policy.description else [],
        "Teams": _teams(policy, around),
        "Steps": plans.lines(policy.plan.steps, around.directory),
    }


def _teams(policy: EscalationPolicy, around: Around) -> list[str]:
    known = around.directory.teams
    return sorted(known[team].name for team in policy.teams if team in known)


def _choices(around: Around, form: Form) -> Mapping[str, Any]:
    return {
        "offer": plans.Offer.of(around.directory, form),
        "teams": choosing.teams(around.directory),
    }


KIND: Final = Kind(
    noun="escalation policy",
    kind="escalation_policy",
    path="/escalation-policies",
    template="escalation_form.html",
    permission=Permission.CONFIGURE,
    blank=_blank,
    form_of=_form_of,
    read=_read,
    get=escalation_policies.get,
    create=lambda tx, actor, draft, call: escalation_policies.create(tx, actor, draft, now=call.now),
    change=escalation_policies.change,
    delete=escalation_policies.delete,
    lists=lambda zone: plans.lists("steps", zone),
    choices=_choices,
    words=_words,
)
FORMS: Final = editing_routes(KIND)
