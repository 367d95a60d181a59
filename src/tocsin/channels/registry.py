"""The channels that there are: a new one is one file beside this, and one line here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tocsin.channels import slack, telegram
from tocsin.channels.base import Channel, Options, below
from tocsin.channels.dingtalk import DingTalkChannel
from tocsin.channels.email import EmailChannel
from tocsin.channels.feishu import FeishuChannel
from tocsin.channels.google_chat import GoogleChatChannel
from tocsin.channels.grafana_oncall import OnCallWebhookChannel
from tocsin.channels.guance import GuanceHttpChannel
from tocsin.channels.log import LogChannel
from tocsin.channels.push import CONTACT, PushChannel
from tocsin.channels.slack import SlackChannel
from tocsin.channels.sms import SmsChannel
from tocsin.channels.teams import TeamsChannel
from tocsin.channels.telegram import Bot, TelegramChannel
from tocsin.channels.telephony import Carrier
from tocsin.channels.voice import VoiceChannel
from tocsin.channels.webhook import WebhookChannel
from tocsin.channels.wecom import WeComChannel
from tocsin.core.destination_group import check_group, is_group
from tocsin.core.errors import Invalid
from tocsin.core.push import CHANNEL as PUSH

_ALL: tuple[Channel, ...] = (
    EmailChannel(),
    SmsChannel(),
    VoiceChannel(),
    PushChannel(),
    SlackChannel(),
    TelegramChannel(),
    TeamsChannel(),
    GoogleChatChannel(),
    DingTalkChannel(),
    WeComChannel(),
    FeishuChannel(),
    WebhookChannel(),
    OnCallWebhookChannel(),
    GuanceHttpChannel(),
    LogChannel(),
)

CHANNELS: Mapping[str, Channel] = MappingProxyType({channel.name: channel for channel in _ALL})

MARKUPS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"slack": slack.plain, "telegram": telegram.plain}
)
"""The channels on which message templates make markup, each with what makes plain words of that."""


def connected(
    *carriers: Carrier, push_contact: str = CONTACT, bot: Bot | None = None
) -> Mapping[str, Channel]:
    """Return all channels, with *carriers* for those that need the telephone, and Telegram's *bot*.

    *push_contact* is whom push services may write to: ``mailto:`` and an address, or a page.
    """
    own = (
        SmsChannel(carriers=carriers),
        VoiceChannel(carriers=carriers),
        PushChannel(contact=push_contact),
        TelegramChannel(bot=bot),
    )
    return MappingProxyType({**CHANNELS, **{channel.name: channel for channel in own}})


def channel_named(name: str, path: str = "channel") -> Channel:
    """Return the channel called *name*; raise Invalid, under *path*, when there is none."""
    try:
        return CHANNELS[name]
    except KeyError:
        remedy = f"must be one of {', '.join(CHANNELS)}"
        raise Invalid(path, f"is {name!r}, which is no channel"[:100], remedy) from None


def check_place(channel: str, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
    """Return the *address* of a destination as it is to be kept; on some channels it may be a group's."""
    known = channel_named(channel, below(path, "channel"))
    if channel == PUSH:
        raise Invalid(
            below(path, "channel"), "is push, which reaches people's own browsers", "must be another"
        )
    if not is_group(channel, address):
        return known.check(address, options, path, secret=secret)
    where = below(path, "address")
    return check_group(address, lambda each: known.check(each, options, path, secret=secret), where)


def check_address(channel: str, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
    """Return *address* as it is to be kept for *channel*; raise Invalid, below *path*."""
    return channel_named(channel, below(path, "channel")).check(address, options, path, secret=secret)
