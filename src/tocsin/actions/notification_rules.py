"""A person's notification rules: for each importance a ladder, in which a rule has its place from 0."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.actions import audit
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import Edit, Sure, anyway, begin
from tocsin.core import ladder as ladders
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import UNMADE, NotificationRuleId, UserId
from tocsin.core.ladder import RUNGS_MAX, Ladder, check_rung
from tocsin.core.people import Importance, NotificationRule, User
from tocsin.core.spelling import native
from tocsin.store import people
from tocsin.store.transaction import Tx

Placed = tuple[int, NotificationRule]
"""A rule, and its place in its ladder."""


def list_(
    tx: Tx, actor: Actor, user_id: UserId, *, importance: Importance | None = None
) -> tuple[Placed, ...]:
    """List a user's rules, ladder by ladder, each in its order."""
    actor.must(Permission.READ)
    user = people.find(tx, actor.workspace, user_id)
    wanted = tuple(Importance) if importance is None else (importance,)
    return tuple(placed for each in wanted for placed in enumerate(user.ladder(each)))


def get(tx: Tx, actor: Actor, user_id: UserId, rule_id: NotificationRuleId) -> Placed:
    """Read one rule."""
    actor.must(Permission.READ)
    return _placed(people.find(tx, actor.workspace, user_id), rule_id)


def owner(tx: Tx, actor: Actor, rule_id: NotificationRuleId) -> UserId:
    """Tell whose rule it is that is about to be changed; other changes wait for the commit."""
    begin(tx, actor)
    found = people.owner_of_rule(tx, actor.workspace, rule_id)
    if found is None:
        raise NotFound("notification rule", native("notification_rule", rule_id))
    return found


def arrange(
    tx: Tx,
    actor: Actor,
    user_id: UserId,
    importance: Importance,
    order: Sequence[NotificationRuleId],
    *,
    now: datetime,
) -> User:
    """Put all rules of a ladder into *order*; who is on it misses none that did not move."""
    user = changing(tx, actor, user_id)
    ladder = user.ladder(importance)
    if [rung.id for rung in ladder] == list(order):
        return user
    changed = _save(tx, user, importance, ladders.arrange(ladder, order))
    audit.did(tx, actor, "rearranged notification rules of", "user", user, name=_name(user), now=now)
    return changed


def create(
    tx: Tx,
    actor: Actor,
    user_id: UserId,
    draft: NotificationRule,
    *,
    place: int | None = None,
    now: datetime,
) -> Placed:
    """Put a rule into its ladder, at *place* or at its end."""
    user = changing(tx, actor, user_id)
    _must_have_room(user, 1)
    made = _checked(user, replace(draft, id=NotificationRuleId(tx.new_id()), user=user_id))
    changed = _save(tx, user, made.importance, ladders.put_in(user.ladder(made.importance), made, place))
    placed = _placed(changed, made.id)
    audit.created(tx, actor, "notification_rule", placed[1], name=_name(user), now=now)
    return placed


def change(
    tx: Tx,
    actor: Actor,
    user_id: UserId,
    rule_id: NotificationRuleId,
    edit: Edit[Placed],
    *,
    now: datetime,
) -> Placed:
    """Change a rule, or its place; it stays in its ladder."""
    user = changing(tx, actor, user_id)
    was = _placed(user, rule_id)
    place, rule = edit(was)
    new = _checked(user, replace(rule, id=rule_id, user=user_id, importance=was[1].importance))
    if (place, new) == was:
        return was
    changed = _save(tx, user, new.importance, ladders.move(user.ladder(new.importance), new, place))
    placed = _placed(changed, rule_id)
    audit.changed(tx, actor, "notification_rule", placed[1], was=was[1], name=_name(user), now=now)
    return placed


def replace_all(
    tx: Tx,
    actor: Actor,
    user_id: UserId,
    importance: Importance,
    drafts: Sequence[NotificationRule],
    *,
    now: datetime,
) -> tuple[Placed, ...]:
    """Put up a new ladder in the place of the one that there is; whoever climbs it goes on with the new."""
    user = changing(tx, actor, user_id)
    old = user.ladder(importance)
    _must_have_room(user, len(drafts) - len(old))
    made = []
    for place, draft in enumerate(drafts):
        rung = replace(draft, id=NotificationRuleId(tx.new_id()), user=user_id, importance=importance)
        made.append(_checked(user, rung, f"notification_rules[{place}]"))
    changed = _save(tx, user, importance, ladders.put_up(old, made))
    audit.did(tx, actor, "replaced notification rules of", "user", user, name=_name(user), now=now)
    return tuple(enumerate(changed.ladder(importance)))


def put_after(
    tx: Tx, actor: Actor, user_id: UserId, draft: NotificationRule, after: timedelta, *, now: datetime
) -> NotificationRule:
    """Let a new rule notify *after* so long from the beginning of its ladder; the others keep their times."""
    user = changing(tx, actor, user_id)
    made = _checked(user, replace(draft, id=NotificationRuleId(tx.new_id()), user=user_id))
    ladder = ladders.put_after(user.ladder(made.importance), made, after)
    changed = _save_timed(tx, user, {made.importance: ladder})
    rule = _placed(changed, made.id)[1]
    audit.created(tx, actor, "notification_rule", rule, name=_name(user), now=now)
    return rule


def change_after(
    tx: Tx,
    actor: Actor,
    user_id: UserId,
    rule_id: NotificationRuleId,
    edit: Edit[tuple[NotificationRule, timedelta]],
    *,
    now: datetime,
) -> NotificationRule:
    """Change a rule that notifies, or how long after the beginning it does, or the ladder that it is in."""
    user = changing(tx, actor, user_id)
    was = _placed(user, rule_id)[1]
    old = user.ladder(was.importance)
    before = next((after for rung, after in ladders.timed(old) if rung.id == rule_id), None)
    if before is None:
        raise NotFound("notification rule", native("notification_rule", rule_id))
    rule, after = edit((was, before))
    new = _checked(user, replace(rule, id=rule_id, user=user_id))
    if (new.importance, after) == (was.importance, before):
        place = _placed(user, rule_id)[0]
        put = {was.importance: ladders.move(old, new, place)}
    else:
        put = {was.importance: ladders.take_away(old, rule_id)}
        put[new.importance] = ladders.put_after(
            put.get(new.importance, user.ladder(new.importance)), new, after
        )
    changed = _save_timed(tx, user, put)
    rule = _placed(changed, rule_id)[1]
    if rule != was:
        audit.changed(tx, actor, "notification_rule", rule, was=was, name=_name(user), now=now)
    return rule


def delete_after(
    tx: Tx, actor: Actor, user_id: UserId, rule_id: NotificationRuleId, *, now: datetime
) -> None:
    """Take a rule that notifies away, and the waits that only it needed."""
    user = changing(tx, actor, user_id)
    rule = _placed(user, rule_id)[1]
    _save_timed(tx, user, {rule.importance: ladders.take_away(user.ladder(rule.importance), rule_id)})
    audit.deleted(tx, actor, "notification_rule", rule, name=_name(user), now=now)


def delete(
    tx: Tx,
    actor: Actor,
    user_id: UserId,
    rule_id: NotificationRuleId,
    *,
    sure: Sure[Placed] = anyway,
    now: datetime,
) -> None:
    """Take a rule away; the others keep their order."""
    user = changing(tx, actor, user_id)
    placed = _placed(user, rule_id)
    sure(placed)
    importance = placed[1].importance
    _save(tx, user, importance, ladders.take_out(user.ladder(importance), rule_id))
    audit.deleted(tx, actor, "notification_rule", placed[1], name=_name(user), now=now)


def changing(tx: Tx, actor: Actor, user_id: UserId) -> User:
    """Read a user whose rules are about to be changed; other changes wait for the commit."""
    actor.must_for(user_id)
    begin(tx, actor)
    return people.find(tx, actor.workspace, user_id)


def _placed(user: User, rule_id: NotificationRuleId) -> Placed:
    for importance in Importance:
        for placed in enumerate(user.ladder(importance)):
            if placed[1].id == rule_id:
                return placed
    raise NotFound("notification rule", native("notification_rule", rule_id))


def _checked(user: User, rung: NotificationRule, path: str = "") -> NotificationRule:
    """Check a rule; one that names a contact method and an empty channel gets that one's channel."""
    if rung.channel == "":
        channels = (each.channel for each in user.contact_methods if each.id == rung.contact_method)
        rung = replace(rung, channel=next(channels, ""))
    check_rung(rung, user, path)
    return rung


def _must_have_room(user: User, more: int) -> None:
    if len(user.rules) + more > RUNGS_MAX:
        raise Conflict(f"{user.display_name} cannot have more than {RUNGS_MAX} notification rules")


def _save(tx: Tx, user: User, importance: Importance, ladder: Ladder) -> User:
    others = tuple(rule for rule in user.rules if rule.importance is not importance)
    changed = replace(user, rules=(*others, *ladder))
    people.save(tx, changed, user)
    return changed


def _save_timed(tx: Tx, user: User, put: Mapping[Importance, Ladder]) -> User:
    """Store ladders whose new waits are still to be given ids."""
    rules = [rung for each in Importance for rung in put.get(each, user.ladder(each))]
    _must_have_room(user, len(rules) - len(user.rules))
    made = (
        replace(rung, id=NotificationRuleId(tx.new_id())) if rung.id == UNMADE else rung for rung in rules
    )
    changed = replace(user, rules=tuple(made))
    if changed != user:
        people.save(tx, changed, user)
    return changed


def _name(user: User) -> str:
    return user.display_name
