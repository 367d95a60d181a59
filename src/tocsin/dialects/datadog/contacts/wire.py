"""Notification channels and notification rules over the wire."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tocsin.dialects.datadog.jsonapi import ToOne

DELAY_MAX_MINUTES = 7 * 24 * 60
RULES_MAX = 100
CHANNELS = "notification_channels"

Category = Literal["high_urgency", "low_urgency"]
Method = Literal["sms", "voice"]
Format = Literal["html", "text"]
Delay = Annotated[int, Meta(ge=0, le=DELAY_MAX_MINUTES, description="minutes after the page reaches them")]


class NewEmail(msgspec.Struct, frozen=True, tag_field="type", tag="email"):
    """A mailbox to add."""

    address: Annotated[str, Meta(max_length=1_000)]
    formats: Annotated[list[Format], Meta(min_length=1, max_length=10)]


class NewPhone(msgspec.Struct, frozen=True, tag_field="type", tag="phone"):
    """A telephone to add."""

    number: Annotated[str, Meta(max_length=100, description="E.164")]


class NewAttributes(msgspec.Struct, frozen=True):
    """A channel to add."""

    config: NewEmail | NewPhone


class NewChannel(msgspec.Struct, frozen=True):
    """A channel to add."""

    type: Literal["notification_channels"]
    attributes: NewAttributes


class CreateChannel(msgspec.Struct, frozen=True):
    """A request to add a channel."""

    data: NewChannel


class EmailConfig(msgspec.Struct, frozen=True, tag_field="type", tag="email"):
    """A mailbox."""

    address: str
    formats: list[str]


class PhoneConfig(msgspec.Struct, frozen=True, tag_field="type", tag="phone"):
    """A telephone."""

    number: str
    formatted_number: str
    region: str
    verified: bool


class ChannelAttributes(msgspec.Struct, frozen=True):
    """Where somebody is reached; *active* when pages go there."""

    active: bool
    config: EmailConfig | PhoneConfig


class ChannelObject(msgspec.Struct, frozen=True, tag_field="type", tag=CHANNELS):
    """A way to reach somebody."""

    id: str
    attributes: ChannelAttributes


class ChannelDocument(msgspec.Struct, frozen=True):
    """One channel."""

    data: ChannelObject


class ChannelList(msgspec.Struct, frozen=True):
    """Every channel of somebody."""

    data: list[ChannelObject]


class PhoneSettings(msgspec.Struct, frozen=True):
    """How a telephone is to be used."""

    type: Literal["phone"]
    method: Method


class RuleBody(msgspec.Struct, frozen=True):
    """When a channel is to be used; what is not given is as it is shown in the first place."""

    category: Category | None = None
    delay_minutes: Delay | None = None
    channel_settings: PhoneSettings | None = None


class ChannelLink(msgspec.Struct, frozen=True):
    """Names a channel."""

    id: str
    type: Literal["notification_channels"]


class ChannelLinkData(msgspec.Struct, frozen=True):
    """Names one channel."""

    data: ChannelLink


class RuleLinks(msgspec.Struct, frozen=True):
    """Which channel a rule uses."""

    channel: ChannelLinkData


class NewRule(msgspec.Struct, frozen=True):
    """A rule to add."""

    type: Literal["notification_rules"]
    relationships: RuleLinks
    attributes: RuleBody = RuleBody()


class CreateRule(msgspec.Struct, frozen=True):
    """A request to add a rule."""

    data: NewRule


class ChangedRule(NewRule, frozen=True):
    """What a rule is to be."""

    id: str | None = None


class UpdateRule(msgspec.Struct, frozen=True):
    """A request to replace a rule."""

    data: ChangedRule


class RuleAttributes(msgspec.Struct, frozen=True):
    """When a channel is used."""

    category: Category
    delay_minutes: int
    channel_settings: PhoneSettings | UnsetType = UNSET


class ShownLinks(msgspec.Struct, frozen=True):
    """Which channel a rule uses."""

    channel: ToOne


class RuleObject(msgspec.Struct, frozen=True, tag_field="type", tag="notification_rules"):
    """How somebody wants to be told."""

    id: str
    attributes: RuleAttributes
    relationships: ShownLinks


class RuleDocument(msgspec.Struct, frozen=True):
    """One rule."""

    data: RuleObject
    included: list[ChannelObject] | UnsetType = UNSET


class RuleList(msgspec.Struct, frozen=True):
    """Every rule of somebody."""

    data: list[RuleObject]
    included: list[ChannelObject] | UnsetType = UNSET
