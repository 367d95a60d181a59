"""Destinations over the wire; what is as good as a key goes in and does not come out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, field

from tocsin.core.exchange import KeptExchange
from tocsin.core.ids import UNMADE, DestinationId, WorkspaceId, made_at
from tocsin.core.masking import masked, shown_address, unmasked
from tocsin.core.service import Destination
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.contact_methods import Address, Channel
from tocsin.dialects.native.wire.shapes import Body, Name, View
from tocsin.dialects.native.wire.subscriptions import (
    SubscriptionBody,
    read_subscription,
    show_subscription,
)

Check = Callable[[Destination], str]
"""Returns a destination's address as it is to be kept; raises Invalid for what its channel cannot use."""

Options = Annotated[dict[str, Any], Meta(description="what the channel knows beside the address")]
Secret = Annotated[str, Meta(max_length=500, description="with which messages are signed; never shown again")]


class NewDestination(Body):
    """A new place to tell of pages."""

    name: Name
    channel: Channel
    address: Address
    options: Options = field(default_factory=dict)
    secret: Secret = ""
    subscription: SubscriptionBody | None = None


class DestinationChanges(Body):
    """What to change about a destination; an empty *secret* takes it away, *options* replaces all of them."""

    name: Name | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    options: Options | UnsetType = UNSET
    secret: Secret | UnsetType = UNSET
    subscription: SubscriptionBody | UnsetType | None = UNSET


class DestinationView(View):
    """Somewhere that is not a person."""

    id: str
    name: str
    channel: str
    address: str
    options: dict[str, Any]
    has_secret: bool
    subscription: SubscriptionBody | None
    created_at: datetime


class ExchangeView(View):
    """What was sent to a destination, and what it answered; *status* is null when nothing was."""

    id: str
    at: datetime
    trigger: str
    url: str
    headers: dict[str, str]
    body: str
    status: int | None
    content: str


class ExchangeList(View):
    """The newest exchanges with a destination."""

    exchanges: list[ExchangeView]
    total: int


class DestinationList(View):
    """Some of the destinations."""

    destinations: list[DestinationView]
    next: str | None
    total: int


def drafted(body: NewDestination, check: Check) -> Destination:
    """Read a new destination."""
    draft = Destination(
        id=DestinationId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=body.name,
        channel=body.channel,
        address=body.address,
        options=body.options,
        secret=body.secret,
        subscription=read_subscription(body.subscription),
    )
    return replace(draft, address=check(draft))


def edited(was: Destination, body: DestinationChanges, check: Check) -> Destination:
    """Apply changes to a destination. What was shown in part and comes back so stays as it is."""
    address = was.address if body.address is UNSET else body.address
    if address == shown_address(was.channel, was.address):
        address = was.address
    new = replace(
        was,
        name=was.name if body.name is UNSET else body.name,
        address=address,
        options=was.options if body.options is UNSET else unmasked(body.options, was.options),
        secret=was.secret if body.secret is UNSET else body.secret,
        subscription=(
            was.subscription if body.subscription is UNSET else read_subscription(body.subscription)
        ),
    )
    return new if new == was else replace(new, address=check(new))


def show_destination(destination: Destination) -> DestinationView:
    """Write a destination."""
    return DestinationView(
        id=native("destination", destination.id),
        name=destination.name,
        channel=destination.channel,
        address=shown_address(destination.channel, destination.address),
        options=masked(destination.options),
        has_secret=bool(destination.secret),
        subscription=show_subscription(destination.subscription),
        created_at=made_at(destination.id),
    )


def show_exchange(kept: KeptExchange) -> ExchangeView:
    """Write what was sent and answered."""
    exchange = kept.exchange
    return ExchangeView(
        id=native("exchange", kept.id),
        at=kept.at,
        trigger=exchange.trigger,
        url=exchange.url,
        headers=dict(exchange.headers),
        body=exchange.body,
        status=exchange.status,
        content=exchange.content,
    )
