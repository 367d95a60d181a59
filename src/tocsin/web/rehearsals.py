"""``/prove``, ``/replay`` and ``/drills``: days to come, days gone by, and a try in earnest."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import RedirectResponse, Response

from tocsin.actions import alerts, history, rehearsals
from tocsin.actions.actor import Permission
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.event import Severity
from tocsin.core.filters import parse
from tocsin.core.ids import AlertId, AlertPolicyId, EscalationPolicyId
from tocsin.core.proving import DAYS_MAX, ClassProof, Spell, prove
from tocsin.core.replaying import Replay, WhatIf, changed_by, replay
from tocsin.core.spelling import native
from tocsin.httpkit.pondering import ponder
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.explain import labels_in
from tocsin.web.forms import LENGTH_MAX, fields, identifier
from tocsin.web.rendering import page

ROUTES = Routes("", tag="Pages")

DAYS: Final = (7, 14, 30, 92)
_UNTYPED: Final = {"title": "", "severity": "", "service": "", "labels": ""}
_Text = Annotated[str, Meta(max_length=4_000)]


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """How many days to look ahead; nothing is asked before somebody wants to know."""

    days: Annotated[int, Meta(ge=0, le=DAYS_MAX)] = 0


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A change to try on the last *days*."""

    days: Annotated[int, Meta(ge=0, le=DAYS_MAX)] = 0
    without: Annotated[list[_Text], Meta(max_length=100)] = msgspec.field(default_factory=list)
    silence: _Text = ""
    of: _Text = ""
    run: _Text = ""


@ROUTES.get("/prove", permission=Permission.READ, summary="Prove the days to come", hidden=True)
async def show_proof(call: Call, query: Ahead) -> Response:
    """Show who is reached over the days to come, and what stands in the way."""
    user = signed_in(call.request).user
    proof = None
    if query.days:
        directory = await call.ask(rehearsals.configuration)
        proof = await ponder(lambda: prove(directory, call.now, days=query.days))
    return page(
        "prove.html",
        now=call.now,
        user=user,
        proof=proof,
        groups=_alike(proof.classes) if proof is not None else (),
        asked=query,
        choices=DAYS,
    )


def _alike(classes: Sequence[ClassProof]) -> list[tuple[tuple[Spell, ...], list[ClassProof]]]:
    """Put classes together for which the same holds at every time."""
    found: dict[tuple[Spell, ...], list[ClassProof]] = {}
    for each in classes:
        found.setdefault(each.spells, []).append(each)
    return list(found.items())


@ROUTES.get("/replay", permission=Permission.READ, summary="Replay the days gone by", hidden=True)
async def show_replay(call: Call, query: Tried) -> Response:
    """Show what a change would have made of the past."""
    user, directory = signed_in(call.request).user, await call.ask(history.directory)
    found: Replay | None = None
    problem = ""
    if query.days:
        try:
            found = await _replayed(call, query)
        except (Invalid, NotFound) as error:
            problem = str(error)
    policies = {native("alert_policy", each.id): each.name for each in directory.alert_policies}
    plans = {
        native("escalation_policy", each.id): each.name for each in directory.escalation_policies.values()
    }
    return page(
        "replay.html",
        now=call.now,
        user=user,
        found=found,
        asked=query,
        policies=policies,
        plans=plans,
        problem=problem,
        choices=DAYS,
    )


async def _replayed(call: Call, query: Tried) -> Replay:
    change = WhatIf(
        without=frozenset(AlertPolicyId(identifier(each, "alert_policy")) for each in query.without),
        silence=parse(query.silence, "the silence") if query.silence.strip() else None,
        instead={_plan(query.of): _plan(query.run)} if query.of and query.run else {},
    )
    past = await call.ask(rehearsals.past, change, days=query.days, now=call.now)
    first = min((alert.opened_at for alert in past.alerts), default=call.now)
    return await ponder(
        lambda: replay(
            past.directory, changed_by(past.directory, change, first), past.alerts, whole=past.whole
        )
    )


def _plan(text: str) -> EscalationPolicyId:
    return EscalationPolicyId(identifier(text, "escalation_policy"))


@ROUTES.get("/drills", permission=Permission.READ, summary="Prepare a drill", hidden=True)
async def show_drills(call: Call) -> Response:
    """Show the form of a drill."""
    return await _drill_form(call, {}, "")


@ROUTES.post(
    "/drills", permission=Permission.RESPOND, summary="Begin a drill", hidden=True, body_limit=LENGTH_MAX
)
async def begin_drill(call: Call, body: bytes) -> Response:
    """Begin a drill, and show what arrives; what was typed is kept if it cannot begin."""
    form = fields(body)
    try:
        event = {
            "title": form.get("title", ""),
            "severity": form.get("severity") or Severity.CRITICAL.value,
            "labels": labels_in(form.get("labels", "")),
        } | ({"service": form["service"]} if form.get("service") else {})
        (draft,) = call.kit.intake.read(msgspec.json.encode(event), received_at=call.now)
        alert = await call.act(rehearsals.drill, draft, now=call.now)
    except Invalid as error:
        return await _drill_form(call, form, str(error))
    return RedirectResponse(f"/drills/{native('alert', alert.id)}", 303)


@ROUTES.get("/drills/{alert_id}", permission=Permission.READ, summary="Show a drill", hidden=True)
async def show_drill(call: Call) -> Response:
    """Show what arrived of a drill so far."""
    alert = AlertId(identifier(call.params["alert_id"], "alert"))
    report = await call.ask(rehearsals.drill_report, alert)
    user, may_answer = signed_in(call.request).user, call.actor.may(Permission.RESPOND)
    return page(
        "drill.html",
        now=call.now,
        user=user,
        report=report,
        alert=native("alert", alert),
        may_answer=may_answer,
    )


@ROUTES.post("/drills/{alert_id}/end", permission=Permission.RESPOND, summary="End a drill", hidden=True)
async def end_drill(call: Call) -> Response:
    """Resolve a drill, and nothing else."""
    alert = AlertId(identifier(call.params["alert_id"], "alert"))
    await call.ask(rehearsals.drill_report, alert)
    await call.act(alerts.resolve, (alert,), now=call.now)
    return RedirectResponse(f"/drills/{native('alert', alert)}", 303)


async def _drill_form(call: Call, typed: Mapping[str, str], problem: str) -> Response:
    user, directory = signed_in(call.request).user, await call.ask(history.directory)
    services = {each.slug: each.name for each in directory.services.values()}
    return page(
        "drills.html",
        now=call.now,
        user=user,
        status=400 if problem else 200,
        typed=_UNTYPED | dict(typed),
        problem=problem,
        services=services,
        may_begin=call.actor.may(Permission.RESPOND),
    )
