"""Answers that were written already: kept for as long as the configuration that they tell of stands.

A directory is what it is until something changes, and then there is another. So what a front door writes of
it, and of nothing else, can be given again as it is; it goes when the directory goes.
"""

from collections.abc import Callable, Hashable
from typing import Final

from tocsin.core.compiled import compiled_once
from tocsin.core.directory import Directory

BYTES_MAX: Final = 16 << 20
ANSWER_BYTES_MAX: Final = 1 << 18  # a larger one would drive too many others out


class Answers:
    """Bodies by what was asked; when there are more than BYTES_MAX bytes of them, all are forgotten."""

    __slots__ = ("_bodies", "_bytes")

    def __init__(self) -> None:
        self._bodies: dict[Hashable, bytes] = {}
        self._bytes = 0

    def get(self, asked: Hashable, write: Callable[[], bytes]) -> bytes:
        """Give the answer to what is *asked*, which *write* writes if nobody has before."""
        body = self._bodies.get(asked)
        if body is None:
            body = write()
            self._keep(asked, body)
        return body

    def _keep(self, asked: Hashable, body: bytes) -> None:
        if len(body) > ANSWER_BYTES_MAX or asked in self._bodies:
            return
        if self._bytes + len(body) > BYTES_MAX:
            self._bodies, self._bytes = {}, 0
        self._bodies[asked] = body
        self._bytes += len(body)


@compiled_once
def answers_of(directory: Directory) -> Answers:
    """Give the answers that were written of *directory*."""
    del directory
    return Answers()
