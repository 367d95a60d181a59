"""Changing how I am reached: new ways with their codes, and the two ladders of rules."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.responses import RedirectResponse, Response

from tocsin.actions import contact_methods, destinations, notification_rules
from tocsin.actions.actor import Permission
from tocsin.channels.registry import check_address
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.ids import UNMADE, ContactMethodId, DestinationId, NotificationRuleId, UserId
from tocsin.core.people import ContactMethod, Importance, NotificationRule
from tocsin.core.push import CHANNEL as PUSH
from tocsin.core.spelling import native
from tocsin.core.through import CHANNEL as THROUGH
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.forms import LENGTH_MAX, fields, identifier

CHANNELS: Final = ("email", "sms", "voice", "slack", "telegram")
"""The channels by which people are reached; others are for rooms and programs."""

RULED: Final = (*CHANNELS, PUSH, THROUGH)
"""The channels that rules may name: browsers add themselves, and programs are chosen."""

MINUTES: Final = (1, 2, 3, 5, 10, 15, 20, 30, 60)
WAIT: Final = "wait"

Form = Mapping[str, str]
Act = Callable[[Call, Form], Awaitable[None]]

Show = Callable[..., Awaitable[Response]]
"""Shows the page again, with what went wrong and what was typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to reach somebody."""

    id: str
    method: ContactMethod


def _me(call: Call) -> UserId:
    return signed_in(call.request).user.id


def _method(call: Call) -> ContactMethodId:
    return ContactMethodId(identifier(call.params["contact_method_id"], "contact_method"))


def _rule(call: Call) -> NotificationRuleId:
    return NotificationRuleId(identifier(call.params["notification_rule_id"], "notification_rule"))


async def _add(call: Call, form: Form) -> None:
    channel = form.get("channel", "")
    if channel not in CHANNELS:
        raise Invalid("channel", f"is {channel[:50]!r}", f"must be one of {', '.join(CHANNELS)}")
    draft = ContactMethod(
        id=ContactMethodId(UNMADE),
        user=UserId(UNMADE),
        channel=channel,
        address=check_address(channel, form.get("address", ""), {}),
        label=form.get("label", ""),
    )
    await call.act(contact_methods.create, _me(call), draft, entropy=call.world.entropy, now=call.now)


async def _through(call: Call, form: Form) -> None:
    """Add a program of the workspace, which is told in my place."""
    call.actor.must_for(_me(call))
    number = DestinationId(identifier(form.get("destination", ""), "destination"))
    program = await call.glance(destinations.get, number)
    draft = ContactMethod(
        id=ContactMethodId(UNMADE),
        user=UserId(UNMADE),
        channel=THROUGH,
        address=native("destination", number),
        label=program.name,
    )
    await call.act(contact_methods.create, _me(call), draft, entropy=call.world.entropy, now=call.now)


async def _verify(call: Call, form: Form) -> None:
    tried = await call.act(
        contact_methods.verify, _me(call), _method(call), form.get("code", ""), now=call.now
    )
    if tried.left is not None:
        raise contact_methods.wrong_code(tried)


async def _send_code(call: Call, _form: Form) -> None:
    await call.act(
        contact_methods.send_code, _me(call), _method(call), entropy=call.world.entropy, now=call.now
    )


async def _take_away(call: Call, _form: Form) -> None:
    await call.act(contact_methods.delete, _me(call), _method(call), now=call.now)


async def _add_rule(call: Call, form: Form) -> None:
    how, waits = form.get("how", ""), form.get("minutes", "")
    if how == WAIT and waits not in map(str, MINUTES):
        raise Invalid("minutes", f"is {waits[:20]!r}", f"must be one of {', '.join(map(str, MINUTES))}")
    way = await _way(call, how)
    if how not in (WAIT, *RULED) and way is None:
        raise Invalid(
            "rule", f"is {how[:50]!r}", f"must be one of {', '.join((WAIT, *RULED))}, or a way of yours"
        )
    draft = NotificationRule(
        id=NotificationRuleId(UNMADE),
        user=UserId(UNMADE),
        importance=_importance(form.get("importance", "")),
        position=0,
        channel=way.channel if way is not None else None if how == WAIT else how,
        contact_method=way.id if way is not None else None,
        wait=timedelta(minutes=int(waits)) if how == WAIT else timedelta(0),
    )
    await call.act(notification_rules.create, _me(call), draft, now=call.now)


async def _way(call: Call, text: str) -> ContactMethod | None:
    """Find the one way of mine that a new rule names by its id, if it names one."""
    mine = await call.ask(contact_methods.list_, _me(call))
    return next((each for each in mine if native("contact_method", each.id) == text), None)


async def _take_rule_away(call: Call, _form: Form) -> None:
    await call.act(notification_rules.delete, _me(call), _rule(call), now=call.now)


async def _sooner(call: Call, _form: Form) -> None:
    await call.act(
        notification_rules.change,
        _me(call),
        _rule(call),
        lambda placed: (max(0, placed[0] - 1), placed[1]),
        now=call.now,
    )


async def _later(call: Call, _form: Form) -> None:
    await call.act(
        notification_rules.change,
        _me(call),
        _rule(call),
        lambda placed: (placed[0] + 1, placed[1]),
        now=call.now,
    )


def _importance(text: str) -> Importance:
    try:
        return Importance(text)
    except ValueError:
        raise Invalid("importance", f"is {text[:50]!r}", "must be default or important") from None


_ACTS: Final[Mapping[str, tuple[str, Act]]] = {
    "/ways": ("Add a way to reach me, and send its code", _add),
    "/ways/through": ("Add a program that is told in my place", _through),
    "/ways/{contact_method_id}/verify": ("Confirm a way to reach me by its code", _verify),
    "/ways/{contact_method_id}/send-code": ("Send a new code", _send_code),
    "/ways/{contact_method_id}/delete": ("Take a way to reach me away", _take_away),
    "/rules": ("Put a notification rule at the end of its ladder", _add_rule),
    "/rules/{notification_rule_id}/delete": ("Take a notification rule away", _take_rule_away),
    "/rules/{notification_rule_id}/sooner": ("Let a rule trade places with the one before it", _sooner),
    "/rules/{notification_rule_id}/later": ("Let a rule trade places with the one after it", _later),
}


def routes(show: Show) -> Routes:
    """Make the routes; *show* shows the page when something cannot be."""
    own = Routes("/me", tag="Pages")
    for path, (summary, act) in _ACTS.items():
        declare = own.post(
            path, permission=Permission.READ, summary=summary, hidden=True, body_limit=LENGTH_MAX
        )
        declare(_handler(act, show))
    return own


def _handler(act: Act, show: Show) -> Callable[..., Awaitable[Response]]:
    async def handle(call: Call, body: bytes) -> Response:
        form = fields(body)
        try:
            await act(call, form)
        except (Invalid, Conflict) as error:
            return await show(call, form=form, problem=str(error))
        return RedirectResponse("/me", 303)

    return handle
