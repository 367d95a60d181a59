"""Contact methods over the wire; an address that is as good as a key is shown only in part."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from tocsin.core.ids import UNMADE, ContactMethodId, NotificationId, UserId
from tocsin.core.masking import shown_address
from tocsin.core.people import ContactMethod
from tocsin.core.spelling import native
from tocsin.core.through import read_context
from tocsin.dialects.native.wire.shapes import Body, View

Channel = Annotated[str, Meta(min_length=1, max_length=50, description="a way out, such as email or slack")]
Address = Annotated[
    str, Meta(min_length=1, max_length=2_048, description="where it goes, as the channel has it")
]
Label = Annotated[str, Meta(max_length=255, description="what you call it")]


Context = Annotated[
    dict[str, Any],
    Meta(description="for channel webhook: what a program is told beside the person's pages"),
]


class NewContactMethod(Body):
    """A new address; a code is sent to it, unless an admin says that it is *verified*.

    On the channel webhook the address may be the id of a destination, which needs no code.
    """

    channel: Channel
    address: Address
    label: Label = ""
    verified: bool = False
    context: Context = field(default_factory=dict)


class ContactMethodChanges(Body):
    """What to change about a contact method."""

    label: Label | UnsetType = UNSET
    context: Context | UnsetType = UNSET


class CodeBody(Body):
    """The code that was sent to the address."""

    code: Annotated[str, Meta(min_length=1, max_length=20)]


class ContactMethodView(View):
    """An address of a person on a channel."""

    id: str
    channel: str
    address: str
    label: str
    verified: bool
    verified_at: datetime | None
    context: dict[str, Any]


class ContactMethodList(View, kw_only=True):
    """Some of the contact methods of a person."""

    contact_methods: list[ContactMethodView]
    next: str | None
    total: int


class QueuedView(View):
    """A notification that is on its way."""

    notification_id: str


def drafted(body: NewContactMethod, address: str, now: datetime) -> ContactMethod:
    """Read a new contact method, whose *address* has been checked by its channel."""
    return ContactMethod(
        id=ContactMethodId(UNMADE),
        user=UserId(UNMADE),
        channel=body.channel,
        address=address,
        label=body.label,
        verified_at=now if body.verified else None,
        context=_written(body.context),
    )


def relabelled(was: ContactMethod, body: ContactMethodChanges) -> ContactMethod:
    """Apply changes to a contact method."""
    return replace(
        was,
        label=was.label if body.label is UNSET else body.label,
        context=was.context if body.context is UNSET else _written(body.context),
    )


def show_contact_method(method: ContactMethod) -> ContactMethodView:
    """Write a contact method."""
    return ContactMethodView(
        id=native("contact_method", method.id),
        channel=method.channel,
        address=shown_address(method.channel, method.address),
        label=method.label,
        verified=method.verified_at is not None,
        verified_at=method.verified_at,
        context=dict(read_context(method)),
    )


def _written(context: dict[str, Any]) -> str:
    return msgspec.json.encode(context).decode() if context else ""


def show_queued(notification: NotificationId) -> QueuedView:
    """Write the id of a notification that is on its way."""
    return QueuedView(notification_id=native("notification", notification))
