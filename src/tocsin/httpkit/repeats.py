"""Answers that were given before and are given again as they are, for as long as they hold.

A directory is what it is until something changes, and then there is another. So an answer that tells of a
directory and of nothing else can be repeated to whoever asks the same; it goes when the directory goes. Of
what depends on the instant as well, on-call shifts say, the handler knows until when it holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.types import Message

from tocsin.core.compiled import compiled_once
from tocsin.core.directory import Directory

BYTES_MAX: Final = 16 << 20
ANSWER_BYTES_MAX: Final = 1 << 18  # a larger one would drive too many others out
_BESIDE_BYTES: Final = 1_000  # what an answer takes beside its body, about

Asked = tuple[bytes, bytes]  # the path as it came, and the query


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """What an answer tells of: *directory*, and the time from an instant until *until* if that is given."""

    directory: Directory
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """An answer as the two *messages* of ASGI, which holds from *since* until *until*.

    One that is *tagged* is cut short for a caller who has it already.
    """

    messages: tuple[Message, Message]
    since: datetime
    until: datetime | None
    tagged: bool

    def holds(self, now: datetime, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Tell whether this is what a request with *headers* is to be answered *now*."""
        if now < self.since or (self.until is not None and now >= self.until):
            return False
        return not self.tagged or all(name != b"if-none-match" for name, _ in headers)


class Repeats:
    """Answers by what was asked; when there are more than BYTES_MAX bytes of them, all are forgotten."""

    __slots__ = ("_answers", "_bytes")

    def __init__(self) -> None:
        self._answers: dict[Asked, Repeat] = {}
        self._bytes = 0

    def get(self, asked: Asked) -> Repeat | None:
        """Give the last answer to what is *asked*, holding or not."""
        return self._answers.get(asked)

    def keep(self, asked: Asked, answer: Repeat) -> None:
        """Keep *answer* for whoever asks the same, unless it is too large."""
        length = len(answer.messages[1]["body"])
        if length > ANSWER_BYTES_MAX:
            return
        if asked not in self._answers:
            size = length + sum(map(len, asked)) + _BESIDE_BYTES
            if self._bytes + size > BYTES_MAX:
                self._answers, self._bytes = {}, 0
            self._bytes += size
        self._answers[asked] = answer


@compiled_once
def repeats_of(directory: Directory) -> Repeats:
    """Give the answers that tell of *directory*."""
    del directory
    return Repeats()
