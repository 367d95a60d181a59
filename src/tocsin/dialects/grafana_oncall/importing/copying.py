"""An import under way: what was found, what becomes of each thing, and which ids stand for which."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tocsin.dialects.grafana_oncall.importing.peers import Json, NativePeer, OnCallPeer, PeerRefused

NOT_THERE = (403, 404, 405)


class Outcome(StrEnum):
    """What becomes of a thing."""

    CREATE = "create"
    KEEP = "keep"
    LEAVE = "leave"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing: what it is called there, what becomes of it here, and why or what is to be done."""

    kind: str
    name: str
    outcome: Outcome
    why: str = ""


@dataclass(slots=True, kw_only=True)
class Copy:
    """One import from *source* to this server, which is *here* by this dialect and *native* by its own API.

    With *plan* nothing is made: what would be gets a made-up id. *ids* tells what stands here for each id
    there.
    """

    source: OnCallPeer
    here: OnCallPeer
    native: NativePeer
    plan: bool
    ids: dict[str, str] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)

    def found(self, resource: str, *, needed: bool = False) -> list[Json]:
        """Read what the source has of *resource*; unless it is *needed*, note it if it gives none out."""
        try:
            return list(self.source.every(resource))
        except PeerRefused as error:
            if needed or error.status not in NOT_THERE:
                raise
            self.note(resource, "", Outcome.LEAVE, f"the source gives none out: {error.said}")
            return []

    def note(self, kind: str, name: str, outcome: Outcome, why: str = "") -> None:
        """Write down what becomes of a thing."""
        self.items.append(Item(kind=kind, name=name, outcome=outcome, why=why))

    def keep(self, kind: str, name: str, there: Any, here: Any, why: str = "it is there already") -> None:
        """Let what is here already stand for what is there."""
        self.ids[str(there)] = str(here)
        self.note(kind, name, Outcome.KEEP, why)

    def make(self, kind: str, name: str, there: Any, body: Json, *, path: str, why: str = "") -> Json | None:
        """Make a thing by POST to *path*; None, and noted, when that is refused."""
        return self._make(kind, name, there, why, lambda: self.here.send("POST", path, body))

    def make_natively(self, kind: str, name: str, there: Any, body: Json, *, path: str) -> Json | None:
        """Make a thing by this server's own API."""
        return self._make(kind, name, there, "", lambda: self.native.send("POST", path, body))

    def _make(self, kind: str, name: str, there: Any, why: str, send: Callable[[], Json]) -> Json | None:
        if self.plan:
            self.ids[str(there)] = f"new {there}"
            self.note(kind, name, Outcome.CREATE, why)
            return {"id": self.ids[str(there)]}
        try:
            made = send()
        except PeerRefused as error:
            self.note(kind, name, Outcome.REFUSED, error.said)
            return None
        self.ids[str(there)] = str(made["id"])
        self.note(kind, name, Outcome.CREATE, why)
        return made

    def change(self, kind: str, name: str, path: str, body: Json) -> None:
        """Change what was made before; a refusal is noted."""
        if self.plan:
            return
        try:
            self.here.send("PUT", path, body)
        except PeerRefused as error:
            self.note(kind, name, Outcome.REFUSED, error.said)

    def here_for(self, there: Any) -> str | None:
        """Give the id of what stands here for an id there; None for nothing, and for what did not come."""
        return self.ids.get(str(there)) if there else None

    def all_here(self, there: Sequence[Any] | None) -> list[str]:
        """Give the ids of those that came."""
        return [here for each in there or () if (here := self.here_for(each)) is not None]


def only(given: Json, *names: str) -> Json:
    """Give the fields of these names that are there."""
    return {name: given[name] for name in names if name in given}


def by(things: Sequence[Json], *names: str) -> Mapping[tuple[Any, ...], Json]:
    """Sort things by what they are told apart by here; of equals the first counts."""
    found: dict[tuple[Any, ...], Json] = {}
    for each in things:
        found.setdefault(tuple(each.get(name) for name in names), each)
    return found
