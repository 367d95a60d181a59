"""Strategies over the wire, without what stands in ``alertOpt``, which is kept as it came."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tocsin.core.calendar import known_zone
from tocsin.core.errors import Invalid
from tocsin.dialects.guance import permits
from tocsin.dialects.guance.handling import PageIndex, PageSize, Search
from tocsin.dialects.guance.reading import LIST_LENGTH_MAX, decoded
from tocsin.dialects.guance.strategies.wire import AlertOpt, alert_opt

NAME_LENGTH_MAX: Final = 128
DESC_LENGTH_MAX: Final = 256
ZONE_LENGTH_MAX: Final = 64

Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
Desc = Annotated[str, Meta(max_length=DESC_LENGTH_MAX)]
ZoneName = Annotated[str, Meta(min_length=1, max_length=ZONE_LENGTH_MAX, description="an IANA time zone")]
Ids = Annotated[list[Annotated[str, Meta(min_length=1, max_length=255)]], Meta(max_length=LIST_LENGTH_MAX)]


class _Common(msgspec.Struct, frozen=True, kw_only=True):
    desc: Desc | UnsetType = UNSET
    openPermissionSet: bool | UnsetType = UNSET  # noqa: N815 - the names are the vendor's
    permissionSet: Ids | UnsetType = UNSET  # noqa: N815 - the names are the vendor's
    checkerUUIDs: Ids | UnsetType = UNSET  # noqa: N815 - the names are the vendor's
    securityRuleUUIDs: Ids | UnsetType = UNSET  # noqa: N815 - the names are the vendor's
    alertOpt: msgspec.Raw = msgspec.Raw()  # noqa: N815 - the names are the vendor's


class NewStrategy(_Common, frozen=True, kw_only=True):
    """A strategy to make."""

    name: Name
    ruleTimezone: ZoneName  # noqa: N815 - the names are the vendor's


class ChangedStrategy(_Common, frozen=True, kw_only=True):
    """What a strategy is to be; what is left out stays."""

    name: Name | UnsetType = UNSET
    ruleTimezone: ZoneName  # noqa: N815 - the names are the vendor's


class DeletedStrategies(msgspec.Struct, frozen=True, kw_only=True):
    """Strategies to delete, all or none."""

    alertPolicyUUIDs: Annotated[Ids, Meta(min_length=1)]  # noqa: N815 - the names are the vendor's


class StrategyPart(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which strategies are wanted."""

    search: Search = ""
    page_index: PageIndex = 1
    page_size: PageSize = 20
    wanted: Annotated[
        str, Meta(max_length=10_000, description="ids of notify objects, with commas; any of them is named")
    ] = msgspec.field(default="", name="notifyObjectUUIDs")


class AlertOptDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy does; see docs/dialects/guance.md. It comes back exactly as it was sent."""

    silentTimeout: int  # noqa: N815 - the names are the vendor's
    aggInterval: int | None = None  # noqa: N815 - the names are the vendor's
    aggType: str | None = None  # noqa: N815 - the names are the vendor's
    aggFields: list[str] = []  # noqa: N815 - the names are the vendor's
    aggLabels: list[str] = []  # noqa: N815 - the names are the vendor's
    aggClusterFields: list[str] = []  # noqa: N815 - the names are the vendor's
    alertType: str = "status"  # noqa: N815 - the names are the vendor's
    alertTarget: list[dict[str, Any]] = []  # noqa: N815 - the names are the vendor's


class StrategyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy as it is sent, for the document."""

    name: Name
    ruleTimezone: ZoneName  # noqa: N815 - the names are the vendor's
    desc: Desc = ""
    openPermissionSet: bool = False  # noqa: N815 - the names are the vendor's
    permissionSet: list[str] = []  # noqa: N815 - the names are the vendor's
    checkerUUIDs: list[str] = []  # noqa: N815 - the names are the vendor's
    securityRuleUUIDs: list[str] = []  # noqa: N815 - the names are the vendor's
    alertOpt: AlertOptDocument | UnsetType = UNSET  # noqa: N815 - the names are the vendor's


def check(given: NewStrategy | ChangedStrategy) -> None:
    """Raise Invalid for what no type can say."""
    permits.check_set(given.permissionSet)
    if not known_zone(given.ruleTimezone):
        problem = f"is {given.ruleTimezone!r}, which is no time zone"
        raise Invalid("ruleTimezone", problem, "must be an IANA name such as Asia/Shanghai")


def opt_of(given: NewStrategy | ChangedStrategy) -> tuple[str, AlertOpt] | None:
    """Read ``alertOpt``, if it is there, into its text and what that means."""
    raw = bytes(given.alertOpt)
    if not raw:
        return None
    opt = alert_opt(decoded(raw, "alertOpt"), new=isinstance(given, NewStrategy))
    return raw.decode(), opt


def with_silence(text: str, seconds: int) -> str:
    """Add ``silentTimeout``, which was left out of an ``alertOpt``, to its text."""
    inside = text.strip()[1:-1].strip()
    return f'{{{inside}{"," if inside else ""}"silentTimeout":{seconds}}}'
