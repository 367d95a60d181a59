"""``/users/{id}/notification-rules``: how people want to be told, step by step."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta
from starlette.responses import Response

from tocsin.actions import notification_rules
from tocsin.actions.actor import Permission
from tocsin.actions.notification_rules import Placed
from tocsin.channels.registry import channel_named
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import NotificationRuleId
from tocsin.core.people import Importance
from tocsin.dialects.native.handling import PREFIX, Stretch, careful, location, named, stretch_of, sure
from tocsin.dialects.native.users import USER, user_of
from tocsin.dialects.native.wire.notification_rules import (
    WORDS,
    Ladder,
    NewNotify,
    NewWait,
    NotifyRung,
    RuleChanges,
    RuleList,
    RuleView,
    drafted,
    edited,
    show_rule,
    show_rules,
)
from tocsin.dialects.native.wire.rewording import reworded
from tocsin.dialects.native.wire.spelled import spelled
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Example, Routes

ROUTES = Routes(PREFIX, tag="Notification rules")

_ONE = USER | {"notification_rule_id": "the rule's id"}
_ABOUT = (
    "Each person has one ladder of rules for either importance of a page. Without any rule for it, every"
    " verified contact method is used at once."
)
_MAIL = {
    "id": "nr_0cv1h8q4w2ms",
    "importance": "default",
    "position": 0,
    "type": "notify",
    "channel": "email",
    "contact_method_id": None,
    "wait_s": None,
    "gather_s": 0,
}
_WAIT = {
    "id": "nr_0cv1h8q4w2mt",
    "importance": "default",
    "position": 1,
    "type": "wait",
    "channel": None,
    "contact_method_id": None,
    "wait_s": 300,
    "gather_s": None,
}
_LADDER = {"notification_rules": [_MAIL, _WAIT], "next": None, "total": 2}


class Which(Stretch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which ladder is meant."""

    importance: Annotated[Importance, Meta(description="of which importance")] | None = None


class WhichOne(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which ladder is meant, and one it must be."""

    importance: Annotated[Importance, Meta(description="of which importance")]


@ROUTES.get(
    "/users/{user_id}/notification-rules",
    permission=Permission.READ,
    summary="List a user's notification rules",
    description=_ABOUT,
    raises=(NotFound,),
    params=USER,
    examples=(Example(title="Mail, then wait", answer=_LADDER),),
)
async def list_notification_rules(call: Call, query: Which) -> RuleList:
    """List the rules of one user."""
    found = await call.glance(notification_rules.list_, user_of(call), importance=query.importance)
    numbered = list(enumerate(found, 1))
    shown, rest = stretch_of("notification_rules", numbered, query, lambda each: each[0])
    return RuleList(
        notification_rules=[show_rule(placed) for _, placed in shown], next=rest, total=len(found)
    )


@ROUTES.post(
    "/users/{user_id}/notification-rules",
    permission=Permission.RESPOND,
    summary="Add a notification rule",
    description="At `position`, where the others make room, or at the end of its ladder.",
    status=201,
    answer=RuleView,
    tagged=True,
    once=True,
    raises=(NotFound, Conflict),
    params=USER,
    examples=(
        Example(title="Notify", body={"type": "notify", "channel": "email"}, answer=_MAIL),
        Example(title="Wait", body={"type": "wait", "wait_s": 300}, answer=_WAIT),
    ),
)
async def add_notification_rule(call: Call, body: NewNotify | NewWait) -> Response:
    """Add a rule to one user's ladder."""
    user = user_of(call)
    _check_channel(body.channel if isinstance(body, NewNotify) else None)

    def show(placed: Placed) -> Answer[RuleView]:
        view = show_rule(placed)
        where = f"/users/{spelled('user', user)}/notification-rules/{view.id}"
        return Answer(value=view, headers=location(where))

    with reworded(WORDS):
        return await call.once(
            show,
            notification_rules.create,
            user,
            drafted(body, body.importance),
            place=body.position,
            now=call.now,
        )


@ROUTES.put(
    "/users/{user_id}/notification-rules",
    permission=Permission.RESPOND,
    summary="Replace a ladder",
    description="All rules of one importance at once. Whoever is being paged goes on with the new ones.",
    raises=(NotFound, Conflict),
    params=USER,
    examples=(
        Example(
            title="Mail, then wait",
            body={
                "notification_rules": [
                    {"type": "notify", "channel": "email"},
                    {"type": "wait", "wait_s": 300},
                ]
            },
            answer=_LADDER,
        ),
    ),
)
async def replace_notification_rules(call: Call, query: WhichOne, body: Ladder) -> RuleList:
    """Replace one ladder of one user."""
    drafts = []
    for place, rung in enumerate(body.notification_rules):
        path = f"notification_rules[{place}]"
        if isinstance(rung, NotifyRung):
            _check_channel(rung.channel, f"{path}.channel")
        drafts.append(drafted(rung, query.importance, path))
    with reworded(WORDS):
        placed = await call.act(
            notification_rules.replace_all, user_of(call), query.importance, drafts, now=call.now
        )
    return show_rules(placed)


@ROUTES.get(
    "/users/{user_id}/notification-rules/{notification_rule_id}",
    permission=Permission.READ,
    summary="Read a notification rule",
    description="Its `position` is its place in its ladder, from 0.",
    tagged=True,
    raises=(NotFound,),
    params=_ONE,
    examples=(Example(title="A rule", answer=_MAIL),),
)
async def read_notification_rule(call: Call) -> RuleView:
    """Read one rule."""
    return show_rule(await call.glance(notification_rules.get, user_of(call), _rule(call)))


@ROUTES.patch(
    "/users/{user_id}/notification-rules/{notification_rule_id}",
    permission=Permission.RESPOND,
    summary="Change or move a notification rule",
    description="It stays in its ladder, and notifies or waits as before.",
    tagged=True,
    raises=(NotFound, PreconditionFailed),
    params=_ONE,
    examples=(Example(title="Wait longer", body={"wait_s": 600}, answer={**_WAIT, "wait_s": 600}),),
)
async def change_notification_rule(call: Call, body: RuleChanges) -> RuleView:
    """Change one rule."""
    _check_channel(None if body.channel is UNSET else body.channel)
    edit = careful(call, show_rule, lambda was: edited(was, body))
    with reworded(WORDS):
        return show_rule(
            await call.act(notification_rules.change, user_of(call), _rule(call), edit, now=call.now)
        )


@ROUTES.delete(
    "/users/{user_id}/notification-rules/{notification_rule_id}",
    permission=Permission.RESPOND,
    summary="Delete a notification rule",
    description="The others keep their order.",
    raises=(NotFound, PreconditionFailed),
    params=_ONE,
)
async def delete_notification_rule(call: Call) -> None:
    """Delete one rule."""
    await call.act(
        notification_rules.delete, user_of(call), _rule(call), sure=sure(call, show_rule), now=call.now
    )


def _rule(call: Call) -> NotificationRuleId:
    return NotificationRuleId(named(call, "notification_rule"))


def _check_channel(channel: str | None, path: str = "channel") -> None:
    if channel is not None:
        channel_named(channel, path)
