"""Users, each with their contact methods and notification rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import delete as erase
from sqlalchemy import select, update

from tocsin.core.ids import ContactMethodId, NotificationRuleId, UserId, WorkspaceId
from tocsin.core.people import ContactMethod, Importance, NotificationRule, Role, User, UserStatus
from tocsin.store import extras
from tocsin.store.bulk import insert_many as into
from tocsin.store.bulk import upsert_many
from tocsin.store.columns import instant, instant_or_none, micros, micros_or_none, span
from tocsin.store.configuration import Kept
from tocsin.store.statements import Statement, among, number, words
from tocsin.store.tables import contact_methods, notification_rules, users
from tocsin.store.transaction import Row, Tx

_m = contact_methods.c
_r = notification_rules.c
_METHODS = Statement(select(contact_methods).where(among(_m.user_id, "users")).order_by(_m.id))
# What a verification is under way with stays as it is when a method's label is changed.
_PUT_METHODS = upsert_many(
    contact_methods, keys=("id",), change=("channel", "address", "label", "verified_at", "context")
)
_DROP_METHODS = Statement(erase(contact_methods).where(among(_m.id, "ids")))
_RULES = Statement(
    select(notification_rules)
    .where(among(_r.user_id, "users"))
    .order_by(_r.user_id, _r.importance, _r.position)
)
_OWNER = Statement(
    select(users.c.id)
    .join_from(notification_rules, users, users.c.id == _r.user_id)
    .where(_r.id == number("rule"), users.c.workspace_id == number("workspace"))
)
_PUT_RULES = into(notification_rules)
_DROP_RULES = Statement(erase(notification_rules).where(_r.user_id == number("user")))
_PASSWORD = Statement(select(users.c.password_hash).where(users.c.id == number("id")))
_WITH_EMAIL = Statement(select(users.c.id).where(users.c.email_key == words("key")))
_SET_PASSWORD = Statement(
    update(users).where(users.c.id == number("user")).values(password_hash=words("hash"))
)
_CODE = Statement(
    select(_m.code_hash, _m.code_expires_at, _m.code_attempts).where(_m.id == number("id")).with_for_update()
)
_SET_CODE = Statement(
    update(contact_methods)
    .where(_m.id == number("method"))
    .values(code_hash=words("hash"), code_expires_at=number("expires"), code_attempts=0)
)
_COUNT_CODE = Statement(
    update(contact_methods)
    .where(_m.id == number("method"))
    .values(code_attempts=_m.code_attempts + 1)
    .returning(_m.code_attempts)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code on its way to an address, to prove that it is its owner's: tried *attempts* times."""

    hash: str
    expires_at: datetime
    attempts: int


class _Users(Kept[User]):
    noun = "user"
    table = users
    unique = "email_key"
    called = "e-mail address"
    beside = MappingProxyType({"password_hash": None})

    def row(self, tx: Tx, value: User) -> Row:  # noqa: ARG002  # others need it
        return (
            value.id,
            value.workspace,
            value.email,
            email_key(value.email),
            value.name,
            value.role,
            value.status,
            value.time_zone,
        )

    def values(self, tx: Tx, rows: Sequence[Row]) -> list[User]:
        ids = [row[0] for row in rows]
        methods: dict[int, list[ContactMethod]] = {user: [] for user in ids}
        rules: dict[int, list[NotificationRule]] = {user: [] for user in ids}
        if ids:
            for row in tx.rows(_METHODS, users=ids):
                methods[row[1]].append(_method(row))
            for row in tx.rows(_RULES, users=ids):
                rules[row[1]].append(_rule(row))
        return [
            User(
                id=row[0],
                workspace=row[1],
                email=row[2],
                name=row[4],
                role=Role(row[5]),
                status=UserStatus(row[6]),
                time_zone=row[7],
                contact_methods=tuple(methods[row[0]]),
                rules=tuple(rules[row[0]]),
            )
            for row in rows
        ]

    def put_parts(self, tx: Tx, new: User, was: User | None) -> None:
        if was is not None and (was.rules, was.contact_methods) == (new.rules, new.contact_methods):
            return
        # Rules go before the methods that they name, and come after them.
        if was is not None:
            tx.run(_DROP_RULES, user=new.id)
            kept = {method.id for method in new.contact_methods}
            gone = [method.id for method in was.contact_methods if method.id not in kept]
            tx.run(_DROP_METHODS, ids=gone)
            _forget(tx, "contact method", gone)
            left = {rule.id for rule in new.rules}
            _forget(tx, "notification rule", [rule.id for rule in was.rules if rule.id not in left])
        if new.contact_methods:
            tx.run_many(_PUT_METHODS, [_method_row(method) for method in new.contact_methods])
        if new.rules:
            tx.run_many(_PUT_RULES, [_rule_row(rule) for rule in new.rules])


_users = _Users()
add = _users.add
save = _users.save
delete = _users.delete
find = _users.find
get_many = _users.get_many
all_ = _users.all_
list_ = _users.list_


def email_key(email: str) -> str:
    """Give the form of an e-mail address by which it is told from others."""
    return email.strip().lower()


def anywhere_with_email(tx: Tx, email: str) -> list[User]:
    """Find the users with this e-mail address in all workspaces: somebody who logs in names no workspace."""
    return get_many(tx, [row[0] for row in tx.rows(_WITH_EMAIL, key=email_key(email))])


def owner_of_rule(tx: Tx, workspace: WorkspaceId, rule: NotificationRuleId) -> UserId | None:
    """Find the user of *workspace* whose notification rule it is."""
    found: UserId | None = tx.scalar(_OWNER, rule=rule, workspace=workspace)
    return found


def password_hash(tx: Tx, user: UserId) -> str | None:
    """Read the hash of a user's password, None when there is none."""
    found: str | None = tx.scalar(_PASSWORD, id=user)
    return found


def set_password_hash(tx: Tx, user: UserId, password: str | None) -> None:
    """Store the hash of a user's new password; None takes it away."""
    tx.run(_SET_PASSWORD, user=user, hash=password)


def set_code(tx: Tx, method: ContactMethodId, code: Code | None) -> None:
    """Remember the code that was sent to a contact method, or forget it."""
    if code is None:
        tx.run(_SET_CODE, method=method, hash=None, expires=None)
    else:
        tx.run(_SET_CODE, method=method, hash=code.hash, expires=micros(code.expires_at))


def code(tx: Tx, method: ContactMethodId) -> Code | None:
    """Read the code that was sent to a contact method, if one is under way; locked for the transaction."""
    row = tx.one(_CODE, id=method)
    if row is None or row[0] is None:
        return None
    return Code(hash=row[0], expires_at=instant(row[1]), attempts=row[2])


def count_code(tx: Tx, method: ContactMethodId) -> int:
    """Count one more try at the code of a contact method, and return how many that makes."""
    tries: int = tx.scalar(_COUNT_CODE, method=method)
    return tries


def _forget(tx: Tx, kind: str, gone: Sequence[int]) -> None:
    """Let what dialects keep beside parts of a user go with them."""
    if gone:
        extras.drop(tx, kind, gone)


def _method(row: Row) -> ContactMethod:
    return ContactMethod(
        id=row[0],
        user=row[1],
        channel=row[2],
        address=row[3],
        label=row[4],
        verified_at=instant_or_none(row[5]),
        context=row[9] or "",
    )


def _method_row(method: ContactMethod) -> Row:
    verified_at = micros_or_none(method.verified_at)
    return (
        method.id,
        method.user,
        method.channel,
        method.address,
        method.label,
        verified_at,
        None,
        None,
        0,
        method.context or None,
    )


def _rule(row: Row) -> NotificationRule:
    return NotificationRule(
        id=NotificationRuleId(row[0]),
        user=row[1],
        importance=Importance(row[2]),
        position=row[3],
        channel=row[4],
        contact_method=row[5],
        wait=timedelta(microseconds=row[6]),
        gather=timedelta(microseconds=row[7] or 0),
    )


def _rule_row(rule: NotificationRule) -> Row:
    return (
        rule.id,
        rule.user,
        rule.importance,
        rule.position,
        rule.channel,
        rule.contact_method,
        span(rule.wait),
        span(rule.gather) or None,
    )
