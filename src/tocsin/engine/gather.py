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
from tocsin.core.ids import PageId, WorkspaceId
from tocsin.core.meaning import GROUPS_MAX, Vector, merges
from tocsin.engine.embedding import Model, NoVectorsError
from tocsin.world import World

EVERY = timedelta(seconds=1)
PATIENCE_S = 10.0
REST_AFTER_FAILURE = timedelta(seconds=60)
VECTORS_KEPT = 5_000
TEXTS_AT_ONCE = 64  # what came before a model failed is kept

_Groups = tuple[WorkspaceId, tuple[tuple[PageId, str], ...]]

_log = structlog.get_logger(__name__)


class Gatherer:
    """Compares the open groups of policies that gather by meaning, and merges those that mean the same."""

    def __init__(
        self, world: World, model: Model | None, *, bound: float, patience_s: float = PATIENCE_S
    ) -> None:
        self._world = world
        self._model = model
        self._bound = bound
        self._patience_s = patience_s
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._rests_until: datetime | None = None
        self._compared: set[_Groups] = set()
        self._asking: asyncio.Future[list[Vector]] | None = None
        self._stopping = False

    def stop(self) -> None:
        """Wait for the model no longer: a server that stops has no use for its answer."""
        self._stopping = True
        if self._asking is not None:
            self._asking.cancel()

    async def turn(self) -> datetime | None:
        """Compare and merge once; return when to look again."""
        if self._model is None:
            return None
        database = self._world.database
        found = await database.read(meaning.compared)
        now = self._world.now()
        rests = self._stopping or (self._rests_until is not None and self._rests_until > now)
        if found and not rests:
            await self._learn(self._model, found)
        done: set[_Groups] = set()
        for each in found:
            groups = each.groups[:GROUPS_MAX]
            texts = {text for _, text in groups}
            if (each.workspace, groups) in self._compared:
                done.add((each.workspace, groups))
            elif not texts.isdisjoint(self._known):
                await self._merge(each.workspace, groups)
                if texts <= self._known.keys():
                    done.add((each.workspace, groups))
        self._compared = done
        return self._world.now() + EVERY

    async def _merge(self, workspace: WorkspaceId, groups: tuple[tuple[PageId, str], ...]) -> None:
        # On a thread: two hundred groups take a moment, in which the loop has pages to send.
        wanted = await asyncio.to_thread(merges, groups, self._known, self._bound)
        if wanted:
            now = self._world.now()
            await self._world.database.write(
                partial(meaning.merge, workspace=workspace, wanted=wanted, now=now)
            )

    async def _learn(self, model: Model, found: Sequence[Compared]) -> None:
        """Ask the model for the texts that it has not been asked for lately."""
        texts = (text for each in found for _, text in each.groups[:GROUPS_MAX])
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        try:
            async with asyncio.timeout(self._patience_s):
                for start in range(0, len(new), TEXTS_AT_ONCE):
                    some = new[start : start + TEXTS_AT_ONCE]
                    self._asking = asyncio.ensure_future(model.vectors(some))
                    self._known.update(zip(some, await self._asking, strict=True))
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        except (NoVectorsError, TimeoutError) as error:
            self._rests_until = self._world.now() + REST_AFTER_FAILURE
            why = str(error) or f"it did not answer within {self._patience_s:g} s"
            _log.warning("texts are compared by their words: the model gives no vectors", why=why)
        while len(self._known) > VECTORS_KEPT:
            self._known.popitem(last=False)
