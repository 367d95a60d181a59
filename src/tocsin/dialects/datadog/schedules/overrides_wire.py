"""People who stand in, as JSON:API documents."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, field

from tocsin.dialects.datadog.schedules.wire import Time
from tocsin.dialects.datadog.wire import UserLinkData, WhoseLinks

OVERRIDES_AT_ONCE_MAX = 100


class OverrideTimes(msgspec.Struct, frozen=True):
    """From when to when somebody stands in."""

    start: Time
    end: Time


class OverrideUser(msgspec.Struct, frozen=True):
    """Who stands in."""

    user: UserLinkData


class NewOverride(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is to stand in, over every layer."""

    type: Literal["overrides"]
    attributes: OverrideTimes
    relationships: OverrideUser


class CreateOverrides(msgspec.Struct, frozen=True):
    """A request to let people stand in; all of them or none."""

    data: Annotated[list[NewOverride], Meta(min_length=1, max_length=OVERRIDES_AT_ONCE_MAX)]


class OverrideObject(msgspec.Struct, frozen=True, tag_field="type", tag="overrides"):
    """Somebody who stands in."""

    id: str
    attributes: OverrideTimes
    relationships: WhoseLinks


class OverrideList(msgspec.Struct, frozen=True):
    """People who stand in."""

    data: list[OverrideObject]


class OverridesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The span that is asked about."""

    start: Annotated[str, Meta(max_length=100, description="those that end after it")] | None = field(
        default=None, name="filter[start]"
    )
    end: Annotated[str, Meta(max_length=100, description="those that begin before it")] | None = field(
        default=None, name="filter[end]"
    )
