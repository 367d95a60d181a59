"""``/personal_notification_rules``: how people want to be told, for either importance a list."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from msgspec import UNSET

from tocsin.actions import extras, notification_rules, people
from tocsin.actions.actor import Actor, Permission
from tocsin.core.compiled import compiled_once
from tocsin.core.directory import Directory
from tocsin.core.errors import NotFound
from tocsin.core.ids import NotificationRuleId, UserId
from tocsin.core.people import Importance, NotificationRule, User, UserStatus
from tocsin.dialects.grafana_oncall import numbers, spelled
from tocsin.dialects.grafana_oncall.errors import NOT_NULL, REQUIRED, not_found, refused
from tocsin.dialects.grafana_oncall.fields import Fields
from tocsin.dialects.grafana_oncall.handling import Ask, Resource, seeing
from tocsin.dialects.grafana_oncall.people.translate import there
from tocsin.dialects.grafana_oncall.rules import wire
from tocsin.dialects.grafana_oncall.rules.read import RuleFields, duration_of, read_rule
from tocsin.dialects.grafana_oncall.rules.translate import (
    Kept,
    Numbers,
    keeping,
    new_rule,
    numbers_of,
    of_type,
    show_rule,
)

DIALECT: Final = "grafana_oncall"
KIND: Final = "user"  # the positions of somebody's rules are kept beside the person
NO_USER: Final = "User does not exist"

RESOURCE = Resource(
    "personal_notification_rules",
    "rule",
    shown=wire.Rule,
    noun="personal notification rule",
    may_write=Permission.RESPOND,
)
ROUTES = RESOURCE.routes


def _show_rules(ask: Ask, rules: Sequence[NotificationRule]) -> list[wire.Rule]:
    """Write rules, with the positions that each has in the whole of its list."""
    users = list(dict.fromkeys(rule.user for rule in rules))
    kept = extras.kept(ask.tx, ask.actor, users, dialect=DIALECT, kind=KIND)
    placed: Numbers = {}
    for user in users:
        for importance in Importance:
            ladder = ask.directory.users[user].ladder(importance)
            placed |= numbers_of(ladder, kept.get(user, {}))
    return [show_rule(rule, placed[rule.id], kept.get(rule.user, {})) for rule in rules]


@RESOURCE.lists(_show_rules, lasting=True)
def list_rules(ask: Ask) -> Sequence[NotificationRule]:
    """List rules: by user, the default list before the important one, by position."""
    user, important = ask.query.one("user_id"), ask.query.one("important")
    if important not in (None, "true", "false"):
        raise refused("Important is not bool")
    if user is None:
        found: Sequence[NotificationRule] = _every(ask.directory)
    else:
        person = ask.directory.users.get(UserId(spelled.read("user", user) or 0))
        if person is None or person.status is UserStatus.DEACTIVATED:
            raise refused("User not found.")
        found = _rules_of(person)
    if important is None:
        return found
    wanted = Importance.IMPORTANT if important == "true" else Importance.DEFAULT
    return [rule for rule in found if rule.importance is wanted]


@RESOURCE.reads
def read_personal_rule(ask: Ask, identifier: int) -> wire.Rule:
    """Read one rule."""
    rule = _by_id(ask.directory).get(NotificationRuleId(identifier))
    if rule is None:
        raise not_found()
    return _show_rules(ask, [rule])[0]


@RESOURCE.creates(wire.NewRule)
def create_rule(ask: Ask, fields: Fields) -> wire.Rule:
    """Put a rule at the end of its list, or at a position."""
    duration = duration_of(fields)
    user = _user_named(ask, fields)
    given = read_rule(fields, duration, was_wait=None)
    type_ = given.type if isinstance(given.type, str) else ""
    draft = new_rule(type_, given.duration, important=given.important)
    actor = _for_anybody(ask.actor)
    before = notification_rules.changing(ask.tx, actor, user)
    kept = _kept(ask, user)
    places = numbers_of(before.ladder(draft.importance), kept)
    _, made = notification_rules.create(ask.tx, actor, user, draft, now=ask.now)
    places[made.id] = numbers.appended(places)
    return _placed(ask, made, given, places, kept)


@RESOURCE.changes(wire.RuleChange)
def change_rule(ask: Ask, identifier: int, fields: Fields) -> wire.Rule:
    """Change what a rule does, or its position."""
    actor, was = _for_anybody(ask.actor), _find(ask, identifier)
    given = read_rule(fields, duration_of(fields), was_wait=was.channel is None)
    rule = was
    if isinstance(given.type, str):
        rule = of_type(was, given.type, given.duration)
    elif given.duration is not None:
        rule = replace(was, wait=given.duration)
    kept = _kept(ask, was.user)
    places = numbers_of(people.get(ask.tx, actor, was.user).ladder(was.importance), kept)
    notification_rules.change(ask.tx, actor, was.user, was.id, lambda old: (old[0], rule), now=ask.now)
    return _placed(ask, rule, given, places, kept)


@RESOURCE.deletes
def delete_rule(ask: Ask, identifier: int) -> None:
    """Take a rule away; the others keep their positions."""
    rule, actor = _find(ask, identifier), _for_anybody(ask.actor)
    kept = _kept(ask, rule.user)
    places = numbers_of(people.get(ask.tx, actor, rule.user).ladder(rule.importance), kept)
    notification_rules.delete(ask.tx, actor, rule.user, rule.id, now=ask.now)
    user = people.get(ask.tx, actor, rule.user)
    _keep(ask, user.id, keeping(user, kept, places, {}))


def _placed(ask: Ask, rule: NotificationRule, given: RuleFields, places: Numbers, kept: Kept) -> wire.Rule:
    """Put a stored rule to the position that is asked for, keep all positions, and show it."""
    if isinstance(given.position, int):
        place = numbers.swapped if given.manual else numbers.moved
        places = place(places, rule.id, given.position)
    order = sorted(places, key=lambda each: places[each])
    actor = _for_anybody(ask.actor)
    user = notification_rules.arrange(ask.tx, actor, rule.user, rule.importance, order, now=ask.now)
    critical = {rule.id: given.type == "notify_by_mobile_app_critical"} if given.type is not UNSET else {}
    kept = keeping(user, kept, places, critical)
    _keep(ask, user.id, kept)
    return show_rule(rule, places[rule.id], kept)


def _user_named(ask: Ask, fields: Fields) -> UserId:
    """Read whose rule it is to be; 0 when that is not said, which is noted."""
    value = fields.raw("user_id")
    if value is UNSET or value is None or value == "":
        fields.wrong("user_id", REQUIRED if value is UNSET else NOT_NULL)
        return UserId(0)
    try:
        found = people.get(ask.tx, seeing(ask.actor), UserId(spelled.read("user", value) or 0))
    except NotFound:
        raise refused(NO_USER) from None
    if found.status is UserStatus.DEACTIVATED:
        raise refused(NO_USER)
    return found.id


def _find(ask: Ask, identifier: int) -> NotificationRule:
    """Find a rule that is to be changed, and lock what it is part of."""
    rule_id = NotificationRuleId(identifier)
    owner = notification_rules.owner(ask.tx, ask.actor, rule_id)
    _, rule = notification_rules.get(ask.tx, seeing(ask.actor), owner, rule_id)
    return rule


def _for_anybody(actor: Actor) -> Actor:
    """Let whoever may write rules write anybody's, as this API does."""
    actor.must(Permission.RESPOND)
    return replace(actor, permissions=actor.permissions | {Permission.READ, Permission.ADMIN})


def _kept(ask: Ask, user: UserId) -> Kept:
    return extras.kept(ask.tx, ask.actor, [user], dialect=DIALECT, kind=KIND).get(user, {})


def _keep(ask: Ask, user: UserId, kept: Kept) -> None:
    extras.keep(ask.tx, ask.actor, user, kept, dialect=DIALECT, kind=KIND)


def _rules_of(user: User) -> list[NotificationRule]:
    return [rule for importance in Importance for rule in user.ladder(importance)]


@compiled_once
def _every(directory: Directory) -> tuple[NotificationRule, ...]:
    """Give all rules of everybody who is there, in the order in which they are listed."""
    return tuple(rule for user in there(directory) for rule in _rules_of(user))


@compiled_once
def _by_id(directory: Directory) -> dict[NotificationRuleId, NotificationRule]:
    return {rule.id: rule for rule in _every(directory)}
