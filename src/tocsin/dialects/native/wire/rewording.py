"""Refusals in the caller's words: the core names its own fields, the wire calls some of them otherwise."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tocsin.core.errors import Invalid

Words = Sequence[tuple[re.Pattern[str], str]]


def in_words(path: str, words: Words) -> str:
    """Write the core's *path* as the caller wrote it: each pattern of *words* is replaced in turn."""
    for pattern, replacement in words:
        path = pattern.sub(replacement, path)
    return path


@contextmanager
def reworded(words: Words) -> Iterator[None]:
    """Raise what is Invalid inside the block under the path that the caller knows."""
    try:
        yield
    except Invalid as error:
        raise Invalid(in_words(error.path, words), error.problem, error.remedy) from None
