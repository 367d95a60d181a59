"""The one lane through which events come in, by whatever door: what waits at a moment shares a commit."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec
from msgspec import UNSET, Raw, UnsetType

from tocsin.actions import intake
from tocsin.actions.actor import Actor
from tocsin.actions.intake import Drafted, Parcel, UnknownService
from tocsin.core.errors import Invalid
from tocsin.core.ids import EventId
from tocsin.core.spelling import native_many
from tocsin.world import Tx, World

EVENTS_PER_COMMIT_MAX = 1_000  # one full body

_BETWEEN = '"},{"id":"'

Reply = Callable[[bytes | BaseException], None]


class Read(Protocol):
    """Reads a body of Tocsin's own events; raises Invalid."""

    def __call__(self, payload: bytes, /, *, received_at: datetime) -> Sequence[Drafted]:
        """Read *payload*, which came in at *received_at*."""
        ...


class Intake:
    """Takes events in; *read* knows Tocsin's own format. *taken* counts those that are on disk."""

    def __init__(self, world: World, read: Read) -> None:
        self.read = read
        self.taken = 0
        self._world = world
        self._lane = world.database.lane(
            self._take_in,
            limit=EVENTS_PER_COMMIT_MAX,
            weight=lambda parcel: len(parcel.drafts),
            source=lambda parcel: parcel.source,
        )

    async def post(self, actor: Actor, body: bytes) -> bytes:
        """Take in a body of Tocsin's own events as *actor*, and give the body of the answer."""
        try:
            return answer(await self.take(self.parcel(actor, body)))
        except UnknownService as error:
            raise _misplaced(error, body) from None

    def hand_in(self, actor: Actor, body: bytes, reply: Reply) -> None:
        """Do the same without waiting: *reply* gets the body of the answer, or the error in its stead."""

        def then(taken: tuple[EventId, ...], error: BaseException | None) -> None:
            if error is not None:
                reply(_misplaced(error, body) if isinstance(error, UnknownService) else error)
                return
            self.taken += len(taken)
            reply(answer(taken))

        self._lane.hand_in(self.parcel(actor, body), then)

    def parcel(self, actor: Actor, body: bytes) -> Parcel:
        """Read a body of Tocsin's own events, sent by *actor*."""
        drafts = self.read(body, received_at=self._world.now())
        sender = actor.key or actor.user or 0
        return Parcel(workspace=actor.workspace, drafts=drafts, service=actor.service, sender=sender)

    def keep(self, tx: Tx, parcel: Parcel, body: bytes) -> tuple[EventId, ...]:
        """Take in *parcel*, which was read from *body*, in a transaction that does more.

        Whoever commits that adds to `taken`.
        """
        (outcome,) = self._take_in(tx, (parcel,))
        if isinstance(outcome, UnknownService):
            raise _misplaced(outcome, body)
        return outcome

    async def take(self, parcel: Parcel) -> tuple[EventId, ...]:
        """Take *parcel* in and give the ids of its events, when they are on disk.

        Raise UnknownService when a draft names no service of ours, and Overloaded when too much waits.
        """
        outcome = await self._lane.submit(parcel)
        self.taken += len(outcome)
        return outcome

    def _take_in(self, tx: Tx, parcels: Sequence[Parcel]) -> Sequence[tuple[EventId, ...] | UnknownService]:
        return intake.take_in(tx, parcels, self._world.now())


def answer(taken: Sequence[EventId]) -> bytes:
    """Write what whoever sent events is answered: their ids, in the order in which they came."""
    if not taken:
        return b'{"events":[]}'
    return f'{{"events":[{{"id":"{_BETWEEN.join(native_many("event", taken))}"}}]}}'.encode()


def _misplaced(error: UnknownService, body: bytes) -> Invalid:
    place = f"events[{error.number}].service" if _in_list(body) else "service"
    return Invalid(place, error.problem, error.remedy)


class _Body(msgspec.Struct):
    events: Raw | UnsetType = UNSET


def _in_list(body: bytes) -> bool:
    """Tell whether the events of *body* stood in a list; it has been read before."""
    return msgspec.json.decode(body, type=_Body).events is not UNSET
