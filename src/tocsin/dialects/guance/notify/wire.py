"""Notify objects over the wire: a type, and what that type needs in ``optSet``."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tocsin.channels.registry import check_place
from tocsin.core.destination_group import SEPARATOR
from tocsin.core.errors import Invalid
from tocsin.core.service import Destination
from tocsin.core.spelling import from_native, native
from tocsin.dialects.guance.handling import PageIndex, PageSize, Search
from tocsin.dialects.guance.reading import a_text, an_object, field, needed, one_of, texts
from tocsin.dialects.guance.spelled import MEMBER, TEAM, read, spelled

MEMBERS_MAX: Final = 100
HIDDEN: Final = "***"
NOBODY: Final = native("user", 1)  # in a group of people who are all unknown

CHANNELS: Final = {
    "HTTPRequest": "guance_http",
    "simpleHTTPRequest": "guance_http",
    "dingTalkRobot": "dingtalk",
    "wechatRobot": "wecom",
    "feishuRobot": "feishu",
    "mailGroup": "email",
    "sms": "sms",
    "vms": "voice",
    "slackIncomingWebhook": "slack",
    "teamsWorkflowWebhook": "teams",
    "googleChatWebhook": "google_chat",
}
_TYPES: Final = {channel: kind for kind, channel in reversed(CHANNELS.items())} | {
    "webhook": "HTTPRequest",
    "log": "HTTPRequest",
}
_GROUPS: Final = frozenset({"mailGroup", "sms", "vms"})
_SIGNED: Final = frozenset({"dingTalkRobot", "feishuRobot"})
_CHINESE_MOBILE = re.compile(r"1[3-9][0-9]{9}")

Name = Annotated[str, Meta(min_length=1, max_length=128)]
Ids = Annotated[list[Annotated[str, Meta(min_length=1, max_length=255)]], Meta(max_length=1_000)]


class NewObject(msgspec.Struct, frozen=True, kw_only=True):
    """A notify object to make."""

    type: str
    name: Name
    optSet: dict[str, Any]  # noqa: N815 - the names are the vendor's
    openPermissionSet: bool | UnsetType = UNSET  # noqa: N815 - the names are the vendor's
    permissionSet: Ids | UnsetType = UNSET  # noqa: N815 - the names are the vendor's


class ChangedObject(msgspec.Struct, frozen=True, kw_only=True):
    """What a notify object is to be; what is left out stays."""

    notifyObjectUUID: str  # noqa: N815 - the names are the vendor's
    name: Name | UnsetType = UNSET
    optSet: dict[str, Any] | UnsetType = UNSET  # noqa: N815 - the names are the vendor's
    openPermissionSet: bool | UnsetType = UNSET  # noqa: N815 - the names are the vendor's
    permissionSet: Ids | UnsetType = UNSET  # noqa: N815 - the names are the vendor's


class DeletedObjects(msgspec.Struct, frozen=True, kw_only=True):
    """Notify objects to delete: one, as the vendor's client says, or several, as its pages do."""

    notifyObjectUUID: str | UnsetType = UNSET  # noqa: N815 - the names are the vendor's
    notifyObjectUUIDs: Annotated[list[str], Meta(min_length=1, max_length=1_000)] | UnsetType = UNSET  # noqa: N815 - the names are the vendor's


class One(msgspec.Struct, frozen=True, kw_only=True):
    """Which notify object is wanted."""

    notifyObjectUUID: str  # noqa: N815 - the names are the vendor's


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which notify objects are wanted."""

    search: Search = ""
    page_index: PageIndex = 1
    page_size: PageSize = 20


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What a notify object makes of a destination; *rest* is what it has beyond that."""

    channel: str
    address: str
    secret: str
    rest: dict[str, Any]


def place_of(kind: str, given: Mapping[str, Any], path: str = "optSet") -> Place:
    """Read ``optSet`` of a notify object; raise Invalid for what its channel cannot use."""
    one_of(kind, "type", tuple(CHANNELS))
    opts = an_object(dict(given), path)
    channel, secret = CHANNELS[kind], ""
    if kind in _GROUPS:
        names = needed(opts, "to", path, lambda value, at: texts(value, at, least=1), "must be an array")
        if len(names) > MEMBERS_MAX:
            raise Invalid(f"{path}.to", f"has {len(names)} entries", f"must have at most {MEMBERS_MAX}")
        address = _group(kind, names, f"{path}.to")
        rest = dict(opts)
    else:
        name = "url" if channel == "guance_http" else "webhook"
        address = needed(opts, name, path, _url, "must be a URL")
        secret = field(opts, "secret", path, a_text, "", null=True) if kind in _SIGNED else ""
        rest = {key: value for key, value in opts.items() if key not in (name, "secret")}
        if kind in _SIGNED and "secret" in opts:
            rest["secret"] = HIDDEN
        address = _checked(channel, address, secret, f"{path}.{name}", f"{path}.secret")
    return Place(channel=channel, address=address, secret=secret, rest=rest)


def type_of(destination: Destination, kept: Mapping[str, Any]) -> str:
    """Tell the type of a notify object that a destination is."""
    kind = kept.get("type", "")
    if CHANNELS.get(kind) == destination.channel:
        return str(kind)
    return _TYPES.get(destination.channel, "HTTPRequest")


def opt_set_of(destination: Destination, kept: Mapping[str, Any], *, hidden: bool) -> dict[str, Any]:
    """Write ``optSet``; where it is *hidden*, without what is as good as a key."""
    kind, rest = type_of(destination, kept), dict(kept.get("optSet", {}))
    if kind in _GROUPS:
        return {**rest, "to": _members(kind, destination, rest)}
    name = "url" if destination.channel in ("guance_http", "webhook", "log") else "webhook"
    written = {name: HIDDEN if hidden else destination.address}
    if "secret" in rest or destination.secret:
        written["secret"] = HIDDEN if hidden and destination.secret else destination.secret
    return {**written, **{key: value for key, value in rest.items() if key != "secret"}}


def _members(kind: str, destination: Destination, rest: Mapping[str, Any]) -> list[str]:
    """Write the members of a group: as they came, if these are still the same."""
    kept = rest.get("to")
    if isinstance(kept, list):
        try:
            if _group(kind, tuple(kept), "to") == destination.address:
                return kept
        except Invalid:
            pass
    return [_foreign(member) for member in destination.address.split(SEPARATOR) if member != NOBODY]


def _foreign(member: str) -> str:
    for kind in ("user", "team"):
        if (number := from_native(member, kind)) is not None:
            return spelled(kind, number)
    return member


def _group(kind: str, names: tuple[str, ...], path: str) -> str:
    members = []
    for place, name in enumerate(names):
        members += _member(kind, name, f"{path}[{place}]")
    return SEPARATOR.join(dict.fromkeys(members)) or NOBODY


def _member(kind: str, name: str, path: str) -> list[str]:
    """Read a member of a group: nothing for somebody whom this server cannot know."""
    for prefix, noun in ((MEMBER, "user"), (TEAM, "team")):
        if kind == "mailGroup" and name.startswith(prefix):
            number = read(name, prefix)
            return [] if number is None else [native(noun, number)]
    number_or_address = f"+86{name}" if kind != "mailGroup" and _CHINESE_MOBILE.fullmatch(name) else name
    return [_checked(CHANNELS[kind], number_or_address, "", path, path)]


def _checked(channel: str, address: str, secret: str, path: str, secret_path: str) -> str:
    try:
        return check_place(channel, address, {}, secret=secret)
    except Invalid as error:
        where = secret_path if error.path == "secret" else path
        raise Invalid(where, error.problem, error.remedy) from None


def _url(value: Any, path: str) -> str:
    return a_text(value, path, shortest=1, longest=2_048)
