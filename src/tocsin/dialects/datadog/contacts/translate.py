"""Channels and rules to and fro: contact methods, and the two ladders of a person.

A ladder waits between its rungs; a rule here says how long after the beginning it fires. What the domain has
not (the formats of mail, how a telephone is used) is kept beside the contact method or the rung.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import UNSET

from tocsin.core.destination import check_email, check_phone
from tocsin.core.errors import Invalid
from tocsin.core.ids import UNMADE, ContactMethodId, NotificationRuleId, UserId
from tocsin.core.ladder import timed
from tocsin.core.people import ContactMethod, Importance, NotificationRule, User
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.contacts.phone import formatted, region_of
from tocsin.dialects.datadog.contacts.wire import (
    CHANNELS,
    Category,
    ChannelAttributes,
    ChannelObject,
    EmailConfig,
    NewEmail,
    NewPhone,
    NewRule,
    PhoneConfig,
    PhoneSettings,
    RuleAttributes,
    RuleObject,
    ShownLinks,
)
from tocsin.dialects.datadog.jsonapi import to_one
from tocsin.dialects.datadog.spelled import reference

EMAIL: Final = "email"
SMS: Final = "sms"
VOICE: Final = "voice"
TELEPHONE: Final = (SMS, VOICE)
METHOD_KIND: Final = "contact method"
_CONFIG: Final = "data.attributes.config"
_FORMATS: Final = ["html"]
_MINUTE: Final = timedelta(minutes=1)
_CATEGORIES: Final[Mapping[Importance, Category]] = {
    Importance.IMPORTANT: "high_urgency",
    Importance.DEFAULT: "low_urgency",
}
_IMPORTANCES: Final = {category: importance for importance, category in _CATEGORIES.items()}

Kept = Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRule:
    """A rung as this API has it: the *method* that it uses, *after* so long from the beginning."""

    rung: NotificationRule
    method: ContactMethod
    after: timedelta


def drafted(config: NewEmail | NewPhone, verified_at: datetime | None) -> tuple[ContactMethod, ...]:
    """Read a new channel: a mailbox, or a telephone, which is a number for texts and one for calls."""
    channels: tuple[str, ...]
    if isinstance(config, NewEmail):
        channels, address = (EMAIL,), check_email(config.address, f"{_CONFIG}.address")
    else:
        channels, address = TELEPHONE, check_phone(config.number, f"{_CONFIG}.number")
    return tuple(
        ContactMethod(
            id=ContactMethodId(UNMADE),
            user=UserId(UNMADE),
            channel=channel,
            address=address,
            verified_at=verified_at,
        )
        for channel in channels
    )


def channels_of(user: User) -> list[ContactMethod]:
    """Give the contact methods that this API can show, the oldest first; a telephone's number once."""
    shown = [method for method in user.contact_methods if method.channel == EMAIL]
    numbers = {method.address for method in user.contact_methods if method.channel in TELEPHONE}
    shown += [uses_of(user, number)[0] for number in numbers]
    return sorted(shown, key=lambda method: method.id)


def uses_of(user: User, number: str) -> list[ContactMethod]:
    """Give what a telephone's number is used for: texts, then calls; this API knows it by the first."""
    found = [each for each in user.contact_methods if each.channel in TELEPHONE and each.address == number]
    return sorted(found, key=lambda method: (TELEPHONE.index(method.channel), method.id))


def show_channel(method: ContactMethod, kept: Mapping[str, Any]) -> ChannelObject:
    """Write a channel."""
    verified = method.verified_at is not None
    config: EmailConfig | PhoneConfig
    if method.channel in TELEPHONE:
        number = method.address
        config = PhoneConfig(number, formatted(number), region_of(number), verified)
    else:
        config = EmailConfig(method.address, list(kept.get("formats") or _FORMATS))
    return ChannelObject(to_uuid(method.id), ChannelAttributes(verified, config))


def rules_of(user: User) -> Iterator[ShownRule]:
    """Give the rungs that this API can show, the important ones first, each ladder in its order.

    A rung for a whole channel is shown with the user's first contact method there; it is of no use without.
    """
    methods = [each for each in user.contact_methods if each.channel in {EMAIL, *TELEPHONE}]
    for importance in (Importance.IMPORTANT, Importance.DEFAULT):
        for rung, after in timed(user.ladder(importance)):
            fit = [each for each in methods if rung.contact_method in (None, each.id)]
            fit = [each for each in fit if each.channel == rung.channel]
            method = min(fit, key=lambda each: (each.verified_at is None, each.id), default=None)
            if method is not None:
                if method.channel in TELEPHONE:
                    method = uses_of(user, method.address)[0]
                yield ShownRule(rung=rung, method=method, after=after)


def read_rule(body: NewRule, user: User, was: ShownRule | None = None) -> tuple[NotificationRule, timedelta]:
    """Read a rule of *user* and when it fires, as it *was* where that is shown as the same."""
    given = body.attributes
    named = body.relationships.channel.data.id
    path = "data.relationships.channel.data.id"
    number = reference(named, "notification channel", path)
    method = next((each for each in channels_of(user) if each.id == number), None)
    if method is None:
        raise Invalid(path, f"names {named}, which is no channel of this user", "must name one of theirs")
    used = _use(given.channel_settings, method, user)
    importance = _IMPORTANCES[given.category or "high_urgency"]
    after = (given.delay_minutes or 0) * _MINUTE
    if was is not None:
        same = was.rung.importance is importance and was.after // _MINUTE * _MINUTE == after
        stays = method == was.method and used.channel == was.rung.channel
        contact = was.rung.contact_method if stays else used.id
        rung = replace(was.rung, importance=importance, channel=used.channel, contact_method=contact)
        if used.channel != was.rung.channel:  # how texts are to be gathered says nothing about calls
            rung = replace(rung, gather=timedelta(0))
        return rung, was.after if same else after
    return NotificationRule(
        id=NotificationRuleId(UNMADE),
        user=user.id,
        importance=importance,
        position=0,
        channel=used.channel,
        contact_method=used.id,
    ), after


def show_rule(rule: ShownRule) -> RuleObject:
    """Write a rule."""
    calls = rule.rung.channel == VOICE
    return RuleObject(
        to_uuid(rule.rung.id),
        RuleAttributes(
            _CATEGORIES[rule.rung.importance],
            rule.after // _MINUTE,
            PhoneSettings("phone", "voice" if calls else "sms")
            if rule.method.channel in TELEPHONE
            else UNSET,
        ),
        ShownLinks(to_one(CHANNELS, rule.method.id)),
    )


def _use(settings: PhoneSettings | None, method: ContactMethod, user: User) -> ContactMethod:
    """Give the contact method that a rule uses: of a telephone's two, the one that *settings* say."""
    path = "data.attributes.channel_settings"
    if method.channel not in TELEPHONE:
        if settings is not None:
            raise Invalid(path, "is given for a channel that is no telephone", "must be left out")
        return method
    if settings is None:
        raise Invalid(path, "is missing", "must say how the telephone is to be used")
    for use in uses_of(user, method.address):
        if use.channel == settings.method:
            return use
    problem = f"is {settings.method}, for which this number has not been added"
    raise Invalid(f"{path}.method", problem, "must be the other one, or the number added here again")
