"""``/on-call/users/{user_id}/notification-channels``: where people are reached."""

from http import HTTPStatus
from typing import Final

from tocsin.actions import contact_methods, extras
from tocsin.actions.actor import Actor, Permission
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import ContactMethodId, UserId
from tocsin.core.people import ContactMethod, User
from tocsin.core.spelling import from_uuid
from tocsin.dialects.datadog.contacts.translate import (
    METHOD_KIND,
    TELEPHONE,
    Kept,
    channels_of,
    drafted,
    show_channel,
    uses_of,
)
from tocsin.dialects.datadog.contacts.wire import (
    ChannelDocument,
    ChannelList,
    ChannelObject,
    CreateChannel,
    NewEmail,
)
from tocsin.dialects.datadog.errors import Refused
from tocsin.dialects.datadog.handling import PREFIX, path_id, path_uuid, read_body, seeing, seen
from tocsin.dialects.datadog.jsonapi import MEDIA
from tocsin.dialects.datadog.objects import DIALECT
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ROUTES = Routes(f"{PREFIX}/on-call", tag="Notification channels")

USER: Final = {"user_id": "the user's id"}
_ONE = USER | {"channel_id": "the channel's id"}
_PATH = "/users/{user_id}/notification-channels"
_CREATE: JsonReader[CreateChannel] = JsonReader(CreateChannel)


@ROUTES.get(
    _PATH,
    permission=Permission.READ,
    summary="List a user's notification channels",
    description="Mailboxes and telephones, the oldest first.",
    media=MEDIA,
    raises=(NotFound,),
    params=USER,
)
async def list_user_notification_channels(call: Call) -> ChannelList:
    """List the channels of a user."""
    user_id = UserId(path_id(call, "user"))

    def listed(tx: Tx, actor: Actor, directory: Directory) -> ChannelList:
        return ChannelList(show_channels(tx, actor, channels_of(user_in(directory, user_id))))

    return await seen(call, listed)


@ROUTES.post(
    _PATH,
    permission=Permission.RESPOND,
    summary="Create a notification channel",
    description=(
        "What somebody adds who manages people works at once; to what people add for themselves a code is"
        " sent first. An address that is there already is the same channel again."
    ),
    status=201,
    body_later=CreateChannel,
    media=MEDIA,
    raises=(NotFound, Conflict),
    params=USER,
)
async def create_user_notification_channel(call: Call) -> ChannelDocument:
    """Add a channel to a user."""
    user_id = UserId(path_id(call, "user"))
    await seen(call, lambda _tx, _actor, directory: user_in(directory, user_id))
    config = (await read_body(call, _CREATE)).data.attributes.config

    def create(tx: Tx, actor: Actor) -> ChannelDocument:
        actor.must_for(user_id)
        there = contact_methods.list_(tx, seeing(actor), user_id)
        found = []
        for draft in drafted(config, call.now if actor.may(Permission.ADMIN) else None):
            same = next((each for each in there if _same(each, draft)), None)
            found.append(
                same
                or contact_methods.create(tx, actor, user_id, draft, entropy=call.world.entropy, now=call.now)
            )
        made = found[0]
        kept = {}
        if isinstance(config, NewEmail):
            kept["formats"] = list(config.formats)
            extras.keep(tx, actor, made.id, kept, dialect=DIALECT, kind=METHOD_KIND)
        return ChannelDocument(show_channel(made, kept))

    try:
        return await call.act(create)
    except Conflict as error:  # there are as many as there can be
        raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from None


@ROUTES.get(
    f"{_PATH}/{{channel_id}}",
    permission=Permission.READ,
    summary="Read a notification channel",
    media=MEDIA,
    raises=(NotFound,),
    params=_ONE,
)
async def get_user_notification_channel(call: Call) -> ChannelDocument:
    """Read a channel of a user."""
    text, user_id = path_uuid(call, "channel"), UserId(path_id(call, "user"))

    def read(tx: Tx, actor: Actor, directory: Directory) -> ChannelDocument:
        method = _channel(user_in(directory, user_id), text)
        return ChannelDocument(show_channels(tx, actor, [method])[0])

    return await seen(call, read)


@ROUTES.delete(
    f"{_PATH}/{{channel_id}}",
    permission=Permission.RESPOND,
    summary="Delete a notification channel",
    description="The rules that use it go with it.",
    raises=(NotFound,),
    params=_ONE,
)
async def delete_user_notification_channel(call: Call) -> None:
    """Delete a channel of a user, and the rules that use it."""
    text, user_id = path_uuid(call, "channel"), UserId(path_id(call, "user"))

    def check(_tx: Tx, _actor: Actor, directory: Directory) -> list[ContactMethodId]:
        user = user_in(directory, user_id)
        method = _channel(user, text)
        uses = uses_of(user, method.address) if method.channel in TELEPHONE else [method]
        return [each.id for each in uses]

    found = await seen(call, check)

    def delete(tx: Tx, actor: Actor) -> None:
        for each in found:
            contact_methods.delete(tx, actor, user_id, each, force=True, with_rules=True, now=call.now)

    try:
        await call.act(delete)
    except NotFound:  # somebody else was faster
        raise no_channel() from None


def user_in(directory: Directory, user_id: UserId) -> User:
    """Find a user; raise NotFound when there is none."""
    user = directory.users.get(user_id)
    if user is None:
        raise NotFound("user", str(user_id))
    return user


def show_channels(tx: Tx, actor: Actor, methods: list[ContactMethod]) -> list[ChannelObject]:
    """Write channels, with what is kept beside them."""
    ids = [method.id for method in methods]
    kept: Kept = extras.kept(tx, actor, ids, dialect=DIALECT, kind=METHOD_KIND)
    return [show_channel(method, kept.get(method.id, {})) for method in methods]


def no_channel() -> Refused:
    """Say that there is no such channel."""
    return Refused(HTTPStatus.NOT_FOUND, "notification channel not found")


def _channel(user: User, text: str) -> ContactMethod:
    found = from_uuid(text)
    for method in channels_of(user):
        if method.id == found:
            return method
    raise no_channel()


def _same(one: ContactMethod, other: ContactMethod) -> bool:
    return (one.channel, one.address) == (other.channel, other.address)
