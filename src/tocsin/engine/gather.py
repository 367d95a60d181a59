"""Gathering by meaning: while windows are open, a model says which of their groups mean the same.

Alerts are gathered by similarity as they come in, and nothing waits for the model. What it finds in time is
merged; when it fails, or is slow, the groups stay as they are and are told when their windows close.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from tocsin.actions import meaning
from tocsin.actions.meaning import Compared
from tocsin.core.meaning import Vector, merges
from tocsin.engine.embedding import Model, NoVectorsError
from tocsin.world import World

EVERY = timedelta(seconds=1)
PATIENCE_S = 10.0
REST_AFTER_FAILURE = timedelta(seconds=60)
VECTORS_KEPT = 5_000

_log = structlog.get_logger(__name__)


class Gatherer:
    """Compares the open groups of policies that gather by meaning, and merges those that mean the same."""

    def __init__(self, world: World, model: Model | None, *, bound: float) -> None:
        self._world = world
        self._model = model
        self._bound = bound
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._rests_until: datetime | None = None

    async def turn(self) -> datetime | None:
        """Compare and merge once; return when to look again."""
        if self._model is None:
            return None
        database = self._world.database
        found = await database.read(meaning.compared)
        now = self._world.now()
        if found and (self._rests_until is None or self._rests_until <= now):
            await self._learn(self._model, found)
            for each in found:
                wanted = merges(each.groups, self._known, self._bound)
                if wanted:
                    now = self._world.now()
                    merge = partial(meaning.merge, workspace=each.workspace, wanted=wanted, now=now)
                    await database.write(merge)
        return self._world.now() + EVERY

    async def _learn(self, model: Model, found: Sequence[Compared]) -> None:
        """Ask the model for the texts that it has not been asked for lately."""
        new = list(
            dict.fromkeys(text for each in found for _, text in each.groups if text not in self._known)
        )
        if not new:
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                vectors = await model.vectors(new)
        except (NoVectorsError, TimeoutError) as error:
            self._rests_until = self._world.now() + REST_AFTER_FAILURE
            why = str(error) or f"it did not answer within {PATIENCE_S:g} s"
            _log.warning("texts are compared by their words: the model gives no vectors", why=why)
            return
        self._known.update(zip(new, vectors, strict=True))
        while len(self._known) > VECTORS_KEPT:
            self._known.popitem(last=False)
