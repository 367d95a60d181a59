"""Lists: their pages, and the links between these."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

ITEMS_PER_PAGE = 100
ITEMS_PER_PAGE_MAX = 500
_PAGES_MAX = 1 << 40
_PAGING = frozenset({"pageNum", "itemsPerPage"})

T = TypeVar("T")


class Link(msgspec.Struct, frozen=True):
    """Where something is."""

    rel: str
    href: str


class View(msgspec.Struct, frozen=True, kw_only=True):
    """How an answer is to be written."""

    pretty: bool = False
    envelope: bool = False


class Paged(View, frozen=True, kw_only=True):
    """Which page of a list is asked for, and how large one is."""

    page_num: Annotated[int, Meta(ge=1, le=_PAGES_MAX)] = field(default=1, name="pageNum")
    items_per_page: Annotated[int, Meta(ge=1)] = field(default=ITEMS_PER_PAGE, name="itemsPerPage")
    include_count: bool = field(default=True, name="includeCount")

    @property
    def limit(self) -> int:
        """How many there are on a page: what is asked for, or as many as there can be."""
        return min(self.items_per_page, ITEMS_PER_PAGE_MAX)

    @property
    def offset(self) -> int:
        """How many there are on the pages before."""
        return (self.page_num - 1) * self.limit

    def of(self, items: Sequence[T]) -> list[T]:
        """Cut the page out of all *items*."""
        return list(items[self.offset : self.offset + self.limit])


class ListDocument(msgspec.Struct, Generic[T]):
    """One page of a list."""

    links: list[Link]
    results: list[T]
    total_count: int | UnsetType = field(default=UNSET, name="totalCount")


def list_document(
    results: list[T], total: int, *, asked: Paged, address: str, query: Sequence[tuple[str, str]]
) -> ListDocument[T]:
    """Put a page into its document; *address* is the list's, *query* what was asked of it, in order."""
    rest = [(name, value) for name, value in query if name not in _PAGING]

    def link(rel: str, number: int) -> Link:
        paging = [("pageNum", str(number)), ("itemsPerPage", str(asked.limit))]
        return Link(rel, f"{address}?{urlencode([*rest, *paging], quote_via=quote)}")

    links = [link("self", asked.page_num)]
    if asked.page_num > 1:
        links.append(link("previous", asked.page_num - 1))
    if asked.offset + asked.limit < total:
        links.append(link("next", asked.page_num + 1))
    return ListDocument(links, results, total if asked.include_count else UNSET)
