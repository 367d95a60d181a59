"""Events on their way in: whose they are is settled in the transaction that takes them in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.actions.actor import Actor
from tocsin.actions.ingest import ingest
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid, TocsinError
from tocsin.core.event import Event
from tocsin.core.evolve import quickly_made
from tocsin.core.ids import EventId, IntegrationId, ServiceId, WorkspaceId
from tocsin.core.spelling import identifier_of
from tocsin.store import directories
from tocsin.store.transaction import Tx

SERVICE_SHOWN_MAX = 100


class Drafted(Protocol):
    """An event before it is known whose it is: what a source makes of a sender's words."""

    @property
    def service(self) -> str:
        """The service that the sender names, by an id in any spelling or by its slug; or nothing."""
        ...

    def event(
        self,
        *,
        id: EventId,  # noqa: A002 - the name of the field
        workspace: WorkspaceId,
        service: ServiceId,
        integration: IntegrationId | None = None,
    ) -> Event:
        """Make the event."""
        ...


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Drafts that came together: all of them are taken in, or none.

    *service* is what those belong to that name none; without it that is the workspace's oldest service.
    *sender* tells apart who sends: a key, an integration or a person.
    """

    workspace: WorkspaceId
    drafts: Sequence[Drafted]
    service: ServiceId | None = None
    integration: IntegrationId | None = None
    sender: int = 0

    @property
    def source(self) -> tuple[int, int]:
        """Who takes turns with others: a sender within its workspace."""
        return self.workspace, self.integration or self.sender


@dataclass(slots=True, unsafe_hash=True)
class UnknownService(TocsinError):
    """The draft of that *number*, counted from 0, names a *service* that is not there."""

    number: int
    service: str

    @property
    def problem(self) -> str:
        """What is wrong, to follow the name of the field."""
        if not self.service:
            return "is missing"
        return f"is {self.service[:SERVICE_SHOWN_MAX]!r}, which is no service here"

    @property
    def remedy(self) -> str:
        """What would be right."""
        if not self.service:
            return "must name one; make a service first, for there is none"
        return "must be the id or the slug of a service"

    def __str__(self) -> str:
        return f"service {self.problem}; it {self.remedy}"


def take_in(tx: Tx, parcels: Sequence[Parcel], now: datetime) -> list[tuple[EventId, ...] | UnknownService]:
    """Take in what is right of *parcels*; give the ids of each one's events, or what is wrong with it."""
    known: dict[WorkspaceId, Directory] = {}
    outcomes: list[tuple[EventId, ...] | UnknownService] = []
    batch: list[Event] = []
    new_ids = tx.ids()
    for parcel in parcels:
        directory = known.get(parcel.workspace)
        if directory is None:
            directory = known[parcel.workspace] = directories.current(tx, parcel.workspace)
        try:
            events = _events(parcel, directory, new_ids)
        except UnknownService as error:
            outcomes.append(error)
            continue
        batch += events
        outcomes.append(tuple([event.id for event in events]))
    if batch:
        ingest(tx, batch, now, known)
    return outcomes


def service_of(directory: Directory, name: str) -> ServiceId | None:
    """Find the service of that *name*: its slug, or its id in any spelling."""
    found = directory.slugs.get(name)
    if found is None:
        read = identifier_of(name, "service")
        found = ServiceId(read) if read is not None and ServiceId(read) in directory.services else None
    return found


def service_for(tx: Tx, actor: Actor, name: str | None, *, path: str = "service") -> ServiceId:
    """Find the service that the actor names, or the one that is meant when they name none.

    Raise Invalid for *path* when there is no such service.
    """
    directory = directories.current(tx, actor.workspace)
    usual = actor.service if actor.service in directory.services else directory.default_service
    found = service_of(directory, name) if name else usual
    if found is None:
        unknown = UnknownService(0, name or "")
        raise Invalid(path, unknown.problem, unknown.remedy)
    return found


def _events(parcel: Parcel, directory: Directory, new_ids: Iterator[int]) -> list[Event]:
    workspace, integration = parcel.workspace, parcel.integration
    usual = parcel.service if parcel.service in directory.services else directory.default_service
    events: list[Event] = []
    for draft, new_id in zip(parcel.drafts, new_ids, strict=False):  # there is no end to the ids
        service = service_of(directory, draft.service) if draft.service else usual
        if service is None:
            raise UnknownService(len(events), draft.service)
        events.append(
            draft.event(id=EventId(new_id), workspace=workspace, service=service, integration=integration)
        )
    return events
