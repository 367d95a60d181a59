"""What forms say: times in the reader's own zone, ids, and where to go back to."""

from datetime import UTC, datetime
from typing import Final

from tocsin.core.calendar import known_zone, to_instant
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.spelling import from_native
from tocsin.httpkit.bodies import read_form

LENGTH_MAX: Final = 65_536
SHOWN_MAX: Final = 100


def fields(body: bytes) -> dict[str, str]:
    """Read a form in which every field is there once."""
    return {name: values[0].strip() for name, values in read_form(body).items()}


def instant(text: str, zone: str, path: str) -> datetime | None:
    """Read a date and a time of day, in *zone* unless it has an offset of its own; empty is None."""
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(path, f"is {text[:SHOWN_MAX]!r}", "must be a date and a time of day") from None
    try:
        if local.tzinfo is not None:
            return local.astimezone(UTC)
        return to_instant(zone if known_zone(zone) else "UTC", local)
    except OverflowError:
        raise Invalid(path, f"is {text[:SHOWN_MAX]!r}", "must be within the years 1 to 9999") from None


def identifier(text: str, kind: str) -> int:
    """Read the id of a thing of *kind*; raise NotFound for what is none."""
    found = from_native(text, kind)
    if found is None:
        raise NotFound(kind.replace("_", " "), text[:SHOWN_MAX])
    return found


def back_to(path: str, otherwise: str) -> str:
    """Give where to go back to: a page of ours, never another site's."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if ours else otherwise
