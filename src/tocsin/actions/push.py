"""Browsers that take push messages: how they subscribe, what it takes to send to them, when they are gone.

A subscription is a contact method on the channel ``push``. It is verified by its first message: what the
browser gives back then can only have come to it through its push service. Our own key (VAPID, RFC 8292) is
made when it is first needed, and kept sealed.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tocsin.actions import audit, contact_methods
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import begin
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.ids import UNMADE, ContactMethodId, NotificationId, UserId, WorkspaceId
from tocsin.core.notification import Notification, NotificationKind
from tocsin.core.people import ContactMethod, Role, User, UserStatus
from tocsin.core.push import (
    CHANNEL,
    PUBLIC_KEY_BYTES,
    PushAccess,
    PushSubscription,
    check_subscription,
    unpadded,
)
from tocsin.store import outbox, people, push, server_secrets
from tocsin.store.transaction import Tx

KEY: Final = "vapid"
CURVE: Final = ec.SECP256R1()
EMAIL: Final = "email"
_ORDER: Final = (
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve (FIPS 186-4)
)
_KEY_BYTES: Final = 32
_CHANCE_BYTES: Final = 40  # 64 bits more than the order, so that no key is likelier than another

Entropy = Callable[[int], bytes]


def public_key(tx: Tx, actor: Actor, *, entropy: Entropy, now: datetime) -> str:
    """Give the key by which browsers know us, as they take it; it is made when nobody has asked before."""
    known = known_key(tx, actor)
    if known is None:
        number = int.from_bytes(entropy(_CHANCE_BYTES), "big") % (_ORDER - 1) + 1
        server_secrets.keep(tx, KEY, _base64(number.to_bytes(_KEY_BYTES, "big")), now=now)
        known = known_key(tx, actor)
    return known or ""


def known_key(tx: Tx, actor: Actor) -> str | None:
    """Give the key by which browsers know us, None when it has not been made yet."""
    actor.must(Permission.READ)
    private = server_secrets.find(tx, KEY)
    if private is None:
        return None
    number = int.from_bytes(unpadded(private, KEY, _KEY_BYTES), "big")
    point = ec.derive_private_key(number, CURVE).public_key()
    return _base64(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def subscribe(
    tx: Tx,
    actor: Actor,
    subscription: PushSubscription,
    *,
    label: str,
    replaces: str = "",
    entropy: Entropy,
    now: datetime,
) -> ContactMethod:
    """Let a browser of the actor's take push messages, and send it its first, which verifies it.

    A browser that is known already keeps its contact method, and so does one whose push service gave it
    another address: it *replaces* that endpoint then, and rules that name it go on naming it.
    """
    user_id = _user(actor)
    actor.must_for(user_id)
    check_subscription(subscription)
    _check_point(subscription)
    user = people.find(tx, actor.workspace, user_id)
    known = _known(user, subscription, replaces)
    if known is None:
        draft = ContactMethod(
            id=ContactMethodId(UNMADE),
            user=user_id,
            channel=CHANNEL,
            address=subscription.address,
            label=label,
        )
        known = contact_methods.create(tx, actor, user_id, draft, entropy=entropy, subscribed=True, now=now)
    else:
        known = _moved(tx, actor, user, known, subscription, now=now)
        if known.verified_at is None and not contact_methods.must_wait(tx, known.id, now):
            contact_methods.send_code(tx, actor, user_id, known.id, entropy=entropy, now=now)
    push.put(tx, known.id, subscription)
    return known


def of_address(user: User, endpoint: str) -> ContactMethod | None:
    """Find the contact method that the browser with *endpoint* is."""
    address = PushSubscription(endpoint=endpoint, p256dh="", auth="").address
    return next(
        (each for each in user.contact_methods if (each.channel, each.address) == (CHANNEL, address)), None
    )


def accesses(tx: Tx, notifications: Sequence[Notification]) -> dict[NotificationId, PushAccess]:
    """Give what it takes to send those of *notifications* that go to a browser which is still subscribed."""
    methods = {
        each.id: each.contact_method
        for each in notifications
        if each.channel == CHANNEL and each.contact_method is not None
    }
    if not methods:
        return {}
    key = server_secrets.find(tx, KEY)
    found = push.of_methods(tx, sorted(set(methods.values())))
    if key is None:
        return {}
    return {
        each: PushAccess(subscription=found[method], key=key)
        for each, method in methods.items()
        if method in found
    }


def proven(tx: Tx, workspace: WorkspaceId, notification_id: NotificationId, *, now: datetime) -> None:
    """Verify the browser that gives back what its first message said; other messages prove nothing new."""
    for message in outbox.get_many(tx, [notification_id]):
        young = message.queued_at + contact_methods.CODE_LIFETIME > now
        asked = message.kind is NotificationKind.VERIFICATION and message.channel == CHANNEL and young
        if message.workspace != workspace or not asked or message.user is None:
            continue
        user = _found(tx, workspace, message.user)
        method = None if user is None else _of(user, message.contact_method)
        if user is None or method is None or method.verified_at is not None:
            continue
        actor = Actor.of_user(user, how=CHANNEL)
        begin(tx, actor)
        _save(tx, actor, user, replace(method, verified_at=now), now=now)
        people.set_code(tx, method.id, None)


def lose(tx: Tx, gone: Sequence[Notification], *, now: datetime) -> None:
    """Use no more the browsers that *gone* messages could not reach, and tell their people by other ways.

    Their contact methods stay, unverified, so that rules go on naming them. Whoever has no other way left is
    written to at the address of their account, and those who manage people hear of it.
    """
    for message in gone:
        user = None if message.user is None else _found(tx, message.workspace, message.user)
        method = None if user is None else _of(user, message.contact_method)
        if user is None or method is None or method.verified_at is None:
            continue
        actor = Actor.of_server(message.workspace)
        begin(tx, actor)
        left = _save(tx, actor, user, replace(method, verified_at=None), now=now)
        _tell(tx, left, method, now=now)


def _tell(tx: Tx, user: User, lost: ContactMethod, *, now: datetime) -> None:
    what = lost.label or "a browser"
    because = f"{what} takes no push messages any more"
    text = f"{because}: its subscription has ended. Subscribe it again on /me/browser."
    if user.reachable:
        for method in user.reachable:
            contact_methods.notify(
                tx, method, NotificationKind.OPERATOR, user=user, because=because, body=text, now=now
            )
        return
    account = ContactMethod(id=lost.id, user=user.id, channel=EMAIL, address=user.email)
    contact_methods.notify(
        tx, account, NotificationKind.OPERATOR, user=user, because=because, body=text, now=now
    )
    text = f"Nobody can page {user.display_name} any more: {what}, their last way, takes no push messages."
    for other in people.all_(tx, user.workspace):
        manages = other.role in (Role.OWNER, Role.ADMIN) and other.status is UserStatus.ACTIVE
        for method in other.reachable if manages and other.id != user.id else ():
            contact_methods.notify(
                tx, method, NotificationKind.OPERATOR, user=other, because=text, body=text, now=now
            )


def _moved(
    tx: Tx, actor: Actor, user: User, known: ContactMethod, subscription: PushSubscription, *, now: datetime
) -> ContactMethod:
    if known.address == subscription.address:
        return known
    begin(tx, actor)
    moved = replace(known, address=subscription.address)
    _save(tx, actor, user, moved, now=now)
    return moved


def _known(user: User, subscription: PushSubscription, replaces: str) -> ContactMethod | None:
    known = of_address(user, subscription.endpoint)
    return known if known is not None or not replaces else of_address(user, replaces)


def _save(tx: Tx, actor: Actor, user: User, method: ContactMethod, *, now: datetime) -> User:
    was = next(each for each in user.contact_methods if each.id == method.id)
    methods = tuple(method if each.id == method.id else each for each in user.contact_methods)
    changed = replace(user, contact_methods=methods)
    people.save(tx, changed, user)
    name = contact_methods.name_of(user, method)
    audit.changed(tx, actor, "contact_method", method, was=was, name=name, now=now)
    return changed


def _found(tx: Tx, workspace: WorkspaceId, user: UserId) -> User | None:
    try:
        return people.find(tx, workspace, user)
    except NotFound:
        return None


def _of(user: User, method: ContactMethodId | None) -> ContactMethod | None:
    return next((each for each in user.contact_methods if each.id == method), None)


def _user(actor: Actor) -> UserId:
    if actor.user is None:
        raise NotFound("user", "me")
    return actor.user


def _check_point(subscription: PushSubscription) -> None:
    try:
        point = unpadded(subscription.p256dh, "keys.p256dh", PUBLIC_KEY_BYTES)
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
    except ValueError:
        raise Invalid(
            "keys.p256dh", "is no point of P-256", "must be the key that the browser gave"
        ) from None


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
