"""Looking for something in a long list: the words of the form above it, and what fits them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from tocsin.httpkit.requests import Call

T = TypeVar("T")

ASKED_LENGTH_MAX: Final = 200
OFFERED_FROM: Final = 7  # things; fewer are seen at once
SHOWN_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[T]):
    """What fits the words that were *asked* for: the first *items*, and how many *fit* of all there are."""

    asked: str
    items: Sequence[T]
    fit: int
    total: int

    @property
    def offered(self) -> bool:
        """Whether there is so much that one wants to search it."""
        return bool(self.asked) or self.total >= OFFERED_FROM

    @property
    def more(self) -> int:
        """How many fit and are not shown."""
        return self.fit - len(self.items)


def asked(call: Call) -> str:
    """Give the words that somebody looks for."""
    return call.request.query_params.get("q", "").strip()[:ASKED_LENGTH_MAX]


def look_for(words: str, items: Sequence[T], texts: Callable[[T], Iterable[str]]) -> Found[T]:
    """Find the *items* in whose *texts* each of the *words* stands, in whatever case and order."""
    wanted = words.casefold().split()
    fitting = [each for each in items if _fits(wanted, texts(each))] if wanted else items
    return Found(asked=words, items=fitting[:SHOWN_MAX], fit=len(fitting), total=len(items))


def _fits(wanted: Sequence[str], texts: Iterable[str]) -> bool:
    text = "\n".join(texts).casefold()
    return all(word in text for word in wanted)
