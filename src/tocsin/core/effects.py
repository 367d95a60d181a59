"""What the core may ask of the world; the shell turns each into a row, in the deciding transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from tocsin.core.because import Because
from tocsin.core.evolve import evolve, quickly_made
from tocsin.core.ids import ContactMethodId, DestinationId, StepId, UserId
from tocsin.core.notification import NotificationKind
from tocsin.core.people import Importance

V = TypeVar("V")


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Send one message: to *user* at *contact_method*, or to *destination*."""

    kind: NotificationKind = NotificationKind.PAGE
    user: UserId | None = None
    contact_method: ContactMethodId | None = None
    destination: DestinationId | None = None
    channel: str
    address: str
    importance: Importance = Importance.DEFAULT
    because: Because


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Write *because* into the story."""

    because: Because


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Resolve every alert of the page, in nobody's name."""

    because: Because


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeTurn:
    """Remember *turn* as the one that round-robin *step* takes next: the ``turns`` of the next page."""

    step: StepId
    turn: int


Effect = Notify | Record | Resolve | TakeTurn


class Moves(NamedTuple):
    """What is to be done on a page, and how it *changes* by that."""

    changes: Mapping[str, Any] = {}
    effects: tuple[Effect, ...] = ()

    def make(self, page: V) -> V:
        """Change *page*, for which this was found, or one that differs from it in nothing that counts."""
        return evolve(page, **self.changes) if self.changes else page
