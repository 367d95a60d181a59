"""Ids: UUIDs, given as we spell them, taken in either case of their letters."""

import re

from tocsin.core.errors import Invalid
from tocsin.core.ids import TeamId
from tocsin.core.spelling import from_uuid
from tocsin.dialects.datadog.wire import Relationships

SHOWN_MAX = 100

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def is_uuid(text: str) -> bool:
    """Tell whether *text* has the form of a UUID, be it one of ours or not."""
    return _UUID.fullmatch(text) is not None


def reference(text: str, noun: str, path: str) -> int:
    """Read the id of a *noun* inside a body; raise Invalid for *path* when it is malformed, or not ours."""
    found = from_uuid(text)
    if found is not None:
        return found
    if not is_uuid(text):
        raise Invalid(path, f"[{text[:SHOWN_MAX]}] is not a valid UUID")
    raise Invalid(path, f"names {text}, which is no {noun} here", f"must name a {noun} that is here")


def team_ids(links: Relationships | None) -> tuple[TeamId, ...]:
    """Read the teams that something belongs to, each once."""
    data = links.teams.data if links is not None and links.teams is not None else None
    found = [
        TeamId(reference(each.id, "team", f"teams.data[{place}].id")) for place, each in enumerate(data or ())
    ]
    return tuple(dict.fromkeys(found))
