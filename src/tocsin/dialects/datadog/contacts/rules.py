"""``/on-call/users/{user_id}/notification-rules``: how people want to be told."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from msgspec import UNSET, UnsetType

from tocsin.actions import notification_rules, people
from tocsin.actions.actor import Actor, Permission
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.ids import NotificationRuleId, UserId
from tocsin.core.people import User
from tocsin.core.spelling import from_uuid
from tocsin.dialects.datadog.contacts.channels import USER, show_channels, user_in
from tocsin.dialects.datadog.contacts.translate import (
    ShownRule,
    read_rule,
    rules_of,
    show_rule,
)
from tocsin.dialects.datadog.contacts.wire import (
    RULES_MAX,
    ChannelObject,
    CreateRule,
    RuleDocument,
    RuleList,
    UpdateRule,
)
from tocsin.dialects.datadog.errors import Refused
from tocsin.dialects.datadog.handling import (
    PREFIX,
    Including,
    must_be_in_path,
    path_id,
    path_uuid,
    read_body,
    seeing,
    seen,
)
from tocsin.dialects.datadog.jsonapi import MEDIA, Include, read_include
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ROUTES = Routes(f"{PREFIX}/on-call", tag="Notification rules")

INCLUDES: Final = ("channel",)
_ONE = USER | {"rule_id": "the rule's id"}
_PATH = "/users/{user_id}/notification-rules"
_CREATE: JsonReader[CreateRule] = JsonReader(CreateRule)
_UPDATE: JsonReader[UpdateRule] = JsonReader(UpdateRule)


@ROUTES.get(
    _PATH,
    permission=Permission.READ,
    summary="List a user's notification rules",
    description="Those of high urgency first, in the order in which they fire. `include`: `channel`.",
    media=MEDIA,
    raises=(NotFound,),
    params=USER,
)
async def list_user_notification_rules(call: Call, query: Including) -> RuleList:
    """List the rules of a user."""
    user_id = UserId(path_id(call, "user"))

    def listed(tx: Tx, actor: Actor, directory: Directory) -> RuleList:
        rules = list(rules_of(user_in(directory, user_id)))
        include = read_include(query.include, INCLUDES)
        return RuleList([show_rule(rule) for rule in rules], _included(tx, actor, rules, include))

    return await seen(call, listed)


@ROUTES.post(
    _PATH,
    permission=Permission.RESPOND,
    summary="Create a notification rule",
    description="`delay_minutes` counts from when a page reaches the user.",
    status=201,
    body_later=CreateRule,
    media=MEDIA,
    raises=(NotFound,),
    params=USER,
)
async def create_user_notification_rule(call: Call, query: Including) -> RuleDocument:
    """Add a rule to a user."""
    user_id = UserId(path_id(call, "user"))
    await seen(call, lambda _tx, _actor, directory: user_in(directory, user_id))
    include = read_include(query.include, INCLUDES)
    given = (await read_body(call, _CREATE)).data

    def create(tx: Tx, actor: Actor) -> RuleDocument:
        actor.must_for(user_id)
        user = people.get(tx, seeing(actor), user_id)
        if len(list(rules_of(user))) >= RULES_MAX:
            raise Invalid("data", f"would be one rule more than {RULES_MAX}")
        draft, after = read_rule(given, user)
        made = notification_rules.put_after(tx, actor, user_id, draft, after, now=call.now)
        return _now(tx, actor, user_id, made.id, include)

    return await call.act(create)


@ROUTES.get(
    f"{_PATH}/{{rule_id}}",
    permission=Permission.READ,
    summary="Read a notification rule",
    description="`include`: `channel`.",
    media=MEDIA,
    raises=(NotFound,),
    params=_ONE,
)
async def get_user_notification_rule(call: Call, query: Including) -> RuleDocument:
    """Read a rule of a user."""
    text, user_id = path_uuid(call, "rule"), UserId(path_id(call, "user"))

    def read(tx: Tx, actor: Actor, directory: Directory) -> RuleDocument:
        rule = _rule(user_in(directory, user_id), text)
        return _document(tx, actor, rule, read_include(query.include, INCLUDES))

    return await seen(call, read)


@ROUTES.put(
    f"{_PATH}/{{rule_id}}",
    permission=Permission.RESPOND,
    summary="Replace a notification rule",
    description="`include`: `channel`.",
    body_later=UpdateRule,
    media=MEDIA,
    raises=(NotFound,),
    params=_ONE,
)
async def update_user_notification_rule(call: Call, query: Including) -> RuleDocument:
    """Replace a rule of a user."""
    text, user_id = path_uuid(call, "rule"), UserId(path_id(call, "user"))
    await seen(call, lambda _tx, _actor, directory: _rule(user_in(directory, user_id), text))
    include = read_include(query.include, INCLUDES)
    given = (await read_body(call, _UPDATE)).data
    if given.id is not None:
        must_be_in_path(call, "rule", given.id)

    def update(tx: Tx, actor: Actor) -> RuleDocument:
        actor.must_for(user_id)
        user = people.get(tx, seeing(actor), user_id)
        was = _rule(user, text)
        new = read_rule(given, user, was)
        notification_rules.change_after(tx, actor, user_id, was.rung.id, lambda _: new, now=call.now)
        return _now(tx, actor, user_id, was.rung.id, include)

    return await call.act(update)


@ROUTES.delete(
    f"{_PATH}/{{rule_id}}",
    permission=Permission.RESPOND,
    summary="Delete a notification rule",
    description="The others fire when they did.",
    raises=(NotFound,),
    params=_ONE,
)
async def delete_user_notification_rule(call: Call) -> None:
    """Delete a rule of a user."""
    text, user_id = path_uuid(call, "rule"), UserId(path_id(call, "user"))
    await seen(call, lambda _tx, _actor, directory: _rule(user_in(directory, user_id), text))

    def delete(tx: Tx, actor: Actor) -> None:
        actor.must_for(user_id)
        rule_id = _rule(people.get(tx, seeing(actor), user_id), text).rung.id
        notification_rules.delete_after(tx, actor, user_id, rule_id, now=call.now)

    await call.act(delete)


def _rule(user: User, text: str) -> ShownRule:
    found = from_uuid(text)
    for rule in rules_of(user):
        if rule.rung.id == found:
            return rule
    raise Refused(HTTPStatus.NOT_FOUND, "notification rule not found")


def _now(
    tx: Tx, actor: Actor, user_id: UserId, rule_id: NotificationRuleId, include: Include
) -> RuleDocument:
    """Write a rule as it is now."""
    user = people.get(tx, seeing(actor), user_id)
    rule = next(each for each in rules_of(user) if each.rung.id == rule_id)
    return _document(tx, actor, rule, include)


def _document(tx: Tx, actor: Actor, rule: ShownRule, include: Include) -> RuleDocument:
    return RuleDocument(show_rule(rule), _included(tx, actor, [rule], include))


def _included(
    tx: Tx, actor: Actor, rules: Iterable[ShownRule], include: Include
) -> list[ChannelObject] | UnsetType:
    if not include.asked:
        return UNSET
    methods = {rule.method.id: rule.method for rule in rules}
    return show_channels(tx, actor, list(methods.values()))
