"""Pages over the wire."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tocsin.core.event import LABELS_MAX, MESSAGE_LENGTH_MAX, TITLE_LENGTH_MAX

TAG_LENGTH_MAX = 1_000

Tag = Annotated[str, Meta(max_length=TAG_LENGTH_MAX, description="key:value")]


class TargetBody(msgspec.Struct, frozen=True):
    """Whom to page."""

    type: Literal["team_id", "team_handle", "user_id"]
    identifier: Annotated[str, Meta(min_length=1, max_length=255)]


class PageBody(msgspec.Struct, frozen=True):
    """What to page about."""

    title: Annotated[str, Meta(min_length=1, max_length=TITLE_LENGTH_MAX)]
    urgency: Literal["low", "high"]
    target: TargetBody
    description: Annotated[str, Meta(max_length=MESSAGE_LENGTH_MAX)] | None = None
    tags: Annotated[list[Tag], Meta(max_length=LABELS_MAX)] | None = None


class NewPage(msgspec.Struct, frozen=True):
    """A page to make."""

    type: Literal["pages"]
    attributes: PageBody


class CreatePage(msgspec.Struct, frozen=True):
    """A request to make a page."""

    data: NewPage


class PageObject(msgspec.Struct, frozen=True, tag_field="type", tag="pages"):
    """A page, of which this API tells no more than the id."""

    id: str


class PageDocument(msgspec.Struct, frozen=True):
    """One page."""

    data: PageObject


def labels_of(tags: list[str] | None) -> dict[str, str]:
    """Turn tags into labels; where two have one key, the first counts."""
    labels: dict[str, str] = {}
    for tag in tags or ():
        key, _, value = tag.partition(":")
        if key.strip():
            labels.setdefault(key.strip(), value.strip())
    return labels
