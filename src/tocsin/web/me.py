"""``/me``: how I am reached, by which rules, and whether it works."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from tocsin.actions import contact_methods, destinations, people
from tocsin.actions.actor import Actor, Permission
from tocsin.core.because import span
from tocsin.core.ids import ContactMethodId
from tocsin.core.people import ContactMethod, Importance, NotificationRule, User
from tocsin.core.push import CHANNEL as PUSH
from tocsin.core.spelling import native
from tocsin.core.through import LEADS_TO, named_by
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.fates import fate
from tocsin.web.forms import LENGTH_MAX, fields, identifier
from tocsin.web.my_ways import CHANNELS, MINUTES, RULED, Way, routes
from tocsin.web.rendering import page
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")
PROGRAMS_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """All that the page shows; *ladders* has the rules of either importance, ids and words.

    *programs* are those of the workspace that could be told in my place, ids and names.
    """

    ways: Sequence[Way]
    ladders: Mapping[str, Sequence[tuple[str, str]]]
    programs: Sequence[tuple[str, str]]


@ROUTES.get("/me", permission=Permission.READ, summary="Show how I am reached", hidden=True)
async def show_me(call: Call) -> Response:
    """Show what there is of whoever asks."""
    return await show(call)


async def show(call: Call, *, form: Mapping[str, str] | None = None, problem: str = "") -> Response:
    """Show the page; what was typed stays when there is a *problem*."""
    test = call.request.query_params.get("test", "")
    me = await call.ask(_look)
    became = await call.ask(fate, test, lambda sent: sent.user == call.actor.user) if test else None
    return page(
        "me.html",
        now=call.now,
        user=signed_in(call.request).user,
        status=400 if problem else 200,
        me=me,
        fate=became,
        problem=problem,
        form=dict.fromkeys(("channel", "address", "label"), "") | dict(form or {}),
        channels=CHANNELS,
        ruled=RULED,
        minutes=MINUTES,
    )


@ROUTES.post(
    "/me/test",
    permission=Permission.READ,
    summary="Test how I am reached",
    hidden=True,
    body_limit=LENGTH_MAX,
)
async def test_me(call: Call, body: bytes) -> Response:
    """Send a test to one of my contact methods."""
    user = signed_in(call.request).user
    method = identifier(fields(body).get("method", ""), "contact_method")
    sent = await call.act(contact_methods.test, user.id, ContactMethodId(method), now=call.now)
    return RedirectResponse(f"/me?test={native('notification', sent)}", 303)


def _look(tx: Tx, actor: Actor) -> Me:
    user = people.myself(tx, actor)
    return Me(
        ways=[Way(id=native("contact_method", each.id), method=each) for each in user.contact_methods],
        ladders={
            each.value: [
                (native("notification_rule", rule.id), _rung(rule, user)) for rule in user.ladder(each)
            ]
            for each in Importance
        },
        programs=_programs(tx, actor, user),
    )


def _programs(tx: Tx, actor: Actor, user: User) -> list[tuple[str, str]]:
    chosen = {named_by(each.channel, each.address) for each in user.contact_methods}
    found = destinations.list_(tx, actor, limit=PROGRAMS_MAX).items
    return [
        (native("destination", each.id), each.name)
        for each in found
        if each.channel in LEADS_TO and each.id not in chosen
    ]


def _rung(rule: NotificationRule, user: User) -> str:
    if rule.channel is None:
        return f"wait {span(rule.wait)}"
    named = next((each for each in user.contact_methods if each.id == rule.contact_method), None)
    together = f", gathered for {span(rule.gather)}" if rule.gather else ""
    place = f"{rule.channel} to {_place(named)}" if named is not None else f"{rule.channel}, every address"
    return f"{place}{together}"


def _place(method: ContactMethod) -> str:
    named = method.channel == PUSH or named_by(method.channel, method.address) is not None
    return method.label if named and method.label else method.address


WAYS: Final = routes(show)
