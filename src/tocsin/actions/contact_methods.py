"""Contact methods: where people are reached, and the code that proves that they are there.

Their addresses have been checked by their channel. A code is six digits, sent to the address itself; it is
good for CODE_LIFETIME and TRIES_MAX tries.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final

from tocsin.actions import audit, usage
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import Edit, Sure, anyway, begin
from tocsin.core.because import listing, span
from tocsin.core.errors import Conflict, Invalid, NotFound
from tocsin.core.ids import ContactMethodId, NotificationId, UserId
from tocsin.core.ladder import Ladder, take_away
from tocsin.core.notification import Notification, NotificationKind
from tocsin.core.people import ContactMethod, Importance, User
from tocsin.core.people_check import CONTACT_METHODS_MAX, check_contact_method
from tocsin.core.push import CHANNEL as PUSH
from tocsin.core.spelling import native
from tocsin.core.through import check_way, named_by
from tocsin.store import destinations, outbox, people
from tocsin.store.people import Code
from tocsin.store.transaction import Tx

CODE_DIGITS: Final = 6
CODE_LIFETIME: Final = timedelta(minutes=15)
CODE_PAUSE: Final = timedelta(minutes=1)  # from one code to the next, for the address may be a stranger's
TRIES_MAX: Final = 5

Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a code: *method* as it is now, and how many tries are left if it was wrong."""

    method: ContactMethod
    left: int | None = None


def list_(tx: Tx, actor: Actor, user_id: UserId) -> tuple[ContactMethod, ...]:
    """List a user's contact methods, the oldest first."""
    actor.must(Permission.READ)
    return people.find(tx, actor.workspace, user_id).contact_methods


def get(tx: Tx, actor: Actor, user_id: UserId, method_id: ContactMethodId) -> ContactMethod:
    """Read one contact method."""
    actor.must(Permission.READ)
    return _of(people.find(tx, actor.workspace, user_id), method_id)


def create(
    tx: Tx,
    actor: Actor,
    user_id: UserId,
    draft: ContactMethod,
    *,
    entropy: Entropy | None,
    subscribed: bool = False,
    now: datetime,
) -> ContactMethod:
    """Add a contact method and send its code; an admin may vouch for it by giving *verified_at*.

    One that leads through a destination of the workspace needs no proof. Without *entropy* no code is sent:
    for a channel by which nothing can be sent yet. A browser can only add itself: then it has *subscribed*.
    """
    actor.must_for(user_id)
    if draft.channel == PUSH and not subscribed:
        remedy = "must be subscribed on its own page of its user, /me/browser"
        raise Invalid("channel", "is push, and a browser can only add itself", remedy)
    if draft.verified_at is not None:
        actor.must(Permission.ADMIN)
    begin(tx, actor)
    draft = _through(tx, actor, draft, now)
    user = people.find(tx, actor.workspace, user_id)
    if len(user.contact_methods) >= CONTACT_METHODS_MAX:
        raise Conflict(f"{user.display_name} has {CONTACT_METHODS_MAX} contact methods already")
    for method in user.contact_methods:
        if (method.channel, method.address) == (draft.channel, draft.address):
            raise Conflict(f"{user.display_name} has this address on {method.channel} already")
    made = replace(draft, id=ContactMethodId(tx.new_id()), user=user_id)
    check_contact_method(made)
    people.save(tx, replace(user, contact_methods=(*user.contact_methods, made)), user)
    if made.verified_at is None and entropy is not None:
        _send_code(tx, user, made, entropy, now)
    audit.created(tx, actor, "contact_method", made, name=name_of(user, made), now=now)
    return made


def relabel(
    tx: Tx,
    actor: Actor,
    user_id: UserId,
    method_id: ContactMethodId,
    edit: Edit[ContactMethod],
    *,
    now: datetime,
) -> ContactMethod:
    """Change what a contact method is called, or its context; another address is another contact method."""
    actor.must_for(user_id)
    begin(tx, actor)
    user = people.find(tx, actor.workspace, user_id)
    was = _of(user, method_id)
    edited = edit(was)
    new = replace(was, label=edited.label, context=edited.context)
    check_contact_method(new)
    if new != was:
        _put(tx, user, new)
        audit.changed(tx, actor, "contact_method", new, was=was, name=name_of(user, new), now=now)
    return new


def send_code(
    tx: Tx, actor: Actor, user_id: UserId, method_id: ContactMethodId, *, entropy: Entropy, now: datetime
) -> ContactMethod:
    """Send a new code to a contact method; the one before is good for nothing any more."""
    actor.must_for(user_id)
    user = people.find(tx, actor.workspace, user_id)
    method = _of(user, method_id)
    if method.verified_at is not None:
        raise Conflict(f"{name_of(user, method)} is verified already")
    wait = must_wait(tx, method_id, now)
    if wait > timedelta(0):
        raise Conflict(f"a code was sent a moment ago; wait {span(max(wait, timedelta(seconds=1)))}")
    _send_code(tx, user, method, entropy, now)
    return method


def must_wait(tx: Tx, method_id: ContactMethodId, now: datetime) -> timedelta:
    """Say how long it is until a contact method may be sent a new code."""
    under_way = people.code(tx, method_id)
    sent_at = now - CODE_PAUSE if under_way is None else under_way.expires_at - CODE_LIFETIME
    return max(timedelta(0), sent_at + CODE_PAUSE - now)


def verify(
    tx: Tx, actor: Actor, user_id: UserId, method_id: ContactMethodId, code: str, *, now: datetime
) -> Tried:
    """Try a code. What is wrong with a wrong one is told by the result, so that the try counts.

    Raise Conflict when there is no code to try: none was sent, it ran out, or it was tried too often.
    """
    actor.must_for(user_id)
    begin(tx, actor)
    user = people.find(tx, actor.workspace, user_id)
    method = _of(user, method_id)
    if method.verified_at is not None:
        return Tried(method=method)
    sent = people.code(tx, method_id)
    if sent is None or sent.expires_at <= now or sent.attempts >= TRIES_MAX:
        raise Conflict("there is no code that could be tried; have a new one sent")
    tries = people.count_code(tx, method_id)
    if not compare_digest(sent.hash, _hash(tx, method_id, code.strip())):
        return Tried(method=method, left=TRIES_MAX - tries)
    verified = replace(method, verified_at=now)
    _put(tx, user, verified)
    people.set_code(tx, method_id, None)
    audit.changed(tx, actor, "contact_method", verified, was=method, name=name_of(user, verified), now=now)
    return Tried(method=verified)


def wrong_code(tried: Tried) -> Invalid:
    """Say that a code was wrong, and how often one may still try."""
    left = f"{tried.left or 0} {'try is' if tried.left == 1 else 'tries are'} left"
    remedy = f"must be the {CODE_DIGITS} digits that were sent; {left}"
    return Invalid("code", "is not the one that was sent", remedy)


def test(
    tx: Tx, actor: Actor, user_id: UserId, method_id: ContactMethodId, *, now: datetime
) -> NotificationId:
    """Send a test notification to a verified contact method."""
    actor.must_for(user_id)
    user = people.find(tx, actor.workspace, user_id)
    method = _of(user, method_id)
    if method.verified_at is None:
        raise Conflict(f"{name_of(user, method)} is not verified; verify it first")
    because = f"{actor.name} wants to know whether messages arrive here"
    return notify(tx, method, NotificationKind.TEST, user=user, because=because, body=because, now=now)


def relay(
    tx: Tx, actor: Actor, user_id: UserId, channel: str, text: str, *, now: datetime
) -> NotificationId | None:
    """Send *text* to the first verified contact method of a user on *channel*; None if there is none."""
    actor.must(Permission.RESPOND)
    user = people.find(tx, actor.workspace, user_id)
    method = next((each for each in user.reachable if each.channel == channel), None)
    if method is None:
        return None
    because = f"{actor.name} wants you to know"
    return notify(tx, method, NotificationKind.OPERATOR, user=user, because=because, body=text, now=now)


def delete(
    tx: Tx,
    actor: Actor,
    user_id: UserId,
    method_id: ContactMethodId,
    *,
    force: bool = False,
    with_rules: bool = False,
    sure: Sure[ContactMethod] = anyway,
    now: datetime,
) -> None:
    """Take a contact method away; rules that name it use all of its channel from then on, or go *with* it.

    Raise Conflict, unless *force*, when rules name it, or when it is the last way to reach somebody whom
    schedules or policies ask.
    """
    actor.must_for(user_id)
    begin(tx, actor)
    user = people.find(tx, actor.workspace, user_id)
    method = _of(user, method_id)
    sure(method)
    if not force:
        _must_be_dispensable(tx, user, method)
    people.save(tx, _without(user, method, with_rules=with_rules), user)
    audit.deleted(tx, actor, "contact_method", method, name=name_of(user, method), now=now)


def _through(tx: Tx, actor: Actor, draft: ContactMethod, now: datetime) -> ContactMethod:
    """Check a draft that leads through a destination: somebody of this workspace has set that up."""
    wanted = named_by(draft.channel, draft.address)
    if wanted is None:
        return draft
    found = next(iter(destinations.get_many(tx, [wanted])), None)
    if found is None or found.workspace != actor.workspace:
        raise Invalid(
            "address", "names no destination", "must be the URL of a program, or a destination's id"
        )
    check_way(found.channel)
    return replace(draft, verified_at=now)


def _of(user: User, method_id: ContactMethodId) -> ContactMethod:
    for method in user.contact_methods:
        if method.id == method_id:
            return method
    raise NotFound("contact method", native("contact_method", method_id))


def _put(tx: Tx, user: User, method: ContactMethod) -> None:
    methods = tuple(method if each.id == method.id else each for each in user.contact_methods)
    people.save(tx, replace(user, contact_methods=methods), user)


def name_of(user: User, method: ContactMethod) -> str:
    """Name a contact method, for people to read."""
    return f"{user.display_name}'s {method.label or method.channel}"


def _send_code(tx: Tx, user: User, method: ContactMethod, entropy: Entropy, now: datetime) -> None:
    # 64 bits of chance over a million codes: no code is likelier than another by more than one in 10^13.
    code = f"{int.from_bytes(entropy(8), 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}}"
    sent = Code(hash=_hash(tx, method.id, code), expires_at=now + CODE_LIFETIME, attempts=0)
    people.set_code(tx, method.id, sent)
    because = f"somebody added this address to the account of {user.display_name}"
    notify(tx, method, NotificationKind.VERIFICATION, user=user, because=because, body=code, now=now)


def _hash(tx: Tx, method: ContactMethodId, code: str) -> str:
    """Blind a code with the vault's key: six digits alone could be guessed from any hash."""
    return str(tx.vault.fingerprint(f"code:{method}:{code}"))


def notify(
    tx: Tx,
    method: ContactMethod,
    kind: NotificationKind,
    *,
    user: User,
    because: str,
    body: str,
    now: datetime,
) -> NotificationId:
    """Queue a message of a *kind* that no page stands behind, to one of a user's contact methods."""
    notification = Notification(
        id=NotificationId(tx.new_id()),
        workspace=user.workspace,
        kind=kind,
        user=user.id,
        contact_method=method.id,
        channel=method.channel,
        address=method.address,
        because=because,
        body=body,
        queued_at=now,
        due=now,
    )
    outbox.queue_many(tx, [notification])
    return notification.id


def _must_be_dispensable(tx: Tx, user: User, method: ContactMethod) -> None:
    naming = [rule for rule in user.rules if rule.contact_method == method.id]
    if naming:
        some = f"{len(naming)} notification {'rule names' if len(naming) == 1 else 'rules name'} it"
        raise Conflict(f"{some}; change them first, or force it and they use all of {method.channel}")
    if method.verified_at is None or len(user.reachable) > 1:
        return
    asked_by = list(usage.of_user(tx, user))
    if asked_by or user.rules:
        why = f"is asked by {listing(asked_by[:5])}" if asked_by else "has notification rules"
        raise Conflict(
            f"it is the last verified contact method of {user.display_name}, who {why};"
            " add another first, or force it"
        )


def _without(user: User, method: ContactMethod, *, with_rules: bool) -> User:
    rules = tuple(
        replace(rule, contact_method=None) if rule.contact_method == method.id else rule
        for rule in user.rules
    )
    if with_rules:
        rules = tuple(rule for each in Importance for rule in _ladder_without(user.ladder(each), method))
    methods = tuple(each for each in user.contact_methods if each.id != method.id)
    return replace(user, contact_methods=methods, rules=rules)


def _ladder_without(ladder: Ladder, method: ContactMethod) -> Ladder:
    for rung in ladder:
        if rung.contact_method == method.id:
            ladder = take_away(ladder, rung.id)
    return ladder
