"""Vectors for texts: what a model is, and one behind an endpoint that speaks as OpenAI's does."""

import json
import math
from collections.abc import Sequence
from typing import Protocol

from tocsin.channels.base import HttpRequest, Unsent, Wire
from tocsin.core.meaning import VECTOR_LENGTH_MAX, Vector

TEXTS_MAX = 100  # in one request
TEXT_LENGTH_MAX = 1_000
ANSWER_MAX = 32 << 20  # bytes


class NoVectorsError(Exception):
    """There are no vectors to be had now; its text says why."""


class Model(Protocol):
    """What gives vectors."""

    async def vectors(self, texts: Sequence[str]) -> list[Vector]:
        """Give the vector of each text; raise NoVectorsError when that fails."""


class Endpoint:
    """A model behind HTTP: ``POST {url}`` with ``{"model", "input"}``, as OpenAI's ``/v1/embeddings``.

    It is called by the wire, so that the rules for outbound requests hold.
    """

    def __init__(self, wire: Wire, *, url: str, key: str, model: str) -> None:
        self._wire = wire
        self._url = url
        self._model = model
        self._headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
        if key:
            self._headers += (("authorization", f"Bearer {key}"),)

    async def vectors(self, texts: Sequence[str]) -> list[Vector]:
        """Ask the endpoint."""
        found: list[Vector] = []
        for start in range(0, len(texts), TEXTS_MAX):
            some = [text[:TEXT_LENGTH_MAX] or "-" for text in texts[start : start + TEXTS_MAX]]
            found += await self._ask(some)
        return found

    async def _ask(self, texts: Sequence[str]) -> list[Vector]:
        body = json.dumps({"model": self._model, "input": list(texts)}).encode()
        request = HttpRequest(
            method="POST", url=self._url, headers=self._headers, body=body, answer_max=ANSWER_MAX
        )
        try:
            answer = await self._wire.http(request)
        except Unsent as unsent:
            raise NoVectorsError(unsent.problem) from None
        if answer.status != 200:
            raise NoVectorsError(f"the endpoint answered {answer.status}: {answer.excerpt()}")
        return _read(answer.body, len(texts))


def _read(body: bytes, count: int) -> list[Vector]:
    """Read ``{"data": [{"index", "embedding"}]}``, in whatever order it comes."""
    try:
        items = sorted(json.loads(body)["data"], key=lambda item: item["index"])
        found = [tuple(map(float, item["embedding"])) for item in items]
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise NoVectorsError(f"the endpoint's answer makes no sense: {type(error).__name__}") from None
    return checked(found, count, "the endpoint")


def checked(found: list[Vector], count: int, whose: str) -> list[Vector]:
    """Return *found* if there are *count* vectors of use; raise NoVectorsError otherwise."""
    of_use = all(0 < len(each) <= VECTOR_LENGTH_MAX and all(map(math.isfinite, each)) for each in found)
    if len(found) != count or not of_use:
        raise NoVectorsError(f"{whose} gave {len(found)} vectors for {count} texts, or none of use")
    return found
