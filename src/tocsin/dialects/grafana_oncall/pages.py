"""Lists in numbered pages, in an envelope with the addresses of the pages before and behind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

import msgspec

from tocsin.dialects.grafana_oncall.fields import as_integer

T = TypeVar("T")
V = TypeVar("V")

SIZE: Final = 50
SIZE_MAX: Final = 100
PARAMETERS_MAX: Final = 1_000


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list."""

    count: int
    next: str | None
    previous: str | None
    results: list[T]
    current_page_number: int
    page_size: int
    total_pages: int


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of an address, each as often as it was given."""

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, raw: bytes) -> "Query":
        """Read what stands behind the question mark, whatever it is."""
        text = raw.decode("latin-1").replace("%00", "%EF%BF%BD")
        parts = text.split("&")[:PARAMETERS_MAX]
        found = parse_qsl("&".join(parts), keep_blank_values=True, errors="replace")
        return cls(tuple(found))

    def one(self, name: str) -> str | None:
        """Give the last value of a parameter."""
        return next((value for key, value in reversed(self.pairs) if key == name), None)

    def every(self, name: str) -> list[str]:
        """Give all values of a parameter."""
        return [value for key, value in self.pairs if key == name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Generic[V]):
    """A list that is read a stretch at a time: how many there are, and *fetch* of (offset, limit)."""

    count: int
    fetch: Callable[[int, int], Sequence[V]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which page is asked for, of which size, and at which *address*, without the query."""

    number: int
    size: int
    query: Query
    address: str

    @classmethod
    def read(cls, query: Query, address: str, *, size: int = SIZE) -> "Asked":
        """Read the page's number and size; what makes no sense is as if it were not there."""
        number, wanted = _number(query.one("page")), _number(query.one("perpage"))
        size = size if wanted is None or wanted < 1 else min(wanted, SIZE_MAX)
        return cls(number=max(1, number or 1), size=size, query=query, address=address)

    def cut(self, found: Sequence[V] | Window[V], show: Callable[[Sequence[V]], list[T]]) -> Page[T]:
        """Show the page of *found*; past its end, its last one."""
        count = found.count if isinstance(found, Window) else len(found)
        pages = max(1, -(-count // self.size))
        number = min(self.number, pages)
        offset = (number - 1) * self.size
        if isinstance(found, Window):
            items = found.fetch(offset, self.size)
        else:
            items = found[offset : offset + self.size]
        return Page(
            count=count,
            next=self._at({"page": str(number + 1)}) if number < pages else None,
            previous=self._at({"page": str(number - 1)} if number > 2 else {}) if number > 1 else None,
            results=show(items),
            current_page_number=number,
            page_size=self.size,
            total_pages=pages,
        )

    def _at(self, page: Mapping[str, str]) -> str:
        others = [pair for pair in self.query.pairs if pair[0] != "page"]
        query = urlencode(sorted([*others, *page.items()]))
        return f"{self.address}?{query}" if query else self.address


def address_of(public_url: str, path: str) -> str:
    """Write the address of *path*, which came decoded, as clients reach it."""
    return public_url.rstrip("/") + quote(path)


def _number(text: str | None) -> int | None:
    return None if text is None else as_integer(text)
